"""The claim on a state file: one process at a time serves it. `satchel chain serve` takes it.

The kernel holds the lock and drops it when its process ends, however it ends; the text beside it
only tells who that is. The file is never removed: a lock on a removed file is one nobody sees.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.development.errors import StateFileInUse


@contextmanager
def claimed(state_file: Path) -> Iterator[None]:
    """Hold the claim; raises StateFileInUse with the holder's pid, or OSError."""
    path = state_file.with_name(state_file.name + ".lock")
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            written = os.pread(descriptor, 20, 0).strip()
            raise StateFileInUse(int(written) if written.isdigit() else None) from None
        text = f"{os.getpid()}\n".encode()
        os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, len(text))
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
