"""Shreds as this node waits for them and carries them out; the shredder keeps this up.

What was ordered is an act in the chart and stays there; here is what only this node knows: since
when it has known, how much of the hold it has watched go by, and what it destroyed. Rows stay, as
the record that a shredding took place.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from node.store.charts import Charts
from node.store.columns import column_stamp
from node.store.database import Database, Row
from node.store.remnants import KeyTest
from sync.clock import Stamp
from sync.identifiers import (
    ActId,
    ChartId,
    DeviceKey,
    EpochId,
    EpochKey,
    InstanceId,
    LaneId,
    OperationId,
    epoch_id,
)

_COLUMNS = (
    "c.chart, s.act, s.root, s.lanes, s.asked_at, s.not_before, s.learnt_at, s.seen_at,"
    " s.watched, s.cancelled, s.began_at, s.bodies, s.keys, s.written_again, s.waiting,"
    " s.checked_at, s.pages, s.found"
)


@dataclass(frozen=True, slots=True)
class WatchedShred:
    """One shred. Times are in milliseconds, by this node's clock unless said otherwise."""

    chart: ChartId
    act: ActId
    root: DeviceKey
    """Who ordered it."""
    lanes: tuple[str, ...]
    asked_at_milliseconds: int
    """By the root's clock."""
    not_before_milliseconds: int
    """The hold's end, by the root's clock."""
    learnt_at_milliseconds: int
    seen_at_milliseconds: int
    """When the shredder last looked."""
    watched_milliseconds: int
    """How much of the hold has been watched go by."""
    cancelled: bool = False
    began_at_milliseconds: int | None = None
    """When it was first carried out here."""
    bodies: int = 0
    keys: int = 0
    written_again: int = 0
    waiting: int = 0
    """Operations beyond the cut that nobody could write again: their epochs' keys wait."""
    checked_at_milliseconds: int | None = None
    pages: int = 0
    """Pages of the database and the write-ahead log that were searched."""
    found: int = 0
    """Pages in which something destroyed was found."""

    @property
    def hold_milliseconds(self) -> int:
        """How long the hold is."""
        return self.not_before_milliseconds - self.asked_at_milliseconds


class Shreds:
    """The shreds of all charts, and what the next check of the files is to look for."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def put(self, shred: WatchedShred) -> None:
        """Keep a shred as it stands now."""
        self._database.write(
            "INSERT INTO shreds (n, act, root, lanes, asked_at, not_before, learnt_at, seen_at,"
            " watched, cancelled, began_at, bodies, keys, written_again, waiting, checked_at,"
            " pages, found) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at, watched = excluded.watched,"
            " cancelled = excluded.cancelled, began_at = excluded.began_at,"
            " bodies = excluded.bodies, keys = excluded.keys,"
            " written_again = excluded.written_again, waiting = excluded.waiting,"
            " checked_at = excluded.checked_at, pages = excluded.pages, found = excluded.found",
            (
                self._charts.number(shred.chart),
                shred.act,
                shred.root,
                ",".join(shred.lanes),
                shred.asked_at_milliseconds,
                shred.not_before_milliseconds,
                shred.learnt_at_milliseconds,
                shred.seen_at_milliseconds,
                shred.watched_milliseconds,
                shred.cancelled,
                shred.began_at_milliseconds,
                shred.bodies,
                shred.keys,
                shred.written_again,
                shred.waiting,
                shred.checked_at_milliseconds,
                shred.pages,
                shred.found,
            ),
        )

    def all(self) -> list[WatchedShred]:
        """Every shred, those that were learnt of first before the others."""
        return self._read("ORDER BY s.learnt_at, s.n, s.act", ())

    def of_chart(self, chart: ChartId) -> list[WatchedShred]:
        """The shreds of a chart."""
        return self._read(
            "WHERE s.n = ? ORDER BY s.learnt_at, s.act", (self._charts.number(chart),)
        )

    def charts_on_hold(self) -> list[ChartId]:
        """The charts with a shred that is neither cancelled nor carried out whole."""
        rows = self._database.rows(
            "SELECT chart FROM charts WHERE n IN"
            " (SELECT n FROM shreds WHERE NOT cancelled AND (began_at IS NULL OR waiting > 0))"
            " ORDER BY n"
        )
        return [ChartId(chart) for (chart,) in rows]

    # -- what was destroyed

    def retire(self, chart: ChartId, epochs: Iterable[tuple[LaneId, EpochId]]) -> int:
        """Destroy epochs' keys for good: they are never taken in again. Says how many there were.

        The bytes leave the files at the next `Store.checkpoint`.
        """
        n = self._charts.number(chart)
        count = 0
        with self._database.transaction():
            for _, epoch in sorted(epochs):
                count += self._database.write(
                    "DELETE FROM epoch_keys WHERE n = ? AND epoch = ?", (n, epoch)
                )
                self._database.write(
                    "INSERT INTO retired_epochs (n, epoch) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (n, epoch),
                )
        return count

    def retired(self, chart: ChartId) -> set[EpochId]:
        """The epochs of a chart whose keys were destroyed here."""
        rows = self._database.rows(
            "SELECT epoch FROM retired_epochs WHERE n = ?", (self._charts.number(chart),)
        )
        return {EpochId(epoch) for (epoch,) in rows}

    def destroyed(self, chart: ChartId) -> set[OperationId]:
        """The operations of a chart whose bodies were destroyed here."""
        rows = self._database.rows(
            "SELECT id FROM operations WHERE n = ? AND destroyed = 1",
            (self._charts.number(chart),),
        )
        return {OperationId(operation) for (operation,) in rows}

    def latest_stamp(self) -> Stamp:
        """The latest stamp in any chart whose clock was believed."""
        latest = self._database.value("SELECT max(clock) FROM charts")
        return Stamp(0) if latest is None else column_stamp(latest)

    def latest_stamps(self) -> list[tuple[InstanceId, Stamp]]:
        """By instance, the latest stamp whose clock was believed. Looks at every operation."""
        rows = self._database.rows(
            "SELECT i.id, max(o.stamp) FROM operations o JOIN instances i USING (instance)"
            " WHERE o.doubtful = 0 GROUP BY o.instance"
        )
        return [(InstanceId(instance), column_stamp(stamp)) for instance, stamp in rows]

    # -- what the files are to be searched for

    def key_marks(self) -> dict[bytes, KeyTest]:
        """What stands before a destroyed key in a page, and tells whether one follows there.

        An epoch's id is a hash of its key, and lies before it in the table of keys.
        """
        rows = self._database.rows(
            "SELECT c.chart, l.id, r.epoch FROM retired_epochs r"
            " JOIN charts c USING (n) JOIN lanes l USING (n)"
        )
        marks: dict[bytes, list[tuple[ChartId, LaneId]]] = defaultdict(list)
        for chart, lane, epoch in rows:
            marks[epoch].append((ChartId(chart), LaneId(lane)))
        return {epoch: _is_key_of(epoch, places) for epoch, places in marks.items()}

    def leave_samples(self, samples: Iterable[bytes]) -> None:
        """Keep samples of what is destroyed in this transaction until the files were searched.

        They lie inverted, or the search would find them themselves; a piece of a ciphertext whose
        key is gone says nothing.
        """
        self._database.write_many(
            "INSERT INTO shred_samples (inverted) VALUES (?)",
            [(_inverted(sample),) for sample in samples],
        )

    def samples(self) -> list[bytes]:
        """What is to be searched for; nothing when the last search is done."""
        rows = self._database.rows("SELECT inverted FROM shred_samples ORDER BY id")
        return [_inverted(inverted) for (inverted,) in rows]

    def drop_samples(self) -> None:
        """The files were searched."""
        self._database.write("DELETE FROM shred_samples")

    def _read(self, which: str, parameters: tuple[object, ...]) -> list[WatchedShred]:
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM shreds s JOIN charts c USING (n) {which}",  # noqa: S608 (texts of ours)
            parameters,
        )
        return [_watched(row) for row in rows]


def _is_key_of(epoch: bytes, places: list[tuple[ChartId, LaneId]]) -> KeyTest:
    def test(key: bytes) -> bool:
        return any(epoch_id(chart, lane, EpochKey(key)) == epoch for chart, lane in places)

    return test


def _watched(row: Row) -> WatchedShred:
    chart, act, root, lanes, *numbers = row
    numbers[5] = bool(numbers[5])
    return WatchedShred(
        ChartId(chart), ActId(act), DeviceKey(root), tuple(lanes.split(",")), *numbers
    )


def _inverted(sample: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in sample)
