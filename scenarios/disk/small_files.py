"""What a disk keeps of a home's small files and of their names: what was flushed, and maybe more.

A file's content lasts once it was flushed; a name that was made, moved or removed lasts once its
folder was. `os.fsync`, `os.replace`, `os.rename` and `os.unlink` are followed for that while a
home's node is on; SQLite calls the system by itself, and `Disk` follows it by other means.
"""

import contextlib
import errno
import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from scenarios.disk.injector import Injector

_Place = tuple[int, int]
"""A file's device and number."""


@dataclass(frozen=True)
class _Moved:
    """A name of which the folder has not been flushed since it changed."""

    name: str
    source: str | None
    """The name that it was moved from; None for one that was removed."""
    before: bytes | None
    flushed: bool
    """Whether the content that came was flushed."""


class SmallFiles:
    """The files of one home beside the database."""

    _followed: ClassVar[dict[Path, "SmallFiles"]] = {}
    _undo: ClassVar[contextlib.ExitStack | None] = None

    def __init__(self, home: Path, draws: random.Random, injector: Injector) -> None:
        """The injector is told of each change before it is made, and of each flush."""
        self._home = home
        self._draws = draws
        self._injector = injector
        self._moved: list[_Moved] = []
        self._flushed: set[_Place] = set()
        self._hollow: dict[str, None] = {}
        """Names that last, of contents that may not; in order, as a set has none."""

    def follow(self) -> None:
        """Note from now on what is flushed. What is there now is taken to last."""
        self._moved.clear()
        self._flushed.clear()
        self._hollow.clear()
        if not self._followed:
            SmallFiles._undo = _patched()
        self._followed[self._home] = self

    def leave(self) -> None:
        """Note nothing more."""
        self._followed.pop(self._home, None)
        if not self._followed and self._undo is not None:
            self._undo.close()
            SmallFiles._undo = None

    def lose_power(self) -> list[str]:
        """After `leave`: changes whose folder was not flushed are there or not, in order.

        Gives the names that are not as the node left them.
        """
        kept = self._draws.randint(0, len(self._moved))
        lost = []
        for moved in reversed(self._moved[kept:]):
            self._take_back(moved)
            lost.append(moved.name)
        self._name(self._moved[:kept])
        for name in self._hollow:
            path = self._home / name
            content = _content(path)
            if content is None:
                continue  # it was removed since
            left = self._draws.choice((content, b"", bytes(len(content))))
            if left != content:
                path.write_bytes(left)
                lost.append(name)
        return lost

    def _name(self, moved: Iterable[_Moved]) -> None:
        """Let names last: maybe before what they name."""
        for each in moved:
            self._hollow.pop(each.name, None)
            if each.source is not None and not each.flushed:
                self._hollow[each.name] = None

    def _take_back(self, moved: _Moved) -> None:
        path = self._home / moved.name
        if moved.source is not None:
            path.replace(self._home / moved.source)
        if moved.before is not None:
            path.touch(0o600)
            path.write_bytes(moved.before)

    # -- what the system is asked

    @classmethod
    def of(cls, path: Any) -> "SmallFiles | None":
        """Whose home a path is in, if anybody's who is followed."""
        return cls._followed.get(Path(os.path.abspath(os.fsdecode(path))).parent)  # noqa: PTH100

    def moving(self, source: Path, name: str) -> None:
        """A file is about to take a name."""
        self._injector.count(f"move {name}")
        status = source.stat()
        self._moved.append(
            _Moved(
                name,
                source.name,
                _content(self._home / name),
                (status.st_dev, status.st_ino) in self._flushed,
            )
        )

    def removing(self, name: str) -> None:
        """A name is about to go."""
        before = _content(self._home / name)
        if before is not None and not name.endswith(".new"):  # nobody reads an unfinished copy
            self._injector.count(f"remove {name}")
            self._moved.append(_Moved(name, None, before, flushed=True))

    def flushing(self, status: os.stat_result) -> bool:
        """A file or folder is about to be flushed; says whether it is one of this home's."""
        place = status.st_dev, status.st_ino
        folder = self._home.stat()
        if place == (folder.st_dev, folder.st_ino):
            self._injector.count("flush the folder")
            self._name(self._moved)
            self._moved.clear()
            return True
        names = [each.name for each in os.scandir(self._home) if each.inode() == status.st_ino]
        if not names:
            return False
        self._injector.count("flush a file")
        if self._injector.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._flushed.add(place)
        self._hollow.pop(names[0], None)
        self._injector.flushed(names[0])
        return True

    @classmethod
    def flush(cls, descriptor: int) -> bool:
        """Whether a flush is of a followed home, which needs no real one."""
        status = os.fstat(descriptor)
        return any(files.flushing(status) for files in list(cls._followed.values()))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _patched() -> contextlib.ExitStack:
    """Have the system's calls tell who follows; closing it undoes that."""
    fsync, replace, rename, unlink = os.fsync, os.replace, os.rename, os.unlink

    def flush(descriptor: Any) -> None:
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        if not SmallFiles.flush(number):
            fsync(descriptor)

    def moving(real: Callable[..., None]) -> Callable[..., None]:
        def move(source: Any, target: Any, **options: Any) -> None:
            files = SmallFiles.of(target)
            if files is not None and not options:
                files.moving(Path(os.fsdecode(source)), Path(os.fsdecode(target)).name)
            real(source, target, **options)

        return move

    def remove(path: Any, **options: Any) -> None:
        files = None if options else SmallFiles.of(path)
        if files is not None:
            files.removing(Path(os.fsdecode(path)).name)
        unlink(path, **options)

    stack = contextlib.ExitStack()
    for name, value in (
        ("fsync", flush),
        ("replace", moving(replace)),
        ("rename", moving(rename)),
        ("unlink", remove),
    ):
        stack.callback(setattr, os, name, getattr(os, name))
        setattr(os, name, value)
    return stack
