"""`satchel serve` of a home by a scenario's time, in its own hands or hostile ones.

What a scenario's process runs.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from node.api.events import json_text
from node.application.node import Node
from node.application.starting import open_node
from node.home.creation import open_home
from node.home.layout import Home
from node.running.serve import serve
from scenarios.real.hands import Hands
from scenarios.real.shown_time import read_clock

_LISTEN: Final = "/ip4/127.0.0.1/tcp/0"


def main() -> None:
    """Serve until SIGTERM, as the environment and three files say: two of time, one of hands."""
    home = open_home(Path(os.environ["SATCHEL_HOME"]))
    secret = Path(os.environ["SATCHEL_PASSPHRASE_FILE"]).read_bytes()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    now, clock, hands = map(Path, sys.argv[1:])
    serve(home, secret, [_LISTEN], _ready, opened=_opened(read_clock(now, clock), hands))


def _end_with_parent() -> None:
    """Wait for the end of the run, however that comes: nobody else would end this process."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _ready(addresses: list[str]) -> None:
    click.echo(json_text({"addresses": addresses}))
    sys.stdout.flush()


def _opened(clock: Callable[[], int], hands: Path) -> Callable[[Home, bytes], Node]:
    def opened(home: Home, passphrase: bytes) -> Node:
        node = open_node(home, passphrase, clock=clock)
        Hands(node, hands)
        return node

    return opened
