"""Cuts: runs of operations that the author of a revocation or vouch had merged.

AUTHORITY rule 8. A run is a stretch of one log; its head pins which branch of a fork it means.
"""

from typing import NamedTuple

from sync.codec import fields, items, natural, octets
from sync.errors import CodecError, IdentifierError
from sync.identifiers import InstanceId, LaneId, OperationId, parse_operation_id
from sync.limits import cut_runs_max
from sync.operation import SEQUENCE_MAX


class Run(NamedTuple):
    """The operations `first` to `last` of a log that are `head` or its ancestors."""

    instance: InstanceId
    lane: LaneId
    first: int
    last: int
    head: OperationId


Cut = tuple[Run, ...]


def cut_value(cut: Cut) -> list[object]:
    """A cut as a value for the codec."""
    return [list(run) for run in cut]


def parse_cut(value: object) -> Cut:
    """A cut from a decoded value, or raise CodecError."""
    return tuple(_parse_run(run) for run in items(value, "cut", cut_runs_max))


def _parse_run(value: object) -> Run:
    instance, lane, first, last, head = fields(value, 5, "run")
    try:
        return Run(
            InstanceId(octets(instance, 16, "instance")),
            LaneId(octets(lane, 8, "lane")),
            natural(first, "first", SEQUENCE_MAX),
            natural(last, "last", SEQUENCE_MAX),
            parse_operation_id(octets(head, 36, "head")),
        )
    except IdentifierError as error:
        raise CodecError("head of a run is not an operation id") from error
