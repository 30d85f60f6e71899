"""Target: the importer, end to end on a real node in this process.

Each input is a file of its own source, so that what it holds is new. Every so many inputs the whole
node is looked over: the audit holds, the lists are those of a rebuild, and every resource that was
taken comes back byte for byte. Then a new node begins. When that look finds something, the inputs
since the last are tried one at a time, and the guilty one is named.
"""

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from node.application.node import Node
from node.application.starting import make_node, open_node
from node.fhir.export import one_line
from node.fhir.found import ReadResource
from node.home.creation import begin_home, open_home
from node.keystore.keystore import PassphraseCost
from node.keystore.secrets import NodeKind
from scenarios.soak.fuzz.records import bundles, flat, items_of, resources, shaped
from scenarios.soak.fuzz.target import Form, Target

INPUTS_PER_NODE: Final = 200
_PASSPHRASE: Final = b"a passphrase for fuzzing"
_CHEAP: Final = PassphraseCost(1, 8192)


class Guilty(AssertionError):
    """One of the inputs before did harm that showed later; `data` is that one."""

    def __init__(self, data: bytes, reason: str) -> None:
        """Name it."""
        super().__init__(reason)
        self.data = data


@dataclass
class _World:
    """A node, what went in, and what must come out."""

    folder: "tempfile.TemporaryDirectory[str]"
    node: Node
    inputs: list[bytes] = field(default_factory=list)
    expected: set[bytes] = field(default_factory=set)

    def close(self) -> None:
        self.node.close()
        self.folder.cleanup()


_worlds: list[_World] = []
"""The one that is in use, if any."""


def _new_world() -> _World:
    folder = tempfile.TemporaryDirectory(prefix="satchel-fuzz-")
    home = Path(folder.name) / "home"
    draw = random.Random(1).randbytes
    with begin_home(home) as creation:
        make_node(creation, "fuzzed", NodeKind.CLINIC, _PASSPHRASE, random=draw, cost=_CHEAP)
        creation.finish()
    node = open_node(open_home(home), _PASSPHRASE, random=draw)
    # Processes are not lost here: waiting for the disk would be most of the time.
    node.context.store.database.rows("PRAGMA synchronous = OFF")
    return _World(folder, node)


def _quiet(_what: str, _done: int, _total: int | None) -> None:
    """Nobody looks."""


def _take(world: _World, data: bytes) -> None:
    """Import one input in pieces, and check what is said of it against what a reader gives."""
    label, size, content = shaped(data)
    size = max(size, len(content) // 200 + 1)
    world.inputs.append(data)
    intake = world.node.import_open(label, source=f"fuzz-{len(world.inputs)}")
    for at in range(0, len(content), size):
        intake.feed(content[at : at + size], _quiet)
        while intake.ready:
            intake.commit(_quiet)
    told = intake.finish(_quiet)
    found = [one for one in flat(items_of(label, content, size)) if isinstance(one, ReadResource)]
    listed: Any = told["rejected"]
    refused = {line["source"] for line in listed}
    taken = [one for one in found if f"{label} {one.position}".rstrip() not in refused]
    accepted = int(str(told["accepted"]))
    assert accepted <= len(found), "more was taken than was read"
    assert int(str(told["unchanged"])) <= accepted, "more was unchanged than was taken"
    if told["rejected_count"] == len(listed) == len(refused):
        assert accepted == len(taken), "what was read is neither taken nor refused"
    if not told["rejected_count"] and not told["unchanged"]:
        world.expected.update(one_line(one.original) for one in found)


def _look_over(world: _World) -> None:
    """Raise AssertionError where the node is not as it must be."""
    node = world.node
    node.settle()
    assert node.audit_verify()["ok"] is True, "the audit does not hold"
    before = sorted(map(repr, node.charts()))
    node.rebuild()
    assert sorted(map(repr, node.charts())) == before, "the lists are not those of a rebuild"
    held = {piece.rstrip(b"\n") for piece in node.export(None, form="ndjson", history=True)}
    assert world.expected <= held, "a resource that was taken does not come back byte for byte"


def fuzz_one(data: bytes) -> None:
    """Import one input into the node that is in use."""
    world = _worlds[0] if _worlds else _new_world()
    if not _worlds:
        _worlds.append(world)
    try:
        _take(world, data)
    except BaseException:
        _worlds.clear()
        world.close()
        raise


def finish() -> None:
    """Look over the node that is in use, and let go of it."""
    if not _worlds:
        return
    world = _worlds.pop()
    try:
        _look_over(world)
    except AssertionError as error:
        raise _guilty(world.inputs, str(error)) from error
    finally:
        world.close()


def _guilty(inputs: Sequence[bytes], reason: str) -> Guilty:
    for data in inputs:
        alone = _new_world()
        try:
            _take(alone, data)
            _look_over(alone)
        except AssertionError as error:
            return Guilty(data, str(error))
        finally:
            alone.close()
    return Guilty(inputs[-1], f"{reason}; no input of {len(inputs)} does it alone")


def _seeds() -> Sequence[bytes]:
    lines = b"\n".join(resources()[:12])
    files = [
        *(b"\x00" + one for one in bundles()),
        b"\x01" + lines,
        b"\x83" + lines,
        b"\x01" + b"\n".join(bundles()[:2]),
    ]
    return [*files, *(b"\x14" + one for one in resources()[:10])]


TARGETS = (
    Target(
        "import",
        fuzz_one,
        _seeds,
        Form.JSON,
        ("node.application.importing.intake:Intake.feed",),
        weight=0.8,
        head=1,
        finish=finish,
        finish_every=INPUTS_PER_NODE,
    ),
)
