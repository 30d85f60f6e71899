"""What a session asks of the replica about facts of the registry; the node implements it.

Facts are opaque here: the node says which it has of the subjects that it shares with the peer, and
checks what comes. Of subjects of charts that are not shared nothing is told.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

REGISTRY_MARK_SIZE_BYTES = 8


class RegistryItem(NamedTuple):
    """Something that is known of a subject: what it is about, and which of two is the newer."""

    name: bytes
    rank: int


class RegistryShelf(Protocol):
    """The facts that one replica shares with one peer."""

    def mark(self) -> bytes:
        """Which registry they are of, 8 bytes; empty without one. Facts cross where marks agree."""

    def items(self) -> Sequence[RegistryItem]:
        """What is held of the subjects of shared charts, alike at both ends once they are level."""

    def parcels(self, names: Collection[bytes]) -> Iterable[bytes]:
        """Evidence for these items and for nothing else, in pieces within the parcel's limit."""

    def take(self, parcels: Sequence[bytes]) -> None:
        """Check and keep evidence, all of it or none; durable when it returns.

        Raises SessionError where any of it proves nothing.
        """

    def denial(self) -> str | None:
        """Why the peer is refused by what is proven now; None where nothing speaks against it."""


class EmptyRegistryShelf:
    """The shelf of a replica without a shared registry."""

    def mark(self) -> bytes:
        """There is no registry."""
        return b""

    def items(self) -> Sequence[RegistryItem]:
        """Nothing is held."""
        return ()

    def parcels(self, names: Collection[bytes]) -> Iterable[bytes]:
        """Nothing is held."""
        return ()

    def take(self, parcels: Sequence[bytes]) -> None:
        """Nothing is taken: it could not be checked."""

    def denial(self) -> str | None:
        """Nothing is proven."""
        return None
