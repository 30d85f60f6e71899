"""Whole nodes in one process, each with its own home and hand-set clock, and sessions in memory.

Used by every test of this folder: two sessions are driven against each other frame by frame, so
nothing but the transport is missing.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.application.charts import Charts
from node.application.node import Node
from node.application.starting import make_node, open_node
from node.home.creation import begin_home, open_home
from node.keystore.keystore import PassphraseCost
from node.keystore.secrets import NodeKind
from node.registry.network import Network
from scenarios.population import Population, bundle
from sync.chart.replica import ChartReplica
from sync.charter import Charter
from sync.identifiers import DeviceKey, chart_text
from sync.session.outcome import Outcome
from sync.session.session import Session

PASSPHRASE = b"a passphrase for tests"
CHEAP = PassphraseCost(1, 8192)
DAY_MILLISECONDS = 24 * 3600 * 1000
NOW_MILLISECONDS = 1_790_000_000_000
ALL_LANES = ("summary", "care", "sensitive")

Resource = dict[str, Any]


@dataclass
class HandClock:
    """A clock that a test sets; every look moves it on by a millisecond."""

    milliseconds: int = NOW_MILLISECONDS

    def __call__(self) -> int:
        self.milliseconds += 1
        return self.milliseconds


@dataclass
class Clinic:
    """A node in its home, which can be closed, crashed, copied and opened again."""

    name: str
    path: Path
    clock: HandClock
    randomness: Callable[[int], bytes]
    node: Node = field(init=False)

    def open(self) -> "Clinic":
        self.node = open_node(
            open_home(self.path), PASSPHRASE, clock=self.clock, random=self.randomness
        )
        # These tests lose processes, never power: waiting for the disk would be most of their time.
        self.node.context.store.database.rows("PRAGMA synchronous = OFF")
        return self

    def close(self) -> None:
        self.node.close()

    def crash(self) -> None:
        """Lose the process: what was not committed is gone."""
        self.node.context.store.database.connection.close()

    def restart(self) -> None:
        self.crash()
        self.open()

    @property
    def device(self) -> DeviceKey:
        return self.node.context.identity.device

    @property
    def organisation(self) -> str:
        return str(self.node.identity()["organisation"])

    @property
    def did(self) -> str:
        return str(self.node.identity()["did"])

    @property
    def _charts(self) -> Charts:
        return self.node._charts

    def replica(self, chart: str) -> ChartReplica:
        return self._charts.replica(self._charts.find(chart))

    def charter(self, chart: str) -> Charter:
        return self.replica(chart).charter

    def chart_ids(self) -> list[str]:
        return [chart_text(chart) for chart in self._charts.ids()]

    def charts(self) -> list[str]:
        """The ids of the patients' charts, as `chart list` gives them, by name."""
        return [str(line["chart"]) for line in self.node.charts() if line["name"] != "(directory)"]

    def exported(self, *, form: str = "ndjson", history: bool = False) -> list[bytes]:
        return exported(self, form=form, history=history)

    def resources(self, chart: str | None = None, *, history: bool = False) -> list[Resource]:
        pieces = self.node.export(chart, form="ndjson", history=history)
        return [json.loads(piece) for piece in pieces]

    def resource(self, kind: str, identity: str) -> Resource:
        (found,) = [
            one for one in self.resources() if (one["resourceType"], one["id"]) == (kind, identity)
        ]
        return found

    def add(self, chart: str, *resources: Resource, source: str | None = None) -> Resource:
        """`record add` of one file; asserts that all was taken."""
        done = self.node.record_add(chart, "test", as_file(*resources), source=source)
        assert done["rejected"] == []
        assert done["accepted"] == len(resources)
        return done

    def refused(self, chart: str, *resources: Resource, source: str | None = None) -> list[str]:
        """`record add` of one file of which nothing is taken; the reasons."""
        done = self.node.record_add(chart, "test", as_file(*resources), source=source)
        assert done["accepted"] == 0
        rejected = done["rejected"]
        assert isinstance(rejected, list)
        return [str(line["reason"]) for line in rejected]

    def take(self, *resources: Resource, source: str | None = None) -> dict[str, Any]:
        """`import` of one file."""
        return self.node.import_file("test", as_file(*resources), source=source)

    def quarantined(self) -> dict[str, list[str]]:
        """What waits: resources by operation."""
        found = {}
        for line in self.node.quarantine():
            resources = line["resources"]
            assert isinstance(resources, list)
            found[str(line["operation"])] = [str(each) for each in resources]
        return found

    def conflicts(self) -> list[str]:
        return sorted(str(conflict["conflict"]) for conflict in self.node.conflicts())

    def audit_ok(self) -> bool:
        found = self.node.audit_verify()
        assert found["findings"] == []
        return found["ok"] is True

    def everything_written(self) -> set[bytes]:
        """The ids of all stored operations, in every chart."""
        store = self.node.context.store
        return {
            bytes(operation.id)
            for chart in self._charts.ids()
            for operation in store.operations.of_chart(chart, bodies=False)
        }


def as_file(*resources: Resource) -> bytes:
    """NDJSON, as bulk exports have it; one resource is a file by itself."""
    return b"\n".join(json.dumps(resource).encode() for resource in resources)


def made_clinic(
    folder: Path,
    name: str,
    seed: int,
    kind: NodeKind = NodeKind.CLINIC,
    clock: int | None = None,
    network: Network | None = None,
) -> Clinic:
    """A new home at `folder`, opened."""
    return made_with_words(folder, name, seed, kind, clock, network)[0]


def made_with_words(
    folder: Path,
    name: str,
    seed: int,
    kind: NodeKind = NodeKind.CLINIC,
    clock: int | None = None,
    network: Network | None = None,
) -> tuple[Clinic, list[str]]:
    """A new home at `folder`, opened, and the recovery words that were shown once."""
    hand = HandClock() if clock is None else HandClock(clock)
    draw = random.Random(f"{seed}/{name}").randbytes
    with begin_home(folder) as creation:
        made = make_node(
            creation, name, kind, PASSPHRASE, clock=hand, random=draw, cost=CHEAP, network=network
        )
        creation.finish()
    words = made["recovery_words"]
    assert isinstance(words, list)
    return Clinic(name, folder, hand, draw).open(), words


def pair(*clinics: Clinic) -> None:
    """Everybody keeps everybody's card, under the node's name."""
    for one in clinics:
        for other in clinics:
            if one is not other:
                one.node.peers_add(str(other.node.identity()["card"]), other.name)


def exported(clinic: Clinic, *, form: str = "ndjson", history: bool = False) -> list[bytes]:
    """An export's lines, sorted; a bundle's entries without the order of charts."""
    pieces = list(clinic.node.export(None, form=form, history=history))
    if form == "ndjson":
        return sorted(pieces)
    return sorted(b"".join(pieces).splitlines())


@dataclass
class Wire:
    """Frames of one exchange, each with whether the initiator sent it."""

    frames: list[tuple[bool, bytes]] = field(default_factory=list)


def drive(one: Session, other: Session, wire: Wire | None = None) -> Iterator[None]:
    """Carry frames both ways until neither side has any; yields after each frame."""
    while True:
        moved = False
        for sender, receiver, first in ((one, other, True), (other, one, False)):
            frame = sender.next_frame()
            if frame is None:
                continue
            moved = True
            if wire is not None:
                wire.frames.append((first, frame))
            receiver.receive(frame)
            yield
        if not moved:
            return


def synced(
    one: Clinic, other: Clinic, *, wire: Wire | None = None, settle: bool = True
) -> tuple[Outcome, Outcome]:
    """One session that `one` begins, to its end; both settle."""
    mine = one.node.session(other.device, initiator=True)
    theirs = other.node.session(one.device, initiator=False)
    for _ in drive(mine, theirs, wire):
        pass
    assert mine.finished
    assert theirs.finished
    if settle:
        one.node.settle()
        other.node.settle()
    one.node.count_received(mine)
    other.node.count_received(theirs)
    return mine.outcome, theirs.outcome


def level(*clinics: Clinic, rounds_max: int = 8) -> None:
    """Sync every pair until a whole round brings nobody anything; asserts that it comes to rest.

    What is sent is not counted: of two removed devices one may not know of the other's removal,
    and then sends a few access operations that are held already, each time.
    """
    for _ in range(rounds_max):
        moved = 0
        for place, one in enumerate(clinics):
            for other in clinics[place + 1 :]:
                mine, theirs = synced(one, other)
                moved += mine.ops_received + theirs.ops_received
        if not moved:
            return
    raise AssertionError(f"syncing did not come to rest in {rounds_max} rounds")


def bundles(seed: int, count: int) -> list[bytes]:
    """Made-up patients, a transaction Bundle each."""
    return [bundle(patient) for patient in Population(seed).patients(count)]


def patient(identity: str, name: str = "Amara Okafor", born: str = "1980-01-01") -> Resource:
    given, _, family = name.partition(" ")
    return {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": family, "given": [given]}],
        "birthDate": born,
    }


def observation(identity: str, subject: str, value: float = 37.0) -> Resource:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": {"text": "Body temperature"},
        "subject": {"reference": f"Patient/{subject}"},
        "valueQuantity": {"value": value, "unit": "Cel"},
    }


def allergy(identity: str, subject: str, substance: str = "Penicillin") -> Resource:
    return {
        "resourceType": "AllergyIntolerance",
        "id": identity,
        "patient": {"reference": f"Patient/{subject}"},
        "code": {"text": substance},
        "criticality": "high",
    }


def prescription(identity: str, subject: str, dose: str = "5 mg daily") -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{subject}"},
        "medicationCodeableConcept": {"text": "Amlodipine"},
        "dosageInstruction": [{"text": dose}],
    }


Make = Callable[..., Clinic]
"""The fixture `clinic`: makes one by name."""
Two = tuple[Clinic, Clinic]
Three = tuple[Clinic, Clinic, Clinic]
