"""What shall be done on chain, and how to see there that it is done; others write these offline.

`store.outbox.put(Intent(...), now_seconds)` keeps one, `node.registry.outbox` relays it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Self

from sync.codec import decode, encode, fields, items, natural, octets, text
from sync.identifiers import hashed

WORD_SIZE_BYTES: Final = 32
_SIGHTS_MAX: Final = 1024
_NAME_LENGTH_CHARS_MAX: Final = 64


class SightKind(IntEnum):
    """How a storage word is looked at."""

    AT_LEAST = 0
    """A field of the word is at least a value: states that only go forward."""
    EQUALS = 1
    """A field of the word is a value."""
    HEAD = 2
    """The word is a chain's head that comes after `previous`."""


class Sighting(StrEnum):
    """What a storage word says of an effect."""

    DONE = "done"
    NOT_YET = "not yet"
    OVERTAKEN = "overtaken"
    """A chain's head is neither ours nor what ours follows: somebody else went on with it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One storage word of a contract and what it must say. Words are 32 bytes, big-endian."""

    contract: str
    """`contracts.loader.Name`, or its text."""
    slot: bytes
    kind: SightKind
    shift_bits: int
    width_bits: int
    wanted: bytes
    previous: bytes

    def look(self, word: int, heads_after: Iterable[bytes] = ()) -> Sighting:
        """What the word now in the slot says.

        `heads_after`: heads that a chain of this slot will have after this one, by intents that
        were put later: they say that this one is done too.
        """
        wanted = int.from_bytes(self.wanted, "big")
        field = (word >> self.shift_bits) & ((1 << self.width_bits) - 1)
        match self.kind:
            case SightKind.AT_LEAST:
                return Sighting.DONE if field >= wanted else Sighting.NOT_YET
            case SightKind.EQUALS:
                return Sighting.DONE if field == wanted else Sighting.NOT_YET
            case SightKind.HEAD:
                head = word.to_bytes(WORD_SIZE_BYTES, "big")
                if head == self.wanted or head in heads_after:
                    return Sighting.DONE
                return Sighting.NOT_YET if head == self.previous else Sighting.OVERTAKEN


@dataclass(frozen=True, slots=True)
class Effect:
    """How to see on chain that an intent is done: every one of its sights says so."""

    sights: tuple[Sight, ...]

    @classmethod
    def state_at_least(
        cls, contract: str, slot: bytes, *, shift_bits: int, width_bits: int, value: int
    ) -> Self:
        """Done when a field of a packed word is at least `value` (empty < live < revoked)."""
        return cls((_sight(contract, slot, SightKind.AT_LEAST, shift_bits, width_bits, value),))

    @classmethod
    def equals(
        cls,
        contract: str,
        slot: bytes,
        value: int,
        *,
        shift_bits: int = 0,
        width_bits: int = 8 * WORD_SIZE_BYTES,
    ) -> Self:
        """Done when a word, or a field of it, is `value`."""
        return cls((_sight(contract, slot, SightKind.EQUALS, shift_bits, width_bits, value),))

    @classmethod
    def head_changed(cls, contract: str, slot: bytes, *, previous: bytes, head: bytes) -> Self:
        """Done when a chain went on from `previous` to `head` (anchors, break-glass tags)."""
        if len(previous) != WORD_SIZE_BYTES or previous == head:
            raise ValueError("a head is 32 bytes, and changes")
        value = int.from_bytes(head, "big")
        sight = _sight(contract, slot, SightKind.HEAD, 0, 8 * WORD_SIZE_BYTES, value, previous)
        return cls((sight,))

    @classmethod
    def all_of(cls, effects: Iterable["Effect"]) -> Self:
        """Done when all of them are (a batch)."""
        return cls(tuple(sight for effect in effects for sight in effect.sights))

    def encoded(self) -> bytes:
        """Canonical CBOR, as the store keeps it."""
        return encode(
            [
                [
                    str(sight.contract),
                    sight.slot,
                    int(sight.kind),
                    sight.shift_bits,
                    sight.width_bits,
                    sight.wanted,
                    sight.previous,
                ]
                for sight in self.sights
            ]
        )


def decode_effect(data: bytes) -> Effect:
    """The effect from what `encoded` gave. Raises CodecError, ValueError."""
    return Effect(tuple(_decode_sight(item) for item in items(decode(data), "sights", _SIGHTS_MAX)))


@dataclass(frozen=True, slots=True)
class Intent:
    """One transaction that anybody may relay: its calldata is complete, and signed by its owner."""

    kind: str
    """What it does, in one word for lists: `grant`, `revoke`, `anchor`, `issue`, `decide`, …"""
    contract: str
    """The contract that is called: `contracts.loader.Name`, or its text."""
    calldata: bytes
    effect: Effect
    label: str
    """For a person, in few words. Never a patient's data: not a name, a chart's id or a DID."""
    order: bytes | None = None
    """Intents with the same key go one after the other: one that is not done stops those behind it
    (the anchors of one publisher: the publisher's address). None: it waits for none."""
    expires_at_seconds: int | None = None
    """The deadline that was signed (seconds since 1970), after which the contract refuses it."""

    def __post_init__(self) -> None:
        """Refuse what could never be seen done."""
        if not self.effect.sights:
            raise ValueError("an intent says how to see that it is done")

    @property
    def key(self) -> bytes:
        """32 bytes that are the same for the same call: it is kept once."""
        return hashed("intent", str(self.contract).encode(), self.calldata)

    def __repr__(self) -> str:
        """Show the kind and the key's beginning only."""
        return f"Intent({self.kind}, {self.key[:4].hex()})"


def _sight(
    contract: str,
    slot: bytes,
    kind: SightKind,
    shift_bits: int,
    width_bits: int,
    value: int,
    previous: bytes = bytes(WORD_SIZE_BYTES),
) -> Sight:
    if len(slot) != WORD_SIZE_BYTES:
        raise ValueError("a slot is 32 bytes")
    if not 0 < width_bits <= 8 * WORD_SIZE_BYTES - shift_bits or not 0 <= value < 1 << width_bits:
        raise ValueError("a field lies within its word, and its value within the field")
    wanted = value.to_bytes(WORD_SIZE_BYTES, "big")
    return Sight(str(contract), slot, kind, shift_bits, width_bits, wanted, previous)


def _decode_sight(value: object) -> Sight:
    contract, slot, kind, shift, width, wanted, previous = fields(value, 7, "a sight")
    return Sight(
        text(contract, "contract", _NAME_LENGTH_CHARS_MAX),
        octets(slot, WORD_SIZE_BYTES, "slot"),
        SightKind(natural(kind, "kind of sight")),
        natural(shift, "shift", 8 * WORD_SIZE_BYTES),
        natural(width, "width", 8 * WORD_SIZE_BYTES),
        octets(wanted, WORD_SIZE_BYTES, "wanted"),
        octets(previous, WORD_SIZE_BYTES, "previous"),
    )
