"""Why people were given access although the registry's facts were too old to go by.

The reason stays with this node, encrypted like all of its store: the access lane that everybody
reads holds no reasons.
"""

from dataclasses import dataclass

from node.store.charts import Charts
from node.store.database import Database
from sync.identifiers import ChartId, DeviceKey


@dataclass(frozen=True, slots=True)
class Override:
    """One admin's word against the age of what was known."""

    chart: ChartId
    at_milliseconds: int
    person: DeviceKey
    """The practitioner who gave it."""
    grantee: str
    verdict: str
    reason: str


class Overrides:
    """Overrides by chart; never changed; reasons.py lets them go when a chart is shredded."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def add(self, override: Override) -> None:
        """Keep one."""
        self._database.insert(
            "INSERT INTO registry_overrides (n, at, person, grantee, verdict, reason)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                self._charts.number(override.chart),
                override.at_milliseconds,
                override.person,
                override.grantee.encode(),
                override.verdict,
                override.reason,
            ),
        )

    def of_chart(self, chart: ChartId) -> list[Override]:
        """Those of a chart, the oldest first."""
        rows = self._database.rows(
            "SELECT at, person, grantee, verdict, reason FROM registry_overrides"
            " WHERE n = ? ORDER BY id",
            (self._charts.number(chart),),
        )
        return [
            Override(chart, at, DeviceKey(person), grantee.decode(), verdict, reason)
            for at, person, grantee, verdict, reason in rows
        ]
