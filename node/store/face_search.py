"""The search over the faces: ranked, each result with why it was found; `faces.py` calls it.

A text is tried in levels: words as they are written, then as beginnings, then by their sound and
with a typo, then with two. A level is left out where the ones before filled the list. All words of
a text must fit somehow; a number, a date or a gender fits or does not, names are ranked.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from enum import IntEnum
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from node.search.birth import Born, shorter_dates
from node.search.limits import (
    candidates_max,
    few_results,
    ranked_max,
    spellings_tried_max,
    two_typos_letters_min,
    typo_letters_min,
)
from node.search.number import NumberKind
from node.search.query import Token, readings
from node.search.sound import sounds
from node.search.spelling import folded
from node.store.database import Database, Row
from node.store.search_index import FORMER, TRANSCRIBED, unpacked

_NUMBER_PREFIX_MIN: Final = 3
_CHART_SIZE_BYTES: Final = 32
_INTERSECTED_DOWN_TO: Final = 300
"""So few candidates are scored rather than intersected further."""
_YEAR_LENGTH: Final = 4
_END: Final = "\U0010ffff"
_UNKNOWN: Final = 1 << 60

_NUMBER_WORDS: Final = {
    NumberKind.IDENTIFIER: "number",
    NumberKind.PHONE: "phone",
    NumberKind.TAG: "tag",
}


class _Level(IntEnum):
    WRITTEN = 0
    BEGINS = 300
    NEAR = 600
    FAR = 900


_BEFORE: Final = {after: before for before, after in pairwise(_Level)}

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


class Hit(NamedTuple):
    """A chart that was found, by its local number."""

    n: int
    match: str
    """Why, in words for people."""


_Tokens = tuple[Token, ...]
_Names = dict[int, Fit]
"""Spellings that a word may stand for."""

_ROW: Final = (
    "SELECT f.n, f.sorts_as, f.birth_date, f.gender, t.spellings"
    " FROM faces f JOIN face_terms t USING (n)"
)
_ORDER: Final = " ORDER BY substr(f.sorts_as, 1, ?) <> ?, f.sorts_as, f.n LIMIT ?"


class FaceSearch:
    """One search: it remembers what its words stand for, so make a new one for each."""

    def __init__(self, database: Database, text: str, today: date, count_max: int) -> None:
        """Read a text as of a day, for at most so many results."""
        self._database = database
        self._start = folded(" ".join(text.split()))[:100]
        self._readings = readings(text, today)
        self._count_max = count_max
        self._found: dict[int, tuple[tuple[int, bool, str, int], str]] = {}
        self._numbers: dict[tuple[Token, bool], dict[int, Fit]] = {}
        self._names: dict[tuple[Token, _Level], _Names] = {}
        self._born: dict[tuple[Born, ...], set[int]] = {}

    def hits(self) -> list[Hit]:
        """The charts that fit, the best first; ties by name."""
        for level in _Level:
            for reading in self._readings:
                if reading.is_typed or level <= _Level.BEGINS:
                    self._collect(reading.tokens, level)
            if len(self._found) >= self._count_max:
                break
            if level is _Level.NEAR and self._is_likely_found():
                break
        ranked = sorted(self._found.items(), key=lambda found: found[1][0])
        return [Hit(n, match) for n, (_, match) in ranked[: self._count_max]]

    def _is_likely_found(self) -> bool:
        """Whether two typos are needless: there are some results, or one that is written so."""
        costs = [key[0] for key, _ in self._found.values()]
        return len(costs) >= few_results or any(cost < _Level.NEAR for cost in costs)

    def _collect(self, reading: _Tokens, level: _Level) -> None:
        if len(reading) == 1:
            self._collect_word(reading, level)
            return
        sizes = [self._size(token, level) for token in reading]
        if not all(sizes):
            return
        order = sorted(range(len(reading)), key=lambda place: sizes[place])
        found = self._members(reading[order[0]], level)
        for place in order[1:]:
            if len(found) <= _INTERSECTED_DOWN_TO or sizes[place] > candidates_max:
                break
            found &= self._members(reading[place], level)
        self._score(self._rows(found, ranked_max), reading, level)

    def _collect_word(self, reading: _Tokens, level: _Level) -> None:
        """One word: by groups of equal cost, until the list is full."""
        token = reading[0]
        direct = self._direct(token, level)
        self._score(self._rows(direct, self._count_max), reading, level)
        if level is _Level.WRITTEN and token.born:
            self._score(self._born_first(token.born), reading, level)
        names = self._spellings(token, level)
        groups: dict[int, list[int]] = defaultdict(list)
        for spelling, fit in names.items():
            if fit.cost >= level:
                groups[fit.cost].append(spelling)
        if groups and level < _Level.NEAR and self._score_first_words(token, reading, level):
            return
        for cost in sorted(groups):
            self._score(self._rows_named(groups[cost]), reading, level)
            if len(self._found) >= self._count_max:
                return

    def _score_first_words(self, token: Token, reading: _Tokens, level: _Level) -> bool:
        """Charts whose shown name begins with the word: straight from the list by name."""
        first = token.names[0].text
        last = first + ("!" if level is _Level.WRITTEN else _END)
        rows = self._database.rows(
            f"{_ROW} WHERE f.sorts_as >= ? AND f.sorts_as < ? ORDER BY f.sorts_as, f.n LIMIT ?",
            (first, last, self._count_max),
        )
        self._score(rows, reading, level)
        return len(self._found) >= self._count_max

    # -- candidates

    def _size(self, token: Token, level: _Level) -> int:
        """About how many charts fit a word; more than can be counted where it says a gender."""
        if token.gender:
            return _UNKNOWN
        size = len(self._direct(token, level)) + len(self._members_born(token))
        names = self._spellings(token, level)
        if names:
            size += self._database.value(
                "SELECT count(*) FROM named WHERE spelling IN (SELECT value FROM json_each(?))",
                (json.dumps(list(names)),),
            )
        return size

    def _members(self, token: Token, level: _Level) -> set[int]:
        """The charts that fit a word, but for its gender."""
        found = self._members_born(token).union(self._direct(token, level))
        names = self._spellings(token, level)
        if names:
            rows = self._database.rows(
                "SELECT n FROM named WHERE spelling IN (SELECT value FROM json_each(?)) LIMIT ?",
                (json.dumps(list(names)), candidates_max),
            )
            found.update(n for (n,) in rows)
        return found

    def _members_born(self, token: Token) -> set[int]:
        known = self._born.get(token.born)
        if known is None:
            known = self._born[token.born] = set()
            for born in token.born:
                condition, parameters = _born_condition(born)
                rows = self._database.rows(
                    f"SELECT n FROM faces WHERE {condition} LIMIT ?",  # noqa: S608 (ours)
                    (*parameters, candidates_max),
                )
                known.update(n for (n,) in rows)
        return known

    def _rows(self, ns: Iterable[int], count_max: int) -> list[Row]:
        wanted = list(ns)
        if not wanted:
            return []
        return self._database.rows(
            f"{_ROW} WHERE f.n IN (SELECT value FROM json_each(?)){_ORDER}",  # noqa: S608 (ours)
            (json.dumps(wanted), len(self._start), self._start, count_max),
        )

    def _rows_named(self, spellings: Sequence[int]) -> list[Row]:
        return self._database.rows(
            f"{_ROW} WHERE f.n IN (SELECT n FROM named"  # noqa: S608 (ours)
            f" WHERE spelling IN (SELECT value FROM json_each(?)) LIMIT ?){_ORDER}",
            (
                *(json.dumps(spellings), candidates_max),
                *(len(self._start), self._start, self._count_max),
            ),
        )

    def _born_first(self, wanted: Iterable[Born]) -> list[Row]:
        rows = []
        for born in wanted:
            condition, parameters = _born_condition(born)
            rows += self._database.rows(
                f"{_ROW} WHERE {condition} ORDER BY f.sorts_as, f.n LIMIT ?",
                (*parameters, self._count_max),
            )
        return rows

    # -- scores

    def _score(self, rows: Iterable[Row], reading: _Tokens, level: _Level) -> None:
        measured = [
            (token, self._spellings(token, level), self._direct(token, level)) for token in reading
        ]
        for n, sorts_as, birth_date, gender, packed in rows:
            words = unpacked(packed)
            fits: list[Fit] = []
            for token, names, direct in measured:
                fit = _fit(token, names, direct.get(n), words, birth_date, gender)
                if fit is None:
                    break
                fits.append(fit)
            else:
                cost = sum(fit.cost for fit in fits)
                if sorts_as == self._start:
                    cost -= 1
                key = (cost, not sorts_as.startswith(self._start), sorts_as, n)
                if n not in self._found or key < self._found[n][0]:
                    whys = dict.fromkeys(why for fit in fits for why in fit.why.split(", "))
                    self._found[n] = (key, ", ".join(whys))

    # -- what a word stands for

    def _direct(self, token: Token, level: _Level) -> dict[int, Fit]:
        """Charts by their id, and by the numbers that a word is or begins."""
        begins = level >= _Level.BEGINS
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
            last = form + _END if begins and is_long else form
            for kept, n, kind in self._database.rows(
                "SELECT form, n, kind FROM numbered WHERE form BETWEEN ? AND ? LIMIT ?",
                (form, last, candidates_max // 10),
            ):
                cost = 0 if kept == form else _Level.BEGINS
                fit = Fit(cost, _NUMBER_WORDS[NumberKind(kind)])
                found[n] = min(found.get(n, fit), fit)
        self._numbers[token, begins] = found
        return found

    def _spellings(self, token: Token, level: _Level) -> _Names:
        """The spellings that a word may stand for at a level, each with how well."""
        known = self._names.get((token, level))
        if known is not None:
            return known
        found: _Names = {}
        if level is _Level.WRITTEN:
            for form, is_latin in token.names:
                _add(found, self._written(form, _OTHER_SCRIPT * is_latin))
        else:
            found = self._spellings(token, _BEFORE[level])
            more = [fit for form, _ in token.names for fit in self._more(form, level)]
            if more:
                found = dict(found)
                _add(found, more)
        self._names[token, level] = found
        return found

    def _more(self, form: str, level: _Level) -> list[tuple[int, Fit]]:
        """What a level adds."""
        if level is _Level.BEGINS:
            return self._begun(form)
        if level is _Level.NEAR:
            return self._said_alike(form) + self._with_typos(form, 1)
        return self._with_typos(form, 2)

    def _written(self, form: str, cost: int) -> list[tuple[int, Fit]]:
        rows = self._database.rows("SELECT spelling FROM spellings WHERE text = ?", (form,))
        return [
            (spelling, Fit(cost, "name" if not cost else "other script")) for (spelling,) in rows
        ]

    def _begun(self, form: str) -> list[tuple[int, Fit]]:
        rows = self._database.rows(
            "SELECT spelling FROM spellings WHERE text > ? AND text < ? LIMIT ?",
            (form, form + _END, spellings_tried_max),
        )
        fit = Fit(_Level.BEGINS, "begins with")
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
                cost = min(_Level.NEAR + _SOUND_STEP * apart, _TYPO - 1)
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
                *(first, first + _END, length - typos, length + typos),
                *(last, last + _END, length - typos, length + typos),
                *(json.dumps(swapped), spellings_tried_max),
            ),
        )
        fit = Fit(_TYPO if typos == 1 else _Level.FAR, "spelt alike")
        return [
            (spelling, fit)
            for spelling, text in rows
            if OSA.distance(form, text, score_cutoff=typos) <= typos
        ]


def _add(found: _Names, fits: Iterable[tuple[int, Fit]]) -> None:
    for spelling, fit in fits:
        if spelling not in found or fit.cost < found[spelling].cost:
            found[spelling] = fit


def _fit(
    token: Token,
    names: _Names,
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


def _born_condition(born: Born) -> tuple[str, tuple[str, ...]]:
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
