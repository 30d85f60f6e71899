"""A replica in memory with attachments: manifests of its operations, and pieces, by place."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from replica_in_memory import Device, MemoryReplica, Rights

from sync.attachment import Piece
from sync.attachment_manifest import Manifest, parse_manifest, sign_manifest
from sync.attachment_piece import named
from sync.digest import Place, PlaceDigest, with_attachments
from sync.identifiers import DeviceKey, OperationId
from sync.operation import Operation
from sync.session import Stage
from sync.session.shelf import Shelved


class MemoryShelf:
    """Attachments by place; a manifest is taken when its operation is held and its author's."""

    def __init__(self, replica: "ShelvedReplica") -> None:
        self._replica = replica
        self.listed: dict[Place, dict[bytes, Manifest]] = defaultdict(dict)
        self.pieces: dict[Place, dict[bytes, bytes]] = defaultdict(dict)

    def state(self) -> tuple[object, ...]:
        """What is held, to compare."""
        return (
            {place: sorted(found) for place, found in self.listed.items() if found},
            {place: sorted(found) for place, found in self.pieces.items() if found},
        )

    def digest(self, place: Place) -> bytes | None:
        if not self.listed.get(place):
            return None
        names = [*sorted(self.listed[place]), b"", *sorted(self.pieces[place])]
        return hashlib.sha256(b"".join(names)).digest()

    def manifests(self, place: Place) -> Sequence[Shelved]:
        held = frozenset(self.pieces[place])
        return [
            Shelved(manifest.name, names, held.intersection(names))
            for manifest in self.listed[place].values()
            for names in [tuple(piece.name for piece in manifest.pieces)]
        ]

    def manifest(self, place: Place, name: bytes) -> bytes | None:
        found = self.listed[place].get(name)
        return None if found is None else found.encoded

    def piece(self, place: Place, name: bytes) -> bytes | None:
        return self.pieces[place].get(name)

    def take_manifests(self, peer: DeviceKey, place: Place, manifests: Sequence[bytes]) -> int:
        refused = 0
        for manifest in map(parse_manifest, manifests):
            known = self._replica.operation(manifest.operation)
            if known is not None and manifest.is_of(known):
                self.listed[place][manifest.name] = manifest
            else:
                refused += 1
        return refused

    def take_piece(self, peer: DeviceKey, place: Place, sealed: bytes) -> bool:
        name = named(sealed).name
        wanted = any(
            name == piece.name for one in self.listed[place].values() for piece in one.pieces
        )
        if wanted:
            self.pieces[place][name] = sealed
        return wanted


class ShelvedReplica(MemoryReplica):
    """A MemoryReplica whose lanes may have attachments."""

    def __init__(self, device: Device, rights: Rights) -> None:
        super().__init__(device, rights)
        self.attachments = MemoryShelf(self)

    def shelf(self, peer: DeviceKey) -> MemoryShelf:
        return self.attachments

    def places(self, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        for chart, lane, digest in super().places(peer, stage):
            attachments = self.attachments.digest(Place(chart, lane))
            yield PlaceDigest(chart, lane, with_attachments(digest, attachments))

    def operation(self, wanted: OperationId) -> Operation | None:
        """An operation that is held."""
        return next((log[wanted] for log in self.logs.values() if wanted in log), None)

    def attach(self, operation: Operation, pieces: Sequence[bytes]) -> list[Piece]:
        """Put pieces beside an own operation, and list them."""
        place = Place(operation.prefix.chart, operation.prefix.lane)
        listed = [named(sealed) for sealed in pieces]
        manifest = sign_manifest(operation, tuple(listed), self.device.signer)
        self.attachments.listed[place][manifest.name] = manifest
        for sealed in pieces:
            self.attachments.pieces[place][named(sealed).name] = sealed
        return listed
