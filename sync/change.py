"""The body of an operation in a content lane: changes of one act of care, or a cover.

DESIGN sections 4 and 5. A change carries the resource's full original bytes and the elements its
author touched; receivers never diff. Causality is per change, in `supersedes`.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from sync.attachment import Attachment, parse_attachment
from sync.codec import decode, encode, fields, is_number, items, natural, octets, text
from sync.entry_reader import read_usual
from sync.errors import BodyError, CodecError, IdentifierError, LimitError
from sync.identifiers import DeviceKey, OperationId, parse_operation_id
from sync.limits import (
    changes_per_operation_max,
    elements_per_change_max,
    source_length_chars_max,
    supersedes_per_change_max,
)

NAME_LENGTH_MAX = 256


class ChangeKind(IntEnum):
    """What a change does."""

    PUT = 0
    RESOLVE = 1
    """A person's answer to a conflict: closes exactly the heads it supersedes."""


class ChangeRef(NamedTuple):
    """One change: its operation and its place there."""

    operation: OperationId
    place: int


@dataclass(frozen=True, slots=True)
class Change:
    """One version of one resource. The repr shows no content.

    `content` is the original bytes; where there is an `attachment`, their skeleton.
    """

    kind: ChangeKind
    source: str
    type: str
    id: str
    content: bytes
    touched: tuple[str, ...]
    supersedes: tuple[ChangeRef, ...]
    attachment: Attachment | None = None

    def __repr__(self) -> str:
        """Show the kind and type only."""
        return f"Change({self.kind.name} {self.type})"

    def says_what(self, other: "Change") -> bool:
        """Whether both say the same, wherever the pieces of an attachment lie."""
        return _without_pieces(self) == _without_pieces(other)

    def check(self) -> None:
        """Refuse to write what no reader would take: raise LimitError, naming no content."""
        _check_text(self.source, "source", source_length_chars_max)
        _check_text(self.type, "type", NAME_LENGTH_MAX)
        _check_text(self.id, "id", NAME_LENGTH_MAX)
        if len(self.touched) > elements_per_change_max:
            raise LimitError(f"over {elements_per_change_max} elements")
        _check_names(self.touched)
        if len(self.supersedes) > supersedes_per_change_max:
            raise LimitError(f"over {supersedes_per_change_max} versions to supersede")


def _without_pieces(change: Change) -> Change:
    if change.attachment is None:
        return change
    return replace(change, attachment=replace(change.attachment, pieces=()))


@lru_cache(1024)
def _check_names(names: tuple[str, ...]) -> None:
    """Of what is imported most resources of a type have the same elements."""
    for name in names:
        _check_text(name, "an element's name", NAME_LENGTH_MAX)


def _check_text(value: str, what: str, length_max: int) -> None:
    if len(value) > length_max:
        raise LimitError(f"{what} has more than {length_max} characters")
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise LimitError(f"{what} is not Unicode text") from error


class Part(NamedTuple):
    """Where an operation stands in a transaction of several: place from 0, total."""

    place: int
    total: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A content operation's body. Without changes it is a cover. The repr shows no content.

    Where it was written again for a shred (AUTHORITY rule 18), `again` is the first change that
    its own stand for, one after the other: they are those, word for word, under another key.
    """

    transaction: bytes
    part: Part | None
    practitioner: DeviceKey | None
    certificate: bytes | None
    changes: tuple[Change, ...]
    again: ChangeRef | None = None

    def refs(self, operation: OperationId) -> tuple[ChangeRef, ...]:
        """What each change goes by: its own place in the operation, or whose place it takes."""
        first = self.again or ChangeRef(operation, 0)
        return tuple(
            ChangeRef(first.operation, first.place + place) for place in range(len(self.changes))
        )

    def encoded(self) -> bytes:
        """The bytes that are sealed, or raise LimitError."""
        if len(self.changes) > changes_per_operation_max:
            raise LimitError(f"over {changes_per_operation_max} changes")
        value: list[object] = [
            1,
            self.transaction,
            None if self.part is None else list(self.part),
            self.practitioner,
            self.certificate,
            [_change_value(change) for change in self.changes],
        ]
        return encode(value if self.again is None else [*value, list(self.again)])

    def __repr__(self) -> str:
        """Show how many changes there are."""
        return f"Entry({len(self.changes)} changes)"


def _change_value(change: Change) -> list[object]:
    change.check()
    value: list[object] = [
        int(change.kind),
        change.source,
        change.type,
        change.id,
        change.content,
        list(change.touched),
        [list(ref) for ref in change.supersedes],
    ]
    return value if change.attachment is None else [*value, change.attachment.value()]


_KINDS = tuple(ChangeKind)


def parse_entry(data: bytes) -> Entry:
    """Decode a content operation's body, or raise BodyError."""
    parts = read_usual(data, NAME_LENGTH_MAX)
    if (
        parts is None
        or len(parts.source) > source_length_chars_max
        or len(parts.type) > NAME_LENGTH_MAX
        or len(parts.id) > NAME_LENGTH_MAX
        or (parts.practitioner is not None and len(parts.practitioner) != 32)
    ):
        return parse_any_entry(data)
    change = Change(
        _KINDS[parts.kind],
        parts.source,
        parts.type,
        parts.id,
        parts.content,
        parts.touched,
        (),
    )
    practitioner = None if parts.practitioner is None else DeviceKey(parts.practitioner)
    return Entry(parts.transaction, None, practitioner, parts.certificate, (change,))


def parse_any_entry(data: bytes) -> Entry:
    """Decode an entry of any shape by the general codec, or raise BodyError."""
    try:
        listed = items(decode(data), "entry", 7)
        parts = fields(listed[:6], 6, "entry")
        if not is_number(parts[0], 1):
            raise BodyError("entry is of a newer version")
        return Entry(
            octets(parts[1], 16, "transaction"),
            None if parts[2] is None else _parse_part(parts[2]),
            None if parts[3] is None else DeviceKey(octets(parts[3], 32, "practitioner")),
            None if parts[4] is None else octets(parts[4], None, "certificate"),
            tuple(_parse_change(c) for c in items(parts[5], "changes", changes_per_operation_max)),
            _parse_ref(listed[6]) if len(listed) == 7 else None,
        )
    except (CodecError, IdentifierError, ValueError) as error:
        raise BodyError("entry is malformed") from error


def _parse_part(value: object) -> Part:
    index, count = fields(value, 2, "part")
    return Part(natural(index, "index", 1 << 20), natural(count, "count", 1 << 20))


def _parse_change(value: object) -> Change:
    listed = items(value, "change", 8)
    kind, source, resource_type, resource_id, content, touched, supersedes = fields(
        listed[:7], 7, "change"
    )
    return Change(
        ChangeKind(natural(kind, "kind", 255)),
        text(source, "source", source_length_chars_max),
        text(resource_type, "type", NAME_LENGTH_MAX),
        text(resource_id, "id", NAME_LENGTH_MAX),
        octets(content, None, "content"),
        tuple(
            text(element, "element", NAME_LENGTH_MAX)
            for element in items(touched, "touched", elements_per_change_max)
        ),
        tuple(
            _parse_ref(ref) for ref in items(supersedes, "supersedes", supersedes_per_change_max)
        ),
        parse_attachment(listed[7]) if len(listed) == 8 else None,
    )


def _parse_ref(value: object) -> ChangeRef:
    operation, index = fields(value, 2, "ref")
    return ChangeRef(
        parse_operation_id(octets(operation, 36, "operation")),
        natural(index, "index", changes_per_operation_max),
    )
