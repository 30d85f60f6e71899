"""How far a store's write-ahead log reaches, and how much of it production's settings made durable.

`Disk` asks when the power goes. SQLite's own index of the log (the `-shm` file) says what is
committed: the last frame of a commit, the frames that a checkpoint moved out, the log's generation.
Formats: sqlite.org/walformat.html, sections 1.4 (index) and 4 (log).
"""

import enum
import sys
from pathlib import Path
from typing import Final, NamedTuple

LOG_HEADER_BYTES: Final = 32
FRAME_HEADER_BYTES: Final = 24
_INDEX_BYTES: Final = 100
"""Two copies of the header of 48 bytes, and how many frames were moved."""


class Promise(enum.Enum):
    """What a value of `PRAGMA synchronous` promises of a log."""

    OFF = 0
    """Nothing was waited for: not the log, and not what was moved out of it."""
    NORMAL = 1
    """The log lasts as far as the last checkpoint moved it."""
    FULL = 2
    """The log lasts to the end of each commit."""
    EXTRA = 3


class LogIndex(NamedTuple):
    """A log as far as it is committed."""

    frames: int
    moved: int
    page_bytes: int
    generation: bytes

    @property
    def frame_bytes(self) -> int:
        """A page and what stands before it."""
        return FRAME_HEADER_BYTES + self.page_bytes

    @property
    def size_bytes(self) -> int:
        """The committed log."""
        return LOG_HEADER_BYTES + self.frames * self.frame_bytes if self.frames else 0

    def durable_bytes(self, promise: Promise) -> int:
        """The part of the committed log that no power cut touches."""
        match promise:
            case Promise.OFF:
                return 0
            case Promise.NORMAL:
                # The header of a generation is flushed before its first frame.
                kept = LOG_HEADER_BYTES + self.moved * self.frame_bytes
                return min(kept, self.size_bytes)
            case Promise.FULL | Promise.EXTRA:
                return self.size_bytes


NO_LOG: Final = LogIndex(0, 0, 0, b"")


def read_log_index(store: Path) -> LogIndex:
    """What the index beside an open store says; NO_LOG before anything was written."""
    try:
        with store.with_name(store.name + "-shm").open("rb") as file:
            head = file.read(_INDEX_BYTES)
    except FileNotFoundError:
        return NO_LOG
    if len(head) < _INDEX_BYTES or not head[12]:
        return NO_LOG
    page = _number(head[14:16])
    return LogIndex(
        frames=_number(head[16:20]),
        moved=_number(head[96:100]),
        page_bytes=65536 if page == 1 else page,
        generation=head[32:40],
    )


def pages_of(log: bytes, index: LogIndex) -> dict[int, bytes]:
    """The newest content of each page in the committed frames of a log, by the page's number."""
    found = {}
    for frame in range(index.frames):
        at = LOG_HEADER_BYTES + frame * index.frame_bytes
        content = at + FRAME_HEADER_BYTES
        number = int.from_bytes(log[at : at + 4], "big")
        found[number] = log[content : content + index.page_bytes]
    return found


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, sys.byteorder)
