"""The audit: a hash chain of who read and did what at this node, by ids only (DESIGN section 5).

Each entry's hash covers the one before it, so that none can be changed or taken out unnoticed. That
the last ones are missing shows only against a hash that was kept or anchored elsewhere.
"""

from dataclasses import dataclass
from typing import NamedTuple

from node.store.database import Database, Row
from sync.codec import encode
from sync.identifiers import ChartId, DeviceKey, hashed

_START = bytes(32)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act, and by whom; numbered from 1."""

    number: int
    at_milliseconds: int
    kind: str
    """What was done, as a word: `read`, `import`, `grant`, …; never anything a patient said."""
    chart: ChartId | None
    practitioner: DeviceKey | None
    hash: bytes


class AuditRoot(NamedTuple):
    """The chain up to an entry, to be kept or anchored elsewhere."""

    number: int
    hash: bytes


class Audit:
    """The chain of acts."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def append(
        self,
        kind: str,
        chart: ChartId | None,
        practitioner: DeviceKey | None,
        at_milliseconds: int,
    ) -> AuditEntry:
        """Write an act down."""
        with self._database.transaction():
            root = self.root()
            entry = _link(root.hash, root.number + 1, at_milliseconds, kind, chart, practitioner)
            self._database.insert(
                "INSERT INTO audit (number, at, kind, chart, practitioner, hash)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (entry.number, at_milliseconds, kind, chart, practitioner, entry.hash),
            )
        return entry

    def root(self) -> AuditRoot:
        """The chain as it stands; number 0 for an empty one."""
        row = self._database.row("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
        return AuditRoot(0, _START) if row is None else AuditRoot(*row)

    def entries(self, after: int = 0, count_max: int | None = None) -> list[AuditEntry]:
        """The entries after a number, ascending."""
        rows = self._database.rows(
            "SELECT number, at, kind, chart, practitioner, hash FROM audit"
            " WHERE number > ? ORDER BY number LIMIT ?",
            (after, -1 if count_max is None else count_max),
        )
        return [_entry(row) for row in rows]

    def hash_at(self, number: int) -> bytes | None:
        """The chain's hash after an entry; None where there is no such entry."""
        if number == 0:
            return _START
        found: bytes | None = self._database.value(
            "SELECT hash FROM audit WHERE number = ?", (number,)
        )
        return found

    def first_broken(self, kept: AuditRoot | None = None) -> int | None:
        """The number of the first entry that does not follow from those before; None if all do.

        With a root that was kept elsewhere, also the first one missing or different up to it.
        """
        previous = _START
        number = 0
        while portion := self.entries(number, _PORTION):
            for entry in portion:
                number += 1
                expected = _link(
                    previous,
                    number,
                    entry.at_milliseconds,
                    entry.kind,
                    entry.chart,
                    entry.practitioner,
                )
                if entry != expected:
                    return number
                if kept is not None and kept.number == number and kept.hash != entry.hash:
                    return number
                previous = entry.hash
        return number + 1 if kept is not None and kept.number > number else None


_PORTION = 10_000


def _link(
    previous: bytes,
    number: int,
    at_milliseconds: int,
    kind: str,
    chart: ChartId | None,
    practitioner: DeviceKey | None,
) -> AuditEntry:
    statement = encode([1, previous, number, at_milliseconds, kind, chart, practitioner])
    return AuditEntry(
        number, at_milliseconds, kind, chart, practitioner, hashed("audit", statement)
    )


def _entry(row: Row) -> AuditEntry:
    number, at, kind, chart, practitioner, entry_hash = row
    return AuditEntry(
        number,
        at,
        kind,
        None if chart is None else ChartId(chart),
        None if practitioner is None else DeviceKey(practitioner),
        entry_hash,
    )
