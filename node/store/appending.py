"""Puts a batch of operations into the store and keeps the ends of their logs, for `operations.py`.

In a batch most operations follow the only head of their log: such a one cannot be stored yet, so
nothing is asked of the database for it, and rows are written many at a time.
"""

from dataclasses import dataclass, field

from node.errors import LogGap
from node.store.charts import Charts
from node.store.columns import column_heads, heads_column, stamp_column
from node.store.database import Database
from node.store.entitlements import Entitlements
from sync.charter import ACCESS
from sync.clock import Stamp
from sync.identifiers import ChartId, InstanceId, LaneId, OperationId, operation_text
from sync.operation import Operation


@dataclass(slots=True)
class _Log:
    """A log's local numbers and its end, while a batch is taken in."""

    n: int
    lane: int
    instance: int
    length: int = 0
    heads: set[OperationId] = field(default_factory=set)


class Batch:
    """Operations on their way into the store, within one transaction."""

    def __init__(self, database: Database, charts: Charts, entitlements: Entitlements) -> None:
        """Begin with nothing; the caller has a transaction open until after `finish`."""
        self._database = database
        self._charts = charts
        self._entitlements = entitlements
        self._of_access: set[ChartId] = set()
        """Charts into whose access lane something comes."""
        self._logs: dict[tuple[ChartId, LaneId, InstanceId], _Log] = {}
        self._clocks: dict[int, Stamp] = {}
        self._operations: list[tuple[object, ...]] = []
        self._bodies: list[tuple[int, bytes]] = []
        last = database.value("SELECT max(row) FROM operations")
        self._next_row: int = (last or 0) + 1

    @property
    def next_row(self) -> int:
        """The row that the next operation gets; those after it follow one by one."""
        return self._next_row

    def take(self, operation: Operation, doubtful: bool) -> bool:
        """Take one operation. True when it, or a body that was lacking, is new to the store.

        Raises ChartMissing, LaneMissing, and LogGap when its predecessor is not stored.
        """
        log = self._log(operation)
        prefix = operation.prefix
        if prefix.sequence == log.length and log.heads == (
            {prefix.previous} if prefix.previous else set()
        ):
            self._insert(log, operation, doubtful)
            return True
        self._flush()
        stored = self._database.row(
            "SELECT o.row, o.destroyed, b.row IS NOT NULL FROM operations o"
            " LEFT JOIN bodies b USING (row) WHERE o.n = ? AND o.id = ?",
            (log.n, operation.id),
        )
        if stored is not None:
            return self._complete(operation, *stored)
        self._require_predecessor(log, operation)
        self._insert(log, operation, doubtful)
        return True

    def finish(self) -> None:
        """Write what is still held back, the ends of the logs, and the charts' clocks."""
        self._flush()
        self._entitlements.forget(self._of_access)
        self._database.changed.note({log.n: None for log in self._logs.values()})
        self._database.write_many(
            "INSERT INTO logs (n, lane, instance, length, heads) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET length = excluded.length, heads = excluded.heads",
            [
                (log.n, log.lane, log.instance, log.length, heads_column(frozenset(log.heads)))
                for log in self._logs.values()
                if log.length
            ],
        )
        self._database.write_many(
            "UPDATE charts SET clock = max(clock, ?) WHERE n = ?",
            [(stamp_column(stamp), n) for n, stamp in self._clocks.items()],
        )

    def _insert(self, log: _Log, operation: Operation, doubtful: bool) -> None:
        prefix, row = operation.prefix, self._next_row
        self._next_row += 1
        self._operations.append(
            (
                row,
                log.n,
                log.lane,
                log.instance,
                prefix.sequence,
                operation.id,
                operation.header,
                operation.signature,
                stamp_column(prefix.stamp),
                doubtful,
            )
        )
        if operation.body is not None:
            self._bodies.append((row, operation.body))
        if prefix.previous is not None:
            log.heads.discard(prefix.previous)
        log.heads.add(operation.id)
        log.length = max(log.length, prefix.sequence + 1)
        if not doubtful:
            self._clocks[log.n] = max(self._clocks.get(log.n, Stamp(0)), prefix.stamp)

    def _complete(self, operation: Operation, row: int, destroyed: int, has_body: int) -> bool:
        """Add the body that a stored operation came without; never one that was destroyed here."""
        if operation.body is None or has_body or destroyed:
            return False
        self._bodies.append((row, operation.body))
        return True

    def _require_predecessor(self, log: _Log, operation: Operation) -> None:
        prefix = operation.prefix
        if prefix.previous is None:
            return
        place = self._database.row(
            "SELECT lane, instance, sequence FROM operations WHERE n = ? AND id = ?",
            (log.n, prefix.previous),
        )
        if place != (log.lane, log.instance, prefix.sequence - 1):
            raise LogGap(operation_text(operation.id))

    def _flush(self) -> None:
        if self._operations:
            self._database.write_many(
                "INSERT INTO operations (row, n, lane, instance, sequence, id, header,"
                " signature, stamp, doubtful, merged, destroyed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
                self._operations,
            )
            self._operations = []
        if self._bodies:
            self._database.write_many("INSERT INTO bodies (row, body) VALUES (?, ?)", self._bodies)
            self._bodies = []

    def _log(self, operation: Operation) -> _Log:
        prefix = operation.prefix
        key = (prefix.chart, prefix.lane, prefix.instance)
        if key not in self._logs:
            self._logs[key] = self._load(*key)
        return self._logs[key]

    def _load(self, chart: ChartId, lane: LaneId, instance: InstanceId) -> _Log:
        n, place = self._charts.number(chart), self._charts.lane_number(chart, lane)
        if self._charts.lanes(chart).get(ACCESS) == lane:
            self._of_access.add(chart)
        number = self._instance_number(instance)
        row = self._database.row(
            "SELECT length, heads FROM logs WHERE n = ? AND lane = ? AND instance = ?",
            (n, place, number),
        )
        if row is None:
            return _Log(n, place, number)
        return _Log(n, place, number, row[0], set(column_heads(row[1])))

    def _instance_number(self, instance: InstanceId) -> int:
        found = self._database.value("SELECT instance FROM instances WHERE id = ?", (instance,))
        if found is not None:
            return int(found)
        return self._database.insert("INSERT INTO instances (id) VALUES (?)", (instance,))
