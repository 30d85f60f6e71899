"""Two honest clinics, a third that is hostile, and what must hold after it has met them."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from clinics import (
    ALL_LANES,
    Clinic,
    Resource,
    allergy,
    level,
    made_clinic,
    observation,
    pair,
    patient,
    prescription,
    synced,
)

from node.errors import NodeError
from node.keystore.secrets import NodeKind
from node.replicator.interface import Session
from scenarios.malice.hostile import Hostile
from scenarios.malice.kinds import HOSTILE
from sync.errors import SyncError

FRAMES_MAX = 6_000
"""An honest side that needs more of a hostile one in a session this small would never end."""
BYTES_MAX = 8_000_000


@dataclass
class Met:
    """What came of one session with somebody hostile."""

    frames_in: int = 0
    frames_out: int = 0
    bytes_out: int = 0
    error: str | None = None


@dataclass
class Ward:
    """A and B are honest and share all their charts with H, which is not."""

    a: Clinic
    b: Clinic
    h: Clinic
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    """Type and id of each resource that an honest node took."""
    hostile: Hostile | None = None

    @property
    def honest(self) -> tuple[Clinic, Clinic]:
        return self.a, self.b

    def take(self, clinic: Clinic, *resources: Resource) -> None:
        clinic.take(*resources)
        self.acknowledged |= {(str(one["resourceType"]), str(one["id"])) for one in resources}

    def turn(self, kind: str, trick: str | None = None, seed: int = 0) -> Hostile:
        """From now on H is hostile."""
        make = HOSTILE[kind]
        draws = random.Random(f"{seed}/{kind}/{trick}")
        made = make(self.h, draws) if trick is None else make(self.h, draws, trick)  # type: ignore[call-arg]  # those with tricks take one
        self.hostile = made
        return made

    def meet(self, clinic: Clinic, *, initiator: bool) -> Met:
        """One session of H with an honest clinic; H begins it where it is the initiator."""
        assert self.hostile is not None
        theirs = self.hostile.session(clinic.device, initiator=initiator)
        ours: Session = clinic.node.session(self.h.device, initiator=not initiator)
        met = carry(ours, theirs)
        clinic.node.settle()
        self.h.node.settle()
        return met

    def meet_all(self, rounds: int = 2, name: str = "") -> list[Met]:
        """H carries between the two: each time it has something that who it meets lacks."""
        found = []
        for number in range(rounds):
            for place, (source, clinic) in enumerate(((self.a, self.b), (self.b, self.a))):
                new = observation(f"carried-{name}{number}-{source.name}", f"p-{source.name}")
                self.take(source, new)
                synced(source, self.h)
                found.append(self.meet(clinic, initiator=bool((number + place) % 2)))
        return found

    def assert_unharmed(self) -> None:
        """What must hold whatever H did."""
        for one in self.honest:
            one.take(observation(f"after-{one.name}", f"p-{one.name}"))
            self.acknowledged.add(("Observation", f"after-{one.name}"))
        level(self.a, self.b)
        for one in self.honest:
            shown = one.resources(history=True)
            held = {(str(each["resourceType"]), str(each["id"])) for each in shown}
            assert self.acknowledged <= held, self.acknowledged - held
            assert one.audit_ok()
            self._assert_senseless_is_named(one)
        assert self.a.exported(history=True) == self.b.exported(history=True)
        assert self.a.conflicts() == self.b.conflicts()
        self._assert_nobody_is_blamed()

    def _assert_senseless_is_named(self, one: Clinic) -> None:
        senseless = one.node.audit_verify()["senseless"]
        assert isinstance(senseless, list)
        assert {each["author"] for each in senseless} <= {self.h.did}

    def _assert_nobody_is_blamed(self) -> None:
        """What bears an honest node's name it wrote, and nothing of it waits or forked."""
        own = {one.name: one.everything_written() for one in self.honest}
        for one in self.honest:
            store = one.node.context.store
            for other in self.honest:
                written = {
                    bytes(operation.id)
                    for chart in one._charts.ids()
                    for operation in store.operations.of_chart(chart, bodies=False)
                    if operation.prefix.device == other.device
                }
                assert written <= own[other.name]
            blamed = {self.a.node.context.instance, self.b.node.context.instance}
            assert not blamed & {log.instance for _, _, log in store.logs.forked()}
            for chart in one._charts.ids():
                replica = one._charts.replica(chart)
                waiting = {
                    replica.operations[each].prefix.device for each in replica.fold.quarantined
                }
                assert waiting <= {self.h.device}


def carry(ours: Session, theirs: Session) -> Met:
    """Carry frames both ways as a driver does, until the honest side has ended one way or another.

    It ends well, or by an error of its own, or as nothing comes any more.
    """
    met = Met()
    paused = False
    while met.error is None and not ours.finished:
        moved = False
        while (frame := ours.next_frame()) is not None:
            met.frames_out += 1
            met.bytes_out += len(frame)
            theirs.receive(frame)
            moved = True
            assert met.frames_out < FRAMES_MAX
        frame = theirs.next_frame()
        if frame is not None and not ours.finished:
            met.frames_in += 1
            moved = True
            assert met.frames_in < FRAMES_MAX
            try:
                ours.receive(frame)
            except (SyncError, NodeError) as error:
                met.error = str(error)
        if moved:
            paused = False
            continue
        if paused or theirs.finished:
            break
        paused = True
        ours.receive_pause()
        theirs.receive_pause()
    theirs.receive_end()
    if met.error is None and not ours.finished:
        try:
            ours.receive_end()
        except SyncError as error:
            met.error = str(error)
    assert met.bytes_out < BYTES_MAX
    return met


def made_ward(folder: Path, *, kind: NodeKind = NodeKind.CLINIC, rights: str = "append") -> Ward:
    """Three paired nodes; each honest one has a patient, and all share all."""
    a, b = made_clinic(folder / "A", "A", 0), made_clinic(folder / "B", "B", 1)
    h = made_clinic(folder / "H", "H", 2, kind)
    pair(a, b, h)
    ward = Ward(a, b, h)
    for one in (a, b):
        me = f"p-{one.name}"
        mine = (
            observation(f"o-{one.name}", me),
            allergy(f"a-{one.name}", me),
            prescription(f"m-{one.name}", me),
        )
        ward.take(one, patient(me), *mine)
        for other, right in ((a, "append"), (b, "append"), (h, rights)):
            if other is not one and right != "none":
                one.node.grant("all", to=other.name, lanes=ALL_LANES, rights=right, history=True)
    level(a, b)
    if rights != "none":
        level(a, b, h)
    if rights in ("append", "admin") and kind is NodeKind.CLINIC:
        for chart in h.charts():
            h.add(chart, observation(f"h-{chart[:6]}", "p1"))
        synced(h, a)
        level(a, b)
    return ward
