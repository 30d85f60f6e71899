"""Content operations that a session brings, stored without a look into them; `sharing` calls it.

In a chart where nothing was ever revoked whatever has a right merges, so the access lane alone says
what to keep. Bodies are opened once, as lists follow (`following`), or when the chart is settled.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from node.application.access.admission import FOREIGN_INSTANCE, NO_PREDECESSOR, NO_RIGHT
from node.application.charts import Charts
from node.application.context import Context
from node.application.rights import Right, Rights
from node.application.syncing.following import Followed
from node.errors import LogGap
from node.store.appending import Batch
from sync.access.shredding import shreddings
from sync.chart.replica import ChartReplica
from sync.clock import Stamp, is_ahead, is_before_all, is_before_cause
from sync.identifiers import (
    ChartId,
    OperationId,
    is_instance_of,
)
from sync.operation import HeaderPrefix, Operation


class Arrivals:
    """What one session brings of content. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts) -> None:
        """Begin with nothing known."""
        self._context = context
        self._charts = charts

    def is_plain(self, chart: ChartId, operations: Sequence[Operation]) -> bool:
        """Whether operations of a held chart can be stored by what its access lane says."""
        rights = self._of(chart)
        return rights.plain and all(
            one.prefix.lane in rights.lanes and one.body is not None for one in operations
        )

    def note(self, outline: ChartReplica) -> None:
        """Learn from a fold that was just computed: whoever wrote there may write elsewhere."""
        rights = self._read(outline)
        writers = {(one.prefix.device, one.prefix.under) for one in outline.operations.values()}
        if len(writers) <= _WRITERS_NOTED_MAX:
            rights.learn(outline, writers)

    def store(
        self,
        by_chart: Mapping[ChartId, Sequence[Operation]],
        refused: Counter[str],
        followed: Followed,
    ) -> list[Operation]:
        """Store plain operations of many charts at once, in whole prefixes; gives the new ones.

        Within the caller's transaction. When it raises, the charts must be forgotten.
        """
        stored: list[Operation] = []
        if not by_chart:
            return stored
        now = self._context.clock()
        came: dict[ChartId, list[tuple[int, Operation]]] = {}
        with self._context.store.operations.batch() as batch:
            for chart, operations in by_chart.items():
                taken = self._take(batch, chart, operations, now, refused)
                if taken:
                    came[chart] = taken
                    listed = [operation for _, operation in taken]
                    self._charts.came(chart, listed)
                    stored += listed
        for chart, taken in came.items():
            rights = self._of(chart)
            if rights.simple and all(row for row, _ in taken):
                followed.content(chart, taken, rights.keys)
            else:
                followed.leave(chart)
        return stored

    def _of(self, chart: ChartId) -> Rights:
        known = self._charts.rights(chart)
        if known is not None and known.version == self._context.store.entitlements.version(chart):
            return known
        return self._read(self._charts.outline(chart))

    def _read(self, outline: ChartReplica) -> Rights:
        rights = Rights(
            self._context.store.entitlements.version(outline.chart),
            not outline.fold.counted,
            not outline.fold.counted and not shreddings(outline.fold),
            outline.charter.lane_ids - {outline.access_lane},
            {epoch: key for epoch, (_, key) in outline.keyring.held.items()},
        )
        self._charts.keep_rights(outline.chart, rights)
        return rights

    def _take(
        self,
        batch: Batch,
        chart: ChartId,
        operations: Sequence[Operation],
        now_milliseconds: int,
        refused: Counter[str],
    ) -> list[tuple[int, Operation]]:
        """Give what was new with its row, or with 0 where only a body was."""
        rights = self._of(chart)
        taken: list[tuple[int, Operation]] = []
        dropped: set[OperationId] = set()
        own: dict[tuple[bytes, bytes], bool] = {}
        for operation in operations:
            prefix = operation.prefix
            whose = (prefix.instance, prefix.device)
            if whose not in own:
                own[whose] = is_instance_of(*whose)
            right = self._right(rights, prefix)
            reason = None
            if dropped and prefix.previous in dropped:
                reason = NO_PREDECESSOR
            elif not own[whose]:
                reason = FOREIGN_INSTANCE
            elif not right.held:
                reason = NO_RIGHT
            else:
                row = batch.next_row
                try:
                    if batch.take(operation, _is_doubtful(prefix.stamp, right, now_milliseconds)):
                        taken.append((row if batch.next_row > row else 0, operation))
                except LogGap:
                    reason = NO_PREDECESSOR
            if reason is not None:
                dropped.add(operation.id)
                refused[reason] += 1
        return taken

    def _right(self, rights: Rights, prefix: HeaderPrefix) -> Right:
        key = (prefix.device, prefix.under, prefix.lane)
        found = rights.known.get(key)
        if found is None:
            if len(rights.known) > _KNOWN_MAX:
                rights.known.clear()
            rights.learn(self._charts.outline(prefix.chart), [(prefix.device, prefix.under)])
            found = rights.known[key]
        return found


_KNOWN_MAX = 256
"""Rights remembered of one chart: a peer may send what anybody says to have written."""
_WRITERS_NOTED_MAX = 8
"""Beyond so many pairs of device and grant, each is looked up when it first writes."""


def _is_doubtful(stamp: Stamp, right: Right, now_milliseconds: int) -> bool:
    """As far as it shows from outside; `doubts` looks at what its changes supersede."""
    if is_ahead(stamp, now_milliseconds) or is_before_all(stamp):
        return True
    since = right.since
    return (
        since is not None
        and not is_ahead(since, now_milliseconds)
        and is_before_cause(stamp, since)
    )
