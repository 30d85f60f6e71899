"""Durations, moments and times of day as scenario files write them: `2d 6h`, `90min`, `06:30`."""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator

_UNITS: Final = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_PIECE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)")
_TIME: Final = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
DAY: Final = _UNITS["d"]


def duration_milliseconds(text: object) -> int:
    """Milliseconds of a duration; a moment is a duration since the scenario's start.

    Raises ValueError.
    """
    if not isinstance(text, str):
        raise ValueError("a duration is a text such as '90s', '30min', '6h' or '2d 6h'")
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text)
    pieces = _PIECE.findall(rest)
    if not pieces or _PIECE.sub("", rest).strip():
        raise ValueError(f"{text!r} is no duration: write '90s', '30min', '6h' or '2d 6h'")
    return sign * int(sum(float(number) * _UNITS[unit] for number, unit in pieces))


def time_of_day_milliseconds(text: object) -> int:
    """Milliseconds since midnight. Raises ValueError."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a time of day is a text such as '06:30'")
    return (int(found[1]) * 60 + int(found[2])) * 60_000


Duration = Annotated[int, BeforeValidator(duration_milliseconds)]
"""In a file a text such as `2d 6h`; milliseconds once read."""

TimeOfDay = Annotated[int, BeforeValidator(time_of_day_milliseconds)]
"""In a file a text such as `06:30`; milliseconds since midnight once read."""
