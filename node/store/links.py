"""Which charts say that they are of one person with another: read off their contents, derived.

A link counts where both charts say it; until then, or where the other is not here, it is one-sided.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store.charts import Charts
from node.store.database import Database
from sync.identifiers import ChartId


@dataclass(frozen=True, slots=True)
class StandingLink:
    """One link that a chart says, and the chart at its other end where that says so too."""

    pair: bytes
    """What both ends call the link."""
    other: ChartId | None
    is_disputed: bool


class Links:
    """The standing links of the charts."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def replace(self, chart: ChartId, links: Iterable[tuple[bytes, bool]]) -> None:
        """Say all links of a chart, each with whether something disputes it."""
        n = self._charts.number(chart)
        wanted = {pair: int(disputed) for pair, disputed in links}
        rows = self._database.rows("SELECT pair, disputed FROM links WHERE n = ?", (n,))
        if dict(rows) == wanted:
            return
        with self._database.transaction():
            self._database.write("DELETE FROM links WHERE n = ?", (n,))
            self._database.write_many(
                "INSERT INTO links (n, pair, disputed) VALUES (?, ?, ?)",
                [(n, pair, disputed) for pair, disputed in sorted(wanted.items())],
            )

    def of_chart(self, chart: ChartId) -> list[StandingLink]:
        """The links that a chart says, each with its other end if that says so too."""
        n = self._charts.number(chart)
        rows = self._database.rows(
            "SELECT l.pair, c.chart, l.disputed FROM links l"
            " LEFT JOIN links o ON o.pair = l.pair AND o.n <> l.n"
            " LEFT JOIN charts c ON c.n = o.n"
            " WHERE l.n = ? ORDER BY l.pair",
            (n,),
        )
        return [
            StandingLink(pair, None if other is None else ChartId(other), bool(disputed))
            for pair, other, disputed in rows
        ]

    def linked(self) -> set[ChartId]:
        """Every chart that is linked with another one that is here."""
        rows = self._database.rows(
            "SELECT DISTINCT c.chart FROM links l JOIN links o ON o.pair = l.pair AND o.n <> l.n"
            " JOIN charts c ON c.n = l.n"
        )
        return {ChartId(chart) for (chart,) in rows}

    def clear(self) -> None:
        """Know no links, before they are read off the charts anew."""
        self._database.write("DELETE FROM links")
