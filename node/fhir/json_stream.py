"""Text that arrives in pieces, read value by value; the reader's walk over a Bundle stands on it.

A value that is not whole yet cannot be told from one that is broken, so it is tried again each time
what is held of it has doubled, until it is whole, too large, or the file ends: linear in all.
Generators wait for text by `yield`; whoever appends text sends them on.
"""

import re
from collections.abc import Callable, Generator
from itertools import accumulate
from typing import Final, Protocol, TypeVar

from node.fhir.json_spans import (
    NOT_BRACKET,
    STEP,
    STRING,
    STRING_OR_BRACKET,
    NotJson,
    Scanner,
)
from node.fhir.limits import (
    resource_size_bytes_max,
    resource_values_counted_size_bytes,
    resource_values_max,
)

_CLOSED: Final = re.compile(r'[^"]*+(?:"(?:[^"\\]++|\\.)*+"[^"]*+)*+', re.DOTALL)
"""What stands before a text that has no end yet."""
_SKIPPED: Final = frozenset('"[{')
TOO_LARGE: Final = f"larger than {resource_size_bytes_max // (1024 * 1024)} MiB"
TOO_MANY_VALUES: Final = f"more than {resource_values_max:,} values in one resource"


class Ended(Protocol):
    """A value that was read; `end` is the place after it."""

    @property
    def end(self) -> int:
        """The place after the value."""


E = TypeVar("E", bound=Ended)
T = TypeVar("T")
Reading = Generator[None, None, T]


class TooLarge(Exception):
    """a value is over a limit; the reason"""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class Stream:
    """A window on the text: from the value that is being read to what has arrived."""

    def __init__(self) -> None:
        """Nothing has arrived."""
        self.scanner = Scanner()
        self.at = 0
        self._pending: list[str] = []
        self._pending_length = 0
        self._ended = False
        self._flushed = False

    def append(self, text: str) -> None:
        """More has arrived."""
        self._pending.append(text)
        self._pending_length += len(text)

    def flush(self) -> None:
        """What follows is lost: let the next try take what is whole already."""
        self._flushed = True

    def end(self) -> None:
        """Nothing more will."""
        self._ended = True

    def rest(self) -> str:
        """All that was not read."""
        self._take_pending()
        return self.scanner.text[self.at :]

    def value(self, read: Callable[[int], E]) -> Reading[E]:
        """The value that stands next, read by one of the scanner's methods; moves behind it.

        Raises NotJson, TooLarge.
        """
        while True:
            self.at = self.scanner.skip_space(self.at)
            left = len(self.scanner.text) - self.at
            if too_many_values(self.scanner.text, self.at):
                raise TooLarge(TOO_MANY_VALUES)
            try:
                found = read(self.at)
            except NotJson:
                if self._is_all():
                    raise
            else:
                if not self._may_go_on(found.end) or self._is_all():
                    if found.end - self.at > resource_size_bytes_max:
                        raise TooLarge(TOO_LARGE)
                    self.at = found.end
                    return found
            if left > resource_size_bytes_max:
                raise TooLarge(TOO_LARGE)
            yield from self._wait(left)

    def _may_go_on(self, end: int) -> bool:
        """Whether more text may belong to what ends here: 12 may be 123, 1e may be 1e+300."""
        rest = self.scanner.text[end : end + 3]
        return not rest or (rest[0] in ".eE" and len(rest) < 3)

    def step(self, move: Callable[[int], T]) -> Reading[T]:
        """What a look at the next name or mark says; the caller moves `at`. Raises NotJson."""
        while True:
            self.at = self.scanner.skip_space(self.at)
            left = len(self.scanner.text) - self.at
            try:
                return move(self.at)
            except NotJson:
                if self._is_all() or left > resource_size_bytes_max:
                    raise
            yield from self._wait(left)

    def solid(self) -> Reading[bool]:
        """Move to the next character that is no white space; False where there is none."""
        while True:
            self.at = self.scanner.skip_space(self.at)
            if self.at < len(self.scanner.text):
                return True
            if self._is_all():
                return False
            yield from self._wait(0)

    def is_next(self, character: str, *, stay: bool = False) -> Reading[bool]:
        """Whether this character stands next, white space aside; moves behind it, or stays there.

        Raises NotJson where the text ends.
        """
        if not (yield from self.solid()):
            raise self.scanner.unexpected("a value", self.at)
        found = self.scanner.text.startswith(character, self.at)
        self.at += found and not stay
        return found

    def line(self) -> int:
        """The number of the line on which the next character stands."""
        return self.scanner.line(self.at)

    def skip(self) -> Reading[None]:
        """Move behind the value that stands next, however large; keep nothing of it.

        Raises NotJson where the text ends first, or where it is a number without an end.
        """
        if self.scanner.text[self.at] not in _SKIPPED:
            raise NotJson("not JSON: a number or word without an end")
        depth = 0
        inside = False
        while True:
            depth, inside, done = self._skip_here(depth, inside=inside)
            if done:
                return
            if self._is_all():
                raise NotJson("not JSON: the end of a text, array or object is missing")
            yield from self._wait(0)

    def _skip_here(self, depth: int, *, inside: bool) -> tuple[int, bool, bool]:
        """Skip what has arrived; `inside` says that it begins inside a text.

        Gives the depth and `inside` for what comes next, and whether the value has ended.
        """
        text = self.scanner.text
        # A backslash at the end belongs to a character that has not arrived.
        whole = len(text) - (len(text) - len(text.rstrip("\\"))) % 2
        part = text[self.at : whole]
        part = f'"{part}' if inside else part
        closed = _CLOSED.match(part)
        closed_length = closed.end() if closed else 0
        unfinished = closed_length < len(part)
        bare = STRING.sub("", part)
        if depth == 0 and part.startswith('"'):
            if not closed_length:
                self.at = whole
                return 0, True, False
        elif depth + _lowest(bare) > 0:
            self.at = whole
            return depth + _opened(bare), unfinished, False
        at = 0
        for token in STRING_OR_BRACKET.finditer(part):
            depth += STEP.get(token[0], 0)
            at = token.end()
            if depth == 0:
                break
        self.at += at - inside
        return 0, False, True

    def _wait(self, left: int) -> Reading[None]:
        while not (self._ended or self._flushed) and self._pending_length < max(left, 1):
            yield
        if self._flushed and not self._pending_length:
            self._flushed = False
            yield
        self._take_pending()

    def _is_all(self) -> bool:
        return self._ended and not self._pending

    def _take_pending(self) -> None:
        self.scanner.advance(self.at, "".join(self._pending))
        self.at = 0
        self._pending.clear()
        self._pending_length = 0


def _lowest(bare: str) -> int:
    """How far the depth falls in a text without texts, at the lowest."""
    return min(accumulate(map(STEP.__getitem__, NOT_BRACKET.sub("", bare))), default=0)


def _opened(bare: str) -> int:
    """How much deeper the end of a text without texts is than its start."""
    opened = bare.count("{") + bare.count("[")
    return opened - bare.count("}") - bare.count("]")


def too_many_values(text: str, at: int = 0) -> bool:
    """Whether a large text may hold more values than one resource may; commas in texts count."""
    if len(text) - at < resource_values_counted_size_bytes:
        return False
    marks = text.count(",", at) + text.count("[", at) + text.count("{", at)
    return marks > resource_values_max
