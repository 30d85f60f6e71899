"""What the store knows of each log: how long it is, and where it ends; `operations.py` keeps it up.

A log that was forked ends in several heads. Whoever compares stores reads it from here: with every
operation's predecessor stored, the heads say all that is in a log.
"""

from collections.abc import Sequence

from node.store.charts import Charts
from node.store.columns import column_heads, marks, portions
from node.store.database import Database, Row
from sync.digest import LogSummary, PlaceDigest, lane_digest
from sync.identifiers import ChartId, InstanceId, LaneId


class Logs:
    """The ends of all logs."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def of_lane(self, chart: ChartId, lane: LaneId) -> list[LogSummary]:
        """The logs of one lane, sorted by instance."""
        n, place = self._charts.number(chart), self._charts.lane_number(chart, lane)
        rows = self._database.rows(
            "SELECT i.id, g.length, g.heads FROM logs g JOIN instances i USING (instance)"
            " WHERE g.n = ? AND g.lane = ? ORDER BY i.id",
            (n, place),
        )
        return [_state(row) for row in rows]

    def of_charts(self, charts: Sequence[ChartId]) -> dict[ChartId, dict[LaneId, list[LogSummary]]]:
        """The logs of some charts, as `all` gives them."""
        found: dict[ChartId, dict[LaneId, list[LogSummary]]] = {}
        for few in portions([self._charts.number(chart) for chart in charts]):
            found |= self._all(f"WHERE g.n IN ({marks(few)})", few)
        return found

    def newest_first(self, chart: ChartId, lane: LaneId) -> list[LogSummary]:
        """The logs of one lane, by the stamp that each ends with."""
        alone = self.of_lane(chart, lane)
        if len(alone) < 2:
            return alone
        n, place = self._charts.number(chart), self._charts.lane_number(chart, lane)
        rows = self._database.rows(
            "SELECT i.id, g.length, g.heads FROM logs g JOIN instances i USING (instance)"
            " WHERE g.n = ? AND g.lane = ? ORDER BY (SELECT max(o.stamp) FROM operations o"
            " WHERE o.n = g.n AND o.lane = g.lane AND o.instance = g.instance"
            " AND o.sequence = g.length - 1) DESC, i.id",
            (n, place),
        )
        return [_state(row) for row in rows]

    def of_log(self, chart: ChartId, lane: LaneId, instance: InstanceId) -> LogSummary | None:
        """One log, or None where nothing of it is stored."""
        n, place = self._charts.number(chart), self._charts.lane_number(chart, lane)
        row = self._database.row(
            "SELECT i.id, g.length, g.heads FROM logs g JOIN instances i USING (instance)"
            " WHERE g.n = ? AND g.lane = ? AND i.id = ?",
            (n, place, instance),
        )
        return None if row is None else _state(row)

    def any_but(self, chart: ChartId, lane: LaneId) -> bool:
        """Whether anything is held of a chart beside one lane."""
        place = (self._charts.number(chart), self._charts.lane_number(chart, lane))
        found = self._database.row("SELECT 1 FROM logs WHERE n = ? AND lane != ?", place)
        return found is not None

    def all(self) -> dict[ChartId, dict[LaneId, list[LogSummary]]]:
        """Every log of the store, by chart and lane, sorted by instance."""
        return self._all("", ())

    def _all(
        self, which: str, parameters: Sequence[object]
    ) -> dict[ChartId, dict[LaneId, list[LogSummary]]]:
        found: dict[ChartId, dict[LaneId, list[LogSummary]]] = {}
        for chart, lane, *state in self._database.rows(
            "SELECT c.chart, l.id, i.id, g.length, g.heads FROM logs g"  # noqa: S608 (ours)
            " JOIN charts c ON c.n = g.n JOIN lanes l ON l.n = g.n AND l.lane = g.lane"
            f" JOIN instances i ON i.instance = g.instance {which} ORDER BY g.n, g.lane, i.id",
            parameters,
        ):
            lanes = found.setdefault(ChartId(chart), {})
            lanes.setdefault(LaneId(lane), []).append(_state(tuple(state)))
        return found

    def forked(self) -> list[tuple[ChartId, LaneId, LogSummary]]:
        """The logs that end in more than one head."""
        return [
            (chart, lane, state)
            for chart, lanes in self.all().items()
            for lane, states in lanes.items()
            for state in states
            if state.forked
        ]

    def digests(self) -> list[PlaceDigest]:
        """The digest of every lane that has operations (DESIGN section 7.3)."""
        return [
            PlaceDigest(chart, lane, lane_digest(states))
            for chart, lanes in self.all().items()
            for lane, states in lanes.items()
        ]


def _state(row: Row) -> LogSummary:
    instance, length, heads = row
    return LogSummary(InstanceId(instance), length, column_heads(heads))
