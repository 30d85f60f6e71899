"""Which operations crossed in a session, by row, to say afterwards how many resources were in them.

Nothing is opened for that: the lists note how many versions each operation holds that can be read
here. Of what was received they do so when the node has settled.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final

from node.application.context import Context
from sync.identifiers import ChartId, OperationId
from sync.operation import Operation

_CHARTS_REMEMBERED_MAX: Final = 64


class Crossed:
    """What one session has read and stored. Used under the node's one lock."""

    def __init__(self, context: Context) -> None:
        """Begin with nothing."""
        self._context = context
        self._rows: dict[OperationId, int] = {}
        self._counts: OrderedDict[ChartId, Mapping[int, int]] = OrderedDict()
        self._charts: set[ChartId] = set()
        self._received: list[tuple[int, int]] = []
        """Rows that were stored: first and last, ascending."""

    def read(self, operation: Operation, row: int) -> Operation:
        """An operation is read to be sent."""
        self._rows[operation.id] = row
        return operation

    def sent(self, operations: Iterable[Operation]) -> int:
        """How many resources are in operations that are sent now."""
        count = 0
        for operation in operations:
            row = self._rows.pop(operation.id, None)
            if row is not None:
                count += self._counts_of(operation.prefix.chart).get(row, 0)
        return count

    def stored(self, charts: Iterable[ChartId], before: int, after: int) -> None:
        """The rows after `before` up to `after` were stored in these charts."""
        if after == before:
            return
        self._charts.update(charts)
        if self._received and self._received[-1][1] == before:
            self._received[-1] = (self._received[-1][0], after)
        else:
            self._received.append((before + 1, after))

    def received(self) -> int:
        """How many resources are in what was stored: ask when the node has settled."""
        resources, held = self._context.store.resources, self._context.store.charts
        return sum(
            count
            for chart in self._charts
            if held.holds(chart)  # of some that came beside others nothing could be kept
            for row, count in resources.counts_by_row(chart, self._received[0][0]).items()
            if any(first <= row <= last for first, last in self._received)
        )

    def _counts_of(self, chart: ChartId) -> Mapping[int, int]:
        found = self._counts.get(chart)
        if found is None:
            found = self._counts[chart] = self._context.store.resources.counts_by_row(chart)
            while len(self._counts) > _CHARTS_REMEMBERED_MAX:
                self._counts.popitem(last=False)
        return found
