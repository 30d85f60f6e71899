"""The three events of the DIDRegistry (ERC-1056), from logs to what they say of an identity."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from node.registry.chain import Log

OWNER_CHANGED: Final = bytes.fromhex(
    "38a5a6e68f30ed1ab45860a4afb34bcb2fc00f22ca462d249b8a8d40cda6f7a3"
)
"""Keccak-256 of DIDOwnerChanged(address,address,uint256)."""
DELEGATE_CHANGED: Final = bytes.fromhex(
    "5a5084339536bcab65f20799fcc58724588145ca054bd2be626174b27ba156f7"
)
"""Keccak-256 of DIDDelegateChanged(address,bytes32,address,uint256,uint256)."""
ATTRIBUTE_CHANGED: Final = bytes.fromhex(
    "18ab6b2ae3d64306c00ce663125f2bd680e441a098de1635bd7ad8b0d44965e4"
)
"""Keccak-256 of DIDAttributeChanged(address,bytes32,bytes,uint256,uint256)."""
_WORD: Final = 32


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """Somebody else owns the identity."""

    block: int
    previous_change: int
    owner: bytes
    """20 bytes."""


@dataclass(frozen=True, slots=True)
class DelegateChanged:
    """A delegate until a time (seconds since 1970), which has passed for one that was revoked."""

    block: int
    previous_change: int
    kind: bytes
    """32 bytes, the kind's name and zeros."""
    delegate: bytes
    """20 bytes."""
    valid_to_seconds: int


@dataclass(frozen=True, slots=True)
class AttributeChanged:
    """An attribute until a time (seconds since 1970), 0 for one that was revoked."""

    block: int
    previous_change: int
    name: bytes
    """32 bytes, the name and zeros."""
    value: bytes
    valid_to_seconds: int


Event = OwnerChanged | DelegateChanged | AttributeChanged


def read_events(logs: Iterable[Log]) -> list[Event]:
    """The registry's events among logs. Raises ValueError for one that is malformed."""
    return [event for event in map(_read, logs) if event is not None]


def text_of(word: bytes) -> str | None:
    """A 32-byte name as text; None where it is not UTF-8: it is no DID's then."""
    try:
        return word.decode().rstrip("\0")
    except UnicodeDecodeError:
        return None


def _read(log: Log) -> Event | None:
    kind = log.topics[0] if log.topics else b""
    match kind:
        case _ if kind == OWNER_CHANGED:
            owner, previous = _words(log.data, 2)
            return OwnerChanged(log.block, _number(previous), owner[-20:])
        case _ if kind == DELEGATE_CHANGED:
            name, delegate, valid_to, previous = _words(log.data, 4)
            return DelegateChanged(
                log.block, _number(previous), name, delegate[-20:], _number(valid_to)
            )
        case _ if kind == ATTRIBUTE_CHANGED:
            name, place, valid_to, previous = _words(log.data, 4)
            value = _bytes_at(log.data, _number(place))
            return AttributeChanged(log.block, _number(previous), name, value, _number(valid_to))
    return None


def _words(data: bytes, count: int) -> list[bytes]:
    if len(data) < count * _WORD:
        raise ValueError("an event is cut off")
    return [data[start : start + _WORD] for start in range(0, count * _WORD, _WORD)]


def _bytes_at(data: bytes, place: int) -> bytes:
    size = _number(data[place : place + _WORD]) if place + _WORD <= len(data) else -1
    start = place + _WORD
    if size < 0 or start + size > len(data):
        raise ValueError("an event is cut off")
    return data[start : start + size]


def _number(word: bytes) -> int:
    return int.from_bytes(word, "big")
