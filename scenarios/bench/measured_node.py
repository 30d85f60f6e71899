"""A node in this process to be measured, and the taking of files into it; for the benches here."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.application.node import Node
from node.application.progress import quiet
from node.application.starting import make_node, open_node
from node.command.finding import find_files
from node.home.creation import begin_home, open_home
from node.keystore.keystore import PassphraseCost
from node.keystore.secrets import NodeKind

PASSPHRASE: Final = b"a passphrase for measurements"
_CHEAP: Final = PassphraseCost(1, 8192)
_PIECE_SIZE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Spent:
    """How long something took: by the clock on the wall, and of the processor."""

    wall_seconds: float
    cpu_seconds: float


@contextmanager
def measured_node(folder: Path) -> Iterator[Node]:
    """A new node, open for the length of a `with`; its home is left in the folder."""
    with begin_home(folder) as creation:
        make_node(creation, "bench", NodeKind.CLINIC, PASSPHRASE, cost=_CHEAP)
        creation.finish()
    node = open_node(open_home(folder), PASSPHRASE)
    try:
        yield node
    finally:
        node.close()


def take_folder(node: Node, folder: Path, resources: int) -> Spent:
    """Import a folder as the command does it; all of it must be taken."""
    wall, cpu = time.perf_counter(), time.process_time()
    taken = 0
    for found in find_files([folder]):
        intake = node.import_open(found.label)
        with found.path.open("rb") as file:
            while piece := file.read(_PIECE_SIZE_BYTES):
                intake.feed(piece, quiet)
                while intake.ready:
                    intake.commit(quiet)
        done = intake.finish(quiet)
        accepted = done["accepted"]
        assert isinstance(accepted, int)
        taken += accepted
    if taken != resources:
        raise RuntimeError(f"{taken} of {resources} resources were taken")
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def wait_for_disk(node: Node, *, on: bool) -> None:
    """Off while a bench fills its charts; on, as every node has it, while it measures."""
    node.context.store.database.rows(f"PRAGMA synchronous = {'FULL' if on else 'OFF'}")
