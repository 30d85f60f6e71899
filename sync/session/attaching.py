"""The attachment stage: pieces are fetched last, after all operations (DESIGN section 4).

    TELLING ──Holdings (last)──► LISTING ──End──► ASKING ──Wants (last)──► FETCHING ──End──► done

Both sides are the same. Each tells the manifests that it holds and the pieces that it lacks of
them, of the places that were compared before; gives the manifests that the other did not tell, and
an End; asks for the pieces that it lacks and the other holds; gives what it was asked for, and an
End. Each piece is stored when its last part has come, so that a cut link loses no finished one.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from sync.attachment_manifest import parse_manifest
from sync.attachment_piece import piece_name
from sync.digest import Place
from sync.errors import ManifestError, SessionError
from sync.limits import attachment_manifests_told_max
from sync.session.context import Context
from sync.session.outbox import Parcel
from sync.session.shelf import Shelved
from sync.wire.attachment_message import (
    Fragment,
    Holdings,
    Manifests,
    Marked,
    Pieces,
    PlaceMarks,
    Wants,
)
from sync.wire.message import End, Message

FRAGMENT_OVERHEAD_BYTES = 64
"""What a fragment takes beside its content, at most."""
MARK_OVERHEAD_BYTES = 16


class Phase(Enum):
    """What is awaited of the peer."""

    TELLING = 0
    LISTING = 1
    ASKING = 2
    FETCHING = 3
    DONE = 4


class AttachmentStage:
    """Brings the attachments of compared places level, as far as either side has the pieces."""

    def __init__(
        self, context: Context, places: Mapping[bytes, Place], *, speaks_first: bool
    ) -> None:
        """Begin with places by their short names: those that both sides compared.

        The comparer speaks first, with its End of the stage before; that is for the count of turns.
        """
        self._context = context
        self._places = places
        self._shelf = context.replica.shelf(context.peer)
        self._phase = Phase.TELLING
        self._speaks_first = speaks_first
        self._theirs: dict[tuple[bytes, bytes], bytes] = {}
        self._told = 0
        self._before: tuple[bytes, bytes] = (b"", b"")
        self._asked: dict[tuple[bytes, bytes], bytes] = {}
        self._wanted: set[tuple[bytes, bytes]] = set()
        self._arriving: tuple[bytes, bytes, int, bytearray] | None = None
        context.turns.said()
        context.outbox.say(self._holdings())

    @property
    def done(self) -> bool:
        """Whether all that was asked for is stored here, and all that the peer asked is queued."""
        return self._phase is Phase.DONE

    def got(self, message: Message, size_bytes: int) -> None:
        """Take a message of this stage, or raise SessionError."""
        match message:
            case Holdings(places, last) if self._phase is Phase.TELLING:
                self._got_marks(places, last, self._theirs)
                if last:
                    self._got_holdings()
            case Manifests() if self._phase is Phase.LISTING:
                self._got_manifests(message, size_bytes)
            case End(False) if self._phase is Phase.LISTING:
                self._got_list_end()
            case Wants(places, last) if self._phase is Phase.ASKING:
                self._got_marks(places, last, self._asked)
                if last:
                    self._got_wants()
            case Pieces() if self._phase is Phase.FETCHING:
                self._got_pieces(message, size_bytes)
            case End(False) if self._phase is Phase.FETCHING:
                if self._arriving is not None:
                    raise SessionError("peer ends within a piece")
                self._context.inbox.flush()
                self._turn(first=False)
                self._phase = Phase.DONE
            case _:
                raise SessionError(f"{type(message).__name__} is out of turn")

    def _turn(self, *, first: bool) -> None:
        """Count a turn where what came answers ours: what follows at once is of the same turn."""
        if self._speaks_first is first:
            self._context.turns.heard()
            self._context.turns.said()

    # -- telling what is held

    def _holdings(self) -> Iterator[Message]:
        for places in self._packed(self._own_marks()):
            yield Holdings(places, False)
        yield Holdings((), True)

    def _own_marks(self) -> Iterator[tuple[bytes, Marked]]:
        for short in sorted(self._places):
            for name, shelved in sorted(self._shelved(short).items()):
                missing = [piece not in shelved.held for piece in shelved.pieces]
                yield short, Marked(name, _bits(missing) if any(missing) else b"")

    def _shelved(self, short: bytes) -> dict[bytes, Shelved]:
        """The manifests that are held of a place, by their short names."""
        held = self._shelf.manifests(self._places[short])
        return {self._context.names.manifest(shelved.name): shelved for shelved in held}

    def _packed(self, marks: Iterable[tuple[bytes, Marked]]) -> Iterator[tuple[PlaceMarks, ...]]:
        batch: dict[bytes, list[Marked]] = {}
        size = 0
        for count, (short, mark) in enumerate(marks):
            if count == attachment_manifests_told_max:
                break  # the rest differs still, and is for the next session
            cost = MARK_OVERHEAD_BYTES + len(mark.bits) + (16 if short not in batch else 0)
            if batch and size + cost > self._context.outbox.frame_size_bytes:
                yield tuple(PlaceMarks(place, tuple(listed)) for place, listed in batch.items())
                batch, size = {}, 0
            batch.setdefault(short, []).append(mark)
            size += cost
        if batch:
            yield tuple(PlaceMarks(place, tuple(listed)) for place, listed in batch.items())

    def _got_marks(
        self, places: tuple[PlaceMarks, ...], last: bool, found: dict[tuple[bytes, bytes], bytes]
    ) -> None:
        if not last and not any(listed for _, listed in places):
            raise SessionError("list of manifests goes on without an item")
        for short, listed in places:
            if short not in self._places:
                raise SessionError("peer tells of a place that was not compared")
            for name, bits in listed:
                if (short, name) <= self._before:
                    raise SessionError("list of manifests is not ascending")
                self._before = (short, name)
                self._told += 1
                if self._told > 2 * attachment_manifests_told_max:
                    raise SessionError("list of manifests is over the limit")
                found[short, name] = bits
        if last:
            self._before = (b"", b"")

    # -- giving the manifests that the other lacks

    def _got_holdings(self) -> None:
        self._phase = Phase.LISTING
        self._turn(first=True)
        self._context.outbox.send(self._manifest_parcels())
        self._context.outbox.say([End(False)])

    def _manifest_parcels(self) -> Iterator[Parcel]:
        batch: list[tuple[bytes, tuple[bytes, ...]]] = []
        size = sent = 0
        for short, place in sorted(self._places.items()):
            for name, shelved in sorted(self._shelved(short).items()):
                if (short, name) in self._theirs:
                    continue
                encoded = self._shelf.manifest(place, shelved.name)
                sent += 1
                if encoded is None or sent > attachment_manifests_told_max:
                    continue
                cost = len(encoded) + MARK_OVERHEAD_BYTES
                if batch and size + cost > self._context.outbox.frame_size_bytes:
                    yield Parcel(Manifests(tuple(batch)))
                    batch, size = [], 0
                batch.append((short, (encoded,)))
                size += cost
        if batch:
            yield Parcel(Manifests(tuple(batch)))

    def _got_manifests(self, message: Manifests, size_bytes: int) -> None:
        context = self._context
        context.inbox.charge(size_bytes)
        if not any(listed for _, listed in message.bundles):
            raise SessionError("frame carries no manifest")
        for short, listed in message.bundles:
            place = self._places.get(short)
            if place is None:
                raise SessionError("peer sends a manifest of a place that was not compared")
            good = [encoded for encoded in listed if _verifies(encoded, place)]
            refused = len(listed) - len(good)
            if good:
                refused += self._shelf.take_manifests(context.peer, place, good)
            if refused:
                context.outcome.refused["manifest"] += refused
        context.inbox.turn_over_if_full()

    # -- asking for pieces

    def _got_list_end(self) -> None:
        self._context.inbox.flush()
        self._phase = Phase.ASKING
        self._turn(first=False)
        self._context.outbox.say(self._wants())

    def _wants(self) -> Iterator[Message]:
        for places in self._packed(self._wanted_marks()):
            yield Wants(places, False)
        yield Wants((), True)

    def _wanted_marks(self) -> Iterator[tuple[bytes, Marked]]:
        for short in sorted(self._places):
            for name, shelved in sorted(self._shelved(short).items()):
                lacking = self._theirs.get((short, name))
                if lacking is None or len(shelved.held) == len(set(shelved.pieces)):
                    continue
                wanted = [
                    piece not in shelved.held
                    and (short, piece) not in self._wanted  # two lists may name the same piece
                    and not _has_bit(lacking, number)
                    for number, piece in enumerate(shelved.pieces)
                ]
                if any(wanted):
                    pieces = zip(shelved.pieces, wanted, strict=True)
                    self._wanted |= {(short, piece) for piece, is_wanted in pieces if is_wanted}
                    yield short, Marked(name, _bits(wanted))

    # -- giving pieces

    def _got_wants(self) -> None:
        self._phase = Phase.FETCHING
        self._turn(first=True)
        self._context.outbox.send(self._piece_parcels())
        self._context.outbox.say([End(False)])

    def _piece_parcels(self) -> Iterator[Parcel]:
        batch: list[Fragment] = []
        size = 0
        for fragment in self._fragments():
            cost = FRAGMENT_OVERHEAD_BYTES + len(fragment.content)
            if batch and size + cost > self._context.outbox.frame_size_bytes:
                yield Parcel(Pieces(tuple(batch)), pieces=_finished(batch))
                batch, size = [], 0
            batch.append(fragment)
            size += cost
        if batch:
            yield Parcel(Pieces(tuple(batch)), pieces=_finished(batch))

    def _fragments(self) -> Iterator[Fragment]:
        outbox = self._context.outbox
        for (short, name), bits in self._asked.items():
            shelved = self._shelved(short).get(name)
            if shelved is None:
                raise SessionError("peer asks for pieces of a manifest that is not here")
            for number, piece in enumerate(shelved.pieces):
                if outbox.spent:
                    return
                sealed = None
                if _has_bit(bits, number):
                    sealed = self._shelf.piece(self._places[short], piece)
                if sealed is None:
                    continue  # it was told before that it is here: the lane is shared no more
                step = max(512, outbox.frame_size_bytes - FRAGMENT_OVERHEAD_BYTES)
                for offset in range(0, len(sealed), step):
                    part = sealed[offset : offset + step]
                    yield Fragment(short, piece, len(sealed), offset, part)

    def _got_pieces(self, message: Pieces, size_bytes: int) -> None:
        self._context.inbox.charge(size_bytes)
        if not message.fragments:
            raise SessionError("frame carries no piece")
        for fragment in message.fragments:
            self._got_fragment(fragment)
        self._context.inbox.turn_over_if_full()

    def _got_fragment(self, fragment: Fragment) -> None:
        place, name, size_bytes, offset, content = fragment
        if self._arriving is None:
            if (place, name) not in self._wanted or offset:
                raise SessionError("peer sends a piece that was not asked for")
            self._arriving = (place, name, size_bytes, bytearray())
        if self._arriving[:3] != (place, name, size_bytes):
            raise SessionError("peer begins a piece within another")
        so_far = self._arriving[3]
        if offset != len(so_far) or not content or offset + len(content) > size_bytes:
            raise SessionError("parts of a piece do not fit together")
        so_far += content
        if len(so_far) < size_bytes:
            return
        sealed = bytes(so_far)
        if piece_name(sealed) != name:
            raise SessionError("piece is not what it was named by")
        self._arriving = None
        self._wanted.discard((place, name))
        context = self._context
        if self._shelf.take_piece(context.peer, self._places[place], sealed):
            context.outcome.pieces_received += 1
        else:
            context.outcome.refused["piece"] += 1


def _finished(fragments: list[Fragment]) -> int:
    """How many pieces end among fragments."""
    return sum(one.offset + len(one.content) == one.size_bytes for one in fragments)


def _bits(marked: list[bool]) -> bytes:
    found = bytearray(-(-len(marked) // 8))
    for number, is_marked in enumerate(marked):
        if is_marked:
            found[number // 8] |= 1 << number % 8
    return bytes(found)


def _has_bit(bits: bytes, number: int) -> bool:
    return number // 8 < len(bits) and bool(bits[number // 8] >> number % 8 & 1)


def _verifies(encoded: bytes, place: Place) -> bool:
    try:
        manifest = parse_manifest(encoded)
    except ManifestError:
        return False
    return (manifest.chart, manifest.lane) == place
