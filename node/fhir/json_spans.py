"""A JSON scanner that also says where each entry's resource stands; the reader calls it.

The values themselves are decoded by the standard library's C scanner; only the outer object and its
`entry` array are walked here, so time is linear and the exact source text of each entry's resource
is known. What JSON lets pass and a record must not (members twice, NaN, endless numbers, half a
surrogate pair, nesting that would exhaust the decoder) is found on the way, for each entry by
itself, so that one bad entry does not stop the others.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from json import JSONDecodeError, JSONDecoder
from typing import Final

from node.fhir.limits import json_depth_max, number_length_chars_max

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_STRING: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_NOT_BRACKET: Final = re.compile(r"[^\[\]{}]+")
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


class NotJson(Exception):
    """the text is not JSON: the reason, which quotes nothing of it"""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Span:
    """One decoded value, where its text stands, and why it cannot be kept, if so."""

    start: int
    end: int
    value: object = field(repr=False)
    flaw: str | None = None


@dataclass(slots=True)
class Entry:
    """One element of an outer `entry` array: its other members, and its resource by itself."""

    members: dict[str, object] = field(default_factory=dict, repr=False)
    resource: Span | None = None
    flaw: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One outer object: its span with the value decoded, and its entries where it has some."""

    span: Span
    entries: list[Entry] | None


class Scanner:
    """Walks one text."""

    def __init__(self, text: str) -> None:
        """Keep the text and look once whether it nests too deeply for the fast way."""
        self.text = text
        self._flaw: str | None = None
        self._deep = _depth(text) > json_depth_max
        self._surrogates = _SURROGATE_ESCAPE.search(text) is not None
        self._decoder = JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_float=self._decimal,
            parse_int=self._integer,
        )

    def skip_space(self, at: int) -> int:
        """The place of the next character that is not white space."""
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def document(self, at: int) -> Document:
        """The value that starts at `at`, its entries apart where it is an object that has them.

        Raises:
            NotJson: where the text breaks JSON's grammar, so that nothing in it can be trusted.
        """
        if not self.text.startswith("{", at):
            return Document(self.value(at), None)
        members: dict[str, object] = {}
        walk = _Walk()
        end = self._members(at, members, walk, self._outer_member)
        if walk.entries is not None:
            members["entry"] = [_joined(entry) for entry in walk.entries]
        return Document(Span(at, end, members, walk.flaw), walk.entries)

    def value(self, at: int) -> Span:
        """The value that starts at `at`, decoded, with what is wrong with it.

        Raises:
            NotJson: where the text breaks JSON's grammar.
        """
        if self._deep:
            end = self._end_of_deep(at)
            if _depth(self.text[at:end]) > json_depth_max:
                return Span(at, end, None, f"nested deeper than {json_depth_max}")
        try:
            value, end = self._decoder.raw_decode(self.text, at)
        except JSONDecodeError as error:
            raise _grammar(error) from None
        flaw = self._take_flaw()
        if flaw is None and self._surrogates and _has_half_pair(value):
            flaw = "a text holds half of a surrogate pair"
        return Span(at, end, value, flaw)

    def _outer_member(self, name: str, at: int, walk: "_Walk") -> Span:
        if name != "entry" or not self.text.startswith("[", at):
            return self.value(at)
        walk.entries = []
        end = self._elements(at, walk.entries)
        return Span(at, end, None)

    def _entry_member(self, name: str, at: int, walk: "_Walk") -> Span:
        span = self.value(at)
        if name == "resource":
            walk.resource = span
            return Span(span.start, span.end, span.value)
        return span

    def _elements(self, at: int, entries: list[Entry]) -> int:
        at = self.skip_space(at + 1)
        if self.text.startswith("]", at):
            return at + 1
        while True:
            at = self._element(at, entries)
            at = self.skip_space(at)
            if self.text.startswith("]", at):
                return at + 1
            at = self.skip_space(self._expect(",", at))

    def _element(self, at: int, entries: list[Entry]) -> int:
        if not self.text.startswith("{", at):
            span = self.value(at)
            entries.append(Entry(flaw="the entry is not an object"))
            return span.end
        members: dict[str, object] = {}
        walk = _Walk()
        end = self._members(at, members, walk, self._entry_member)
        members.pop("resource", None)
        entries.append(Entry(members, walk.resource, walk.flaw))
        return end

    def _members(
        self,
        at: int,
        into: dict[str, object],
        walk: "_Walk",
        read: Callable[[str, int, "_Walk"], Span],
    ) -> int:
        at = self.skip_space(at + 1)
        if self.text.startswith("}", at):
            return at + 1
        while True:
            if not self.text.startswith('"', at):
                raise self._unexpected("a member's name", at)
            name = self.value(at)
            at = self.skip_space(self._expect(":", self.skip_space(name.end)))
            key = str(name.value)
            span = read(key, at, walk)
            walk.flaw = walk.flaw or name.flaw or span.flaw
            if key in into:
                walk.flaw = walk.flaw or "a member is there twice"
            into[key] = span.value
            at = self.skip_space(span.end)
            if self.text.startswith("}", at):
                return at + 1
            at = self.skip_space(self._expect(",", at))

    def _expect(self, character: str, at: int) -> int:
        if not self.text.startswith(character, at):
            raise self._unexpected(f"'{character}'", at)
        return at + 1

    def _unexpected(self, wanted: str, at: int) -> NotJson:
        return _grammar(JSONDecodeError(f"expecting {wanted}", self.text, at))

    def _end_of_deep(self, at: int) -> int:
        """The end of a value found by its brackets alone, without recursion."""
        if self.text[at : at + 1] not in _STEP:
            found = _STRING.match(self.text, at)
            return found.end() if found else at
        depth = 0
        for token in _STRING_OR_BRACKET.finditer(self.text, at):
            depth += _STEP.get(token[0], 0)
            if depth == 0:
                return token.end()
        raise self._unexpected("the end of an array or object", len(self.text))

    def _take_flaw(self) -> str | None:
        flaw, self._flaw = self._flaw, None
        return flaw

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs):
            self._flaw = "a member is there twice"
        return members

    def _constant(self, _text: str) -> None:
        self._flaw = "NaN or Infinity is no JSON number"

    def _decimal(self, text: str) -> Decimal:
        if len(text) <= number_length_chars_max:
            try:
                return Decimal(text)
            except InvalidOperation:
                pass
        self._flaw = "a number is out of range"
        return Decimal(0)

    def _integer(self, text: str) -> int:
        if len(text) <= number_length_chars_max:
            return int(text)
        self._flaw = "a number is out of range"
        return 0


@dataclass(slots=True)
class _Walk:
    """What a walk over an object's members finds beside their values."""

    entries: list[Entry] | None = None
    resource: Span | None = None
    flaw: str | None = None


def _joined(entry: Entry) -> dict[str, object]:
    if entry.resource is None:
        return entry.members
    return {**entry.members, "resource": entry.resource.value}


def _depth(text: str) -> int:
    """How deeply arrays and objects nest, by C loops only; text that is no JSON counts somehow."""
    brackets = _NOT_BRACKET.sub("", _STRING.sub("", text))
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _has_half_pair(value: object) -> bool:
    match value:
        case str():
            return any("\ud800" <= character <= "\udfff" for character in value)
        case list():
            return any(_has_half_pair(item) for item in value)
        case dict():
            return any(_has_half_pair(item) for pair in value.items() for item in pair)
        case _:
            return False


def _grammar(error: JSONDecodeError) -> NotJson:
    """The decoder's complaint as one phrase: it names places and tokens, never contents."""
    message = error.msg[:1].lower() + error.msg[1:]
    message = message.removesuffix(" at").removesuffix(": ").replace("\\", "backslash ")
    return NotJson(f"not JSON: {message} (line {error.lineno}, column {error.colno})")
