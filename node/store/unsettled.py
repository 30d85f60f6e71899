"""Charts to which something was brought, and what follows from that is still to be done.

Marked in the transaction that stores what came; so a crash, or a session that broke off, leaves
no list out of date and no duty forgotten: the next start or session does them.
"""

from collections.abc import Iterable

from node.store.charts import Charts
from node.store.database import Database
from sync.identifiers import ChartId


class Unsettled:
    """The charts whose lists and duties wait."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def mark(self, chart: ChartId) -> None:
        """Something was brought to a chart."""
        self._database.write(
            "INSERT INTO unsettled (n) VALUES (?) ON CONFLICT DO NOTHING",
            (self._charts.number(chart),),
        )

    def mark_all(self, charts: Iterable[ChartId]) -> None:
        """Something was brought to each of these charts."""
        self._database.write_many(
            "INSERT INTO unsettled (n) VALUES (?) ON CONFLICT DO NOTHING",
            sorted((self._charts.number(chart),) for chart in charts),
        )

    def is_marked(self, chart: ChartId) -> bool:
        """Whether something was brought to a chart that is not settled yet."""
        return bool(
            self._database.value(
                "SELECT 1 FROM unsettled WHERE n = ?", (self._charts.number(chart),)
            )
        )

    def all(self) -> list[ChartId]:
        """The charts that wait, the longest held first."""
        rows = self._database.rows("SELECT chart FROM charts JOIN unsettled USING (n) ORDER BY n")
        return [ChartId(chart) for (chart,) in rows]

    def clear(self, chart: ChartId) -> None:
        """What follows was done for a chart."""
        self._database.write("DELETE FROM unsettled WHERE n = ?", (self._charts.number(chart),))
