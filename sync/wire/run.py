"""Runs: consecutive operations of one log on the wire (DESIGN section 7.5).

What a run shares is sent once; what the receiver can derive (sequence, predecessor, id, body hash
and size) is not sent. Rebuilt headers are proven by their signatures (`session.checking`).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from sync.clock import STAMP_MAX, Stamp
from sync.codec import fields, items, natural, octets
from sync.errors import CodecError, SessionError
from sync.header import body_part, log_part, place_part, run_part
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
from sync.limits import body_size_bytes_max
from sync.operation import SEQUENCE_MAX, Anchor, HeaderPrefix, Operation
from sync.signing import SIGNATURE_SIZE_BYTES

RECORDS_MAX = 4096
"""Records in one run: the smallest has 79 bytes beside its body."""
RUN_SIZE_BYTES = 288
"""A run's shared part, at most."""
RECORD_SIZE_BYTES = 84
"""What a record takes beside its body, at most (a body's place holder when it is destroyed)."""


class BodyGone(NamedTuple):
    """What stands for a body that was destroyed."""

    hash: bytes
    size_bytes: int


class Record(NamedTuple):
    """One operation of a run."""

    stamp: int
    signature: bytes
    body: bytes | BodyGone


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive operations of one log. `where` is a place's short name, or chart ‖ lane."""

    where: bytes
    device: DeviceKey
    instance: InstanceId
    epoch: EpochId
    under: ActId
    registry: Anchor | None
    certificate: CertificateId | None
    first_sequence: int
    previous: OperationId | None
    records: tuple[Record, ...]

    def with_records(self, records: Iterable[Record]) -> "Run":
        """This run with its records."""
        return replace(self, records=tuple(records))

    def value(self) -> list[object]:
        """What is encoded."""
        return [
            self.where,
            self.device,
            self.instance,
            self.epoch,
            self.under,
            None if self.registry is None else list(self.registry),
            self.certificate,
            self.first_sequence,
            self.previous,
            [
                [stamp, signature, body if isinstance(body, bytes) else list(body)]
                for stamp, signature, body in self.records
            ],
        ]


def parse_run(value: object) -> Run:
    """Take a decoded value as a run, or raise CodecError or IdentifierError."""
    parts = fields(value, 10, "run")
    return Run(
        where=octets(parts[0], None, "where"),
        device=DeviceKey(octets(parts[1], 32, "device")),
        instance=InstanceId(octets(parts[2], 16, "instance")),
        epoch=EpochId(octets(parts[3], 32, "epoch")),
        under=ActId(octets(parts[4], 16, "under")),
        registry=parse_anchor(parts[5]),
        certificate=None
        if parts[6] is None
        else CertificateId(octets(parts[6], 32, "certificate")),
        first_sequence=natural(parts[7], "sequence", SEQUENCE_MAX),
        previous=None if parts[8] is None else parse_operation_id(octets(parts[8], 36, "previous")),
        records=tuple(_parse_record(record) for record in items(parts[9], "records", RECORDS_MAX)),
    )


def _parse_record(value: object) -> Record:
    stamp, signature, body = fields(value, 3, "record")
    if isinstance(body, list):
        body_hash, size = fields(body, 2, "body")
        body = BodyGone(
            octets(body_hash, 32, "body hash"), natural(size, "body size", body_size_bytes_max)
        )
    elif len(octets(body, None, "body")) > body_size_bytes_max:
        raise CodecError("body is over the limit")
    return Record(
        natural(stamp, "stamp", STAMP_MAX),
        octets(signature, SIGNATURE_SIZE_BYTES, "signature"),
        body,
    )


def parse_anchor(value: object) -> Anchor | None:
    """Take a decoded value as a registry anchor or none, or raise CodecError."""
    if value is None:
        return None
    chain, block, block_hash = fields(value, 3, "registry")
    return Anchor(
        natural(chain, "chain"), natural(block, "block"), octets(block_hash, 32, "block hash")
    )


def begin_run(where: bytes, operation: Operation) -> Run:
    """The run that an operation begins, without records yet."""
    prefix = operation.prefix
    return Run(
        where,
        prefix.device,
        prefix.instance,
        prefix.epoch,
        prefix.under,
        prefix.registry,
        prefix.certificate,
        prefix.sequence,
        prefix.previous,
        (),
    )


def record_of(operation: Operation) -> Record:
    """An operation's record."""
    body = operation.body
    return Record(
        operation.prefix.stamp,
        operation.signature,
        BodyGone(operation.body_hash, operation.body_size_bytes) if body is None else body,
    )


def continues(last: Operation, operation: Operation) -> bool:
    """Whether an operation belongs in the run that `last` ends."""
    before, prefix = last.prefix, operation.prefix
    return (
        prefix.previous == last.id
        and prefix.sequence == before.sequence + 1
        and (prefix.device, prefix.instance, prefix.epoch, prefix.under)
        == (before.device, before.instance, before.epoch, before.under)
        and (prefix.registry, prefix.certificate, prefix.chart, prefix.lane)
        == (before.registry, before.certificate, before.chart, before.lane)
    )


def rebuild(run: Run, chart: ChartId, lane: LaneId) -> list[Operation]:
    """Rebuild a run's operations; their signatures are not checked yet, and must be.

    Their headers are canonical by construction. Raises SessionError where a run claims a place
    in its log that no operation can have.
    """
    first = run.first_sequence
    if (first == 0) != (run.previous is None):
        raise SessionError("only the first operation of a log has no predecessor")
    if first + len(run.records) - 1 > SEQUENCE_MAX:
        raise SessionError("run goes on beyond the last sequence")
    begin = log_part(chart, lane, run.device, run.instance)
    shared = run_part(run.epoch, run.under, run.registry, run.certificate)
    previous = run.previous
    rebuilt: list[Operation] = []
    for sequence, (stamp, signature, body) in enumerate(run.records, first):
        if isinstance(body, bytes):
            kept, body_hash, size = body, hashlib.sha256(body).digest(), len(body)
        else:
            kept, body_hash, size = None, body.hash, body.size_bytes
        stamp = Stamp(stamp)
        place = place_part(sequence, previous, stamp)
        header = b"".join((begin, place, shared, body_part(body_hash, size)))
        prefix = HeaderPrefix(
            chart,
            lane,
            run.device,
            run.instance,
            sequence,
            previous,
            stamp,
            run.epoch,
            run.under,
            run.registry,
            run.certificate,
        )
        operation = Operation(prefix, header, signature, body_hash, size, kept)
        previous = operation.id
        rebuilt.append(operation)
    return rebuilt
