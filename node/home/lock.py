"""The lock on a home: one process at a time writes; others learn its pid and its socket.

The kernel holds the lock and drops it when its process ends, however it ends; the text in the file
only tells who that is, so a stale pid locks nobody out. The file is never removed: a lock on
a removed file would be a lock that the next process cannot see.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from node.errors import HomeInUse, HomeUnsafe
from node.home.layout import Home
from node.limits import lock_poll_seconds, lock_text_size_bytes_max, lock_wait_seconds

_PID_DIGITS_MAX = 20
"""No system has longer ones; a damaged file may."""


@dataclass(frozen=True)
class Holder:
    """What the lock file says of its holder; only whoever cannot take the lock may believe it."""

    pid: int | None
    socket: Path | None
    """Where its API listens, once it does."""


class HomeLock:
    """A held lock. Close it (or leave its `with`) to let go."""

    def __init__(self, descriptor: int) -> None:
        """Take over an open and locked file."""
        self._descriptor: int | None = descriptor
        self._write("")

    def announce(self, socket: Path) -> None:
        """Tell other processes where this one's API listens."""
        self._write(str(socket))

    def _write(self, socket: str) -> None:
        if self._descriptor is None:
            raise ValueError("the lock is closed")
        text = os.fsencode(f"{os.getpid()}\n{socket}\n")
        with contextlib.suppress(OSError):  # on a full disk it is held, and only cannot be told
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))

    def close(self) -> None:
        """Let go of the home; again does nothing."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def take_lock(home: Home) -> HomeLock:
    """Take the home's lock at once, or raise HomeInUse with the holder's pid."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(home.lock, flags, 0o600)
    except OSError as error:
        reason = f"cannot be opened ({error.strerror})"
        raise HomeUnsafe(home.path, home.lock, reason) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise HomeInUse(home.path, read_holder(home).pid) from None
    except OSError:
        os.close(descriptor)
        raise
    return HomeLock(descriptor)


def wait_for_lock(
    home: Home,
    wait_seconds: float = lock_wait_seconds,
    *,
    joinable: Callable[[Holder], bool] = lambda holder: False,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> HomeLock | None:
    """Take the lock, waiting for its holder to end; None once `joinable` says it can be joined.

    It blocks its thread: call it before the event loop starts. Raises HomeInUse after the wait.
    """
    give_up_at = clock() + wait_seconds
    while True:
        try:
            return take_lock(home)
        except HomeInUse:
            if joinable(read_holder(home)):
                return None
            if clock() >= give_up_at:
                raise
            pause(lock_poll_seconds)


def read_holder(home: Home) -> Holder:
    """Who has the home, as far as its lock file tells. It may have ended since."""
    try:
        with home.lock.open("rb") as file:
            text = os.fsdecode(file.read(lock_text_size_bytes_max))
    except FileNotFoundError:
        return Holder(None, None)
    pid, _, socket = text.partition("\n")
    socket = socket.removesuffix("\n")
    is_number = pid.isascii() and pid.isdigit() and len(pid) <= _PID_DIGITS_MAX
    return Holder(int(pid) if is_number else None, Path(socket) if socket else None)
