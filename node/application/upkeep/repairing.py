"""What `doctor` finds wrong with what is derived, and makes again; `examination` tells of it.

Derived is whatever the operations say: lists, indexes, worklist, the ends of logs, clocks, which
pieces are here. Nothing else is ever changed, and each repair is one transaction.
"""

from collections.abc import Sequence
from typing import Final

from node.application.charts import Charts
from node.application.content import Contents
from node.application.context import Context
from node.application.showing.finding import Finding, finding
from node.application.upkeep.rebuilding import drop_derived, drop_derived_of
from node.errors import StorageFailed
from sync.identifiers import ChartId, chart_text, operation_text

NAMED_MAX: Final = 20
"""Charts or operations that are named one by one; of more, how many more."""


class _AlikeError(Exception):
    """what was made anew is what was there"""


class Repair:
    """One examination's repairs. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, contents: Contents) -> None:
        """Begin with nothing found."""
        self._context = context
        self._charts = charts
        self._contents = contents
        self.findings: list[Finding] = []

    def derived(self) -> None:
        """Repair what statements alone show to be wrong; charts to be noted anew are unsettled."""
        try:
            self._derived()
        except StorageFailed as error:
            self._failed(error)

    def _derived(self) -> None:
        store = self._context.store
        condition = store.condition
        self._count(condition.mend_orphans(), "rows of lists and indexes that belonged to nothing")
        self._count(condition.mend_homes(), "names of resources in charts that are not here")
        self._count(condition.mend_pieces(), "marks of which pieces of attachments are here")
        ends = condition.mend_logs()
        self._name(ends, "the ends of the logs")
        clocks = condition.mend_clocks()
        self._name(clocks, "the clock")
        self._forget([*ends, *clocks])
        if store.faces.findings():
            drop_derived(self._context)
            self._charts.forget_all()
            self._tell("the search index disagreed with the lists: all charts are listed anew")
            return
        amiss = condition.charts_amiss()
        with store.transaction():
            for chart in amiss:
                drop_derived_of(self._context, chart)
            condition.mend_doubles()
        self._forget(amiss)
        self._name(amiss, "lists and indexes")

    def compared(self, chart: ChartId) -> None:
        """Make the lists of a chart anew, and keep that where they were not so."""
        store = self._context.store
        if store.unsettled.is_marked(chart):
            return
        before = store.condition.snapshot(chart)
        try:
            with store.transaction():
                drop_derived_of(self._context, chart)
                self._contents.refresh(chart)
                if store.condition.snapshot(chart) == before:
                    raise _AlikeError
                store.unsettled.clear(chart)
        except _AlikeError:
            return
        except StorageFailed as error:
            self._failed(error)
            return
        self._name([chart], "lists and indexes")

    def pieces(self, chart: ChartId) -> None:
        """Want pieces of attachments again that are not what they were named by."""
        store = self._context.store
        broken = list(store.attachments.broken(chart))
        store.attachments.want_again(chart, broken)
        if broken:
            self._tell(
                f"{len(broken)} pieces of attachments of chart {chart_text(chart)} were damaged",
                "they are fetched again by the next sync with a node that has them",
            )

    def bodies(self, chart: ChartId) -> None:
        """Let go of bodies that are damaged or gone, so that the rest of the chart is read again.

        A sync with whoever has them brings them back.
        """
        store = self._context.store
        _, unsound = store.operations.sound(chart)
        lost = [one.id for one in unsound if one.what == "body"]
        if lost and len(lost) == len(unsound):
            store.lacking.note(chart, lost)
            store.unsettled.mark(chart)
            self._forget([chart])

    def lacking(self) -> list[Finding]:
        """The operations whose bodies are not here and should be."""
        return [
            finding(
                "error",
                f"operation {operation_text(operation)} of chart {chart_text(chart)} has lost its "
                "body here",
                "sync with a node that has the chart: it sends it again",
            )
            for chart, operation in self._context.store.lacking.all()
        ]

    def _forget(self, charts: Sequence[ChartId]) -> None:
        for chart in charts:
            self._charts.forget(chart)

    def _count(self, count: int, what: str) -> None:
        if count:
            self._tell(f"{count} {what}")

    def _name(self, charts: Sequence[ChartId], what: str) -> None:
        for chart in charts[:NAMED_MAX]:
            self._tell(f"{what} of chart {chart_text(chart)} were not what its operations say")
        if len(charts) > NAMED_MAX:
            self._tell(f"{what} of {len(charts) - NAMED_MAX} more charts, likewise")

    def _tell(self, what: str, hint: str | None = None) -> None:
        self.findings.append(finding("repaired", what, hint))

    def _failed(self, error: StorageFailed) -> None:
        self.findings.append(
            finding(
                "error",
                f"what is derived could not be repaired: {error.facts['reason']}",
                "free space, make the home writable, and run `satchel doctor` again",
            )
        )
