"""Looks for words of patients' names in every frame and log line, while a run lasts.

A name is letters, and ciphertext seldom has eight in a row: only such runs are kept, and compared
with the names in the end. That is fast enough to look at every byte.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import Final

LETTERS_MIN: Final = 8
"""Names of simulated patients are no shorter; ciphertext has so many in a row once in 350 kB."""
_RUNS_MAX: Final = 1_000_000
_LOGGERS: Final = ("node", "sync", "contracts")


def _table() -> bytes:
    letters = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return bytes(97 if byte in letters else byte != 0 for byte in range(256))


_SHAPE: Final = _table()
"""Letters become `a`, zero stays, everything else becomes one."""
_IN_UTF8: Final = b"a" * LETTERS_MIN
_IN_UTF16: Final = (b"a\x00" * LETTERS_MIN)[:-1]


def runs_of_letters(content: bytes) -> Iterator[bytes]:
    """Runs of letters as long as a name, in UTF-8 and UTF-16 of either order, in lower case."""
    shape = content.translate(_SHAPE)
    for pattern, step in ((_IN_UTF8, 1), (_IN_UTF16, 2)):
        found = shape.find(pattern)
        while found >= 0:
            end = found + len(pattern) + step - 1
            while shape[end : end + step] == pattern[:step]:
                end += step
            begin = found
            while begin >= step and shape[begin - step : begin] == pattern[:step]:
                begin -= step
            # A last letter in UTF-16 may stand at the end, without the zero after it.
            yield content[begin : end + step - 1 : step].lower()
            found = shape.find(pattern, end)


def names_within(runs: Iterable[bytes], names: Iterable[str]) -> set[str]:
    """Which of the names are in any of the runs, whole."""
    wanted = {name.casefold().encode(): name for name in names}
    sizes = sorted({len(name) for name in wanted})
    return {
        wanted[piece]
        for run in runs
        for size in sizes
        for start in range(len(run) - size + 1)
        if (piece := run[start : start + size]) in wanted
    }


class WireSearch(logging.Handler):
    """Everything that crossed, and every line that was logged, as far as it could be a name."""

    def __init__(self) -> None:
        """Nothing has crossed."""
        super().__init__(logging.DEBUG)
        self.frames = 0
        self.size_bytes = 0
        self.lines = 0
        self.on_wires: set[bytes] = set()
        self.in_logs: set[bytes] = set()

    def frame(self, frame: bytes) -> None:
        """Look at one frame."""
        self.frames += 1
        self.size_bytes += len(frame)
        if len(self.on_wires) < _RUNS_MAX:
            self.on_wires.update(runs_of_letters(frame))

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one line of a log."""
        self.lines += 1
        if len(self.in_logs) < _RUNS_MAX:
            self.in_logs.update(runs_of_letters(record.getMessage().encode()))

    def begin(self) -> None:
        """Listen to what the node logs."""
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self)

    def end(self) -> None:
        """Listen no more."""
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self)
