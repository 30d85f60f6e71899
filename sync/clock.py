"""The hybrid logical clock of one chart: 48 bits of milliseconds, 16 bits of counter.

Kulkarni et al., "Logical Physical Clocks", 2014. It only picks what is shown first; causality
decides (DESIGN section 5). A stamp beyond ten minutes from local time never moves it.
"""

from typing import NewType

from sync.limits import clock_counter_max, clock_doubt_milliseconds, stamp_milliseconds_min

Stamp = NewType("Stamp", int)
"""Milliseconds since 1970 in the upper 48 bits, a counter in the lower 16."""

STAMP_MAX = (1 << 64) - 1


def stamp_of(milliseconds: int, counter: int = 0) -> Stamp:
    """Put a time and a counter together; times before 1970 count as 1970."""
    return Stamp(min(max(milliseconds, 0), (1 << 48) - 1) << 16 | counter)


def stamp_milliseconds(stamp: Stamp) -> int:
    """The time within a stamp, in milliseconds since 1970."""
    return stamp >> 16


def tick(latest: Stamp, now_milliseconds: int) -> Stamp:
    """The stamp of a new operation: later than `latest`, and not before local time."""
    now = stamp_of(now_milliseconds)
    if now > latest:
        return now
    if latest & clock_counter_max == clock_counter_max:
        return stamp_of(stamp_milliseconds(latest) + 1)
    return Stamp(latest + 1)


def witness(latest: Stamp, seen: Stamp, now_milliseconds: int) -> Stamp:
    """The clock after seeing another's stamp: moved by it only where it is believable."""
    if is_ahead(seen, now_milliseconds):
        return latest
    return max(latest, seen)


def is_ahead(stamp: Stamp, now_milliseconds: int) -> bool:
    """Whether a stamp lies too far in the local future to be believed."""
    return stamp_milliseconds(stamp) > now_milliseconds + clock_doubt_milliseconds


def is_before_all(stamp: Stamp) -> bool:
    """Whether a stamp is of a time when nothing could have written it."""
    return stamp_milliseconds(stamp) < stamp_milliseconds_min


def is_before_cause(stamp: Stamp, cause: Stamp) -> bool:
    """Whether a stamp lies further before something it follows than clocks may differ."""
    return stamp_milliseconds(stamp) + clock_doubt_milliseconds < stamp_milliseconds(cause)
