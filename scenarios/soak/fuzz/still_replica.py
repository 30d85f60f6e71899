"""A replica in memory that a fuzzed session works for; it notes what it is given to keep.

Everybody has every right here: rights are judged behind the interface. What is tested is that
nothing reaches a replica unverified, and that nothing but SessionError is raised.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from sync.attachment import Piece
from sync.attachment_manifest import Manifest, parse_manifest, sign_manifest
from sync.attachment_piece import named
from sync.clock import Stamp
from sync.digest import LogSummary, Place, PlaceDigest, lane_digest, with_attachments
from sync.errors import SessionError
from sync.identifiers import (
    ActId,
    ChartId,
    DeviceKey,
    EpochId,
    InstanceId,
    LaneId,
    OperationId,
    hashed,
)
from sync.note import Note, parse_note
from sync.operation import HeaderPrefix, Operation, read_operation, sign_operation
from sync.sealing import Opener
from sync.session import Stage, Taken
from sync.session.registry_shelf import RegistryItem
from sync.session.shelf import Shelved
from sync.signing import Signer

ACCESS: Final = LaneId(b"access--")
CARE: Final = LaneId(b"care----")
REVOKED: Final = b"a revoked"
CHARTS: Final = tuple(ChartId(bytes([number]) * 32) for number in range(1, 4))


class Side:
    """A device of the fuzzed exchange, and the writing of its logs."""

    def __init__(self, number: int) -> None:
        """Make the keys of a small number."""
        self.signer = Signer(bytes([number]) * 32)
        self.opener = Opener(bytes([number + 100]) * 32)
        self.instance = InstanceId(bytes([number]) * 16)

    def log(self, place: Place, count: int, *, twist: bytes = b"") -> list[Operation]:
        """Operations of one log; `twist` makes another branch of it."""
        written: list[Operation] = []
        for sequence in range(count):
            prefix = HeaderPrefix(
                place.chart,
                place.lane,
                self.signer.public,
                self.instance,
                sequence,
                written[-1].id if written else None,
                Stamp(sequence << 16),
                EpochId(bytes(32)),
                ActId(bytes(16)),
            )
            body = b"sealed" + twist * (sequence > 0)
            written.append(sign_operation(prefix, body, self.signer))
        return written


class StillFacts:
    """Facts of a registry: a rank by name. Evidence is both with a hash of them."""

    def __init__(self, ranks: dict[bytes, int]) -> None:
        """Work on a replica's facts."""
        self._ranks = ranks

    def mark(self) -> bytes:
        """One registry is shared by all."""
        return b"registry"

    def items(self) -> list[RegistryItem]:
        """Everything is shared."""
        return [RegistryItem(name, rank) for name, rank in self._ranks.items()]

    def parcels(self, names: Collection[bytes]) -> list[bytes]:
        """Evidence for these."""
        return [_evidence(name, self._ranks[name]) for name in sorted(names)]

    def take(self, parcels: Sequence[bytes]) -> None:
        """Keep what is proven, all or nothing."""
        found: dict[bytes, int] = {}
        for parcel in parcels:
            name, rank = parcel[:9], int.from_bytes(parcel[9:17])
            if parcel != _evidence(name, rank):
                raise SessionError("a fact proves nothing")
            found[name] = rank
        self._ranks.update(found)

    def denial(self) -> str | None:
        """A device is refused by a fact that names it so."""
        return "it is proven revoked" if REVOKED in self._ranks else None


def _evidence(name: bytes, rank: int) -> bytes:
    body = name + rank.to_bytes(8)
    return body + hashed("still-fact", body)


class StillReplica:
    """Logs, letters and attachments. `kept` is what sessions handed over, verified here again."""

    def __init__(self, side: Side) -> None:
        """Begin empty."""
        self.side = side
        self.logs: dict[tuple[Place, InstanceId], dict[OperationId, Operation]] = {}
        self.post: dict[ChartId, list[bytes]] = defaultdict(list)
        self.listed: dict[Place, dict[bytes, Manifest]] = defaultdict(dict)
        self.pieces: dict[Place, dict[bytes, bytes]] = defaultdict(dict)
        self.to_deposit: list[Operation] = []
        self.to_note: tuple[bytes, ...] = ()
        self.facts: dict[bytes, int] = {}

    def copy(self) -> "StillReplica":
        """Another that holds the same."""
        made = StillReplica(self.side)
        made.logs = {place: dict(log) for place, log in self.logs.items()}
        for chart, letters in self.post.items():
            made.post[chart] = list(letters)
        for place, manifests in self.listed.items():
            made.listed[place] = dict(manifests)
        for place, pieces in self.pieces.items():
            made.pieces[place] = dict(pieces)
        made.to_deposit = list(self.to_deposit)
        made.to_note = self.to_note
        made.facts = dict(self.facts)
        return made

    def keep(self, operations: Iterable[Operation]) -> int:
        """Hold operations that follow from what is held; how many are new."""
        new = 0
        for one in operations:
            prefix = one.prefix
            log = self.logs.setdefault((Place(prefix.chart, prefix.lane), prefix.instance), {})
            if one.id not in log and (prefix.previous is None or prefix.previous in log):
                log[one.id] = one
                new += 1
        return new

    def attach(self, operation: Operation, sealed: bytes) -> None:
        """Put a piece beside an own operation, and list it."""
        place = Place(operation.prefix.chart, operation.prefix.lane)
        pieces: tuple[Piece, ...] = (named(sealed),)
        manifest = sign_manifest(operation, pieces, self.side.signer)
        self.listed[place][manifest.name] = manifest
        self.pieces[place][pieces[0].name] = sealed

    # -- what a session asks

    def places(self, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        """Everything is shared."""
        lane = ACCESS if stage is Stage.ACCESS else CARE
        for chart in CHARTS:
            vector = self.vector(peer, chart, lane)
            if vector or stage is Stage.CONTENT:
                digest = with_attachments(lane_digest(vector), self.digest(Place(chart, lane)))
                yield PlaceDigest(chart, lane, digest)

    def vector(self, peer: DeviceKey, chart: ChartId, lane: LaneId) -> Sequence[LogSummary]:
        """The logs of a lane."""
        found = []
        for (place, instance), log in sorted(self.logs.items()):
            if place == Place(chart, lane) and log:
                cited = {one.prefix.previous for one in log.values()}
                heads = tuple(sorted(one for one in log if one not in cited))
                length = max(one.prefix.sequence for one in log.values()) + 1
                found.append(LogSummary(instance, length, heads))
        return found

    def registry(self, peer: DeviceKey) -> "StillFacts":
        """Facts by name, which prove themselves by a hash."""
        return StillFacts(self.facts)

    def shelf(self, peer: DeviceKey) -> "StillReplica":
        """This is its own shelf."""
        return self

    def letters(self, peer: DeviceKey, chart: ChartId, *, begins: bool = False) -> Sequence[bytes]:
        """A chart's letters."""
        return list(self.post[chart])

    def read(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId, start: int
    ) -> Iterator[Operation]:
        """A log from a place on."""
        log = self.logs.get((Place(chart, lane), instance), {})
        for one in sorted(log.values(), key=lambda each: (each.prefix.sequence, each.id)):
            if one.prefix.sequence >= start:
                yield one

    def ids(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId
    ) -> Iterable[OperationId]:
        """A log's ids."""
        return [one.id for one in self.read(peer, chart, lane, instance, 0)]

    def read_selected(
        self,
        peer: DeviceKey,
        chart: ChartId,
        lane: LaneId,
        instance: InstanceId,
        chosen: Collection[OperationId],
    ) -> Iterator[Operation]:
        """Chosen operations of a log."""
        return (one for one in self.read(peer, chart, lane, instance, 0) if one.id in chosen)

    def resources(self, operations: Sequence[Operation]) -> int:
        """Content operations are counted."""
        return sum(one.prefix.lane != ACCESS for one in operations)

    def take_letters(self, peer: DeviceKey, chart: ChartId, letters: Sequence[bytes]) -> int:
        """Keep letters that are new."""
        new = [one for one in letters if one not in self.post[chart]]
        self.post[chart] += new
        return len(new)

    def take(self, peer: DeviceKey, operations: Sequence[Operation]) -> Taken:
        """Keep operations; each must verify, as a session promises."""
        for one in operations:
            read_operation(one.header, one.signature, one.body)
        new = self.keep(operations)
        return Taken(new, new)

    def level(self, peer: DeviceKey, stage: Stage) -> None:
        """Places are computed anew whenever they are asked for."""

    def deposits(self, peer: DeviceKey) -> Iterable[Operation]:
        """What the side would leave with the peer."""
        return list(self.to_deposit)

    def take_deposits(self, peer: DeviceKey, operations: Sequence[Operation]) -> None:
        """Deposits must verify too, and be the peer's own."""
        for one in operations:
            read_operation(one.header, one.signature, one.body)
            assert one.prefix.device == peer, "somebody else's operation was left here"

    def deposited(self, peer: DeviceKey) -> None:
        """The peer has all of them."""
        self.to_deposit.clear()

    def notes(self, peer: DeviceKey) -> Sequence[bytes]:
        """What the side would say to the peer."""
        return self.to_note

    def take_notes(self, peer: DeviceKey, notes: Sequence[Note]) -> None:
        """Notes must verify too."""
        for note in notes:
            assert parse_note(note.encoded()) == note, "a note came that does not verify"

    def noted(self, peer: DeviceKey, notes: Sequence[bytes]) -> None:
        """The peer has all of them."""
        self.to_note = ()

    def receipt(self, peer: DeviceKey, signed: bytes) -> None:
        """A receipt is kept nowhere."""

    # -- what a session asks of a shelf

    def digest(self, place: Place) -> bytes | None:
        """The digest of what is attached."""
        names = sorted((*self.listed.get(place, {}), *self.pieces.get(place, {})))
        return b"".join(names)[:32].ljust(32, b".") if names else None

    def manifests(self, place: Place) -> Sequence[Shelved]:
        """The manifests of a lane."""
        held = frozenset(self.pieces.get(place, {}))
        return [
            Shelved(one.name, names, held.intersection(names))
            for one in self.listed.get(place, {}).values()
            for names in [tuple(piece.name for piece in one.pieces)]
        ]

    def manifest(self, place: Place, name: bytes) -> bytes | None:
        """A manifest, encoded."""
        found = self.listed.get(place, {}).get(name)
        return None if found is None else found.encoded

    def piece(self, place: Place, name: bytes) -> bytes | None:
        """A sealed piece."""
        return self.pieces.get(place, {}).get(name)

    def take_manifests(self, peer: DeviceKey, place: Place, manifests: Sequence[bytes]) -> int:
        """Keep manifests; each must verify, as a session promises."""
        for encoded in manifests:
            one = parse_manifest(encoded)
            self.listed[place][one.name] = one
        return 0

    def take_piece(self, peer: DeviceKey, place: Place, sealed: bytes) -> bool:
        """Keep a piece that a manifest names."""
        wanted = {piece.name for one in self.listed[place].values() for piece in one.pieces}
        if named(sealed).name not in wanted:
            return False
        self.pieces[place][named(sealed).name] = sealed
        return True
