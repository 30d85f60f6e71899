"""A process that sends what an outbox holds, and kills itself at a call of the chain when told to.

relaying_process.py STORE URL NETWORK METHOD NUMBER (before|after)
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from contracts.development_accounts import development_accounts
from node.registry.chain import Chain
from node.registry.http_provider import HttpProvider
from node.registry.network import parse_network
from node.registry.outbox import Relay
from node.registry.payer import Payer
from node.store.outbox import Stage
from node.store.store import open_store

STORE_KEY = b"k" * 32
KEYED = Payer(development_accounts()[4].address, "key file", development_accounts()[4].secret)


class Deadly:
    """Kills this process before or after one call."""

    def __init__(self, provider: HttpProvider, method: str, number: int, when: str) -> None:
        self._provider = provider
        self._method = method
        self._left = number
        self._when = when

    def make_request(self, method: Any, params: Any, /) -> Any:
        self._left -= method == self._method
        fatal = method == self._method and self._left == 0
        if fatal and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = self._provider.make_request(method, params)
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def main() -> None:
    """Send all; prints the stages at the end."""
    path, url, network_file, method, number, when = sys.argv[1:]
    network = parse_network(Path(network_file).read_bytes())
    provider = HttpProvider(url)
    chain = Chain(Deadly(provider, method, int(number), when), "the test's chain")
    with open_store(Path(path), STORE_KEY) as store:
        relay = Relay(store.outbox, chain, network, int(time.time()), lambda _seconds: None)
        relay.look()
        relay.relay(relay.plan(KEYED), 10**20)
        stages = [kept.stage for kept in store.outbox.all()]
    provider.close()
    sys.stdout.write("done" if all(stage is Stage.SEEN for stage in stages) else str(stages))


if __name__ == "__main__":
    main()
