"""Dates whose month is a word, as people say them; put into figures before a search reads them."""

import itertools
import re
from collections.abc import Sequence
from typing import Final

_NAMES: Final = (
    "january jan janvier janv enero ene janeiro januari",
    "february feb février fevrier févr fevr febrero fevereiro fev februari",
    "march mar mars marzo março marco machi",
    "april apr avril avr abril abr aprili",
    "may mai mayo maio mei",
    "june jun juin junio junho juni",
    "july jul juillet juil julio julho julai",
    "august aug août aout agosto ago agosti",
    "september sep sept septembre septiembre setembro set septemba",
    "october oct octobre octubre outubro out oktoba",
    "november nov novembre noviembre novembro novemba",
    "december dec décembre decembre déc diciembre dic dezembro dez desemba",
)
"""English, French, Spanish, Portuguese and Swahili, and how they are cut short."""

_MONTHS: Final = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
_DAY: Final = re.compile("([0-3]?[0-9])(?:st|nd|rd|th|er|º|°)?[.,]?")
_YEAR: Final = re.compile("[12][0-9]{3}")
_BETWEEN: Final = frozenset({"of", "de", "of,", "the"})


def in_figures(words: Sequence[str]) -> list[str]:
    """The words with each date that has a month's name as `1984-03-02` or `1984-03`.

    Without such a date they come back as they are; a month alone may be somebody's name.
    """
    found: list[str] = []
    rest = list(words)
    while rest:
        length, date = _date_at(rest)
        found.append(date or rest[0])
        rest = rest[length:]
    return found


def _date_at(words: Sequence[str]) -> tuple[int, str]:
    """How many words from the first on are a date, and that date; 1 and nothing where none is."""
    for length in range(min(5, len(words)), 1, -1):
        parts = [_plain(word) for word in words[:length]]
        parts = [part for part in parts if part not in _BETWEEN]
        for day, month, year in ((0, 1, 2), (1, 0, 2), (2, 1, 0)):
            if len(parts) == 3 and (date := _iso(parts[year], parts[month], parts[day])):
                return length, date
        for month, year in itertools.permutations((0, 1)):
            if len(parts) == 2 and (date := _iso(parts[year], parts[month], None)):
                return length, date
    return 1, ""


def _iso(year: str, month: str, day: str | None) -> str:
    number = _MONTHS.get(month)
    if number is None or not _YEAR.fullmatch(year):
        return ""
    if day is None:
        return f"{year}-{number:02d}"
    found = _DAY.fullmatch(day)
    return f"{year}-{number:02d}-{int(found[1]):02d}" if found else ""


def _plain(word: str) -> str:
    return word.casefold().strip(".,")
