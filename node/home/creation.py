"""Makes a home, all or nothing, and opens one; called by `init` and by every other command.

A mark is the first file that a new home gets and the last that it loses. While it is there,
everything else is debris that the next `init` clears away; no other command opens such a home, so
no record can be in it. A store without the mark is never touched, keystore or not.
"""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from node.errors import HomeExists, HomeMissing, HomeNotEmpty, HomeUnfinished, KeystoreMissing
from node.home.guard import check_entries, check_folder, explained, resolve_home
from node.home.layout import Home
from node.home.lock import HomeLock, wait_for_lock
from node.home.replace import flush_folder, replace_file, unfinished_copy
from node.limits import lock_wait_seconds

_BELONGS_TO_DISKS: Final = frozenset({"lost+found"})
"""What a freshly made file system already has in it."""


class HomeCreation:
    """A home that is being made: locked, marked unfinished, empty.

    Used in a `with`. Leaving it before `finish` removes what was made.
    """

    def __init__(self, home: Home, lock: HomeLock) -> None:
        """Mark a checked and locked folder as unfinished."""
        self.home = home
        self.lock = lock
        self._finished = False
        replace_file(home.unfinished, b"")

    def finish(self) -> None:
        """Make it a home. Call it last: after the recovery words have been shown."""
        self.home.unfinished.unlink()
        flush_folder(self.home.path)
        self._finished = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if not self._finished:
                with contextlib.suppress(OSError):  # the next `init` clears it too
                    _clear_debris(self.home)
                    self.home.unfinished.unlink()
        finally:
            self.lock.close()


def begin_home(path: Path, wait_seconds: float = lock_wait_seconds) -> HomeCreation:
    """Begin a new home in a new or empty folder, or where an `init` was cut off.

    Raises HomeExists, HomeNotEmpty, HomeUnsafe, HomeInUse, KeystoreMissing.
    """
    home = Home(resolve_home(path))
    with explained(home):
        _refuse_finished(home)  # before waiting for a node that runs in it
        _make_folder(home)
        check_folder(home)
        check_entries(home)
    lock = wait_for_lock(home, wait_seconds)
    if lock is None:
        raise AssertionError("nothing was said to be joinable")
    try:
        with explained(home):
            _refuse_finished(home)
            if home.unfinished.exists():
                _clear_debris(home)
            return HomeCreation(home, lock)
    except BaseException:
        lock.close()
        raise


def open_home(path: Path) -> Home:
    """Check that a finished home is at `path` and safe to use; locks nothing.

    Raises HomeMissing, HomeUnfinished, KeystoreMissing, HomeUnsafe.
    """
    home = Home(resolve_home(path))
    with explained(home):
        if not home.path.exists():
            raise HomeMissing(home.path)
        check_folder(home)
        check_entries(home)
        if home.unfinished.exists():
            raise HomeUnfinished(home.path)
        if not home.keystore.exists():
            raise KeystoreMissing(home.path) if home.store.exists() else HomeMissing(home.path)
    return home


def _refuse_finished(home: Home) -> None:
    """Refuse a folder with anything in it that a person may want to keep."""
    if home.unfinished.exists():
        return
    if home.keystore.exists():
        raise HomeExists(home.path)
    if home.store.exists():
        raise KeystoreMissing(home.path)


def _make_folder(home: Home) -> None:
    """Make the folder, or close an empty one of ours to other users."""
    folder = home.path
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        flush_folder(folder.parent)
    elif folder.is_dir():
        _refuse_foreign(home)
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(0o700)


def _refuse_foreign(home: Home) -> None:
    """Refuse a folder that holds anything but what a home holds."""
    ours = {path.name for path in (home.lock, home.unfinished, *_debris(home))}
    if any(entry.name not in ours | _BELONGS_TO_DISKS for entry in home.path.iterdir()):
        raise HomeNotEmpty(home.path)


def _debris(home: Home) -> tuple[Path, ...]:
    files = (home.keystore, home.instance_token, home.network, home.unfinished)
    copies = tuple(unfinished_copy(file) for file in files)
    own = (home.keystore, home.instance_token, home.network, home.store)
    return (*own, *home.store_companions, *copies)


def _clear_debris(home: Home) -> None:
    for path in _debris(home):
        path.unlink(missing_ok=True)
    flush_folder(home.path)
