"""Vouches that this node owes and could not write yet: a debt outlives the moment (rule 10)."""

from dataclasses import dataclass

from node.store.charts import Charts
from node.store.database import Database
from sync.identifiers import ChartId


@dataclass(frozen=True, slots=True)
class Debt:
    """One vouch owed: `owed` is for the writer of vouches to understand."""

    number: int
    chart: ChartId
    owed: bytes


class Debts:
    """Vouches owed, by chart."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def owe(self, chart: ChartId, owed: bytes) -> Debt:
        """Remember a debt."""
        n = self._charts.number(chart)
        number = self._database.insert("INSERT INTO debts (n, owed) VALUES (?, ?)", (n, owed))
        return Debt(number, chart, owed)

    def of_chart(self, chart: ChartId) -> list[Debt]:
        """A chart's debts, the oldest first."""
        rows = self._database.rows(
            "SELECT id, owed FROM debts WHERE n = ? ORDER BY id", (self._charts.number(chart),)
        )
        return [Debt(number, chart, owed) for number, owed in rows]

    def charts_owing(self) -> list[ChartId]:
        """The charts with debts."""
        rows = self._database.rows(
            "SELECT chart FROM charts WHERE n IN (SELECT n FROM debts) ORDER BY n"
        )
        return [ChartId(chart) for (chart,) in rows]

    def settle(self, debt: Debt) -> None:
        """Forget a debt: its vouch was written, or nothing that it was for still waits."""
        self._database.write("DELETE FROM debts WHERE id = ?", (debt.number,))
