"""The usual entry, one change that supersedes nothing, taken apart by place; `change` calls it.

    86 01 transaction part practitioner certificate
       81 87 kind source type id content | touched [] |
                                         └── alike ──┘

Whoever receives reads one for every record, and the general codec takes four times as long. What is
of any other shape, or not in the fewest bytes, is left to that.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from sync.codec import decode, items, text
from sync.errors import CodecError
from sync.limits import elements_per_change_max

_BEGINNING: Final = b"\x86\x01\x50"
"""An array of six fields, version 1, and 16 bytes to come."""
_ONE_CHANGE: Final = b"\x81\x87"
_NULL: Final = 0xF6
_NO_ELEMENTS: Final = 0x80
_OCTETS: Final = 0x40
_TEXT: Final = 0x60
_KIND_MAX: Final = 1
_ENDS_REMEMBERED_MAX: Final = 1024
_END_SIZE_BYTES_MAX: Final = 1024
"""Names of elements that are remembered; they say nothing of a patient."""


class Parts(NamedTuple):
    """What an entry says, of the right types; lengths of text are still to be checked."""

    transaction: bytes
    practitioner: bytes | None
    certificate: bytes | None
    kind: int
    source: str
    type: str
    id: str
    content: bytes
    touched: tuple[str, ...]


def read_usual(data: bytes, name_length_max: int) -> Parts | None:
    """Take an entry apart; None where it is of another shape, good or bad."""
    if not data.startswith(_BEGINNING):
        return None
    try:
        if data[19] != _NULL:
            return None
        practitioner, at = _octets_or_null(data, 20)
        certificate, at = _octets_or_null(data, at)
        kind = data[at + 2]
        if data[at : at + 2] != _ONE_CHANGE or kind > _KIND_MAX:
            return None
        start, at = _span(data, at + 3, _TEXT)
        source = data[start:at].decode()
        start, at = _span(data, at, _TEXT)
        kind_of_resource = data[start:at].decode()
        start, at = _span(data, at, _TEXT)
        identity = data[start:at].decode()
        start, at = _span(data, at, _OCTETS)
        content = data[start:at]
        if data[-1] != _NO_ELEMENTS or len(data) - at > _END_SIZE_BYTES_MAX:
            return None
        touched = _touched(data[at:], name_length_max)
    except (_Unusual, CodecError, IndexError, ValueError):
        return None
    return Parts(
        data[3:19],
        practitioner,
        certificate,
        kind,
        source,
        kind_of_resource,
        identity,
        content,
        touched,
    )


class _Unusual(Exception):
    """What comes is left to the general codec."""


def _octets_or_null(data: bytes, at: int) -> tuple[bytes | None, int]:
    if data[at] == _NULL:
        return None, at + 1
    start, end = _span(data, at, _OCTETS)
    return data[start:end], end


def _span(data: bytes, at: int, kind: int) -> tuple[int, int]:
    """Where a string of a kind lies whose head is at a place: its start and its end."""
    size = data[at] - kind
    start = at + 1
    if size == 25:
        start = at + 3
        size = int.from_bytes(data[at + 1 : start], "big")
        if size < 1 << 8:
            raise _Unusual
    elif size == 24:
        start = at + 2
        size = data[at + 1]
        if size < 24:
            raise _Unusual
    elif not 0 <= size < 24:
        raise _Unusual  # longer ones are rare
    end = start + size
    if end > len(data):
        raise _Unusual
    return start, end


@lru_cache(_ENDS_REMEMBERED_MAX)
def _touched(end: bytes, name_length_max: int) -> tuple[str, ...]:
    """The elements of a change that supersedes nothing, from the bytes after its content."""
    touched, supersedes = items(decode(b"\x82" + end), "end", 2)
    if supersedes != []:
        raise _Unusual
    listed = items(touched, "touched", elements_per_change_max)
    return tuple(text(name, "element", name_length_max) for name in listed)
