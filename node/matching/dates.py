"""How alike two dates of birth are, by the errors that people make; `scoring.py` asks it."""

from enum import IntEnum
from itertools import pairwise
from typing import Final

from node.matching.person import Born


class Dates(IntEnum):
    """From the most telling agreement down; `UNKNOWN` tells nothing."""

    SAME = 0
    SAME_FIRST_DAY = 1
    """The same, on a first of January: where nobody knew the day."""
    DAY_AND_MONTH_SWAPPED = 2
    DIGITS_SWAPPED = 3
    ONE_DIGIT = 4
    AS_FAR_AS_KNOWN = 5
    """One says less than the other, and they agree in it."""
    DAY_AND_MONTH = 6
    """Another year, the same day."""
    NEAR = 7
    """Within a month or so."""
    SAME_YEAR = 8
    UNKNOWN = 9
    APART = 10
    A_GENERATION_APART = 11


GENERATION_YEARS_MIN: Final = 13
NEAR_DAYS_MAX: Final = 40


def compare_dates(one: Born, other: Born) -> Dates:
    """The most telling way in which one date may be the other; the same either way round."""
    if one == other:
        if (one.month, one.day) == (1, 1):
            return Dates.SAME_FIRST_DAY
        return Dates.SAME if one.day else Dates.AS_FAR_AS_KNOWN
    if one.year == other.year and (one.day == 0 or other.day == 0):
        months = {one.month, other.month} - {0}
        return Dates.AS_FAR_AS_KNOWN if len(months) <= 1 else Dates.SAME_YEAR
    years = abs(one.year - other.year)
    apart = Dates.A_GENERATION_APART if years >= GENERATION_YEARS_MIN else Dates.APART
    if not (one.day and other.day):
        return apart
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return Dates.DAY_AND_MONTH_SWAPPED
    if _digits_swapped(_digits(one), _digits(other)):
        return Dates.DIGITS_SWAPPED
    if sum(a != b for a, b in zip(_digits(one), _digits(other), strict=True)) == 1:
        return Dates.ONE_DIGIT
    if (one.month, one.day) == (other.month, other.day):
        return Dates.DAY_AND_MONTH
    if abs(_day_number(one) - _day_number(other)) <= NEAR_DAYS_MAX:
        return Dates.NEAR
    return Dates.SAME_YEAR if years == 0 else apart


def _digits(born: Born) -> str:
    return f"{born.year:04d}{born.month:02d}{born.day:02d}"


def _digits_swapped(one: str, other: str) -> bool:
    """Whether two neighbouring digits changed places, or the year's last two."""
    return any(
        one[:at] + one[after] + one[at] + one[after + 1 :] == other
        for at, after in pairwise(range(len(one)))
    )


def _day_number(born: Born) -> int:
    """Days, near enough to tell a month: dates that no calendar has must not raise."""
    return born.year * 365 + born.month * 30 + born.day
