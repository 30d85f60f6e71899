"""The operations of a store, their bodies, and what was decided about each here.

Whatever was appended stays: there is no way to take an operation out, only to destroy its body.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from node.errors import DamagedDatabase
from node.store.appending import Batch
from node.store.charts import Charts
from node.store.columns import column_stamp, marks, portions
from node.store.database import Database, Row
from node.store.entitlements import Entitlements
from sync.clock import Stamp
from sync.errors import BodyError, OperationError
from sync.identifiers import ChartId, InstanceId, LaneId, OperationId
from sync.operation import Operation, read_operation

_WITH_BODIES = (
    "SELECT o.header, o.signature, b.body FROM operations o LEFT JOIN bodies b ON b.row = o.row"
)
_WITHOUT_BODIES = "SELECT o.header, o.signature, NULL FROM operations o"


class Unsound(NamedTuple):
    """An operation that is stored and cannot be read as it was."""

    row: int
    id: OperationId
    what: str
    """`body`, `header`, or `page` where the disk does not give it."""


class Operations:
    """The store's operations. All that come in have been verified before."""

    def __init__(self, database: Database, charts: Charts, entitlements: Entitlements) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts
        self._entitlements = entitlements

    def append(
        self, operations: Iterable[Operation], doubtful: Collection[OperationId] = frozenset()
    ) -> list[Operation]:
        """Store operations, each after its predecessor; those stored already change nothing.

        Gives the ones that brought something: the operation itself, or a body that was lacking.
        `doubtful` are those whose clock is not believed; they do not move the chart's. Raises
        ChartMissing, LaneMissing or LogGap, and then none of them is stored.
        """
        with self._database.transaction():
            batch = Batch(self._database, self._charts, self._entitlements)
            fresh = [one for one in operations if batch.take(one, one.id in doubtful)]
            batch.finish()
        return fresh

    @contextlib.contextmanager
    def batch(self) -> Iterator[Batch]:
        """Store operations one after the other, of any charts; all or none, at its end."""
        with self._database.transaction():
            batch = Batch(self._database, self._charts, self._entitlements)
            yield batch
            batch.finish()

    def append_own(
        self, operations: Sequence[Operation], doubtful: Collection[OperationId] = frozenset()
    ) -> int:
        """Store operations that this device has just written; gives the first one's row.

        The others' rows follow it one by one. Raises ChartMissing, LaneMissing or LogGap.
        """
        with self._database.transaction():
            batch = Batch(self._database, self._charts, self._entitlements)
            first = batch.next_row
            for operation in operations:
                batch.take(operation, operation.id in doubtful)
            batch.finish()
        return first

    def of_rows(self, chart: ChartId, rows: Sequence[int]) -> list[tuple[int, Operation]]:
        """A chart's operations in certain rows, each with its row, in the order they came."""
        n = self._charts.number(chart)
        found: list[tuple[int, Operation]] = []
        for few in portions(sorted(set(rows))):
            found += self._read_rows(
                f"WHERE o.n = ? AND o.row IN ({marks(few)}) ORDER BY o.row", (n, *few)
            )
        return found

    def after_row(self, chart: ChartId, row: int) -> list[tuple[int, Operation]]:
        """A chart's operations that came after a row, each with its row, in their order."""
        return self._read_rows(
            "WHERE o.n = ? AND o.row > ? ORDER BY o.row", (self._charts.number(chart), row)
        )

    def rows(self, chart: ChartId) -> dict[OperationId, int]:
        """The row of every operation of a chart."""
        found = self._database.rows(
            "SELECT id, row FROM operations WHERE n = ?", (self._charts.number(chart),)
        )
        return {OperationId(operation): row for operation, row in found}

    def last_of_log(self, chart: ChartId, lane: LaneId, instance: InstanceId) -> Operation | None:
        """The last operation of a log, without its body; any one of those where it forked."""
        found = self._read(
            "WHERE o.n = ? AND o.lane = ? AND o.instance ="
            " (SELECT instance FROM instances WHERE id = ?) ORDER BY o.sequence DESC LIMIT 1",
            (self._charts.number(chart), self._charts.lane_number(chart, lane), instance),
            False,
        )
        return found[0] if found else None

    def last_row(self) -> int:
        """The row of the operation that came last; 0 where there is none."""
        return self._database.value("SELECT max(row) FROM operations") or 0

    def of_log_after(
        self,
        chart: ChartId,
        lane: LaneId,
        instance: InstanceId,
        after: tuple[int, bytes],
        count_max: int,
    ) -> list[tuple[int, Operation]]:
        """A log as `of_log` gives it, each with its row, after a (sequence, id)."""
        return self._read_rows(
            "WHERE o.n = ? AND o.lane = ? AND o.instance ="
            " (SELECT instance FROM instances WHERE id = ?)"
            " AND (o.sequence, o.id) > (?, ?) ORDER BY o.sequence, o.id LIMIT ?",
            (
                self._charts.number(chart),
                self._charts.lane_number(chart, lane),
                instance,
                *after,
                count_max,
            ),
        )

    def of_chart(self, chart: ChartId, *, bodies: bool = True) -> list[Operation]:
        """A chart's operations in the order they came, so each after its predecessor."""
        return self._read("WHERE o.n = ? ORDER BY o.row", (self._charts.number(chart),), bodies)

    def sound(self, chart: ChartId) -> tuple[list[Operation], list[Unsound]]:
        """A chart's operations in the order they came: those that can be read, and the others.

        For an examination: elsewhere a damaged one stops the reading of its chart. Raises
        DamagedDatabase where not even the ids can be read.
        """
        n = self._charts.number(chart)
        rows = self._database.rows("SELECT row, id FROM operations WHERE n = ? ORDER BY row", (n,))
        try:
            found = self.of_chart(chart)
        except DamagedDatabase:
            pass
        else:
            if [one.id for one in found] == [operation for _, operation in rows]:
                return found, []
        found, unsound = [], []
        for row, operation_id in rows:
            operation, what = self._looked_at(row, operation_id)
            if operation is None:
                unsound.append(Unsound(row, OperationId(operation_id), what))
            else:
                found.append(operation)
        return found, unsound

    def _looked_at(self, row: int, operation_id: bytes) -> tuple[Operation | None, str]:
        try:
            parts = self._database.row(f"{_WITH_BODIES} WHERE o.row = ?", (row,))
        except DamagedDatabase:
            return None, "page"
        try:
            operation = None if parts is None else read_operation(*parts, verified=True)
        except BodyError:
            return None, "body"
        except OperationError:
            return None, "header"
        if operation is None or operation.id != operation_id:
            return None, "header"
        return operation, ""

    def of_lane(self, chart: ChartId, lane: LaneId, *, bodies: bool = True) -> list[Operation]:
        """A lane's operations in the order they came."""
        place = (self._charts.number(chart), self._charts.lane_number(chart, lane))
        return self._read("WHERE o.n = ? AND o.lane = ? ORDER BY o.row", place, bodies)

    def of_log(
        self,
        chart: ChartId,
        lane: LaneId,
        instance: InstanceId,
        first: int = 0,
        count_max: int | None = None,
        *,
        bodies: bool = True,
    ) -> list[Operation]:
        """A log from sequence number `first` on, ascending; branches of a fork side by side."""
        place = (self._charts.number(chart), self._charts.lane_number(chart, lane))
        return self._read(
            "WHERE o.n = ? AND o.lane = ? AND o.instance ="
            " (SELECT instance FROM instances WHERE id = ?) AND o.sequence >= ?"
            " ORDER BY o.sequence, o.id LIMIT ?",
            (*place, instance, first, -1 if count_max is None else count_max),
            bodies,
        )

    def by_id(
        self, chart: ChartId, ids: Collection[OperationId], *, bodies: bool = True
    ) -> list[Operation]:
        """Those of a chart's operations that are stored, in the order they came."""
        n = self._charts.number(chart)
        rows: list[int] = []
        for portion in portions(list(ids)):
            rows += [
                row
                for (row,) in self._database.rows(
                    f"SELECT row FROM operations WHERE n = ? AND id IN ({marks(portion)})",  # noqa: S608 (question marks)
                    (n, *portion),
                )
            ]
        found: list[Operation] = []
        for few in portions(sorted(rows)):
            found += self._read(f"WHERE o.row IN ({marks(few)}) ORDER BY o.row", few, bodies)
        return found

    def chart_of(self, operation: OperationId) -> ChartId | None:
        """The chart that an operation is in, or None. Asks every chart: for a person's command."""
        found = self._database.value(
            "SELECT c.chart FROM charts c JOIN operations o ON o.n = c.n AND o.id = ?",
            (operation,),
        )
        return None if found is None else ChartId(found)

    def stored(self, chart: ChartId, ids: Collection[OperationId]) -> set[OperationId]:
        """Which of these ids are stored in a chart."""
        n = self._charts.number(chart)
        found: set[OperationId] = set()
        for portion in portions(list(ids)):
            statement = f"SELECT id FROM operations WHERE n = ? AND id IN ({marks(portion)})"  # noqa: S608 (question marks)
            found |= {OperationId(row[0]) for row in self._database.rows(statement, (n, *portion))}
        return found

    def count(self, chart: ChartId | None = None, lane: LaneId | None = None) -> int:
        """How many operations there are in all, in a chart, or in a lane of it."""
        if chart is None:
            return int(self._database.value("SELECT count(*) FROM operations"))
        n = self._charts.number(chart)
        if lane is None:
            return int(self._database.value("SELECT count(*) FROM operations WHERE n = ?", (n,)))
        return int(
            self._database.value(
                "SELECT count(*) FROM operations WHERE n = ? AND lane = ?",
                (n, self._charts.lane_number(chart, lane)),
            )
        )

    def doubtful(self, chart: ChartId) -> set[OperationId]:
        """A chart's operations whose clock was not believed when they came."""
        return self._ids(chart, "doubtful")

    def mark_doubtful(self, chart: ChartId, ids: Iterable[OperationId]) -> None:
        """Believe the clock of stored operations no longer."""
        n = self._charts.number(chart)
        self._database.write_many(
            "UPDATE operations SET doubtful = 1 WHERE n = ? AND id = ?",
            [(n, operation) for operation in ids],
        )

    def stamps(self, chart: ChartId, ids: Collection[OperationId]) -> dict[OperationId, Stamp]:
        """The stamps of those of these operations that are stored in a chart."""
        n = self._charts.number(chart)
        found: dict[OperationId, Stamp] = {}
        for portion in portions(list(ids)):
            statement = f"SELECT id, stamp FROM operations WHERE n = ? AND id IN ({marks(portion)})"  # noqa: S608 (question marks)
            for operation, stamp in self._database.rows(statement, (n, *portion)):
                found[OperationId(operation)] = column_stamp(stamp)
        return found

    def ever_merged(self, chart: ChartId) -> set[OperationId]:
        """A chart's operations that were merged here at any time (AUTHORITY rule 10)."""
        return self._ids(chart, "merged")

    def mark_merged(self, chart: ChartId, ids: Iterable[OperationId]) -> None:
        """Remember that operations were merged here. It is never taken back."""
        n = self._charts.number(chart)
        self._database.write_many(
            "UPDATE operations SET merged = 1 WHERE n = ? AND id = ? AND merged = 0",
            [(n, operation) for operation in ids],
        )

    def destroy_bodies(self, chart: ChartId, ids: Iterable[OperationId]) -> None:
        """Destroy bodies for good: the headers stay, and the bodies are never taken in again.

        The bytes leave the files at the next `Store.checkpoint`.
        """
        n = self._charts.number(chart)
        places = [(n, operation) for operation in ids]
        with self._database.transaction():
            self._entitlements.forget([chart])
            self._database.write_many(
                "DELETE FROM bodies WHERE row ="
                " (SELECT row FROM operations WHERE n = ? AND id = ?)",
                places,
            )
            self._database.write_many(
                "UPDATE operations SET destroyed = 1 WHERE n = ? AND id = ?", places
            )

    def _ids(self, chart: ChartId, flag: str) -> set[OperationId]:
        rows = self._database.rows(
            f"SELECT id FROM operations WHERE n = ? AND {flag} = 1",  # noqa: S608 (a column of ours)
            (self._charts.number(chart),),
        )
        return {OperationId(operation) for (operation,) in rows}

    def _read(self, which: str, parameters: Sequence[object], bodies: bool) -> list[Operation]:
        rows = self._database.rows(
            f"{_WITH_BODIES if bodies else _WITHOUT_BODIES} {which}", parameters
        )
        return [self._operation(row) for row in rows]

    def _read_rows(self, which: str, parameters: Sequence[object]) -> list[tuple[int, Operation]]:
        return [
            (row, self._operation(tuple(parts)))
            for row, *parts in self._database.rows(
                "SELECT o.row, o.header, o.signature, b.body FROM operations o"  # noqa: S608 (a clause of ours)
                f" LEFT JOIN bodies b ON b.row = o.row {which}",
                parameters,
            )
        ]

    def _operation(self, row: Row) -> Operation:
        try:
            return read_operation(*row, verified=True)
        except OperationError as error:
            raise DamagedDatabase(self._database.path) from error
