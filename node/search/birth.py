"""What a date or an age may say of a day of birth: as people write dates, and reckon ages."""

import re
from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

_YEAR_MIN: Final = 1870
_AGE_YEARS_MAX: Final = 130
_AGE_MONTHS_MAX: Final = 60
_AGE_DAYS_MAX: Final = 120
_ABOUT_YEARS_MIN: Final = 2
_ABOUT_SHARE: Final = 0.1
"""An estimated age is off by a tenth, and by two years at least."""

_DATE: Final = re.compile(r"([0-9]{1,4})[-./ ]([0-9]{1,2})(?:[-./ ]([0-9]{1,4}))?")
_MONTH: Final = re.compile(r"([0-9]{1,2})[-./]([0-9]{4})")
_COMPACT: Final = re.compile("[0-9]{8}")
_AGE: Final = re.compile(
    r"(?:aged?:?\s*)?(~|about |ca\.? ?)?([0-9]{1,3})\s*(years?|yrs?|yo|y|months?|mos?|m|days?|d)?"
)


class Born(NamedTuple):
    """Days between which somebody was born, both included, as FHIR dates."""

    first: str
    last: str
    from_age: bool


def dates(text: str, today: date) -> list[Born]:
    """What a text says as a year, a month or a day; day and month in either order."""
    found: list[Born] = []
    if re.fullmatch("[0-9]{4}", text):
        found += _year(int(text), today)
    elif match := _MONTH.fullmatch(text):
        found += _month(int(match[2]), int(match[1]), today)
    elif match := _DATE.fullmatch(text):
        first, second, third = match[1], int(match[2]), match[3]
        if len(first) == 4:
            if third is None:
                found += _month(int(first), second, today)
            else:
                found += _day(int(first), second, int(third), today)
        elif third is not None:
            for year in _years(third, today):
                found += _day(year, second, int(first), today)
                found += _day(year, int(first), second, today)
    elif _COMPACT.fullmatch(text):
        found += _day(int(text[:4]), int(text[4:6]), int(text[6:]), today)
        found += _day(int(text[4:]), int(text[2:4]), int(text[:2]), today)
        found += _day(int(text[4:]), int(text[:2]), int(text[2:4]), today)
    return list(dict.fromkeys(found))


def ages(text: str, today: date) -> list[Born]:
    """What a text says as an age today: `42`, `42y`, `age 42`, `~40`, `6m`, `10 days`."""
    match = _AGE.fullmatch(text)
    if match is None:
        return []
    about, number, unit = match[1], int(match[2]), (match[3] or "y")[:1]
    if unit == "d":
        if number > _AGE_DAYS_MAX:
            return []
        day = (today - timedelta(days=number)).isoformat()
        return [Born(day, day, True)]
    months = number if unit == "m" else number * 12
    if months > (_AGE_MONTHS_MAX if unit == "m" else _AGE_YEARS_MAX * 12):
        return []
    margin = 0
    if about:
        margin = max(_ABOUT_YEARS_MIN * 12 if unit == "y" else 1, round(months * _ABOUT_SHARE))
    step = 1 if unit == "m" else 12
    first = _months_before(today, months + margin + step) + timedelta(days=1)
    last = _months_before(today, max(0, months - margin))
    return [Born(first.isoformat(), last.isoformat(), True)]


@lru_cache(maxsize=64)
def shorter_dates(born: Born) -> frozenset[str]:
    """The years and months that days of birth known no better may be written as."""
    first_year, last_year = int(born.first[:4]), int(born.last[:4])
    years = [f"{year:04d}" for year in range(first_year, last_year + 1)]
    months = [
        f"{year}-{month:02d}"
        for year in years
        for month in range(1, 13)
        if born.first[:7] <= f"{year}-{month:02d}" <= born.last[:7]
    ]
    return frozenset((*years, *months))


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _years(text: str, today: date) -> list[int]:
    """A year in four digits, or in two: the latest that is over or under way."""
    if len(text) == 4:
        return [int(text)]
    if len(text) == 2:
        year = today.year // 100 * 100 + int(text)
        return [year if year <= today.year else year - 100]
    return []


def _year(year: int, today: date) -> list[Born]:
    if not _YEAR_MIN <= year <= today.year:
        return []
    return [Born(f"{year}-01-01", f"{year}-12-31", False)]


def _month(year: int, month: int, today: date) -> list[Born]:
    if not (_YEAR_MIN <= year <= today.year and 1 <= month <= 12):
        return []
    return [
        Born(f"{year}-{month:02d}-01", f"{year}-{month:02d}-{monthrange(year, month)[1]}", False)
    ]


def _day(year: int, month: int, day: int, today: date) -> list[Born]:
    if not (_month(year, month, today) and 1 <= day <= monthrange(year, month)[1]):
        return []
    return [Born(f"{year}-{month:02d}-{day:02d}", f"{year}-{month:02d}-{day:02d}", False)]
