"""The search over the faces: ranked, each result with why it was found; `faces.py` calls it.

A text is tried in levels: words as they are written, then as beginnings, then by their sound and
with a typo, then with two. A level is left out where the ones before filled the list. All words of
a text must fit somehow; a number, a date or a gender fits or does not, names are ranked.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from node.search.birth import Born
from node.search.limits import candidates_max, few_results, ranked_max
from node.search.query import Token, readings
from node.search.spelling import folded
from node.store.database import Database, Row
from node.store.search_index import unpacked
from node.store.search_meanings import END, Fit, Level, Meanings, born_condition, fit_of

_INTERSECTED_DOWN_TO: Final = 300
"""So few candidates are scored rather than intersected further."""
_UNKNOWN: Final = 1 << 60


class Hit(NamedTuple):
    """A chart that was found, by its local number."""

    n: int
    match: str
    """Why, in words for people."""


_Tokens = tuple[Token, ...]

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
        self._meanings = Meanings(database, count_max)

    def hits(self) -> list[Hit]:
        """The charts that fit, the best first; ties by name."""
        for level in Level:
            for reading in self._readings:
                if reading.is_typed or level <= Level.BEGINS:
                    self._collect(reading.tokens, level)
            if len(self._found) >= self._count_max:
                break
            if level is Level.NEAR and self._is_likely_found():
                break
        ranked = sorted(self._found.items(), key=lambda found: found[1][0])
        return [Hit(n, match) for n, (_, match) in ranked[: self._count_max]]

    def _is_likely_found(self) -> bool:
        """Whether two typos are needless: there are some results, or one that is written so."""
        costs = [key[0] for key, _ in self._found.values()]
        return len(costs) >= few_results or any(cost < Level.NEAR for cost in costs)

    def _collect(self, reading: _Tokens, level: Level) -> None:
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

    def _collect_word(self, reading: _Tokens, level: Level) -> None:
        """One word: by groups of equal cost, until the list is full."""
        token = reading[0]
        direct = self._meanings.direct(token, level)
        self._score(self._rows(direct, self._count_max), reading, level)
        if level is Level.WRITTEN and token.born:
            self._score(self._born_first(token.born), reading, level)
        names = self._meanings.spellings(token, level)
        groups: dict[int, list[int]] = defaultdict(list)
        for spelling, fit in names.items():
            if fit.cost >= level:
                groups[fit.cost].append(spelling)
        if groups and level < Level.NEAR and self._score_first_words(token, reading, level):
            return
        for cost in sorted(groups):
            self._score(self._rows_named(groups[cost]), reading, level)
            if len(self._found) >= self._count_max:
                return

    def _score_first_words(self, token: Token, reading: _Tokens, level: Level) -> bool:
        """Charts whose shown name begins with the word: straight from the list by name."""
        first = token.names[0].text
        last = first + ("!" if level is Level.WRITTEN else END)
        rows = self._database.rows(
            f"{_ROW} WHERE f.sorts_as >= ? AND f.sorts_as < ? ORDER BY f.sorts_as, f.n LIMIT ?",
            (first, last, self._count_max),
        )
        self._score(rows, reading, level)
        return len(self._found) >= self._count_max

    # -- candidates

    def _size(self, token: Token, level: Level) -> int:
        """About how many charts fit a word; more than can be counted where it says a gender."""
        if token.gender:
            return _UNKNOWN
        size = len(self._meanings.direct(token, level)) + len(self._meanings.born(token))
        names = self._meanings.spellings(token, level)
        if names:
            size += self._database.value(
                "SELECT count(*) FROM named WHERE spelling IN (SELECT value FROM json_each(?))",
                (json.dumps(list(names)),),
            )
        return size

    def _members(self, token: Token, level: Level) -> set[int]:
        """The charts that fit a word, but for its gender."""
        found = self._meanings.born(token).union(self._meanings.direct(token, level))
        names = self._meanings.spellings(token, level)
        if names:
            rows = self._database.rows(
                "SELECT n FROM named WHERE spelling IN (SELECT value FROM json_each(?)) LIMIT ?",
                (json.dumps(list(names)), candidates_max),
            )
            found.update(n for (n,) in rows)
        return found

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
            condition, parameters = born_condition(born)
            rows += self._database.rows(
                f"{_ROW} WHERE {condition} ORDER BY f.sorts_as, f.n LIMIT ?",
                (*parameters, self._count_max),
            )
        return rows

    # -- scores

    def _score(self, rows: Iterable[Row], reading: _Tokens, level: Level) -> None:
        measured = [
            (token, self._meanings.spellings(token, level), self._meanings.direct(token, level))
            for token in reading
        ]
        for n, sorts_as, birth_date, gender, packed in rows:
            words = unpacked(packed)
            fits: list[Fit] = []
            for token, names, direct in measured:
                fit = fit_of(token, names, direct.get(n), words, birth_date, gender)
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
