"""Writes what an import read: whose each resource is, which chart it belongs in, what is new of it.

An intake hands windows and batches over; all happens under the node's one lock, within the
caller's database transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from node.application.importing.contested import Contested
from node.application.importing.homing import Homed, Homes
from node.application.importing.import_means import ImportMeans
from node.application.importing.import_tally import ImportTally
from node.application.importing.taking import Taken, Taker, Written
from node.application.importing.waiting import Waiting
from node.fhir.compartment import Lost, OfResource
from sync.chart.place import Pen
from sync.errors import AuthorityError, LimitError
from sync.identifiers import ChartId

ANOTHER_PERSON: Final = (
    "name and birth date both differ from those of the Patient held under this id: "
    "give another system's records a name of their own with --source"
)
OF_ANOTHER_PERSON: Final = (
    "two people came under the id of its Patient: give each system's records a name of their own "
    "with --source, or import the Patient that is held once more before it"
)


class ImportWriter:
    """Sorts and writes for one intake. What it did with each resource is in its `tally`."""

    def __init__(
        self,
        means: ImportMeans,
        tally: ImportTally,
        source: str,
        chart: ChartId | None,
        edits: bool,
    ) -> None:
        """Write what `source` says, into `chart` where one is given, else where each belongs.

        `edits`: what the chart holds is edited there, whichever system named it.
        """
        self.tally = tally
        self._means = means
        self._chart = chart
        self._homes = Homes(means.context, means.charts, source)
        self._contested = Contested(means.context, means.held, source)
        self._taker = Taker(means, source=source, edits=edits)

    def decided(self, *, written: bool) -> None:
        """The database transaction ended: what was found of people stays, or is forgotten."""
        self._contested.keep(written=written)
        if not written:
            self._homes.opened.clear()

    def by_chart(self, window: Sequence[Waiting]) -> dict[ChartId, list[Waiting]]:
        """Find each resource's chart, opening those that are new; those without are refused."""
        if self._chart is not None:
            return {self._chart: list(window)} if window else {}
        grouped: dict[ChartId, list[Waiting]] = defaultdict(list)
        listed = sorted(window, key=_place_in_turn)
        homes = self._homes.find(listed)
        self._catch_up({home.chart for home in homes if home.chart is not None})
        self._contested.look(listed)
        for resource, home in zip(listed, homes, strict=True):
            self._place(resource, home, grouped)
        return grouped

    def _place(self, resource: Waiting, home: Homed, grouped: dict[ChartId, list[Waiting]]) -> None:
        link = resource.link
        if home.chart is None:
            reason = home.reason or (link.reason if isinstance(link, Lost) else "")
            self.tally.reject(resource.position, reason)
        elif resource.type == "Patient" and not self._contested.takes(home.chart, resource):
            self.tally.reject(resource.position, ANOTHER_PERSON)
        elif resource.type != "Patient" and self._contested.is_of_somebody(resource):
            self.tally.reject(resource.position, OF_ANOTHER_PERSON)
        else:
            self.tally.moved += home.moved
            grouped[home.chart].append(resource)

    def _catch_up(self, charts: Collection[ChartId]) -> frozenset[ChartId]:
        """Note what a session brought, so that what is written here follows it; gives those charts.

        A session may last, and the node settles after it.
        """
        means = self._means
        brought = frozenset(means.context.store.unsettled.all()).intersection(charts)
        for chart in sorted(brought):
            if means.held.is_plain(chart):
                means.lists.catch_up(chart)
        return brought

    def write(
        self,
        batch: Sequence[tuple[ChartId, list[Waiting]]],
        transaction: bytes | None,
        *,
        streamed: bool,
    ) -> None:
        """Write one batch, charts with what goes into each.

        `transaction` is the id of a FHIR transaction. `streamed`: a part of the file was written
        before the whole was read, so that later parts may name this one's resources.
        """
        pen = self._means.context.pen()
        written: list[tuple[ChartId, Taken, Written]] = []
        again: list[tuple[ChartId, list[Waiting]]] = []
        brought = self._catch_up([chart for chart, _ in batch])
        noted_to = self._means.context.store.resources.noted_to
        for chart, resources in batch:
            # What this file opened may have been written to since, by another import or a peer.
            new = chart in self._homes.opened and chart not in brought and not noted_to(chart)
            taken = self._taker.weigh(chart, resources, new=new)
            for resource, reason in taken.refused:
                self.tally.reject(resource.position, reason)
            if taken.again:
                again.append((chart, taken.again))
            if taken.accepted:
                self._write_one(chart, taken, pen, transaction, written)
        self._store(written)
        for chart, taken, _ in written:
            self._settle(chart, taken, streamed=streamed)
        if again:
            self.write(again, transaction, streamed=streamed)

    def _write_one(
        self,
        chart: ChartId,
        taken: Taken,
        pen: Pen,
        transaction: bytes | None,
        written: list[tuple[ChartId, Taken, Written]],
    ) -> None:
        try:
            written.append((chart, taken, self._taker.write(chart, taken, pen, transaction)))
        except (AuthorityError, LimitError) as error:
            self._means.charts.forget(chart)
            for resource in taken.accepted:
                self.tally.reject(resource.position, str(error))

    def _store(self, written: Sequence[tuple[ChartId, Taken, Written]]) -> None:
        operations = [one for _, _, each in written for one in each.operations]
        if not operations:
            return
        row = self._means.charts.keep_written(operations)
        with self._means.lists.gathering():
            for chart, taken, each in written:
                rows = range(row, row + len(each.operations))
                row += len(each.operations)
                if each.operations:
                    self._taker.note(chart, rows, each, taken.before)

    def _settle(self, chart: ChartId, taken: Taken, *, streamed: bool) -> None:
        tally = self.tally
        tally.accepted += len(taken.accepted)
        tally.unchanged += taken.unchanged
        tally.charts.add(chart)
        self._homes.opened.discard(chart)
        if self._chart is None or not self._taker.edits:
            self._homes.settle(chart, taken.accepted, urns=streamed)
        else:
            own = [one for one in taken.accepted if self._taker.is_own(chart, one)]
            self._homes.settle(chart, own, urns=False)


def _place_in_turn(resource: Waiting) -> int:
    """Patients first, so that whose the others are is known; then what says it by itself."""
    if resource.type == "Patient":
        return 0
    return 2 if isinstance(resource.link, OfResource | Lost) else 1
