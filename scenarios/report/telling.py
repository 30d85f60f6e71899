"""How a report words numbers: durations, moments, sizes, counts."""

import re
from typing import Final

_LONG: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES: Final = ("B", "kB", "MB", "GB", "TB")
NONE: Final = "–"


def duration(seconds: float | None) -> str:
    """One number in the unit that fits: `3.9 d`, `25 min`, `0.4 s`."""
    if seconds is None:
        return NONE
    for long, unit in _LONG:
        if seconds >= long:
            return f"{_short(seconds / long)} {unit}"
    return f"{seconds:.1g} s" if seconds else "at once"


def moment(milliseconds: int) -> str:
    """Since the start, as scenario files write it: `2d 6h 15min`."""
    minutes = milliseconds // 60_000
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    pieces = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{count}{unit}" for count, unit in pieces if count) or "0min"


def size(count_bytes: float | None) -> str:
    """Bytes in the unit that fits: `1.3 MB`."""
    if count_bytes is None:
        return NONE
    for unit in _SIZES[:-1]:
        if abs(count_bytes) < 999.5:
            return f"{_short(count_bytes)} {unit}"
        count_bytes /= 1000
    return f"{_short(count_bytes)} {_SIZES[-1]}"


def count(number: int) -> str:
    """With commas between thousands."""
    return f"{number:,}"


def counted(number: int, one: str, several: str | None = None) -> str:
    """A number with its noun."""
    return f"{count(number)} {one if number == 1 else several or one + 's'}"


def percent(share: float | None) -> str:
    """A share; 100 % only for all, 0 % only for none."""
    if share is None:
        return NONE
    if 0.995 < share < 1:
        return f"{min(share * 100, 99.99):.2f} %"
    return f"{share * 100:.0f} %" if share == 0 or share >= 0.01 else "under 1 %"


def spaced(name: str) -> str:
    """An error's name as words: `ChainUnreachable` is `chain unreachable`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.1f}".removesuffix(".0")
