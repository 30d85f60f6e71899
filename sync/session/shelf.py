"""What a session asks about attachments; `node.application.syncing.shelf` implements it.

All rights are decided behind this interface, as for operations: of a lane that is not shared with
the peer nothing is told, given or taken.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sync.digest import Place
from sync.identifiers import DeviceKey


class Shelved(NamedTuple):
    """A manifest that is held: its name, its pieces' names in order, and those that are here."""

    name: bytes
    pieces: tuple[bytes, ...]
    held: frozenset[bytes]


class Shelf(Protocol):
    """The attachments of one replica, for sessions with one peer."""

    def digest(self, place: Place) -> bytes | None:
        """The digest of a lane's manifests and held pieces, 32 bytes; None where there are none.

        It must be part of the place's digest too (`sync.digest.with_attachments`).
        """

    def manifests(self, place: Place) -> Sequence[Shelved]:
        """The manifests that are held of a lane."""

    def manifest(self, place: Place, name: bytes) -> bytes | None:
        """A manifest, encoded."""

    def piece(self, place: Place, name: bytes) -> bytes | None:
        """A sealed piece, or None when it is not here or the lane is not shared any more."""

    def take_manifests(self, peer: DeviceKey, place: Place, manifests: Sequence[bytes]) -> int:
        """Keep verified manifests of operations that are stored; say how many were refused.

        One that is held already is not refused. Durable when it returns.
        """

    def take_piece(self, peer: DeviceKey, place: Place, sealed: bytes) -> bool:
        """Keep a piece that a held manifest names; durable when it returns."""


class EmptyShelf:
    """The shelf of a replica without attachments."""

    def digest(self, place: Place) -> bytes | None:
        """Nothing is held."""
        return None

    def manifests(self, place: Place) -> Sequence[Shelved]:
        """Nothing is held."""
        return ()

    def manifest(self, place: Place, name: bytes) -> bytes | None:
        """Nothing is held."""
        return None

    def piece(self, place: Place, name: bytes) -> bytes | None:
        """Nothing is held."""
        return None

    def take_manifests(self, peer: DeviceKey, place: Place, manifests: Sequence[bytes]) -> int:
        """Nothing is taken."""
        return len(manifests)

    def take_piece(self, peer: DeviceKey, place: Place, sealed: bytes) -> bool:
        """Nothing is taken."""
        return False
