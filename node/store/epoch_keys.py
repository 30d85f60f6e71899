"""The epoch keys that a node holds, by chart and lane; the chart's keyring is filled from here.

They are the node's to read with for as long as they are here; shredding destroys them (DESIGN 6).
"""

from dataclasses import dataclass, field

from node.store.charts import Charts
from node.store.database import Database
from node.store.entitlements import Entitlements
from sync.identifiers import ChartId, EpochId, EpochKey, LaneId


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One epoch's key. The repr does not show it."""

    lane: LaneId
    epoch: EpochId
    key: EpochKey = field(repr=False)
    own: bool
    """This node made the epoch."""


class EpochKeys:
    """Keys by chart, lane and epoch."""

    def __init__(self, database: Database, charts: Charts, entitlements: Entitlements) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts
        self._entitlements = entitlements

    def add(
        self, chart: ChartId, lane: LaneId, epoch: EpochId, key: EpochKey, *, own: bool = False
    ) -> bool:
        """Hold a key. False when it was held already."""
        place = (self._charts.number(chart), self._charts.lane_number(chart, lane))
        with self._database.transaction():
            added = self._database.write(
                "INSERT INTO epoch_keys (n, lane, epoch, key, own) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (*place, epoch, key, own),
            )
            if added:
                self._entitlements.forget([chart])
        return bool(added)

    def of_chart(self, chart: ChartId) -> list[HeldKey]:
        """The keys of a chart."""
        rows = self._database.rows(
            "SELECT l.id, k.epoch, k.key, k.own FROM epoch_keys k JOIN lanes l USING (n, lane)"
            " WHERE k.n = ? ORDER BY k.lane, k.epoch",
            (self._charts.number(chart),),
        )
        return [
            HeldKey(LaneId(lane), EpochId(epoch), EpochKey(key), bool(own))
            for lane, epoch, key, own in rows
        ]

    def destroy(self, chart: ChartId, epoch: EpochId) -> None:
        """Destroy an epoch's key. The bytes leave the files at the next `Store.checkpoint`."""
        with self._database.transaction():
            self._entitlements.forget([chart])
            self._database.write(
                "DELETE FROM epoch_keys WHERE n = ? AND epoch = ?",
                (self._charts.number(chart), epoch),
            )
