"""Refuses homes in which somebody else could read, swap or redirect a file; called before use."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from node.errors import HomeUnsafe
from node.home.layout import Home

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


@contextlib.contextmanager
def explained(home: Home) -> Iterator[None]:
    """Turn what the operating system refuses into a HomeUnsafe that says what and why."""
    try:
        yield
    except OSError as error:
        entry = Path(os.fsdecode(error.filename)) if error.filename else home.path
        reason = (error.strerror or "unknown").lower()
        raise HomeUnsafe(home.path, entry, f"cannot be used ({reason})") from error


def resolve_home(path: Path) -> Path:
    """Follow the home's path to the folder it means.

    A home may be a link to a larger disk, as long as the link is this user's own or root's: in a
    folder that many may write, such as /tmp, anybody could have put one there. Raises HomeUnsafe.
    """
    try:
        if path.is_symlink() and path.lstat().st_uid not in (os.geteuid(), 0):
            raise HomeUnsafe(path, path, "is a link that another user made")
        if path.is_symlink() and not path.exists():
            raise HomeUnsafe(path, path, "is a link to nothing")
        return path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise HomeUnsafe(path, path, "cannot be followed to a folder") from error


def check_folder(home: Home) -> None:
    """Refuse a home that is no folder, not this user's, or open to others' writing.

    Raises HomeUnsafe.
    """
    folder = home.path
    status = folder.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise HomeUnsafe(folder, folder, "is not a folder")
    if status.st_uid != os.geteuid():
        raise HomeUnsafe(folder, folder, "belongs to another user")
    if status.st_mode & _WRITABLE_BY_OTHERS:
        raise HomeUnsafe(folder, folder, "can be written by others (use chmod 700)")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise HomeUnsafe(folder, folder, "cannot be written")


def check_entries(home: Home) -> None:
    """Refuse a home in which one of our files is a link, a device, or another user's.

    Raises HomeUnsafe.
    """
    files = (home.keystore, home.store, *home.store_companions)
    for entry in (*files, home.instance_token, home.network, home.lock, home.unfinished):
        try:
            status = entry.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(status.st_mode):
            raise HomeUnsafe(home.path, entry, "is a link")
        if not stat.S_ISREG(status.st_mode):
            raise HomeUnsafe(home.path, entry, "is not a file")
        if status.st_uid != os.geteuid():
            raise HomeUnsafe(home.path, entry, "belongs to another user")
        if status.st_mode & _WRITABLE_BY_OTHERS:
            raise HomeUnsafe(home.path, entry, "can be written by others (use chmod 600)")
