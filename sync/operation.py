"""The operation: one signed, encrypted, immutable write in one lane (DESIGN section 4).

A header is a CBOR array of 14 fields. Its last two, body hash and size, bind the body; all
before them are the body's associated data. Bodies are detached, so that one can be destroyed
while the header still verifies.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sync.clock import STAMP_MAX, Stamp
from sync.codec import decode, encode, fields, natural, octets
from sync.errors import BodyError, CodecError, HeaderError, IdentifierError
from sync.identifiers import (
    ActId,
    CertificateId,
    ChartId,
    DeviceKey,
    EpochId,
    InstanceId,
    LaneId,
    OperationId,
    operation_id,
    parse_operation_id,
)
from sync.limits import body_size_bytes_max, header_size_bytes_max, operation_version
from sync.signing import Signer, verify

DOMAIN = "operation"
SEQUENCE_MAX = (1 << 48) - 1


class Anchor(NamedTuple):
    """The registry snapshot that an author had adopted: chain id, block number, block hash."""

    chain: int
    block: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class HeaderPrefix:
    """All of a header but what binds the body: known before the body is sealed."""

    chart: ChartId
    lane: LaneId
    device: DeviceKey
    instance: InstanceId
    sequence: int
    previous: OperationId | None
    stamp: Stamp
    epoch: EpochId
    under: ActId
    registry: Anchor | None = None
    certificate: CertificateId | None = None

    def encoded(self) -> bytes:
        """The header's first bytes, which the body's cipher authenticates."""
        listed = encode([operation_version, *self._fields()])
        return b"\x8e" + listed[1:]

    def _fields(self) -> list[object]:
        registry = None if self.registry is None else list(self.registry)
        return [
            self.chart,
            self.lane,
            self.device,
            self.instance,
            self.sequence,
            self.previous,
            self.stamp,
            self.epoch,
            self.under,
            registry,
            self.certificate,
        ]


@dataclass(frozen=True)
class Operation:
    """A verified header with its signature, and its body unless that was destroyed.

    Equality and hash are those of the id. Made by `sign_operation` and `read_operation` only.
    """

    prefix: HeaderPrefix
    header: bytes
    signature: bytes
    body_hash: bytes
    body_size_bytes: int
    body: bytes | None

    @cached_property
    def id(self) -> OperationId:
        """The CID of the header."""
        return operation_id(self.header)

    def __eq__(self, other: object) -> bool:
        """Compare by id."""
        return isinstance(other, Operation) and self.header == other.header

    def __hash__(self) -> int:
        """Hash by id."""
        return hash(self.header)

    def __repr__(self) -> str:
        """Show the id's last bytes and the place in the log, nothing of the body."""
        return f"Operation({self.id[-4:].hex()} at {self.prefix.sequence})"


def sign_operation(prefix: HeaderPrefix, body: bytes, signer: Signer) -> Operation:
    """Bind a sealed body to its header and sign it with the device's key."""
    if signer.public != prefix.device:
        raise HeaderError("header names another device than its signer")
    body_hash = hashlib.sha256(body).digest()
    header = prefix.encoded() + encode(body_hash) + encode(len(body))
    signature = signer.sign(DOMAIN, operation_id(header))
    return Operation(prefix, header, signature, body_hash, len(body), body)


def read_operation(
    header: bytes, signature: bytes, body: bytes | None, *, verified: bool = False
) -> Operation:
    """Decode an operation and check header form, body hash and signature.

    `verified` leaves the signature unchecked: only for bytes from the own store, which checked
    it before writing. Raises HeaderError, BodyError or SignatureError.
    """
    prefix, body_hash, body_size = _parse_header(header)
    if body is not None and (len(body) != body_size or hashlib.sha256(body).digest() != body_hash):
        raise BodyError("body does not hash to what its header names")
    operation = Operation(prefix, header, signature, body_hash, body_size, body)
    if not verified:
        verify(prefix.device, DOMAIN, operation.id, signature)
    return operation


def _parse_header(header: bytes) -> tuple[HeaderPrefix, bytes, int]:
    if len(header) > header_size_bytes_max:
        raise HeaderError("header is too large")
    try:
        parts = fields(decode(header), 14, "header")
        if parts[0] != operation_version:
            raise HeaderError("header is of another version")
        prefix = HeaderPrefix(
            chart=ChartId(octets(parts[1], 32, "chart")),
            lane=LaneId(octets(parts[2], 8, "lane")),
            device=DeviceKey(octets(parts[3], 32, "device")),
            instance=InstanceId(octets(parts[4], 16, "instance")),
            sequence=natural(parts[5], "sequence", SEQUENCE_MAX),
            previous=None if parts[6] is None else parse_operation_id(octets(parts[6], 36, "prev")),
            stamp=Stamp(natural(parts[7], "stamp", STAMP_MAX)),
            epoch=EpochId(octets(parts[8], 32, "epoch")),
            under=ActId(octets(parts[9], 16, "under")),
            registry=_parse_anchor(parts[10]),
            certificate=None
            if parts[11] is None
            else CertificateId(octets(parts[11], 32, "certificate")),
        )
        body_hash = octets(parts[12], 32, "body hash")
        body_size = natural(parts[13], "body size", body_size_bytes_max)
    except (CodecError, IdentifierError) as error:
        raise HeaderError(f"header is malformed: {error}") from error
    if (prefix.sequence == 0) != (prefix.previous is None):
        raise HeaderError("only the first operation of a log has no predecessor")
    return prefix, body_hash, body_size


def _parse_anchor(value: object) -> Anchor | None:
    if value is None:
        return None
    chain, block, block_hash = fields(value, 3, "registry")
    return Anchor(
        natural(chain, "chain"), natural(block, "block"), octets(block_hash, 32, "block hash")
    )
