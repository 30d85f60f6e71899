"""Content operations that a session brings, stored without a look into them; `sharing` calls it.

In a chart where nothing was ever revoked whatever has a right merges, so the access lane alone says
what to keep. Bodies are opened once, when lists are brought up to date.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from node.application.admission import FOREIGN_INSTANCE, NO_PREDECESSOR, NO_RIGHT
from node.application.charts import Charts
from node.application.context import Context
from node.errors import LogGap
from node.store.appending import Batch
from sync.chart.replica import ChartReplica
from sync.clock import Stamp, is_ahead, is_before_all, is_before_cause
from sync.identifiers import ActId, ChartId, DeviceKey, InstanceId, OperationId, is_instance_of
from sync.operation import Operation


def is_plain(charts: Charts, chart: ChartId, operations: Sequence[Operation]) -> bool:
    """Whether operations of a held chart can be stored by what its access lane says."""
    outline = charts.outline(chart)
    lanes = outline.charter.lane_ids - {outline.access_lane}
    whole = all(one.prefix.lane in lanes and one.body is not None for one in operations)
    return whole and not outline.fold.counted


def store_plain(
    context: Context,
    charts: Charts,
    by_chart: Mapping[ChartId, Sequence[Operation]],
    refused: Counter[str],
) -> list[Operation]:
    """Store plain operations of many charts at once, in whole prefixes; gives those that are new.

    Within the caller's transaction. When it raises, the charts must be forgotten.
    """
    stored: list[Operation] = []
    if not by_chart:
        return stored
    now = context.clock()
    with context.store.operations.batch() as batch:
        for chart, operations in by_chart.items():
            taken = _Chart(charts.outline(chart), now).take(batch, operations, refused)
            if taken:
                charts.came(chart, taken)
                stored += taken
        context.store.unsettled.mark_all({one.prefix.chart for one in stored})
    return stored


class _Chart:
    """What is asked of one chart for each operation, and asked once."""

    def __init__(self, outline: ChartReplica, now_milliseconds: int) -> None:
        self._outline = outline
        self._fold = outline.fold
        self._now_milliseconds = now_milliseconds
        self._instances: dict[tuple[InstanceId, DeviceKey], bool] = {}
        self._granted: dict[ActId, Stamp | None] = {}

    def take(
        self, batch: Batch, operations: Sequence[Operation], refused: Counter[str]
    ) -> list[Operation]:
        taken: list[Operation] = []
        dropped: set[OperationId] = set()
        for operation in operations:
            reason = self._objection(operation, dropped)
            if reason is None:
                try:
                    if batch.take(operation, self._is_doubtful(operation)):
                        taken.append(operation)
                    continue
                except LogGap:
                    reason = NO_PREDECESSOR
            dropped.add(operation.id)
            refused[reason] += 1
        return taken

    def _objection(self, operation: Operation, dropped: set[OperationId]) -> str | None:
        prefix = operation.prefix
        if dropped and prefix.previous in dropped:
            return NO_PREDECESSOR
        whose = (prefix.instance, prefix.device)
        own = self._instances.get(whose)
        if own is None:
            own = self._instances[whose] = is_instance_of(*whose)
        if not own:
            return FOREIGN_INSTANCE
        return None if self._fold.storable(operation) else NO_RIGHT

    def _is_doubtful(self, operation: Operation) -> bool:
        """As far as it shows from outside; `doubts` looks at what its changes supersede."""
        stamp = operation.prefix.stamp
        if is_ahead(stamp, self._now_milliseconds) or is_before_all(stamp):
            return True
        granted = self._granted_at(operation.prefix.under)
        return granted is not None and is_before_cause(stamp, granted)

    def _granted_at(self, under: ActId) -> Stamp | None:
        """The believable stamp of the operation that granted, if there is one."""
        if under not in self._granted:
            grant = self._fold.grants.get(under)
            cause = None
            if grant is not None and grant.operation is not None:
                cause = self._outline.operations.get(grant.operation)
            stamp = None if cause is None else cause.prefix.stamp
            believed = stamp is not None and not is_ahead(stamp, self._now_milliseconds)
            self._granted[under] = stamp if believed else None
        return self._granted[under]
