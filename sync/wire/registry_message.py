"""The messages about facts of the registry, and their bytes; `message_codec` hands over here.

A session knows facts only as opaque items: what each is about, how new it is, and evidence that
the node checks. Their numbers go on from those of the other messages (docs/PROTOCOL.md).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sync.codec import fields, items, natural, octets
from sync.errors import CodecError
from sync.limits import registry_items_max, registry_parcel_size_bytes_max, registry_parcels_max

SHORT_SIZE_BYTES = 8
RANK_MAX = (1 << 63) - 1


class Known(NamedTuple):
    """One item that a side has: its short name, and its rank among what may be said of it."""

    name: bytes
    rank: int


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What the sender has of the subjects that the two share, ascending."""

    facts: tuple[Known, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Evidence for what the receiver lacks, or has older."""

    parcels: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The sender's last message: the registry proves that the receiver was revoked, and how."""

    parcels: tuple[bytes, ...]


RegistryMessage = KnownFacts | Facts | Refusal


def registry_value(message: RegistryMessage) -> list[object]:
    """What is encoded, after the message's number."""
    match message:
        case KnownFacts(facts, last):
            return [[list(known) for known in facts], last]
        case Facts(parcels) | Refusal(parcels):
            return [list(parcels)]


def parse_known_facts(parts: list[Any]) -> KnownFacts:
    """Read KnownFacts, or raise CodecError."""
    if not isinstance(parts[1], bool):
        raise CodecError("flag is not true or false")
    listed = items(parts[0], "facts", registry_items_max)
    return KnownFacts(tuple(_known(value) for value in listed), parts[1])


def parse_facts(parts: list[Any]) -> Facts:
    """Read Facts, or raise CodecError."""
    return Facts(_parcels(parts[0]))


def parse_refusal(parts: list[Any]) -> Refusal:
    """Read a Refusal, or raise CodecError."""
    return Refusal(_parcels(parts[0]))


def _known(value: object) -> Known:
    name, rank = fields(value, 2, "fact")
    return Known(octets(name, SHORT_SIZE_BYTES, "fact"), natural(rank, "rank", RANK_MAX))


def _parcels(value: object) -> tuple[bytes, ...]:
    found = tuple(
        octets(parcel, None, "evidence") for parcel in items(value, "parcels", registry_parcels_max)
    )
    if any(len(parcel) > registry_parcel_size_bytes_max for parcel in found):
        raise CodecError("evidence is over the limit")
    return found
