"""What the folds say of devices that this node meets, so that a session begins without folding.

Derived from a chart's access lane and keys: whoever writes either forgets it in the same
transaction. Kept in memory too, once a device was asked about.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from node.store.chart_subjects import ChartSubjects
from node.store.charts import Charts
from node.store.database import Database
from node.store.settings import Settings
from sync.access.entitlement import Entitlement, Span
from sync.codec import decode, encode
from sync.identifiers import ChartId, DeviceKey, LaneId

_GROUND: Final = "entitlements.ground"
_DEVICES_REMEMBERED_MAX: Final = 8
"""In memory, with some 500 bytes a chart."""


class Entitlements:
    """Entitlements by chart and device."""

    def __init__(
        self, database: Database, charts: Charts, settings: Settings, subjects: ChartSubjects
    ) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts
        self._settings = settings
        self._subjects = subjects
        self._remembered: dict[DeviceKey, dict[ChartId, Entitlement]] = {}
        self._remembered_at = 0
        self._forgotten: Counter[ChartId] = Counter()

    def version(self, chart: ChartId) -> tuple[int, int]:
        """Changes with whatever may change a chart's fold; what was read is as old."""
        return self._database.undone, self._forgotten[chart]

    def stand_on(self, ground: bytes) -> None:
        """Forget all unless it was found on this ground: what folds depend on beside charts."""
        if self._settings.get(_GROUND) != ground:
            with self._database.transaction():
                self._database.write("DELETE FROM entitlements")
                self._database.write("DELETE FROM chart_subjects")
                self._settings.put(_GROUND, ground)
            self._database.changed.note_all()
            self._remembered.clear()

    def of_device(self, device: DeviceKey) -> dict[ChartId, Entitlement]:
        """What is known of a device, by chart."""
        if self._remembered_at != self._database.undone:
            self._remembered_at = self._database.undone
            self._remembered.clear()
        found = self._remembered.get(device)
        if found is None:
            if len(self._remembered) >= _DEVICES_REMEMBERED_MAX:
                self._remembered.clear()
            found = self._remembered[device] = {
                ChartId(chart): _read(entitled)
                for chart, entitled in self._database.rows(
                    "SELECT c.chart, e.entitled FROM entitlements e JOIN charts c USING (n)"
                    " WHERE e.device = ?",
                    (device,),
                )
            }
        return found

    def put(self, chart: ChartId, device: DeviceKey, entitled: Entitlement) -> None:
        """Remember what a chart's fold says of a device now."""
        self._database.write(
            "INSERT INTO entitlements (device, n, entitled) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET entitled = excluded.entitled",
            (device, self._charts.number(chart), _written(entitled)),
        )
        self.of_device(device)[chart] = entitled

    def forget(self, charts: Iterable[ChartId]) -> None:
        """Something came into these charts' access lanes or keyrings."""
        for chart in charts:
            self._database.changed.note([self._charts.number(chart)])
            self._forgotten[chart] += 1
            self._subjects.forget([chart])
            self._database.write(
                "DELETE FROM entitlements WHERE n = ?", (self._charts.number(chart),)
            )
            for known in self._remembered.values():
                known.pop(chart, None)


def _written(entitled: Entitlement) -> bytes:
    spans = [
        [sorted(span.lanes), span.from_milliseconds, span.until_milliseconds]
        for span in entitled.spans
    ]
    return encode([entitled.granted, spans])


def _read(data: bytes) -> Entitlement:
    granted, spans = decode(data)
    return Entitlement(
        granted,
        tuple(Span(frozenset(map(LaneId, lanes)), start, end) for lanes, start, end in spans),
    )
