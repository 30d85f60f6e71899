"""What finding the same person twice needs: keys to find people under, and pairs that wait.

Derived, but for what a person dismissed. The keys are hashes under the store's own secret. What is
compared of a person lies beside them, in Latin letters, like the faces: scoring forty candidates
from their ciphertext would take a second (docs/decisions, on duplicates).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from node.matching.candidates import Candidate
from node.matching.keys import bearer_key, bearer_keys, blocking_keys
from node.matching.limits import bearers_counted_max
from node.matching.person import Person, parse_person
from node.matching.reasons import REASONS, Reason
from node.store.charts import Charts
from node.store.columns import marks, portions
from node.store.database import Database
from sync.identifiers import ChartId

_HASH_SIZE_BYTES: Final = 8
_BITS_PARTS: Final = 100
"""A score is kept in hundredths of a bit."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two charts that may be of one person."""

    charts: tuple[ChartId, ChartId]
    bits: float
    reasons: tuple[Reason, ...]


class Matching:
    """The people of the charts, the pairs found among them, and what was dismissed."""

    def __init__(self, database: Database, charts: Charts, secret: bytes) -> None:
        """Work on an open store's database, with the store's own secret of 32 bytes."""
        self._database = database
        self._charts = charts
        self._secret = secret

    # -- people

    def note(self, chart: ChartId, person: Person) -> bool:
        """Say who a chart is of; false where that was known. New people wait to be weighed."""
        n = self._charts.number(chart)
        encoded = person.encoded()
        held = self._database.value("SELECT person FROM matching_people WHERE n = ?", (n,))
        if held == encoded or (held is None and not person.is_comparable):
            return False
        with self._database.transaction():
            self._remove(n, held)
            self._database.write(
                "INSERT INTO matching_people (n, weighed, person) VALUES (?, 0, ?)", (n, encoded)
            )
            self._database.write_many(
                "INSERT INTO matching_keys (key, n) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(key, n) for key in self._keys(person)],
            )
        return True

    def forget(self, chart: ChartId, *, dismissed: bool = True) -> None:
        """Know nothing of a chart's person any more: when it is shredded.

        Without `dismissed` what a person said of pairs stays: when it is noted anew.
        """
        n = self._charts.number(chart)
        held = self._database.value("SELECT person FROM matching_people WHERE n = ?", (n,))
        with self._database.transaction():
            self._remove(n, held)
            if dismissed:
                self._database.write(
                    "DELETE FROM matching_dismissed WHERE low = ? OR high = ?", (n, n)
                )

    def clear(self) -> None:
        """Know nobody, before everybody is noted anew; what was dismissed stays."""
        with self._database.transaction():
            for table in ("matching_people", "matching_keys", "matching_pairs"):
                self._database.write(f"DELETE FROM {table}")  # noqa: S608 (a name of ours)

    def _remove(self, n: int, held: bytes | None) -> None:
        if held is None:
            return
        self._database.write("DELETE FROM matching_people WHERE n = ?", (n,))
        self._database.write_many(
            "DELETE FROM matching_keys WHERE key = ? AND n = ?",
            [(key, n) for key in self._keys(parse_person(held))],
        )
        self._database.write("DELETE FROM matching_pairs WHERE low = ? OR high = ?", (n, n))

    def _keys(self, person: Person) -> list[int]:
        return sorted({self.hashed(key) for key in (*blocking_keys(person), *bearer_keys(person))})

    def hashed(self, key: str) -> int:
        """A key as its column holds it."""
        digest = hashlib.blake2b(
            key.encode(), digest_size=_HASH_SIZE_BYTES, key=self._secret, person=b"matching"
        ).digest()
        return int.from_bytes(digest, "big", signed=True)

    # -- weighing

    def waiting(self, count_max: int) -> list[tuple[int, Person]]:
        """People by local number who were not yet compared with the others, some of them."""
        rows = self._database.rows(
            "SELECT n, person FROM matching_people WHERE weighed = 0 ORDER BY n LIMIT ?",
            (count_max,),
        )
        return [(n, parse_person(person)) for n, person in rows]

    def waiting_count(self) -> int:
        """How many were not yet compared."""
        return int(self._database.value("SELECT count(*) FROM matching_people WHERE weighed = 0"))

    def keep(self, number: int, found: Sequence[Candidate]) -> int:
        """Keep whom somebody may be, who is weighed then; gives how many of them are new."""
        before = self._pairs_of(number)
        pairs = {tuple(sorted((number, one.number))): one.judgement for one in found}
        with self._database.transaction():
            self._database.write_many(
                "INSERT INTO matching_pairs (low, high, bits, reasons) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET bits = excluded.bits, reasons = excluded.reasons",
                [
                    (*pair, round(judgement.bits * _BITS_PARTS), bytes(judgement.reasons))
                    for pair, judgement in pairs.items()
                ],
            )
            self._database.write("UPDATE matching_people SET weighed = 1 WHERE n = ?", (number,))
        return len(pairs.keys() - before)

    def _pairs_of(self, number: int) -> set[tuple[int, ...]]:
        return set(
            self._database.rows(
                "SELECT low, high FROM matching_pairs WHERE low = ? OR high = ?", (number, number)
            )
        )

    def register(self) -> "StoredRegister":
        """The people, to be weighed against each other; counts are remembered while it is used."""
        return StoredRegister(self._database, self)

    # -- pairs

    def pairs(self, chart: ChartId | None, count_max: int) -> list[Pair]:
        """The pairs that wait for a person, the likeliest first: of one chart, or all."""
        n = None if chart is None else self._charts.number(chart)
        rows = self._database.rows(
            "SELECT a.chart, b.chart, p.bits, p.reasons FROM matching_pairs p"
            " JOIN charts a ON a.n = p.low JOIN charts b ON b.n = p.high"
            " WHERE (? IS NULL OR p.low = ? OR p.high = ?)"
            " AND NOT EXISTS (SELECT 1 FROM matching_dismissed d"
            "  WHERE d.low = p.low AND d.high = p.high)"
            " AND NOT EXISTS (SELECT 1 FROM links one JOIN links other USING (pair)"
            "  WHERE one.n = p.low AND other.n = p.high)"
            " ORDER BY p.bits DESC, p.low, p.high LIMIT ?",
            (n, n, n, count_max),
        )
        return [
            Pair(
                (ChartId(one), ChartId(other)),
                bits / _BITS_PARTS,
                tuple(REASONS[code] for code in reasons if code in REASONS),
            )
            for one, other, bits, reasons in rows
        ]

    def dismiss(self, one: ChartId, other: ChartId, at_milliseconds: int) -> None:
        """Keep two charts off the list: a person said that they are two people."""
        self._database.write(
            "INSERT INTO matching_dismissed (low, high, at) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (*self._numbers(one, other), at_milliseconds),
        )

    def dismiss_no_more(self, one: ChartId, other: ChartId) -> bool:
        """List two charts again where they are alike. False when they were not dismissed."""
        return bool(
            self._database.write(
                "DELETE FROM matching_dismissed WHERE low = ? AND high = ?",
                self._numbers(one, other),
            )
        )

    def _numbers(self, one: ChartId, other: ChartId) -> tuple[int, ...]:
        return tuple(sorted((self._charts.number(one), self._charts.number(other))))


class StoredRegister:
    """The people of a store as `node.matching.candidates` asks for them."""

    def __init__(self, database: Database, matching: Matching) -> None:
        """Remember nothing yet."""
        self._database = database
        self._matching = matching
        self._bearers: dict[str, int] = {}

    @cached_property
    def size(self) -> int:
        """How many people there are."""
        return int(self._database.value("SELECT count(*) FROM matching_people"))

    def bearers(self, word: str) -> int:
        """How many have a word, or pair of words, in a name."""
        known = self._bearers.get(word)
        if known is None:
            known = int(
                self._database.value(
                    "SELECT count(*) FROM (SELECT 1 FROM matching_keys WHERE key = ? LIMIT ?)",
                    (self._matching.hashed(bearer_key(word)), bearers_counted_max),
                )
            )
            self._bearers[word] = known
        return known

    def under(self, key: str, count_max: int) -> list[int]:
        """At most so many people under a blocking key."""
        rows = self._database.rows(
            "SELECT n FROM matching_keys WHERE key = ? LIMIT ?",
            (self._matching.hashed(key), count_max),
        )
        return [n for (n,) in rows]

    def people(self, numbers: Iterable[int]) -> Mapping[int, Person]:
        """What is compared of some people."""
        found: dict[int, Person] = {}
        for few in portions(sorted(numbers)):
            for n, person in self._database.rows(
                f"SELECT n, person FROM matching_people WHERE n IN ({marks(few)})",  # noqa: S608 (question marks)
                few,
            ):
                found[n] = parse_person(person)
        return found
