"""How long a session takes that finds nothing to bring, beside how many charts both hold.

`make bench` calls `measure`; nothing here is a test. Both nodes are in this process and frames go
from hand to hand: what is measured is what the two compute. Its baseline is the same session with
nothing remembered of the peer, as a node has it that was just started.
"""

import tempfile
import time
from pathlib import Path
from typing import Final

from node.application.node import Node
from node.application.starting import open_node
from node.home.creation import open_home
from scenarios.bench.figure import Figure
from scenarios.bench.sync_homes import PASSPHRASE, sync_homes
from sync.session.session import Session

MILLISECONDS_MAX: Final = 20.0
_BYTES_MAX: Final = 500
_CHARTS_WANTED: Final = 20_000
"""The milliseconds are wanted for so many charts."""


def measure(charts: int = 2_000, runs: int = 5) -> dict[str, object]:
    """Bring two nodes level over so many charts of one record, and let them meet again."""
    with tempfile.TemporaryDirectory() as folder:
        homes = sync_homes(Path(folder) / "homes", charts, charts)
        sender, receiver = (
            open_node(open_home(home.path), PASSPHRASE) for home in (homes.sender, homes.receiver)
        )
        try:
            _meet(sender, receiver)
            _meet(sender, receiver)
            level = [_meet(sender, receiver) for _ in range(runs)]
            fresh = [_meet_anew(sender, receiver) for _ in range(runs)]
        finally:
            sender.close()
            receiver.close()
    seconds, size_bytes = min(seconds for seconds, _ in level), level[0][1]
    return {
        "figures": [
            Figure(
                f"no-op session, both ends, {charts:,} charts",
                seconds * 1000,
                "ms",
                MILLISECONDS_MAX * max(1.0, charts / _CHARTS_WANTED),
                baseline=min(fresh) * 1000,
                against="the same right after a start",
            ),
            Figure("bytes of it, both ways", size_bytes, "B", _BYTES_MAX),
        ],
        "seconds": [seconds for seconds, _ in level],
        "seconds_after_a_start": fresh,
    }


def _meet_anew(sender: Node, receiver: Node) -> float:
    for node in (sender, receiver):
        node._digests.forget()
    return _meet(sender, receiver)[0]


def _meet(sender: Node, receiver: Node) -> tuple[float, int]:
    """Seconds of processor time, and bytes, of one session."""
    devices = [node.context.identity.device for node in (sender, receiver)]
    began = time.process_time()
    one = receiver.session(devices[0], initiator=True)
    other = sender.session(devices[1], initiator=False)
    size_bytes = _carry(one, other)
    seconds = time.process_time() - began
    sender.settle()
    receiver.settle()
    return seconds, size_bytes


def _carry(one: Session, other: Session) -> int:
    size_bytes, moved = 0, True
    while moved:
        moved = False
        for giver, taker in ((one, other), (other, one)):
            while (frame := giver.next_frame()) is not None:
                size_bytes += len(frame)
                taker.receive(frame)
                moved = True
    return size_bytes
