"""Which consents the charts here hold, so that none has to be opened to know; `consents` keeps it.

What counts is the chart's own record: this is made again from it.
"""

from dataclasses import dataclass

from node.store.charts import Charts
from node.store.database import Database
from sync.identifiers import ChartId


@dataclass(frozen=True, slots=True)
class KeptConsent:
    """One consent of a chart. Its repr shows whether it stands only."""

    record: bytes
    active: bool

    def __repr__(self) -> str:
        """Show whether it stands only."""
        return f"KeptConsent(active={self.active})"


class Consents:
    """Consents by chart."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def keep(self, chart: ChartId, name: str, kept: KeptConsent) -> None:
        """Note one as the chart has it now."""
        self._database.write(
            "INSERT INTO consents (n, name, record, active) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (n, name) DO UPDATE SET active = excluded.active",
            (self._charts.number(chart), name, kept.record, int(kept.active)),
        )

    def of_chart(self, chart: ChartId) -> list[KeptConsent]:
        """The consents of one chart, in the order in which they came."""
        n = self._charts.number_or_none(chart)
        rows = self._database.rows(
            "SELECT record, active FROM consents WHERE n = ? ORDER BY rowid", (n,)
        )
        return [KeptConsent(record, bool(active)) for record, active in rows]

    def forget(self, chart: ChartId) -> None:
        """Drop those of a chart that is shredded."""
        n = self._charts.number_or_none(chart)
        self._database.write("DELETE FROM consents WHERE n = ?", (n,))
