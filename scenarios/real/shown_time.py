"""A scenario's time for processes: shown in files that each of them reads whenever it asks.

Days pass between two acts, and none within a session: a process's clock stands still meanwhile.
"""

import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

from scenarios.engine.clock import MemberClock
from scenarios.engine.timeline import Timeline

_NOW: Final = struct.Struct("<q")
_SETTING: Final = struct.Struct("<qqd")
"""Since when, how far off at that moment, how much it gains: see `MemberClock`."""


class ShownTimeline(Timeline):
    """A timeline whose present can be read in a file."""

    def __init__(self, begin: int, file: Path) -> None:
        """Start at a moment, and make the file."""
        file.write_bytes(_NOW.pack(begin))
        self._shown = _mapped(file, mmap.ACCESS_WRITE)
        super().__init__(begin)

    @property
    def now(self) -> int:
        """The true time: milliseconds since 1970."""
        return self._now

    @now.setter
    def now(self, milliseconds: int) -> None:
        self._now = milliseconds
        _NOW.pack_into(self._shown, 0, milliseconds)


class ShownClock(MemberClock):
    """A member's clock whose setting can be read in a file."""

    def __init__(
        self, now: Callable[[], int], file: Path, offset: int = 0, drift_ppm: float = 0.0
    ) -> None:
        """See `MemberClock`; the file is made."""
        super().__init__(now, offset, drift_ppm)
        self._file = file
        file.write_bytes(bytes(_SETTING.size))
        self._shown = _mapped(file, mmap.ACCESS_WRITE)
        self._show()

    def jump(self, milliseconds: int) -> None:
        """See `MemberClock`."""
        super().jump(milliseconds)
        self._show()

    def set_right(self) -> None:
        """See `MemberClock`."""
        super().set_right()
        self._show()

    def _show(self) -> None:
        _SETTING.pack_into(self._shown, 0, self._since, self._offset, self._drift_ppm)


def read_clock(now_file: Path, clock_file: Path) -> Callable[[], int]:
    """The clock of a member, for its process: milliseconds since 1970 as that believes them."""
    shown = _mapped(now_file, mmap.ACCESS_READ)
    setting = _mapped(clock_file, mmap.ACCESS_READ)

    def clock() -> int:
        (now,) = _NOW.unpack_from(shown, 0)
        since, offset, drift_ppm = _SETTING.unpack_from(setting, 0)
        return int(MemberClock(lambda: now, offset, drift_ppm, since=since)())

    return clock


def _mapped(file: Path, access: int) -> mmap.mmap:
    with file.open("rb" if access == mmap.ACCESS_READ else "r+b") as opened:
        return mmap.mmap(opened.fileno(), 0, access=access)
