"""What a word of a search text stands for in the index: charts, or spellings and how well they fit.

`face_search.py` asks it, level by level, and ranks by the costs.
"""

import base64
import json
from collections.abc import Iterable
from enum import IntEnum
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from node.search.birth import Born, shorter_dates
from node.search.limits import (
    candidates_max,
    spellings_tried_max,
    two_typos_letters_min,
    typo_letters_min,
)
from node.search.number import NumberKind
from node.search.query import Token
from node.search.sound import sounds
from node.store.database import Database
from node.store.search_index import FORMER, TRANSCRIBED

_NUMBER_PREFIX_MIN: Final = 3
_CHART_SIZE_BYTES: Final = 32
_YEAR_LENGTH: Final = 4
END: Final = "\U0010ffff"
"""After every text that begins alike."""

_NUMBER_WORDS: Final = {
    NumberKind.IDENTIFIER: "number",
    NumberKind.PHONE: "phone",
    NumberKind.TAG: "tag",
}


class Level(IntEnum):
    """How far from what was typed; its value is the least cost of what it adds."""

    WRITTEN = 0
    BEGINS = 300
    NEAR = 600
    FAR = 900


_BEFORE: Final = {after: before for before, after in pairwise(Level)}

_SOUND_STEP: Final = 15
_TELLING_SOUNDS_MIN: Final = 3
_APART_MAX: Final = 2
"""Names of fewer consonants share them by chance: they must be near in their letters too."""
_TYPO: Final = 750
_FORMER: Final = 200
_OTHER_SCRIPT: Final = 50
_GENDER: Final = 400


class Fit(NamedTuple):
    """How well something fits: a lower cost comes first."""

    cost: int
    why: str


Names = dict[int, Fit]
"""Spellings that a word may stand for."""


class Meanings:
    """What the words of one search stand for, remembered."""

    def __init__(self, database: Database, count_max: int) -> None:
        """Look in an open store's database; of charts by their id at most so many."""
        self._database = database
        self._count_max = count_max
        self._numbers: dict[tuple[Token, bool], dict[int, Fit]] = {}
        self._names: dict[tuple[Token, Level], Names] = {}
        self._born: dict[tuple[Born, ...], set[int]] = {}

    def direct(self, token: Token, level: Level) -> dict[int, Fit]:
        """Charts by their id, and by the numbers that a word is or begins."""
        begins = level >= Level.BEGINS
        known = self._numbers.get((token, begins))
        if known is not None:
            return known
        found: dict[int, Fit] = {}
        if token.chart:
            least, most = _chart_range(token.chart)
            rows = self._database.rows(
                "SELECT n FROM charts WHERE chart BETWEEN ? AND ? LIMIT ?",
                (least, most, self._count_max),
            )
            found.update((n, Fit(0, "chart id")) for (n,) in rows)
        for form in token.numbers:
            is_long = len(form) >= _NUMBER_PREFIX_MIN and not form.isalpha()
            last = form + END if begins and is_long else form
            for kept, n, kind in self._database.rows(
                "SELECT form, n, kind FROM numbered WHERE form BETWEEN ? AND ? LIMIT ?",
                (form, last, candidates_max // 10),
            ):
                cost = 0 if kept == form else Level.BEGINS
                fit = Fit(cost, _NUMBER_WORDS[NumberKind(kind)])
                found[n] = min(found.get(n, fit), fit)
        self._numbers[token, begins] = found
        return found

    def spellings(self, token: Token, level: Level) -> Names:
        """The spellings that a word may stand for at a level, each with how well."""
        known = self._names.get((token, level))
        if known is not None:
            return known
        found: Names = {}
        if level is Level.WRITTEN:
            for form, is_latin in token.names:
                _add(found, self._written(form, _OTHER_SCRIPT * is_latin))
        else:
            found = self.spellings(token, _BEFORE[level])
            more = [fit for form, _ in token.names for fit in self._more(form, level)]
            if more:
                found = dict(found)
                _add(found, more)
        self._names[token, level] = found
        return found

    def _more(self, form: str, level: Level) -> list[tuple[int, Fit]]:
        """What a level adds."""
        if level is Level.BEGINS:
            return self._begun(form)
        if level is Level.NEAR:
            return self._said_alike(form) + self._with_typos(form, 1)
        return self._with_typos(form, 2)

    def born(self, token: Token) -> set[int]:
        """The charts that fit a word by their birth date."""
        known = self._born.get(token.born)
        if known is None:
            known = self._born[token.born] = set()
            for born in token.born:
                condition, parameters = born_condition(born)
                rows = self._database.rows(
                    f"SELECT n FROM faces WHERE {condition} LIMIT ?",  # noqa: S608 (ours)
                    (*parameters, candidates_max),
                )
                known.update(n for (n,) in rows)
        return known

    def _written(self, form: str, cost: int) -> list[tuple[int, Fit]]:
        rows = self._database.rows("SELECT spelling FROM spellings WHERE text = ?", (form,))
        return [
            (spelling, Fit(cost, "name" if not cost else "other script")) for (spelling,) in rows
        ]

    def _begun(self, form: str) -> list[tuple[int, Fit]]:
        rows = self._database.rows(
            "SELECT spelling FROM spellings WHERE text > ? AND text < ? LIMIT ?",
            (form, form + END, spellings_tried_max),
        )
        fit = Fit(Level.BEGINS, "begins with")
        return [(spelling, fit) for (spelling,) in rows]

    def _said_alike(self, form: str) -> list[tuple[int, Fit]]:
        rows = self._database.rows(
            "SELECT s.spelling, s.text, max(length(sound)) FROM sounds"
            " JOIN spellings s USING (spelling)"
            " WHERE sound IN (SELECT value FROM json_each(?)) GROUP BY s.spelling LIMIT ?",
            (json.dumps(sounds(form)), spellings_tried_max),
        )
        found = []
        for spelling, text, length in rows:
            apart = OSA.distance(form, text)
            if length >= _TELLING_SOUNDS_MIN or apart <= _APART_MAX:
                cost = min(Level.NEAR + _SOUND_STEP * apart, _TYPO - 1)
                found.append((spelling, Fit(cost, "sounds alike")))
        return found

    def _with_typos(self, form: str, typos: int) -> list[tuple[int, Fit]]:
        """Spellings within so many typos, of which one end is as it was typed.

        A typo leaves one half of a word whole, two leave the first or the last third, nearly
        always; two letters that changed places in the middle are tried by themselves.
        """
        length = len(form)
        if length < (typo_letters_min if typos == 1 else two_typos_letters_min):
            return []
        piece = length // (typos + 1)
        first, last = form[:piece], form[::-1][: length - piece if typos == 1 else piece]
        swapped = [
            form[:place] + second + one + form[place + 2 :]
            for place, (one, second) in enumerate(pairwise(form))
        ]
        rows = self._database.rows(
            "SELECT spelling, text FROM spellings WHERE text >= ? AND text < ?"
            " AND length(text) BETWEEN ? AND ?"
            " UNION SELECT spelling, text FROM spellings WHERE backwards >= ? AND backwards < ?"
            " AND length(text) BETWEEN ? AND ?"
            " UNION SELECT spelling, text FROM spellings"
            " WHERE text IN (SELECT value FROM json_each(?)) LIMIT ?",
            (
                *(first, first + END, length - typos, length + typos),
                *(last, last + END, length - typos, length + typos),
                *(json.dumps(swapped), spellings_tried_max),
            ),
        )
        fit = Fit(_TYPO if typos == 1 else Level.FAR, "spelt alike")
        return [
            (spelling, fit)
            for spelling, text in rows
            if OSA.distance(form, text, score_cutoff=typos) <= typos
        ]


def _add(found: Names, fits: Iterable[tuple[int, Fit]]) -> None:
    for spelling, fit in fits:
        if spelling not in found or fit.cost < found[spelling].cost:
            found[spelling] = fit


def fit_of(
    token: Token,
    names: Names,
    direct: Fit | None,
    words: Iterable[int],
    birth_date: str,
    gender: str,
) -> Fit | None:
    """The best that a word fits a chart, or None."""
    best = direct
    for word in words:
        fit = names.get(word >> 2)
        if fit is None:
            continue
        if word & TRANSCRIBED and fit.why != "other script":
            fit = Fit(
                fit.cost + _OTHER_SCRIPT, f"{fit.why}, other script" if fit.cost else "other script"
            )
        if word & FORMER:
            fit = Fit(fit.cost + _FORMER, f"{fit.why}, former name")
        if best is None or fit.cost < best.cost:
            best = fit
    for born in token.born:
        fit = _fit_born(born, birth_date)
        if fit is not None and (best is None or fit.cost < best.cost):
            best = fit
    if best is None and token.gender and token.gender == gender:
        return Fit(_GENDER, "gender")
    return best


def _fit_born(born: Born, birth_date: str) -> Fit | None:
    why = "age" if born.from_age else "birth date"
    if born.first <= birth_date <= born.last and len(birth_date) == len(born.first):
        return Fit(0 if born.first == born.last else 100, why)
    if birth_date and birth_date in shorter_dates(born):
        if born.first == born.last:  # a day was asked for, and less is known
            why = "year of birth" if len(birth_date) == _YEAR_LENGTH else "month of birth"
        return Fit(150, why)
    return None


def born_condition(born: Born) -> tuple[str, tuple[str, ...]]:
    """Days of birth as a condition on `faces`, with its parameters."""
    return (
        "(birth_date BETWEEN ? AND ? OR birth_date IN (SELECT value FROM json_each(?)))",
        (born.first, born.last, json.dumps(sorted(shorter_dates(born)))),
    )


def _chart_range(text: str) -> tuple[bytes, bytes]:
    """The least and the greatest chart id that begins with a text in base32."""
    longest = -(-_CHART_SIZE_BYTES * 8 // 5)
    ends = (text.ljust(longest, filler) for filler in "a7")
    least, most = (
        base64.b32decode(end.upper() + "=" * (-len(end) % 8))[:_CHART_SIZE_BYTES] for end in ends
    )
    return least, most
