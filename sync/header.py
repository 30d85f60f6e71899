"""The header of an operation: its fields, and their canonical bytes (DESIGN section 4).

    8e version chart lane device instance | sequence previous stamp
    └──────────── the log's ─────────────┘
    | epoch under registry certificate | body hash, body size
      └────────── the run's ─────────┘

Written and read here by hand, as bytes of fixed places: this is done for every operation that
crosses or is read from the disk, and the general codec takes ten times as long. What comes from a
stranger is read by that all the same (`parse_header`). Used by `operation` and `wire.run`.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from sync.clock import STAMP_MAX, Stamp
from sync.codec import decode, fields, is_number, natural, octets
from sync.errors import CodecError, HeaderError, IdentifierError
from sync.identifiers import (
    ActId,
    CertificateId,
    ChartId,
    DeviceKey,
    EpochId,
    InstanceId,
    LaneId,
    OperationId,
    parse_operation_id,
)
from sync.limits import body_size_bytes_max, header_size_bytes_max, operation_version

SEQUENCE_MAX: Final = (1 << 48) - 1

_BEGINNING: Final = bytes([0x8E, operation_version])
"""An array of 14 fields, and the first of them."""
_OF_8, _OF_16, _OF_32, _OF_36 = b"\x48", b"\x50", b"\x58\x20", b"\x58\x24"
_NULL: Final = b"\xf6"
_LOG_PART_SIZE_BYTES: Final = 96
_REMEMBERED_MAX: Final = 4096
"""Parts that many operations share, kept in memory once: 300 bytes or so each."""


class Anchor(NamedTuple):
    """The registry snapshot that an author had adopted: chain id, block number, block hash."""

    chain: int
    block: int
    hash: bytes


class HeaderPrefix(NamedTuple):
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
        return b"".join(
            (
                log_part(self.chart, self.lane, self.device, self.instance),
                place_part(self.sequence, self.previous, self.stamp),
                run_part(self.epoch, self.under, self.registry, self.certificate),
            )
        )


def log_part(chart: ChartId, lane: LaneId, device: DeviceKey, instance: InstanceId) -> bytes:
    """What the headers of a log begin with."""
    sizes = (len(chart), len(lane), len(device), len(instance))
    assert sizes == (32, 8, 32, 16), "a chart, lane, device or instance has another size"
    return b"".join((_BEGINNING, _OF_32, chart, _OF_8, lane, _OF_32, device, _OF_16, instance))


def place_part(sequence: int, previous: OperationId | None, stamp: Stamp) -> bytes:
    """Where and when in its log an operation is."""
    before = _NULL if previous is None else _OF_36 + previous
    return natural_bytes(sequence) + before + natural_bytes(stamp)


def run_part(
    epoch: EpochId, under: ActId, registry: Anchor | None, certificate: CertificateId | None
) -> bytes:
    """What consecutive operations of a log mostly share."""
    assert len(epoch) == 32, "an epoch has another size"
    assert len(under) == 16, "an act has another size"
    anchor = certified = _NULL
    if registry is not None:
        assert len(registry.hash) == 32, "a block hash has another size"
        numbers = natural_bytes(registry.chain) + natural_bytes(registry.block)
        anchor = b"\x83" + numbers + _OF_32 + registry.hash
    if certificate is not None:
        assert len(certificate) == 32, "a certificate's hash has another size"
        certified = _OF_32 + certificate
    return b"".join((_OF_32, epoch, _OF_16, under, anchor, certified))


def body_part(body_hash: bytes, body_size_bytes: int) -> bytes:
    """What binds the body: the header's end."""
    return _OF_32 + body_hash + natural_bytes(body_size_bytes)


def natural_bytes(number: int) -> bytes:
    """A number from 0 below 2^64 in the fewest bytes that CBOR has for it."""
    if number < 24:
        return bytes((number,))
    if number < 1 << 8:
        return b"\x18" + number.to_bytes(1, "big")
    if number < 1 << 16:
        return b"\x19" + number.to_bytes(2, "big")
    if number < 1 << 32:
        return b"\x1a" + number.to_bytes(4, "big")
    return b"\x1b" + number.to_bytes(8, "big")


def read_own_header(header: bytes) -> tuple[HeaderPrefix, bytes, int]:
    """Take apart a header that was checked when it was stored: prefix, body hash, body size.

    Raises HeaderError where it is none.
    """
    if header[:2] != _BEGINNING:
        return parse_header(header)
    try:
        chart, lane, device, instance = _read_log_part(header[:_LOG_PART_SIZE_BYTES])
        sequence, at = _natural_at(header, _LOG_PART_SIZE_BYTES)
        previous = None
        if header[at] == 0xF6:
            at += 1
        else:
            previous = OperationId(header[at + 2 : at + 38])
            at += 38
        stamp, at = _natural_at(header, at)
        end = _end_of_run_part(header, at)
        epoch, under, registry, certificate = _read_run_part(header[at:end])
        size, whole = _natural_at(header, end + 34)
    except IndexError as error:
        raise HeaderError("header is cut off") from error
    if whole != len(header):
        raise HeaderError("header has another length than its fields")
    prefix = HeaderPrefix(
        chart,
        lane,
        device,
        instance,
        sequence,
        previous,
        Stamp(stamp),
        epoch,
        under,
        registry,
        certificate,
    )
    return prefix, header[end + 2 : end + 34], size


def _natural_at(header: bytes, at: int) -> tuple[int, int]:
    first = header[at]
    if first < 24:
        return first, at + 1
    end = at + 1 + (1 << (first - 24))
    if first > 27 or end > len(header):
        raise HeaderError("header has no number where one belongs")
    return int.from_bytes(header[at + 1 : end], "big"), end


def _end_of_run_part(header: bytes, at: int) -> int:
    at += 51  # epoch and grant
    if header[at] == 0xF6:
        at += 1
    else:
        _, at = _natural_at(header, at + 1)
        _, at = _natural_at(header, at)
        at += 34
    return at + (1 if header[at] == 0xF6 else 34)


@lru_cache(_REMEMBERED_MAX)
def _read_log_part(part: bytes) -> tuple[ChartId, LaneId, DeviceKey, InstanceId]:
    if len(part) != _LOG_PART_SIZE_BYTES:
        raise HeaderError("header is cut off")
    return (
        ChartId(part[4:36]),
        LaneId(part[37:45]),
        DeviceKey(part[47:79]),
        InstanceId(part[80:96]),
    )


@lru_cache(_REMEMBERED_MAX)
def _read_run_part(
    part: bytes,
) -> tuple[EpochId, ActId, Anchor | None, CertificateId | None]:
    registry = None
    at = 52
    if part[51] != 0xF6:
        chain, at = _natural_at(part, at)
        block, at = _natural_at(part, at)
        registry = Anchor(chain, block, part[at + 2 : at + 34])
        at += 34
    certificate = None if part[at] == 0xF6 else CertificateId(part[at + 2 : at + 34])
    return EpochId(part[2:34]), ActId(part[35:51]), registry, certificate


def parse_header(header: bytes) -> tuple[HeaderPrefix, bytes, int]:
    """Decode anybody's header, or raise HeaderError: prefix, body hash, body size."""
    if len(header) > header_size_bytes_max:
        raise HeaderError("header is too large")
    try:
        parts = fields(decode(header), 14, "header")
        if not is_number(parts[0], operation_version):
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
