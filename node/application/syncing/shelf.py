"""The attachments that a sync session may see and bring: `sync.session.shelf` over the store.

A piece is taken in when a stored manifest names it, a manifest when its operation is stored here
with its body and its own device signed it: nobody can deposit anything else.
"""

from collections.abc import Callable, Sequence

from node.application.context import Context
from sync.attachment_manifest import parse_manifest
from sync.digest import Place
from sync.errors import ManifestError
from sync.identifiers import DeviceKey
from sync.limits import attachment_manifests_per_operation_max
from sync.session.shelf import Shelved

SharedLane = Callable[[Place], bool]
"""Whether a lane is shared with the peer now."""


class StoredShelf:
    """The attachments of one store, for one session."""

    def __init__(self, context: Context, is_shared: SharedLane) -> None:
        """Ask `is_shared` before anything is given or taken."""
        self._context = context
        self._is_shared = is_shared
        self._places = context.store.attachments.places()

    def digest(self, place: Place) -> bytes | None:
        """See `Shelf`. Few lanes have any: the others are not asked for one by one."""
        if place not in self._places:
            return None
        return self._context.store.attachments.digest(*place)

    def manifests(self, place: Place) -> Sequence[Shelved]:
        """See `Shelf`."""
        if place not in self._places or not self._is_shared(place):
            return ()
        return [
            Shelved(stored.name, tuple(piece.name for piece in stored.pieces), stored.held)
            for stored in self._context.store.attachments.manifests(*place)
        ]

    def manifest(self, place: Place, name: bytes) -> bytes | None:
        """See `Shelf`."""
        if not self._is_shared(place):
            return None
        return self._context.store.attachments.manifest(*place, name)

    def piece(self, place: Place, name: bytes) -> bytes | None:
        """See `Shelf`."""
        if not self._is_shared(place):
            return None
        return self._context.store.attachments.piece(*place, name)

    def take_manifests(self, peer: DeviceKey, place: Place, manifests: Sequence[bytes]) -> int:
        """See `Shelf`."""
        if not self._is_shared(place):
            return len(manifests)
        with self._context.store.transaction():
            return sum(not self._take_manifest(place, encoded) for encoded in manifests)

    def _take_manifest(self, place: Place, encoded: bytes) -> bool:
        store = self._context.store
        try:
            manifest = parse_manifest(encoded, verified=True)
        except ManifestError:
            return False
        found = store.operations.by_id(place.chart, [manifest.operation])
        if not found or found[0].body is None or not manifest.is_of(found[0]):
            return False
        if store.attachments.manifest(*place, manifest.name) is not None:
            return True
        kept = store.attachments.manifests_of(place.chart, manifest.operation)
        if kept >= attachment_manifests_per_operation_max:
            return False
        store.attachments.add(manifest)
        self._places.add(place)
        return True

    def take_piece(self, peer: DeviceKey, place: Place, sealed: bytes) -> bool:
        """See `Shelf`."""
        return self._is_shared(place) and self._context.store.attachments.take(*place, sealed)
