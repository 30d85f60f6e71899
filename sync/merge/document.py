"""One version's JSON, read so that nothing of it is altered: members keep their own characters.

Documents are composed from these slices, so numbers keep their lexical form (1.50 stays 1.50)
and only the top level is ever put together anew.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from json import JSONDecoder
from typing import Any, Final, NamedTuple

from sync.attachment import LeftOut, LeftOutMember, folded
from sync.limits import content_depth_max
from sync.merge.register import register_of

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')


class Number(str):
    """A JSON number by its characters: 1.0 and 1.00 say different things in FHIR."""

    __slots__ = ()


class Member(NamedTuple):
    """One member of a document: its key and value as written, and the value parsed."""

    key_text: str
    value_text: str
    value: Any

    def __repr__(self) -> str:
        """Show no content."""
        return f"Member({len(self.value_text)} characters)"


class Value(NamedTuple):
    """What a version says in one register: its members as written. Empty: the element is absent."""

    members: tuple[tuple[str, Member], ...]

    def __repr__(self) -> str:
        """Show the names only."""
        return f"Value({', '.join(name for name, _ in self.members)})"

    @property
    def json(self) -> bytes:
        """The members as a JSON object of their own, for showing."""
        return compose(member for _, member in self.members)

    @property
    def canonical(self) -> str:
        """A form that is equal when two values are equal as JSON, numbers by their characters.

        Also when one of the two was left out of its version's skeleton.
        """
        return ",".join(f"{json.dumps(name)}:{_comparable(m.value)}" for name, m in self.members)

    @property
    def left_out(self) -> bool:
        """Whether a member's value is not in the version's skeleton."""
        return any(isinstance(member.value, LeftOut) for _, member in self.members)

    def same_as(self, other: "Value") -> bool:
        """Whether two values are equal as JSON."""
        if len(self.members) != len(other.members):
            return False
        if all(
            mine[0] == its[0]
            and mine[1].value_text == its[1].value_text
            and not isinstance(mine[1].value, LeftOut)
            and not isinstance(its[1].value, LeftOut)
            for mine, its in zip(self.members, other.members, strict=True)
        ):
            return True
        return self.canonical == other.canonical

    def parsed(self, name: str) -> Any:
        """The parsed value of the member of that name, or None."""
        return next((member.value for key, member in self.members if key == name), None)


ABSENT: Final = Value(())


class Document:
    """A readable version of a resource. Its repr shows no content."""

    def __init__(self, content: bytes, members: Mapping[str, Member]) -> None:
        """Hold what `parse_document` has read."""
        self.content = content
        self.members = members

    def __repr__(self) -> str:
        """Show the size only."""
        return f"Document({len(self.content)} bytes)"

    @cached_property
    def registers(self) -> dict[str, Value]:
        """What the document says, by register; `resourceType` is no register."""
        found: dict[str, list[tuple[str, Member]]] = {}
        for name, member in self.members.items():
            if name != "resourceType":
                found.setdefault(register_of(name), []).append((name, member))
        return {name: Value(tuple(sorted(pairs))) for name, pairs in found.items()}

    def value(self, register: str) -> Value:
        """What the document says in one register."""
        return self.registers.get(register, ABSENT)


def parse_document(
    content: bytes, resource_type: str, left_out: Iterable[LeftOutMember] = ()
) -> Document | None:
    """Read a version, or None when it is no JSON object whose `resourceType` is the given one.

    An object that names a member twice is refused: readers differ in which one they take.
    `left_out` are the members that a skeleton lacks; they are never written out.
    """
    if _is_too_deep(content):
        return None
    try:
        members = _read_members(content.decode())
    except ValueError:
        return None
    kind = members.get("resourceType")
    if kind is None or type(kind.value) is not str or kind.value != resource_type:
        return None
    for name, value in left_out:
        if name in members:
            return None
        members[name] = Member(json.dumps(name), "null", value)
    return Document(content, members)


def compose(members: Iterable[Member]) -> bytes:
    """An object of members as they were written, in the order given; without those left out."""
    written = (m for m in members if not isinstance(m.value, LeftOut))
    return f"{{{','.join(f'{m.key_text}:{m.value_text}' for m in written)}}}".encode()


def canonical(value: Any) -> str:
    """A JSON value with its members sorted and no spaces, numbers by their characters."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)}:{canonical(value[name])}" for name in sorted(value))
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(canonical(item) for item in value)}]"
    return str(value) if isinstance(value, Number) else json.dumps(value)


def _comparable(value: Any) -> str:
    return "#" + value.digest.hex() if isinstance(value, LeftOut) else folded(canonical(value))


def item_texts(text: str) -> list[str]:
    """The items of a JSON array that was read before, as they were written."""
    at = _expect(text, 0, "[")
    found: list[str] = []
    while text[at] != "]":
        if found:
            at = _expect(text, at, ",")
        start = at
        _, at = _DECODER.raw_decode(text, at)
        found.append(text[start:at])
        at = _space(text, at)
    return found


def _is_too_deep(content: bytes) -> bool:
    if content.count(b"{") + content.count(b"[") <= content_depth_max:
        return False
    depth = 0
    for token in _BRACKETS.finditer(content):
        bracket = content[token.start()]
        if bracket in b"{[":
            depth += 1
            if depth > content_depth_max:
                return True
        elif bracket in b"}]":
            depth -= 1
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a member twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


_DECODER: Final = JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_refuse
)


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _expect(text: str, at: int, character: str) -> int:
    if text[at : at + 1] != character:
        raise ValueError(f"no {character} where one must be")
    return _space(text, at + 1)


def _read_members(text: str) -> dict[str, Member]:
    at = _expect(text, _space(text, 0), "{")
    members: dict[str, Member] = {}
    while text[at : at + 1] != "}":
        if members:
            at = _expect(text, at, ",")
        key_at = at
        if text[at : at + 1] != '"':
            raise ValueError("a member has no name")
        name, at = _DECODER.raw_decode(text, at)
        key_text = text[key_at:at]
        at = _expect(text, _space(text, at), ":")
        value_at = at
        value, at = _DECODER.raw_decode(text, at)
        if name in members:
            raise ValueError("an object names a member twice")
        name.encode()  # half a surrogate pair raises: it could not be hashed into a conflict's id
        members[name] = Member(key_text, text[value_at:at], value)
        at = _space(text, at)
    if _space(text, at + 1) != len(text):
        raise ValueError("something follows the document")
    return members
