"""Which logs of a chart a peer is served, and how they are told; `sharing` and `peer_digests` ask.

Folds and clocks decide, verdicts never. What is damaged here is told as not there, so that peers
bring it again.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from node.application.access.entitlements import Entitled
from node.application.charts import Charts
from node.application.context import Context
from sync.access.serving import served
from sync.chart.replica import ChartReplica
from sync.charter import ACCESS
from sync.digest import LogSummary
from sync.identifiers import ChartId, DeviceKey, InstanceId, LaneId, OperationId
from sync.operation import Operation


class ServedLogs:
    """What one peer is served. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, entitled: Entitled) -> None:
        """Serve the peer that `entitled` asks about."""
        self._context = context
        self._charts = charts
        self._entitled = entitled

    def vector(self, chart: ChartId, lane: LaneId) -> Sequence[LogSummary]:
        """The logs of a lane as far as the peer is served, the newest first."""
        if lane == self._context.store.charts.lanes(chart)[ACCESS]:
            limits = self.limits(chart)
            if limits is not None:
                return self.limited(chart, lane, limits)
        store = self._context.store
        return store.lacking.told(chart, lane, store.logs.newest_first(chart, lane))

    def limited(
        self, chart: ChartId, lane: LaneId, limits: Collection[OperationId]
    ) -> Sequence[LogSummary]:
        """The logs of an access lane of which only some operations cross."""
        return _summaries(self._charts.outline(chart), lane, limits)

    def is_concerned(self, chart: ChartId) -> bool:
        """Whether a chart was ever granted to the peer and to this device, or is its own.

        Or one that an end has broken the glass of, for as long as that lasts.
        """
        now = self._context.clock()
        ends = (self._entitled.of_peer(chart), self._entitled.of_self(chart))
        return all(end.granted or end.lanes(now) for end in ends)

    def limits(self, chart: ChartId) -> Collection[OperationId] | None:
        """What of the access lane crosses when an end is live no longer; None: all of it.

        Both ends must come to the same, so what either is not served stays out.
        """
        now = self._context.clock()
        limits: frozenset[OperationId] | None = None
        ends: tuple[tuple[DeviceKey, bool], ...] = (
            (self._entitled.peer, bool(self._entitled.of_peer(chart).lanes(now))),
            (self._context.identity.device, bool(self._entitled.of_self(chart).lanes(now))),
        )
        for device, live in ends:
            if not live:
                mine = frozenset(served(self._charts.outline(chart).fold, device))
                limits = mine if limits is None else limits & mine
        return limits


def _summaries(
    replica: ChartReplica, lane: LaneId, kept: Collection[OperationId]
) -> list[LogSummary]:
    """The logs of a lane when only some operations of each are shown."""
    logs: dict[InstanceId, list[Operation]] = defaultdict(list)
    for operation in replica.operations.values():
        if operation.prefix.lane == lane and operation.id in kept:
            logs[operation.prefix.instance].append(operation)
    found = []
    for instance, listed in sorted(logs.items()):
        named = {one.prefix.previous for one in listed}
        heads = tuple(sorted(one.id for one in listed if one.id not in named))
        length = 1 + max(one.prefix.sequence for one in listed)
        found.append(LogSummary(instance, length, heads))
    return found
