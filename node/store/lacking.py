"""Operations whose body was damaged or lost here, and which peers are to bring again.

`doctor` notes them; to peers, logs are told as ending before the first of them, so that a session
sends what follows again, with the bodies (`node.application.syncing.sharing`). Nothing that is
here goes.
"""

from collections.abc import Sequence

from node.store.charts import Charts
from node.store.database import Database
from sync.digest import LogSummary
from sync.identifiers import ChartId, InstanceId, LaneId, OperationId


class Lacking:
    """Which operations lack the body that no shred destroyed."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts
        self._none_at = -1
        """Nothing lacks anything, as long as `undone` of the database stands there."""

    def note(self, chart: ChartId, operations: Sequence[OperationId]) -> None:
        """Let go of these operations' bodies, which cannot be read, and want them again."""
        n = self._charts.number(chart)
        places = [(n, operation) for operation in operations]
        with self._database.transaction():
            self._database.changed.note([n])
            self._none_at = -1
            for statement in (
                "DELETE FROM bodies WHERE row ="
                " (SELECT row FROM operations WHERE n = ? AND id = ?)",
                "INSERT INTO lacking (row) SELECT row FROM operations"
                " WHERE n = ? AND id = ? AND destroyed = 0 ON CONFLICT DO NOTHING",
            ):
                self._database.write_many(statement, places)

    def settle(self) -> list[ChartId]:
        """Forget those whose body has come, or was destroyed; the charts are to be read anew."""
        rows = self._database.rows(
            "SELECT k.row, c.chart, n FROM lacking k JOIN operations o USING (row)"
            " JOIN charts c USING (n) LEFT JOIN bodies b USING (row)"
            " WHERE b.row IS NOT NULL OR o.destroyed = 1"
        )
        self._database.changed.note({n: None for _, _, n in rows})
        self._database.write_many(
            "DELETE FROM lacking WHERE row = ?", [(row,) for row, _, _ in rows]
        )
        return sorted({ChartId(chart) for _, chart, _ in rows})

    def all(self) -> list[tuple[ChartId, OperationId]]:
        """Every operation that lacks its body, by chart."""
        rows = self._database.rows(
            "SELECT c.chart, o.id FROM lacking JOIN operations o USING (row)"
            " JOIN charts c USING (n) ORDER BY row"
        )
        return [(ChartId(chart), OperationId(operation)) for chart, operation in rows]

    def told(self, chart: ChartId, lane: LaneId, logs: Sequence[LogSummary]) -> list[LogSummary]:
        """Logs of a lane as they are told to peers: only what comes before what is lacking.

        One that forked and lacks something is told as if nothing were here.
        """
        if self._is_empty():
            return list(logs)
        rows = self._database.rows(
            "SELECT i.id, min(o.sequence) FROM lacking JOIN operations o USING (row)"
            " JOIN instances i USING (instance) WHERE o.n = ? AND o.lane = ? GROUP BY i.id",
            (self._charts.number(chart), self._charts.lane_number(chart, lane)),
        )
        if not rows:
            return list(logs)
        first: dict[InstanceId, int] = dict(rows)
        told = []
        for log in logs:
            length = first.get(log.instance, log.length)
            if length == log.length:
                told.append(log)
            elif length and not log.forked:
                head = self._head(chart, lane, log.instance, length - 1)
                told.append(LogSummary(log.instance, length, (head,)))
        return told

    def _is_empty(self) -> bool:
        if self._none_at == self._database.undone:
            return True
        if self._database.row("SELECT 1 FROM lacking LIMIT 1") is None:
            self._none_at = self._database.undone
        return self._none_at == self._database.undone

    def _head(
        self, chart: ChartId, lane: LaneId, instance: InstanceId, sequence: int
    ) -> OperationId:
        return OperationId(
            self._database.value(
                "SELECT o.id FROM operations o JOIN instances i USING (instance)"
                " WHERE o.n = ? AND o.lane = ? AND i.id = ? AND o.sequence = ?",
                (
                    self._charts.number(chart),
                    self._charts.lane_number(chart, lane),
                    instance,
                    sequence,
                ),
            )
        )

    def places(self) -> set[tuple[ChartId, LaneId]]:
        """The lanes in which something lacks its body."""
        rows = self._database.rows(
            "SELECT DISTINCT c.chart, l.id FROM lacking JOIN operations o USING (row)"
            " JOIN charts c ON c.n = o.n JOIN lanes l ON l.n = o.n AND l.lane = o.lane"
        )
        return {(ChartId(chart), LaneId(lane)) for chart, lane in rows}
