"""Whom each chart's access lane names, as the registry's facts are about them; found with folds.

Derived from access lanes as entitlements are, and forgotten with them. Many charts name the same
people: what they name is kept once.
"""

import hashlib
from collections.abc import Iterable

from node.store.charts import Charts
from node.store.database import Database
from sync.identifiers import ChartId


class ChartSubjects:
    """Encoded subjects by chart; `node.registry.subjects` reads them."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts
        self._writes = 0
        self._whole_at: tuple[int, int] | None = None
        self._by_chart: tuple[tuple[int, int], dict[ChartId, int]] | None = None

    @property
    def version(self) -> tuple[int, int]:
        """Changes with whatever may change an answer; what was read is as old."""
        return self._database.undone, self._writes

    def put(self, chart: ChartId, subjects: bytes) -> None:
        """Remember whom a chart names now."""
        self._writes += 1
        digest = hashlib.sha256(subjects).digest()
        self._database.write(
            "INSERT INTO registry_subjects (hash, subjects) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (digest, subjects),
        )
        self._database.write(
            "INSERT INTO chart_subjects (n, subjects)"
            " SELECT ?, id FROM registry_subjects WHERE hash = ?"
            " ON CONFLICT DO UPDATE SET subjects = excluded.subjects",
            (self._charts.number(chart), digest),
        )

    def forget(self, charts: Iterable[ChartId]) -> None:
        """Something came into these charts' access lanes."""
        self._writes += 1
        for chart in charts:
            self._database.write(
                "DELETE FROM chart_subjects WHERE n = ?", (self._charts.number(chart),)
            )

    def unknown(self) -> list[ChartId]:
        """The charts of which it is not known whom they name now."""
        if self._whole_at == self.version:
            return []
        rows = self._database.rows(
            "SELECT chart FROM charts WHERE charter IS NOT NULL"
            " AND n NOT IN (SELECT n FROM chart_subjects)"
        )
        if not rows:
            self._whole_at = self.version
        return [ChartId(chart) for (chart,) in rows]

    def by_chart(self) -> dict[ChartId, int]:
        """The number of what each chart names, as far as it is known."""
        if self._by_chart is None or self._by_chart[0] != self.version:
            rows = self._database.rows(
                "SELECT c.chart, s.subjects FROM chart_subjects s JOIN charts c USING (n)"
            )
            self._by_chart = self.version, {ChartId(chart): number for chart, number in rows}
        return self._by_chart[1]

    def named(self) -> dict[int, bytes]:
        """What is named by any chart, by number; what no chart names any more is forgotten."""
        rows = self._database.rows(
            "SELECT id, subjects FROM registry_subjects"
            " WHERE id IN (SELECT subjects FROM chart_subjects)"
        )
        return dict(rows)

    def naming(self, numbers: Iterable[int]) -> list[ChartId]:
        """The charts that name what has one of these numbers."""
        return [
            ChartId(chart)
            for number in numbers
            for (chart,) in self._database.rows(
                "SELECT c.chart FROM chart_subjects s JOIN charts c USING (n) WHERE s.subjects = ?",
                (number,),
            )
        ]
