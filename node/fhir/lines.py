"""NDJSON: a resource or a Bundle a line, each by itself; the reader and the document form call it.

A bad line, whatever is wrong with it, stops no other.
"""

from typing import Final

from node.fhir.json_spans import NotJson, Scanner
from node.fhir.json_stream import TOO_LARGE, TOO_MANY_VALUES, too_many_values
from node.fhir.judge import Judge, value_at
from node.fhir.limits import resource_size_bytes_max

_SPACE: Final = b" \t\r"
_BOM: Final = b"\xef\xbb\xbf"


class Lines:
    """The lines of one file from `first_line` on; what is held is the line that is not whole."""

    def __init__(self, judge: Judge, first_line: int = 1) -> None:
        """Begin at the start of a line."""
        self._judge = judge
        self.form = "lines"
        self._scanner = Scanner()
        self._number = first_line
        self._held: list[bytes] = []
        self._held_size_bytes = 0
        self._empty = first_line == 1

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        *whole, rest = data.split(b"\n")
        for part in whole:
            if self._held or self._held_size_bytes:
                self._hold(part)
                part = b"".join(self._held)
            self._line(part, max(self._held_size_bytes, len(part)))
            self._held.clear()
            self._held_size_bytes = 0
            self._number += 1
        if rest:
            self._hold(rest)

    def flush(self) -> None:
        """Give what is whole: that was done."""

    def end(self) -> None:
        """Take what follows the last line end."""
        self.feed(b"\n")
        if self._empty:
            self._judge.reject("", "empty")

    def _hold(self, part: bytes) -> None:
        self._held_size_bytes += len(part)
        if self._held_size_bytes > resource_size_bytes_max:
            self._held.clear()
        else:
            self._held.append(part)

    def _line(self, line: bytes, size_bytes: int) -> None:
        place = f"line {self._number}"
        if size_bytes > resource_size_bytes_max:
            self._empty = False
            self._judge.reject(place, TOO_LARGE)
            return
        if self._number == 1:
            line = line.removeprefix(_BOM)
        line = line.strip(_SPACE)
        if not line:
            return
        self._empty = False
        try:
            text = line.decode()
            if too_many_values(text):
                self._judge.reject(place, TOO_MANY_VALUES)
            else:
                self._judge.line(self._scanner, value_at(self._scanner, text), place)
        except UnicodeDecodeError as error:
            self._judge.reject(place, f"not UTF-8 (byte {error.start})")
        except NotJson as error:
            self._judge.reject(place, error.reason)
