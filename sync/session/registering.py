"""The registry stage: facts about whom the shared access lanes name cross, both ways.

    TELLING ──KnownFacts (last)──► TAKING ──End──► done

Both sides are the same. Each tells what it has, gives evidence for what the other lacks or has
older, and an End; on the other's End all evidence that came is checked and kept, or none.
"""

from collections.abc import Iterable, Iterator
from enum import Enum

from sync.errors import SessionError
from sync.identifiers import hashed
from sync.limits import (
    registry_evidence_size_bytes_max,
    registry_items_max,
    registry_parcels_max,
)
from sync.session.context import Context
from sync.session.registry_shelf import REGISTRY_MARK_SIZE_BYTES, RegistryItem, RegistryShelf
from sync.wire.message import End, Message
from sync.wire.registry_message import Facts, Known, KnownFacts

DIGEST_SIZE_BYTES = 16
KNOWN_SIZE_BYTES = 20
"""What one item takes in a list, at most."""
PARCEL_OVERHEAD_BYTES = 8


class Phase(Enum):
    """What is awaited of the peer."""

    TELLING = 0
    TAKING = 1
    DONE = 2


def registry_digest(shelf: RegistryShelf) -> bytes:
    """What Hello says of the facts that are shared: mark and digest; empty without a registry."""
    mark = shelf.mark()
    if not mark:
        return b""
    listed = [
        len(item.name).to_bytes(2, "big") + item.name + item.rank.to_bytes(8, "big")
        for item in sorted(shelf.items())
    ]
    return mark + hashed("registry-facts", mark, *listed)[:DIGEST_SIZE_BYTES]


def is_one_registry(own: bytes, theirs: bytes) -> bool:
    """Whether two hellos speak of the same registry."""
    size = REGISTRY_MARK_SIZE_BYTES
    return bool(own) and own[:size] == theirs[:size]


class RegistryStage:
    """Brings facts level. What is beyond the limits waits for the next session."""

    def __init__(self, context: Context, *, speaks_first: bool) -> None:
        self._context = context
        self._shelf = context.replica.registry(context.peer)
        self._phase = Phase.TELLING
        self._speaks_first = speaks_first
        self._theirs: dict[bytes, int] = {}
        self._before = b""
        self._evidence: list[bytes] = []
        self._evidence_bytes = 0
        self._own = self._items()
        context.turns.said()
        context.outbox.say(self._known())

    @property
    def done(self) -> bool:
        """Whether all that came is kept, and all of ours is queued."""
        return self._phase is Phase.DONE

    def got(self, message: Message, size_bytes: int) -> None:
        """Take a message of this stage, or raise SessionError."""
        match message:
            case KnownFacts(facts, last) if self._phase is Phase.TELLING:
                self._got_known(facts, last)
            case Facts(parcels) if self._phase is Phase.TAKING:
                self._got_facts(parcels, size_bytes)
            case End(False) if self._phase is Phase.TAKING:
                self._turn(first=False)
                if self._evidence:
                    self._shelf.take(self._evidence)
                    self._context.outcome.facts_received += len(self._evidence)
                self._phase = Phase.DONE
            case _:
                raise SessionError(f"{type(message).__name__} is out of turn")

    def _turn(self, *, first: bool) -> None:
        """Count a turn where what came answers ours: what follows at once is of the same turn."""
        if self._speaks_first is first:
            self._context.turns.heard()
            self._context.turns.said()

    def _items(self) -> dict[bytes, RegistryItem]:
        found = {self._context.names.fact(item.name): item for item in self._shelf.items()}
        return {short: found[short] for short in sorted(found)[:registry_items_max]}

    def _known(self) -> Iterator[Message]:
        step = max(1, self._context.outbox.frame_size_bytes // KNOWN_SIZE_BYTES)
        listed = [Known(short, item.rank) for short, item in self._own.items()]
        for start in range(0, len(listed), step):
            yield KnownFacts(tuple(listed[start : start + step]), False)
        yield KnownFacts((), True)

    def _got_known(self, facts: tuple[Known, ...], last: bool) -> None:
        if not (last or facts):
            raise SessionError("list of facts goes on without an item")
        for name, rank in facts:
            if name <= self._before:
                raise SessionError("list of facts is not ascending")
            self._before = name
            self._theirs[name] = rank
        if len(self._theirs) > registry_items_max:
            raise SessionError("list of facts is over the limit")
        if last:
            self._phase = Phase.TAKING
            self._turn(first=True)
            self._context.outbox.say(self._facts())

    def _facts(self) -> Iterator[Message]:
        newer = {
            item.name
            for short, item in self._own.items()
            if item.rank > self._theirs.get(short, -1)
        }
        if newer:
            yield from self._packed(self._shelf.parcels(newer))
        yield End(False)

    def _packed(self, parcels: Iterable[bytes]) -> Iterator[Message]:
        batch: list[bytes] = []
        size = total = 0
        for parcel in parcels:
            cost = len(parcel) + PARCEL_OVERHEAD_BYTES
            total += cost
            if total > registry_evidence_size_bytes_max // 2:
                break  # the rest differs still, and is for the next session
            full = size + cost > self._context.outbox.frame_size_bytes
            if batch and (full or len(batch) == registry_parcels_max):
                yield Facts(tuple(batch))
                batch, size = [], 0
            batch.append(parcel)
            size += cost
            self._context.outcome.facts_sent += 1
        if batch:
            yield Facts(tuple(batch))

    def _got_facts(self, parcels: tuple[bytes, ...], size_bytes: int) -> None:
        if not parcels:
            raise SessionError("frame carries no fact")
        self._evidence_bytes += size_bytes
        if self._evidence_bytes > registry_evidence_size_bytes_max:
            raise SessionError("peer sends more evidence than one session takes")
        self._evidence += parcels
