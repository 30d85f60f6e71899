"""Run as a program: serves a chain, kills it with -9 while it is written to, again and again.

Children are forked, so that py-evm is loaded once. Writes what was acknowledged and what is there.
Arguments: the state file, how many kills, a seed.
"""

import http.client
import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from contracts.development.chain import DevelopmentChain
from contracts.development.rpc import JsonRpc
from contracts.development.server import ChainServer
from contracts.development_accounts import development_accounts

ACCOUNTS = ["0x" + of.address.hex() for of in development_accounts()]


def serve(path: Path, told: int) -> None:
    """The child: serves until it is killed."""
    chain = DevelopmentChain(clock=time.time, database=path)
    server = ChainServer(JsonRpc(chain), 0)
    os.write(told, f"{server.url}\n".encode())
    signal.pause()


def forked(work: Any, *arguments: Any) -> int:
    """Run something in a child; returns its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            work(*arguments)
        finally:
            os._exit(0)
    return pid


def send_and_kill(url: str, child: int, chosen: random.Random) -> list[str]:
    """Send some transactions and kill the child within the last; returns what was acknowledged."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    acknowledged = []
    fields = {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "value": "0x1"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [fields]}
    for left in reversed(range(chosen.randrange(2, 8))):
        connection.request("POST", "/", json.dumps(body))
        if left == 0:
            time.sleep(chosen.uniform(0, 0.012))
            os.kill(child, signal.SIGKILL)
        try:
            answer = connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            break
        acknowledged.append(str(json.loads(answer)["result"]))
    connection.close()
    return acknowledged


def verified(path: Path, acknowledged: list[str]) -> dict[str, Any]:
    """What of it is on the chain, and whether the chain is whole."""
    chain = DevelopmentChain(clock=time.time, database=path)
    head = int(chain.head.block_number)
    headers = [chain.header(number) for number in range(head + 1)]
    linked = all(b.parent_hash == a.hash for a, b in itertools.pairwise(headers))
    kept = [chain.transaction(bytes.fromhex(hash_[2:])) is not None for hash_ in acknowledged]
    received = chain.state_at(head).get_balance(development_accounts()[1].address)  # type: ignore[arg-type]  # an address is bytes
    given = 10_000 * 10**18
    sound = chain.node_database.connection.execute("PRAGMA integrity_check").fetchone()[0]
    chain.close()
    return {
        "blocks": head,
        "linked": linked,
        "kept": sum(kept),
        "received": received - given,
        "sound": sound,
    }


def main() -> None:
    """Kill, open again, kill."""
    path, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chosen = random.Random(seed)
    acknowledged: list[str] = []
    for _ in range(kills):
        reading, writing = os.pipe()
        child = forked(serve, path, writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            url = pipe.readline().strip()
        acknowledged += send_and_kill(url, child, chosen)
        os.waitpid(child, 0)
    told = {"acknowledged": len(acknowledged)} | verified(path, acknowledged)
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
