"""An in-memory replica over real signed operations, and ways to run two sessions on each other."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from registry_in_memory import MemoryRegistry, MemoryRegistryShelf

from sync.clock import Stamp
from sync.digest import LogSummary, Place, PlaceDigest, lane_digest
from sync.identifiers import (
    ActId,
    ChartId,
    DeviceKey,
    EpochId,
    InstanceId,
    LaneId,
    OperationId,
)
from sync.note import Note
from sync.operation import HeaderPrefix, Operation, sign_operation
from sync.sealing import Opener
from sync.session import Session, SessionParameters, Stage, Taken, shared_secret_of
from sync.session.registry_shelf import EmptyRegistryShelf, RegistryShelf
from sync.session.shelf import EmptyShelf, Shelf
from sync.signing import Signer

ACCESS_LANE = LaneId(b"access--")
SUMMARY_LANE = LaneId(b"summary-")
CARE_LANE = LaneId(b"care----")
CONTENT_LANES = (SUMMARY_LANE, CARE_LANE)


def chart_of(number: int) -> ChartId:
    """A chart id for tests."""
    return ChartId(number.to_bytes(32, "big"))


@dataclass
class Device:
    """A device with its keys, and the writing of operations."""

    number: int
    signer: Signer = field(init=False)
    opener: Opener = field(init=False)

    def __post_init__(self) -> None:
        self.signer = Signer(self.number.to_bytes(32, "big"))
        self.opener = Opener((1000 + self.number).to_bytes(32, "big"))

    @property
    def key(self) -> DeviceKey:
        return self.signer.public

    def instance(self, life: int = 0) -> InstanceId:
        return InstanceId(bytes([self.number, life]).ljust(16, b"."))

    def write(
        self,
        place: Place,
        sequence: int,
        previous: OperationId | None,
        body: bytes = b"sealed",
        *,
        life: int = 0,
        epoch: int = 0,
    ) -> Operation:
        prefix = HeaderPrefix(
            place.chart,
            place.lane,
            self.key,
            self.instance(life),
            sequence,
            previous,
            Stamp(sequence << 16),
            EpochId(bytes([epoch]) * 32),
            ActId(bytes(16)),
        )
        return sign_operation(prefix, body, self.signer)


@dataclass
class Rights:
    """Who shares what, alike at every replica: chart -> devices that are live there."""

    live: dict[ChartId, set[DeviceKey]] = field(default_factory=lambda: defaultdict(set))
    revoked: dict[tuple[ChartId, DeviceKey], dict[InstanceId, int]] = field(default_factory=dict)
    """A revoked device, and up to which length of each access log it is served."""


class MemoryReplica:
    """A Replica in memory. A chart is known here when its access lane or a letter is held."""

    def __init__(self, device: Device, rights: Rights) -> None:
        self.device = device
        self.rights = rights
        self.logs: dict[tuple[Place, InstanceId], dict[OperationId, Operation]] = {}
        self.held_letters: dict[ChartId, list[bytes]] = defaultdict(list)
        self.to_deposit: list[Operation] = []
        self.deposits_taken: list[Operation] = []
        self.to_note: list[bytes] = []
        self.notes_taken: list[Note] = []
        self.receipts: list[bytes] = []
        self.levels: list[Stage] = []
        self.takes: list[list[Operation]] = []
        self.deposited_with: list[DeviceKey] = []
        self.quota: int | None = None
        self.facts: MemoryRegistry | None = None

    def keep(self, operation: Operation) -> bool:
        """Store an operation whose predecessor is here. Says whether it could be."""
        prefix = operation.prefix
        log = self.logs.setdefault((Place(prefix.chart, prefix.lane), prefix.instance), {})
        if prefix.previous is not None and prefix.previous not in log:
            return False
        log[operation.id] = operation
        return True

    def append(
        self, place: Place, body: bytes = b"sealed", *, life: int = 0, epoch: int = 0
    ) -> Operation:
        """Write the next operation of our own log."""
        log = self.logs.get((place, self.device.instance(life)), {})
        last = max(log.values(), key=lambda operation: operation.prefix.sequence, default=None)
        sequence = 0 if last is None else last.prefix.sequence + 1
        previous = None if last is None else last.id
        written = self.device.write(place, sequence, previous, body, life=life, epoch=epoch)
        assert self.keep(written)
        return written

    def held(self) -> set[OperationId]:
        """The ids of everything stored."""
        return {found for log in self.logs.values() for found in log}

    def everything(self) -> tuple[object, ...]:
        """All state that a session may change."""
        return self.held(), {c: sorted(ls) for c, ls in self.held_letters.items() if ls}

    # The Replica protocol.

    def _is_live(self, chart: ChartId, peer: DeviceKey) -> bool:
        return {peer, self.device.key} <= self.rights.live[chart]

    def _served(self, peer: DeviceKey, place: Place, instance: InstanceId) -> list[Operation]:
        log = self.logs.get((place, instance), {})
        ordered = sorted(log.values(), key=lambda found: (found.prefix.sequence, found.id))
        for end in (peer, self.device.key):
            limits = self.rights.revoked.get((place.chart, end))
            if limits is not None:
                ordered = [o for o in ordered if o.prefix.sequence < limits.get(instance, 0)]
        return ordered

    def _charts(self) -> list[ChartId]:
        return sorted({place.chart for place, _ in self.logs} | set(self.held_letters))

    def places(self, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        for lane in (ACCESS_LANE,) if stage is Stage.ACCESS else CONTENT_LANES:
            for chart in self._charts():
                vector = self.vector(peer, chart, lane)
                if stage is Stage.CONTENT:
                    shared = self._is_live(chart, peer)
                else:
                    shared = bool(vector) and {peer, self.device.key} <= self._known(chart)
                if shared:
                    yield PlaceDigest(chart, lane, lane_digest(vector))

    def _known(self, chart: ChartId) -> set[DeviceKey]:
        return self.rights.live[chart] | {d for c, d in self.rights.revoked if c == chart}

    def _instances(self, place: Place) -> list[InstanceId]:
        return sorted(instance for where, instance in self.logs if where == place)

    def vector(self, peer: DeviceKey, chart: ChartId, lane: LaneId) -> Sequence[LogSummary]:
        place = Place(chart, lane)
        summaries = []
        for instance in self._instances(place):
            served = self._served(peer, place, instance)
            if served:
                cited = {found.prefix.previous for found in served}
                heads = tuple(sorted(found.id for found in served if found.id not in cited))
                summaries.append(LogSummary(instance, served[-1].prefix.sequence + 1, heads))
        return summaries

    def registry(self, peer: DeviceKey) -> RegistryShelf:
        if self.facts is None:
            return EmptyRegistryShelf()
        return MemoryRegistryShelf(self.facts, peer)

    def shelf(self, peer: DeviceKey) -> Shelf:
        return EmptyShelf()

    def letters(self, peer: DeviceKey, chart: ChartId, *, begins: bool = False) -> Sequence[bytes]:
        return list(self.held_letters[chart])

    def read(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId, start: int
    ) -> Iterator[Operation]:
        for found in self._served(peer, Place(chart, lane), instance):
            if found.prefix.sequence >= start:
                yield found

    def ids(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId
    ) -> Iterable[OperationId]:
        return [found.id for found in self._served(peer, Place(chart, lane), instance)]

    def read_selected(
        self,
        peer: DeviceKey,
        chart: ChartId,
        lane: LaneId,
        instance: InstanceId,
        chosen: Collection[OperationId],
    ) -> Iterator[Operation]:
        wanted = set(chosen)
        for found in self._served(peer, Place(chart, lane), instance):
            if found.id in wanted:
                yield found

    def resources(self, operations: Sequence[Operation]) -> int:
        return sum(operation.prefix.lane != ACCESS_LANE for operation in operations)

    def take_letters(self, peer: DeviceKey, chart: ChartId, letters: Sequence[bytes]) -> int:
        held = self.held_letters[chart]
        new = [letter for letter in letters if letter not in held]
        held.extend(new)
        return len(new)

    def take(self, peer: DeviceKey, operations: Sequence[Operation]) -> Taken:
        self.takes.append(list(operations))
        before = self.held()
        stored: list[Operation] = []
        refused = 0
        for operation in operations:
            if operation.id in before:
                continue
            full = self.quota is not None and len(self.held()) >= self.quota
            if operation.prefix.device not in self._known(operation.prefix.chart) or full:
                refused += 1
            elif self.keep(operation):
                stored.append(operation)
            else:
                refused += 1
        return Taken(len(stored), self.resources(stored), {"refused": refused} if refused else {})

    def level(self, peer: DeviceKey, stage: Stage) -> None:
        self.levels.append(stage)

    def deposits(self, peer: DeviceKey) -> Iterable[Operation]:
        return [] if peer in self.deposited_with else list(self.to_deposit)

    def take_deposits(self, peer: DeviceKey, operations: Sequence[Operation]) -> None:
        self.deposits_taken.extend(operations)

    def deposited(self, peer: DeviceKey) -> None:
        self.deposited_with.append(peer)

    def notes(self, peer: DeviceKey) -> Sequence[bytes]:
        return self.to_note

    def take_notes(self, peer: DeviceKey, notes: Sequence[Note]) -> None:
        self.notes_taken.extend(notes)

    def noted(self, peer: DeviceKey, notes: Sequence[bytes]) -> None:
        self.to_note = [note for note in self.to_note if note not in notes]

    def receipt(self, peer: DeviceKey, signed: bytes) -> None:
        self.receipts.append(signed)


def session_of(replica: MemoryReplica, peer: Device, *, initiator: bool, nonce: int = 0) -> Session:
    """A session of a replica with a peer."""
    device = replica.device
    return Session(
        replica,
        SessionParameters(
            peer.key,
            initiator,
            device.signer,
            device.opener.public,
            shared_secret_of(device.opener),
            bytes([nonce, device.number]).ljust(16, b"n"),
        ),
    )


def pair(one: MemoryReplica, two: MemoryReplica, nonce: int = 0) -> tuple[Session, Session]:
    """Two sessions of each other; the first initiates."""
    return (
        session_of(one, two.device, initiator=True, nonce=nonce),
        session_of(two, one.device, initiator=False, nonce=nonce),
    )


@dataclass
class Transcript:
    """What crossed: (from the initiator?, frame), and how often the direction changed."""

    frames: list[tuple[bool, bytes]] = field(default_factory=list)
    flights: int = 0


def run(
    one: Session,
    two: Session,
    *,
    frames_max: int = 100_000,
    on_frame: Callable[[], None] = lambda: None,
) -> Transcript:
    """Let each side in turn say all that it can, until neither has more."""
    transcript = Transcript()
    silent = 0
    sides = (one, two)
    turn = 0
    while silent < 2:
        sender, receiver = sides[turn], sides[1 - turn]
        flight = []
        while (frame := sender.next_frame()) is not None:
            flight.append(frame)
            assert len(transcript.frames) + len(flight) < frames_max
        silent = 0 if flight else silent + 1
        transcript.flights += bool(flight)
        for frame in flight:
            transcript.frames.append((turn == 0, frame))
            receiver.receive(frame)
            on_frame()
        turn = 1 - turn
    return transcript


def finish(one: Session, two: Session) -> Transcript:
    """Run two sessions to their end and check that both have ended."""
    transcript = run(one, two)
    assert one.finished
    assert two.finished
    for side in (one, two):
        side.receive_end()
        assert side.next_frame() is None
    return transcript
