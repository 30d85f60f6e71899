"""What waits for a person in each chart: conflicts and quarantined operations. All derived."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store.charts import Charts
from node.store.database import Database
from sync.identifiers import ChartId, OperationId


@dataclass(frozen=True, slots=True)
class WaitingConflict:
    """A conflict that nobody has resolved, without the values that disagree."""

    chart: ChartId
    conflict: str
    """Its id (DESIGN section 5), alike on every replica."""
    type: str
    """The resource's FHIR type."""
    touches: str
    """The clinical group or the element that it is about."""


@dataclass(frozen=True, slots=True)
class WaitingOperation:
    """An operation in quarantine."""

    chart: ChartId
    operation: OperationId
    banner: bool
    """It carries an allergy, a stop or a refutation: the chart's banner says "unverified"."""


class Worklist:
    """Conflicts and quarantine, by chart."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def replace(
        self,
        chart: ChartId,
        conflicts: Iterable[WaitingConflict],
        operations: Iterable[WaitingOperation],
    ) -> None:
        """Say all that waits in a chart, instead of what waited before."""
        with self._database.transaction():
            n = self._charts.number(chart)
            self._database.write("DELETE FROM conflicts WHERE n = ?", (n,))
            self._database.write("DELETE FROM quarantine WHERE n = ?", (n,))
            self._database.write_many(
                "INSERT INTO conflicts (n, conflict, type, touches) VALUES (?, ?, ?, ?)",
                [(n, one.conflict, one.type, one.touches) for one in conflicts],
            )
            self._database.write_many(
                "INSERT INTO quarantine (n, operation, banner) VALUES (?, ?, ?)",
                [(n, one.operation, one.banner) for one in operations],
            )

    def shift(
        self, chart: ChartId, opened: Iterable[WaitingConflict], closed: Iterable[str]
    ) -> None:
        """Say which conflicts of a chart wait since a write, and which do no longer."""
        n = self._charts.number(chart)
        for conflict in closed:
            self._database.write(
                "DELETE FROM conflicts WHERE n = ? AND conflict = ?", (n, conflict)
            )
        for one in opened:
            self._database.write(
                "INSERT INTO conflicts (n, conflict, type, touches) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (n, one.conflict, one.type, one.touches),
            )

    def conflicts(self, chart: ChartId | None = None) -> list[WaitingConflict]:
        """The conflicts of a chart, or all, in the order of charts and ids."""
        n = None if chart is None else self._charts.number(chart)
        rows = self._database.rows(
            "SELECT c.chart, w.conflict, w.type, w.touches FROM conflicts w"
            " JOIN charts c USING (n) WHERE ? IS NULL OR n = ? ORDER BY n, conflict",
            (n, n),
        )
        return [WaitingConflict(ChartId(row[0]), *row[1:]) for row in rows]

    def conflict(self, start: str) -> list[WaitingConflict]:
        """The conflicts whose id is, or begins with, this text."""
        return [one for one in self.conflicts() if one.conflict.startswith(start)]

    def quarantined(self, chart: ChartId | None = None) -> list[WaitingOperation]:
        """The quarantined operations of a chart, or all, in the order of charts and ids."""
        n = None if chart is None else self._charts.number(chart)
        rows = self._database.rows(
            "SELECT c.chart, w.operation, w.banner FROM quarantine w"
            " JOIN charts c USING (n) WHERE ? IS NULL OR n = ? ORDER BY n, operation",
            (n, n),
        )
        return [
            WaitingOperation(ChartId(held), OperationId(operation), bool(banner))
            for held, operation, banner in rows
        ]
