"""How values that SQLite has no type for lie in its columns; every part of the store uses it."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from sync.clock import Stamp
from sync.identifiers import OperationId

_STAMP_OFFSET: Final = 1 << 63
"""A stamp has 64 bits without a sign, a column 64 with one; shifted, they sort alike."""

_OPERATION_ID_SIZE_BYTES: Final = 36

ASKED_AT_ONCE: Final = 500
"""Values that one statement asks for."""

T = TypeVar("T")


def stamp_column(stamp: Stamp) -> int:
    """A stamp as a column holds it."""
    return stamp - _STAMP_OFFSET


def column_stamp(column: int) -> Stamp:
    """A stamp from its column."""
    return Stamp(column + _STAMP_OFFSET)


def heads_column(heads: frozenset[OperationId]) -> bytes:
    """A log's heads as a column holds them: sorted, one after the other."""
    return b"".join(sorted(heads))


def column_heads(column: bytes) -> tuple[OperationId, ...]:
    """A log's heads from their column, sorted."""
    size = _OPERATION_ID_SIZE_BYTES
    return tuple(OperationId(column[at : at + size]) for at in range(0, len(column), size))


def portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Values in portions that one statement can ask for."""
    for start in range(0, len(values), ASKED_AT_ONCE):
        yield values[start : start + ASKED_AT_ONCE]


def marks(values: Sequence[object]) -> str:
    """A question mark for each value."""
    return ",".join("?" * len(values))
