"""One JSON value as a file: a resource, or a Bundle, entry by entry; the reader calls it.

Whether an object is a Bundle is told by its `resourceType` or, where that stands behind the
entries, by what the first of these is. A break in a Bundle's grammar ends it: what was whole before
is given, and the break is rejected. When more lines follow the first value, they are NDJSON.
"""

import codecs
from typing import Final

from node.fhir.json_spans import TWICE, NotJson, Scanner, Span
from node.fhir.json_stream import Reading, Stream, TooLarge
from node.fhir.judge import Judge, is_bundle, place_of
from node.fhir.limits import bundle_members_max
from node.fhir.lines import Lines

_BOM: Final = "\ufeff"
_OF_AN_ENTRY: Final = frozenset({"fullUrl", "request", "response", "search"})
_NO_ARRAY: Final = "the Bundle's entry is not an array"


class Document:
    """A file whose form shows as it comes."""

    def __init__(self, judge: Judge) -> None:
        """Begin before its first byte."""
        self.form: str | None = None
        self._judge = judge
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._taken_bytes = 0
        self._stream = Stream()
        self._lines: Lines | None = None
        self._held: str | None = None
        self._first_line = 1
        self._last_line: int | None = None
        self._is_over = False
        self._run = self._file()
        next(self._run)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._lines is not None:
            self._lines.feed(data)
        elif not self._is_over:
            self._decode(data, last=False)
            self._taken_bytes += len(data)

    def flush(self) -> None:
        """Give what is whole, though the end will never come."""
        if self._lines is None and not self._is_over:
            self._stream.flush()
            self._go_on("", last=False)

    def end(self) -> None:
        """Nothing more comes."""
        if self._lines is None and not self._is_over:
            self._decode(b"", last=True)
        if self._lines is not None:
            self._lines.end()

    def _decode(self, data: bytes, *, last: bool) -> None:
        waiting = len(self._decoder.getstate()[0])
        try:
            self._go_on(self._decoder.decode(data, last), last=last)
        except UnicodeDecodeError as error:
            self._decoder.reset()
            self._stream.flush()
            self._go_on(error.object[: error.start].decode(), last=False)
            if self._lines is None and not self._is_over:
                self._is_over = self._turn_into_lines()
            if self._lines is not None:
                self._lines.feed(error.object[error.start :])
            elif not self._is_over:
                place = self._taken_bytes - waiting + error.start
                self._judge.reject("", f"not UTF-8 (byte {place})")
                self._is_over = True

    def _go_on(self, text: str, *, last: bool) -> None:
        self._stream.append(text)
        if last:
            self._stream.end()
        try:
            next(self._run)
        except StopIteration:
            self._is_over = True

    # -- generators: they wait for text by `yield`

    def _file(self) -> Reading[None]:
        yield
        try:
            yield from self._first_value()
        except NotJson as error:
            self._judge.reject("", error.reason)

    def _first_value(self) -> Reading[None]:
        stream = self._stream
        there = yield from stream.solid()
        if there and stream.scanner.text.startswith(_BOM, stream.at):
            stream.at += len(_BOM)
            there = yield from stream.solid()
        if not there:
            self._judge.reject("", "empty")
            return
        self._first_line = stream.line()
        if (yield from self._is_bundle()):
            self.form = "bundle"
            yield from self._bundle()
        else:
            self.form = "resource"
            self._held = yield from self._whole()
        self._last_line = stream.line()
        if not (yield from stream.solid()):
            self._take_held("")
        elif not self._turn_into_lines():
            self._judge.reject("", "not JSON: more follows the resource")

    def _turn_into_lines(self) -> bool:
        """Whether the first value has ended on a line before this one: then the rest is lines."""
        line = self._stream.line()
        if self._last_line is None or line == self._last_line:
            return False
        self._take_held(f"line {self._first_line}")
        self.form = "lines"
        self._lines = Lines(self._judge, line)
        self._lines.feed(self._stream.rest().encode() + self._decoder.getstate()[0])
        return True

    def _take_held(self, position: str) -> None:
        """Judge a first value that was no Bundle: what follows it told whether it is a line."""
        if self._held is not None:
            scanner = Scanner(self._held)
            self._judge.top(scanner, scanner.value(0), position)

    def _whole(self) -> Reading[str | None]:
        """The text of a value that is taken in one; None where it was too large."""
        stream = self._stream
        try:
            span = yield from stream.value(stream.scanner.value)
        except TooLarge as error:
            self._judge.reject("", error.reason)
            yield from stream.skip()
            return None
        return stream.scanner.text[span.start : span.end]

    def _is_bundle(self) -> Reading[bool]:
        try:
            return (yield from self._stream.step(self._looks_like_bundle))
        except NotJson:
            return False  # reading it as one value says what is wrong

    def _looks_like_bundle(self, at: int) -> bool:
        """Whether the members say so, as far as needed; raises NotJson where they are not whole."""
        scanner = self._stream.scanner
        if not scanner.text.startswith("{", at):
            return False
        at, ended = scanner.skip_space(at + 1), False
        ended = scanner.text.startswith("}", at)
        while not ended:
            name, at, _ = scanner.name(at)
            if name == "entry" and scanner.text.startswith("[", at):
                return self._looks_like_entries(at)
            span = scanner.value(at)
            if name == "resourceType":
                return is_bundle({name: span.value})
            at, ended = scanner.after_value(span.end)
        return False

    def _looks_like_entries(self, at: int) -> bool:
        scanner = self._stream.scanner
        at = scanner.skip_space(at + 1)
        if scanner.text.startswith("]", at):
            return False
        first = scanner.entry(at)
        return first.resource is not None or not _OF_AN_ENTRY.isdisjoint(first.members)

    def _bundle(self) -> Reading[None]:
        stream = self._stream
        scanner = stream.scanner
        stream.at += 1
        seen: set[str] = set()
        flaws: list[str] = []
        kind: object = None
        ended = yield from stream.is_next("}")
        while not ended:
            name, stream.at, flaw = yield from stream.step(scanner.name)
            is_array = yield from stream.is_next("[", stay=True)
            if name == "entry" and is_array and name not in seen:
                yield from self._entries()
            else:
                span = yield from self._member()
                flaw = flaw or span.flaw or (_NO_ARRAY if name == "entry" else None)
                kind = span.value if name == "resourceType" else kind
                if name == "type":
                    self._judge.note_bundle_type(span.value)
            flaw = TWICE if name in seen else flaw
            flaws += [flaw] if flaw else []
            seen.add(name)
            if len(seen) > bundle_members_max:
                raise NotJson(f"the Bundle has more than {bundle_members_max} members")
            stream.at, ended = yield from stream.step(scanner.after_value)
        if "entry" not in seen:
            flaws.append("the Bundle has no entries")
        if kind != "Bundle":
            flaws.append("the entries are of no Bundle")
        if flaws:
            self._judge.reject("", flaws[0])

    def _member(self) -> Reading[Span]:
        stream = self._stream
        try:
            return (yield from stream.value(stream.scanner.value))
        except TooLarge as error:
            yield from stream.skip()
            return Span(stream.at, stream.at, None, error.reason)

    def _entries(self) -> Reading[None]:
        stream = self._stream
        scanner = stream.scanner
        stream.at += 1
        ended = yield from stream.is_next("]")
        number = 0
        while not ended:
            try:
                entry = yield from stream.value(scanner.entry)
                self._judge.entry(scanner, entry, place_of("", number))
            except TooLarge as error:
                self._judge.reject(place_of("", number), error.reason)
                yield from stream.skip()
            number += 1
            stream.at, ended = yield from stream.step(scanner.after_element)
