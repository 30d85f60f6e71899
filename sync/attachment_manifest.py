"""Manifests: a device's signed list of the pieces that one of its operations has.

Stored and relayed beside the operation, in no log. A relay cannot read the body, where the pieces
are named too; the manifest tells it which pieces it may take, and that their author wants them
carried. Only the operation's own device can sign one. Session and store use them.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from sync.attachment import Piece, parse_pieces, pieces_bytes
from sync.codec import decode, encode, fields, is_number, octets
from sync.errors import CodecError, IdentifierError, ManifestError, SignatureError
from sync.identifiers import ChartId, DeviceKey, LaneId, OperationId, parse_operation_id
from sync.operation import Operation
from sync.signing import SIGNATURE_SIZE_BYTES, Signer, verify

DOMAIN = "attachment-manifest"


@dataclass(frozen=True)
class Manifest:
    """The pieces of one operation, in order. Made by `sign_manifest` and `parse_manifest` only."""

    chart: ChartId
    lane: LaneId
    operation: OperationId
    device: DeviceKey
    pieces: tuple[Piece, ...]
    signature: bytes

    def __repr__(self) -> str:
        """Show the operation's last bytes and the number of pieces."""
        return f"Manifest({self.operation[-4:].hex()}, {len(self.pieces)} pieces)"

    @cached_property
    def encoded(self) -> bytes:
        """The bytes that are stored and sent."""
        return encode([*_statement(self), self.signature])

    @cached_property
    def name(self) -> bytes:
        """The SHA-256 of the encoded manifest."""
        return hashlib.sha256(self.encoded).digest()

    def is_of(self, operation: Operation) -> bool:
        """Whether this is the word of an operation's own device on that operation."""
        prefix = operation.prefix
        return (self.chart, self.lane, self.operation, self.device) == (
            prefix.chart,
            prefix.lane,
            operation.id,
            prefix.device,
        )


def _statement(manifest: Manifest) -> list[object]:
    return [
        1,
        manifest.chart,
        manifest.lane,
        manifest.operation,
        manifest.device,
        pieces_bytes(manifest.pieces),
    ]


def sign_manifest(operation: Operation, pieces: tuple[Piece, ...], signer: Signer) -> Manifest:
    """The signed list of an operation's pieces, by the device that wrote it."""
    prefix = operation.prefix
    bare = Manifest(prefix.chart, prefix.lane, operation.id, signer.public, pieces, b"")
    signature = signer.sign(DOMAIN, encode(_statement(bare)))
    return Manifest(prefix.chart, prefix.lane, operation.id, signer.public, pieces, signature)


def parse_manifest(data: bytes, *, verified: bool = False) -> Manifest:
    """Decode and verify a manifest, or raise ManifestError. `verified`: it was, when it came."""
    try:
        parts = fields(decode(data), 7, "manifest")
        if not is_number(parts[0], 1):
            raise ManifestError("manifest is of another version")
        manifest = Manifest(
            ChartId(octets(parts[1], 32, "chart")),
            LaneId(octets(parts[2], 8, "lane")),
            parse_operation_id(octets(parts[3], 36, "operation")),
            DeviceKey(octets(parts[4], 32, "device")),
            parse_pieces(parts[5]),
            octets(parts[6], SIGNATURE_SIZE_BYTES, "signature"),
        )
        if not verified:
            verify(manifest.device, DOMAIN, encode(_statement(manifest)), manifest.signature)
    except (CodecError, IdentifierError, SignatureError) as error:
        raise ManifestError(f"manifest does not verify: {error}") from error
    return manifest
