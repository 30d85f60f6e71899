"""Finds the files that `satchel import` is given, in folders too; what it must not open is named.

Files that bring Patients come before all others, whatever they are called: what belongs to somebody
else under an id that is held can then be told, and is refused with its Patient.

A folder may come from anybody: nothing outside it is read because of what it holds.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.command.errors import CommandError, FileMissing, FileRefused, NothingToImport
from node.command.files import STANDARD, open_file

_ENDINGS: Final = (".json", ".ndjson", ".gz")
_PATIENT: Final = re.compile(rb'"resourceType"\s*:\s*"Patient"')
_SOUGHT_SIZE_BYTES: Final = 1024 * 1024
_OVERLAP_SIZE_BYTES: Final = 128


@dataclass(frozen=True)
class Found:
    """A file to import, or what in a folder is left out and why."""

    path: Path
    size_bytes: int | None = None
    """None where nobody knows: stdin."""
    refused: str | None = None
    opened: Path | None = None
    """What to open in place of `path`, a link inside its folder."""
    in_folder: bool = False

    @property
    def label(self) -> str:
        """The path as text, whatever bytes are in it."""
        return os.fsencode(self.path).decode(errors="replace")


def find_files(named: Sequence[Path]) -> list[Found]:
    """The files that paths mean: themselves, stdin for `-`, or what a folder holds, however deep.

    Of several files, those that bring Patients come first, so that charts are there before what
    belongs in them; a folder's come by name. Links that lead out of it, links to folders, and what
    is no file are left out with a reason. Raises FileMissing, FileRefused, NothingToImport.
    """
    found: list[Found] = []
    for path in named:
        if path == STANDARD:
            if any(one.path == STANDARD for one in found):
                raise FileRefused(path, "stdin can be read only once")
            found.append(Found(path))
        elif path.is_dir():
            found += sorted(_in_folder(path), key=lambda one: one.path.parts)
        elif path.is_file():
            found.append(Found(path, path.stat().st_size))
        elif path.exists():
            raise FileRefused(path, "it is not a file")
        else:
            raise FileMissing(path)
    if not found:
        raise NothingToImport
    return found if len(found) == 1 else sorted(found, key=lambda one: not _brings_patients(one))


def _brings_patients(found: Found) -> bool:
    """Whether a file holds what looks like a Patient, or is called one where it is compressed."""
    if found.refused is not None or found.path == STANDARD:
        return False
    if found.path.name.lower().endswith(".gz"):
        return found.path.name.startswith("Patient")
    before = b""
    try:
        with open_file(found.opened or found.path) as file:
            while piece := file.read(_SOUGHT_SIZE_BYTES):
                before += piece
                if _PATIENT.search(before):
                    return True
                before = before[-_OVERLAP_SIZE_BYTES:]
    except CommandError:
        return False  # what cannot be opened is told of when its turn comes
    return False


def _in_folder(folder: Path) -> Iterator[Found]:
    inside = folder.resolve()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as listing:
                entries = list(listing)
        except OSError as error:
            yield Found(here, refused=(error.strerror or "unknown").lower())
            continue
        for entry in entries:
            path = here / entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif entry.name.lower().endswith(_ENDINGS):
                yield _judged(path, inside)


def _judged(path: Path, inside: Path) -> Found:
    try:
        kept = path.lstat()
        opened = None
        if stat.S_ISLNK(kept.st_mode):
            opened = path.resolve(strict=True)
            if not opened.is_relative_to(inside):
                return Found(path, refused="a link that leads out of the folder")
            kept = opened.stat()
    except (OSError, RuntimeError):  # gone, or a circle of links
        return Found(path, refused="a link that leads nowhere" if path.is_symlink() else "gone")
    if stat.S_ISDIR(kept.st_mode):
        return Found(path, refused="a link to a folder")
    if not stat.S_ISREG(kept.st_mode):
        return Found(path, refused="not a file")
    return Found(path, kept.st_size, opened=opened, in_folder=True)
