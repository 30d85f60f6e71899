"""Who is served what of which chart: from the store where it is known, else from the fold.

`sharing` asks it, for this device and the peer, at the beginning of a session and in its course.
"""

from collections.abc import Iterable
from typing import Final

from node.application.charts import Charts
from node.application.context import Context
from sync.access.entitlement import Entitlement, entitlement
from sync.chart.replica import ChartReplica
from sync.identifiers import ChartId, DeviceKey, LaneId

_FOUND_PER_COMMIT: Final = 256
"""Charts whose folds are kept in one database transaction."""


class Entitled:
    """What this node's folds say of itself and of one peer. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, peer: DeviceKey) -> None:
        """Ask about one peer."""
        self._context = context
        self._charts = charts
        self._peer = peer

    @property
    def peer(self) -> DeviceKey:
        """Who is asked about beside this device."""
        return self._peer

    def of(self, chart: ChartId, device: DeviceKey) -> Entitlement:
        """What a chart's fold says of a device."""
        known = self._context.store.entitlements.of_device(device).get(chart)
        if known is None:
            known = entitlement(self._charts.outline(chart).fold, device)
            self._context.store.entitlements.put(chart, device, known)
        return known

    def find_all(self) -> None:
        """Find what is not known yet, of all charts, before a session asks about each."""
        self.find(held.chart for held in self._context.store.charts.all())

    def find(self, charts: Iterable[ChartId]) -> None:
        """The same of some charts."""
        devices = (self._peer, self._context.identity.device)
        known = [self._context.store.entitlements.of_device(device) for device in devices]
        unknown = [chart for chart in charts if any(chart not in found for found in known)]
        for start in range(0, len(unknown), _FOUND_PER_COMMIT):
            with self._context.store.transaction():
                for chart in unknown[start : start + _FOUND_PER_COMMIT]:
                    for device in devices:
                        self.of(chart, device)

    def of_peer(self, chart: ChartId) -> Entitlement:
        """What it says of the peer."""
        return self.of(chart, self._peer)

    def of_self(self, chart: ChartId) -> Entitlement:
        """What it says of this device."""
        return self.of(chart, self._context.identity.device)

    def shared_lanes(self, chart: ChartId) -> frozenset[LaneId]:
        """The lanes for which both are live now."""
        now = self._context.clock()
        return self.of_peer(chart).lanes(now) & self.of_self(chart).lanes(now)

    def note(self, replica: ChartReplica) -> None:
        """Remember what a fold says that was just computed."""
        for device in (self._peer, self._context.identity.device):
            entitled = entitlement(replica.fold, device)
            self._context.store.entitlements.put(replica.chart, device, entitled)
