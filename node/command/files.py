"""Files that a command is given: the client opens them, the node gets contents only."""

import contextlib
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from node.command.errors import FileChanged, FileMissing, FileRefused, OutputFailed
from node.home.replace import flush_folder

STANDARD: Final = Path("-")
"""Stdin or stdout in place of a file."""


def open_file(path: Path, *, follow: bool = True) -> BinaryIO:
    """Open a regular file; `follow=False` refuses a link. Raises FileMissing, FileRefused."""
    # Without blocking: a pipe that was put where a file had been would be waited for.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise FileMissing(path) from None
    except OSError as error:
        raise FileRefused(path, (error.strerror or "unknown").lower()) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileRefused(path, "it is not a file")
    return os.fdopen(descriptor, "rb")


class SentFile:
    """A file while its content is sent: counts what was read, and notices when it changes."""

    def __init__(self, path: Path, file: BinaryIO, moved: Callable[[int], None]) -> None:
        """`moved` hears how many bytes more were read; `path` names the file in errors."""
        self._path = path
        self._file = file
        self._moved = moved
        self._taken_bytes = 0
        self._opened = self._state()

    def read(self, size_bytes: int, /) -> bytes:
        """The next bytes, none at the end. Raises FileRefused, FileChanged."""
        try:
            piece = self._file.read(size_bytes)
            self._taken_bytes += len(piece)
            whole_bytes = self._opened[0] if self._opened else None
            longer = whole_bytes is not None and self._taken_bytes > whole_bytes
            if longer or (not piece and self._state() != self._opened):
                raise FileChanged(self._path)
        except OSError as error:
            raise FileRefused(self._path, (error.strerror or "unknown").lower()) from None
        self._moved(len(piece))
        return piece

    def seek(self, place: int, /) -> int:
        """Go to a place: `Upload` begins at 0. Raises FileRefused where a pipe was read already."""
        if self._taken_bytes == place:
            return place
        if self._opened is None:
            raise FileRefused(self._path, "it cannot be read a second time")
        self._moved(place - self._taken_bytes)
        self._taken_bytes = self._file.seek(place)
        return place

    def _state(self) -> tuple[int, int] | None:
        """Size and time of a regular file; of a pipe there is nothing to compare."""
        found = os.fstat(self._file.fileno())
        return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def standard_input() -> BinaryIO:
    """Stdin as bytes. Raises FileRefused where a person would have to type them."""
    if sys.stdin.isatty():
        raise FileRefused(STANDARD, "stdin is a terminal: name a file, or send one in by a pipe")
    return sys.stdin.buffer


def read_text(path: Path, characters_max: int) -> str:
    """A small text from a file or stdin. Raises FileMissing, FileRefused."""
    if path == STANDARD:
        content = sys.stdin.buffer.read(4 * characters_max + 1)
    else:
        with open_file(path) as file:
            content = file.read(4 * characters_max + 1)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise FileRefused(path, "it is not UTF-8 text") from None


def write_file(path: Path, content: bytes) -> None:
    """Write a small file or stdout. Raises OutputFailed."""
    if path == STANDARD:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputFailed(path, (error.strerror or "unknown").lower()) from None


def flush_name(path: Path) -> None:
    """Let the name of a file that was made last through a power cut too, where its folder can."""
    with contextlib.suppress(OSError):  # a share, or a folder that takes files and lists none
        flush_folder(path.parent)


def write_new_file(path: Path, content: bytes) -> None:
    """Write a file that only this user reads, durably; an existing one is never written over.

    Raises OutputFailed.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        flush_name(path)
    except OSError as error:
        raise OutputFailed(path, (error.strerror or "unknown").lower()) from None
