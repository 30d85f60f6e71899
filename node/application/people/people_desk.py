"""What people do about somebody who is here twice: look, link, take apart, dismiss.

A part of the node, which the API calls in worker threads; each act takes the node's turn.
"""

from contextlib import AbstractContextManager

from node.application.charts import Charts
from node.application.content import Contents
from node.application.context import Context
from node.application.people import duplicates, linking
from node.application.progress import Progress, quiet
from sync.identifiers import ChartId, chart_text

Result = dict[str, object]


class PeopleDesk:
    """Likely duplicates and links between charts."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        contents: Contents,
        turn: AbstractContextManager[object],
    ) -> None:
        """Work on these charts, in the node's turn."""
        self._context = context
        self._charts = charts
        self._contents = contents
        self._turn = turn

    def duplicates(self, chart: str | None = None, progress: Progress = quiet) -> list[Result]:
        """The pairs of charts that may be of one person, the likeliest first."""
        duplicates.weigh_waiting(self._context, self._turn, progress)
        with self._turn:
            found = None if chart is None else self._charts.find(chart)
            self._audit("duplicates", found)
            return duplicates.list_duplicates(self._context, found)

    def dismiss(self, one: str, other: str, *, undo: bool = False) -> Result:
        """Say that two charts are of two people; `undo` takes it back."""
        with self._turn:
            return duplicates.dismiss(self._context, self._pair(one, other), undo=undo)

    def link(self, one: str, other: str, *, reason: str = "") -> Result:
        """Say in two charts that they are of one person."""
        return self._say(one, other, active=True, reason=reason)

    def unlink(self, one: str, other: str, *, reason: str = "") -> Result:
        """Take two linked charts apart again."""
        return self._say(one, other, active=False, reason=reason)

    def beside(self, page: Result, chart: ChartId, *, whole: bool) -> Result:
        """A chart's page with the charts that are linked with it; reading those is audited too."""
        pages = linking.linked_page(self._context, self._contents, chart, whole=whole)
        for linked in linking.linked_charts(self._context, chart):
            if linked.chart is not None:
                self._audit("read", linked.chart)
        return {**page, "linked": pages}

    def marked(self, lines: list[Result]) -> list[Result]:
        """Lines of charts, each with whether it is linked with another one that is here."""
        linked = {chart_text(chart) for chart in self._context.store.links.linked()}
        return [{**line, "linked": line["chart"] in linked} for line in lines]

    def _say(self, one: str, other: str, *, active: bool, reason: str) -> Result:
        with self._turn:
            pair = self._pair(one, other)
            result = linking.link(
                self._context, self._charts, self._contents, pair, active=active, reason=reason
            )
            for chart in pair:
                self._audit("link" if active else "unlink", chart)
            return result

    def _pair(self, one: str, other: str) -> tuple[ChartId, ChartId]:
        return self._charts.find(one), self._charts.find(other)

    def _audit(self, kind: str, chart: ChartId | None) -> None:
        with self._context.store.transaction():
            self._context.store.audit.append(
                kind, chart, self._context.identity.owner.public, self._context.clock()
            )
