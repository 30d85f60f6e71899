"""Files that a command is given: the client opens them, the node gets contents only."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from node.command.errors import FileMissing, FileRefused, NothingToImport, OutputFailed

_ENDINGS: Final = (".json", ".ndjson")
STANDARD: Final = Path("-")
"""Stdin or stdout in place of a file."""


@dataclass(frozen=True)
class Found:
    """A file to import, or what in a folder is left out and why."""

    path: Path
    refused: str | None = None


def find_files(named: Sequence[Path]) -> list[Found]:
    """The files that paths mean: themselves, or what is in a folder, sorted, folders within too.

    A folder's links that lead out of it, and what is no file, are left out with a reason. Raises
    FileMissing, FileRefused, NothingToImport.
    """
    found: list[Found] = []
    for path in named:
        if not path.exists():
            raise FileMissing(path)
        if path.is_dir():
            found += _in_folder(path)
        elif path.is_file():
            found.append(Found(path))
        else:
            raise FileRefused(path, "it is not a file")
    if not found:
        raise NothingToImport
    return found


def _in_folder(folder: Path) -> Iterator[Found]:
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _ENDINGS or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            yield Found(path, "a link that leads out of the folder")
        elif not path.is_file():
            yield Found(path, "not a file")
        else:
            yield Found(path)


def open_file(path: Path) -> BinaryIO:
    """Open a regular file to read. Raises FileMissing, FileRefused."""
    try:
        # Without blocking: a pipe that was put where a file had been would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise FileMissing(path) from None
    except OSError as error:
        raise FileRefused(path, (error.strerror or "unknown").lower()) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileRefused(path, "it is not a file")
    return os.fdopen(descriptor, "rb")


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
