"""Replaces a small file so that a crash leaves the old content or the new, never a mixture."""

import contextlib
import os
from pathlib import Path


def unfinished_copy(path: Path) -> Path:
    """Where the new content of `path` is written before it takes its name."""
    return path.with_name(f".{path.name}.new")


def replace_file(path: Path, content: bytes) -> None:
    """Make `content` the whole of `path`, for this user alone (0600), durably.

    The caller holds the home's lock: two writers of one file would take each other's copy.
    Raises OSError (a full disk, say) with the old content untouched.
    """
    fresh = unfinished_copy(path)
    fresh.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(fresh, flags, 0o600), "wb") as file:  # noqa: PTH123 (a descriptor)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_file(path: Path) -> None:
    """Make the content and length of a file last through a power cut."""
    _flush(path, 0)


def flush_folder(folder: Path) -> None:
    """Make names that were made, moved or removed in `folder` last through a power cut."""
    _flush(folder, os.O_DIRECTORY)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
