"""Two homes for a first sync: a sender with many records, a receiver with none; for `first_sync`.

They are made once, kept in a folder of their own, and copied for every run.
"""

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.application.charts import Charts
from node.application.node import Node
from node.application.starting import make_node, open_node
from node.home.creation import begin_home, open_home
from node.home.layout import Home
from node.keystore.keystore import PassphraseCost
from node.keystore.secrets import NodeKind
from scenarios.population import Population
from sync.change import Change, ChangeKind
from sync.charter import CARE, SENSITIVE, SUMMARY, Kind

PASSPHRASE: Final = b"a passphrase for measurements"
_CHEAP: Final = PassphraseCost(1, 8192)
RECORD_SIZE_BYTES: Final = (1500, 2000)
"""The JSON of a record (DESIGN section 2)."""
_TEMPLATES: Final = 400
_LANES: Final = ((SUMMARY, 0.08), (CARE, 0.87), (SENSITIVE, 0.05))
"""How the records of a chart lie in its lanes."""


@dataclass(frozen=True)
class SyncHomes:
    """A sender's and a receiver's home, and where the passphrase of both lies."""

    sender: Home
    receiver: Home
    passphrase: Path

    def copied(self, folder: Path) -> "SyncHomes":
        """The same in another folder, to be used up by one run."""
        for home in (self.sender, self.receiver):
            shutil.copytree(home.path, folder / home.path.name)
        return homes_in(folder, self.passphrase)


def homes_in(folder: Path, passphrase: Path) -> SyncHomes:
    """The homes of a folder."""
    return SyncHomes(Home(folder / "sender"), Home(folder / "receiver"), passphrase)


def sync_homes(folder: Path, records: int, charts: int) -> SyncHomes:
    """Homes with so many records in so many charts; made in `folder` unless they are there."""
    found = homes_in(folder, folder / "passphrase")
    done = folder / "whole"
    if done.exists():
        return found
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    found.passphrase.write_bytes(PASSPHRASE + b"\n")
    sender, receiver = _made(found.sender), _made(found.receiver)
    try:
        sender.peers_add(str(receiver.identity()["card"]), "receiver")
        receiver.peers_add(str(sender.identity()["card"]), "sender")
        _fill(sender, records, charts)
        organisation = str(receiver.identity()["organisation"])
        sender.grant("all", to=organisation, lanes=["all"], history=True)
        sender.context.store.checkpoint()
    finally:
        sender.close()
        receiver.close()
    done.touch()
    return found


def _made(home: Home) -> Node:
    with begin_home(home.path) as creation:
        make_node(creation, home.path.name, NodeKind.CLINIC, PASSPHRASE, cost=_CHEAP)
        creation.finish()
    node = open_node(open_home(home.path), PASSPHRASE)
    node.context.store.database.rows("PRAGMA synchronous = OFF")
    return node


def _fill(node: Node, records: int, charts: int) -> None:
    """Write the records as a node's own author does, chart by chart."""
    rng = random.Random(records)
    templates = _templates(rng)
    opened = Charts(node.context)
    for number in range(charts):
        author = opened.open(Kind.PATIENT)
        count = records * (number + 1) // charts - records * number // charts
        changes = list(_changes(rng, templates, number, count))
        start, share = 0, 0.0
        for lane, part in _LANES:
            share += part
            end = count if lane == SENSITIVE else round(count * share)
            if end > start:
                author.write_each(author.replica.charter.lane(lane), changes[start:end])
            start = end
        opened.keep(author)
        opened.forget(author.replica.chart)


def _templates(rng: random.Random) -> list[dict[str, object]]:
    """Observations as visits make them, with the text that readers without a program see."""
    found: list[dict[str, object]] = []
    for made in Population("first sync").patients(_TEMPLATES // 8):
        for one in made.resources:
            if one["resourceType"] == "Observation" and len(found) < _TEMPLATES:
                found.append(_of_size(one, rng.randint(*RECORD_SIZE_BYTES)))
    return found


def _of_size(resource: dict[str, object], size_bytes: int) -> dict[str, object]:
    """A resource brought to a size by its narrative, which says again what its elements say."""
    said = [f"<tr><td>{name}</td><td>{_plain(value)}</td></tr>" for name, value in resource.items()]
    rows = ""
    while True:
        for row in said:
            text = {"status": "generated", "div": f"<div><table>{rows}</table></div>"}
            lacking = size_bytes - len(_encoded(resource | {"text": text}))
            if lacking <= 0:
                return resource | {"text": text}
            rows += row if len(row) <= lacking else "<tr>" + "." * max(0, lacking - 4)


def _plain(value: object) -> str:
    return json.dumps(value).translate({ord(mark): " " for mark in '"{}[]<>&'})


def _encoded(resource: dict[str, object]) -> bytes:
    return json.dumps(resource, separators=(",", ":")).encode()


def _changes(
    rng: random.Random, templates: list[dict[str, object]], chart: int, count: int
) -> Iterator[Change]:
    for number in range(count):
        identity = f"{rng.getrandbits(64):016x}-{chart}-{number}"
        resource = rng.choice(templates) | {
            "id": identity,
            "subject": {"reference": f"Patient/{chart}"},
            "valueQuantity": {"value": rng.randint(1, 100_000) / 100, "unit": "kg"},
        }
        yield Change(
            ChangeKind.PUT,
            "bench",
            "Observation",
            identity,
            _encoded(resource),
            tuple(name for name in resource if name not in ("resourceType", "id")),
            (),
        )
