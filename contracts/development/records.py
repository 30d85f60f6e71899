"""What the development chain remembers of a mined transaction and its logs. Made by the chain."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mined:
    """A transaction that is in a block: the only one of its block."""

    hash: bytes
    block: int
    encoded: bytes
    sender: bytes
    succeeded: bool
    gas_used: int
    created: bytes | None
    """The address of the contract that it made."""


@dataclass(frozen=True)
class LoggedEvent:
    """An event that a contract logged; topics of 32 bytes each, at most four."""

    block: int
    position: int
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class LogQuery:
    """Which events: blocks both inclusive; empty addresses or topics match anything."""

    first: int
    last: int
    addresses: tuple[bytes, ...] = ()
    topics: tuple[tuple[bytes, ...], ...] = ()
