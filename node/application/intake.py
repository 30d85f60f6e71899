"""Import: FHIR files into charts, each resource into the chart and lane where it belongs.

An intake takes one file in pieces. What was read waits until there is enough of it, or the file
ends; then it is written a batch at a time, so that other work gets its turn in between. What a
batch wrote is durable, and the same file again goes on from there; a transaction is one batch.
"""

import time
from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from node.application.charts import Charts
from node.application.content import Contents
from node.application.contested import Contested
from node.application.context import Context
from node.application.duplicates import weigh_waiting
from node.application.errors import BadRequest
from node.application.held_resources import HeldResources
from node.application.homing import Homed, Homes
from node.application.import_tally import ImportTally, first_refused
from node.application.lists import Lists
from node.application.progress import Progress
from node.application.taking import Taken, Taker, Written
from node.application.waiting import Waiting, worked_out
from node.fhir.compartment import Lost, OfResource
from node.fhir.found import Item, ReadResource, Rejection, Whole
from node.fhir.placement import Lane, in_file
from node.fhir.reader import Reader
from node.limits import (
    import_batch_resources_max,
    import_line_look_ahead_bytes,
    import_look_ahead_bytes,
    import_transaction_size_bytes_max,
    import_window_size_bytes,
)
from sync.chart.place import Pen
from sync.errors import AuthorityError, LimitError
from sync.identifiers import ChartId
from sync.limits import attachment_size_bytes_max, source_length_chars_max

Result = dict[str, object]

ANOTHER_PERSON: Final = (
    "name and birth date both differ from those of the Patient held under this id: "
    "give another system's records a name of their own with --source"
)
OF_ANOTHER_PERSON: Final = (
    "two people came under the id of its Patient: give each system's records a name of their own "
    "with --source, or import the Patient that is held once more before it"
)
TRANSACTION: Final = "its transaction is taken whole or not at all, and {} was refused"


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is written in one database transaction: charts with what goes into each."""

    charts: list[tuple[ChartId, list[Waiting]]]


@dataclass(frozen=True, slots=True)
class _Transaction:
    """A FHIR transaction: all of it is written, or nothing."""

    resources: list[Waiting]
    rejected: list[tuple[str, str]]


class Importer:
    """Begins intakes."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        contents: Contents,
        held: HeldResources,
        lists: Lists,
        turn: AbstractContextManager[object],
    ) -> None:
        """Write in these charts; `turn` is the node's one lock."""
        self.turn = turn
        self.context = context
        self.charts = charts
        self.contents = contents
        self.held = held
        self.lists = lists

    def open(
        self,
        label: str,
        *,
        source: str | None,
        lane: Lane | None,
        chart: ChartId | None,
        audited: str,
    ) -> "Intake":
        """Begin to take one file. Raises BadRequest for a source that cannot be written down.

        `chart` puts every resource there, whatever it refers to (`record add`); without a source
        a resource that the chart holds is edited there, whichever system named it. `audited` is
        the kind of the entry in the audit.
        """
        if source is not None:
            _check_source(source)
        return Intake(self, label, source, lane, chart, audited)


class Intake:
    """One file on its way in. `feed` needs no lock; `commit` and `finish` work under the node's."""

    def __init__(
        self,
        importer: Importer,
        label: str,
        source: str | None,
        lane: Lane | None,
        chart: ChartId | None,
        audited: str,
    ) -> None:
        """Begin with nothing read; `Importer.open` makes one."""
        self._importer = importer
        self._audited = audited
        self._is_audited = False
        self._source = source or importer.context.identity.organisation_did
        self._chart = chart
        self._reader = Reader(label)
        self._homes = Homes(importer.context, importer.charts, self._source)
        self._contested = Contested(importer.context, importer.held, self._source)
        self._taker = Taker(
            importer.context,
            importer.charts,
            importer.contents,
            importer.held,
            importer.lists,
            source=self._source,
            edits=chart is not None and source is None,
        )
        self._tally = ImportTally(label)
        self._lane = lane
        self._in_file = in_file(self._reader.references)
        self._ahead: list[ReadResource] = []
        """Read, and not worked out yet: what they refer to may still come."""
        self._ahead_bytes = 0
        self._window: list[Waiting] = []
        self._window_bytes = 0
        self._wholes: list[_Transaction] = []
        self._batches: deque[_Batch | _Transaction] = deque()
        self._streamed = False
        """Whether a part was written before the whole was read."""
        self._began = time.monotonic()

    # -- reading

    def feed(self, piece: bytes, progress: Progress) -> None:
        """Read a piece of the file. Never raises on content."""
        self._hold(self._reader.feed(piece))
        self._unpack()

    def _unpack(self) -> None:
        """Read what is still compressed, as far as there is room."""
        while self._reader.backlog and not self.ready:
            self._hold(self._reader.feed(b""))

    @property
    def ready(self) -> bool:
        """Whether `commit` has something to do before more is read."""
        if self._batches:
            return True
        return self._window_bytes >= import_window_size_bytes and not self._is_whole()

    def _is_whole(self) -> bool:
        """Whether nothing may be written before all is read."""
        reader = self._reader
        return reader.is_transaction or (reader.form == "bundle" and reader.bundle_type is None)

    def _hold(self, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, Rejection):
                self._tally.reject(item.position, item.reason)
                continue
            if isinstance(item, Whole):
                self._hold_whole(item)
                continue
            if self._is_whole() and self._window_bytes > import_transaction_size_bytes_max:
                self._tally.reject(
                    item.position,
                    f"what is taken whole has at most {import_transaction_size_bytes_max >> 20} MB",
                )
                continue
            if len(item.original) > attachment_size_bytes_max:
                self._tally.reject(
                    item.position,
                    f"{len(item.original)} bytes are over the {attachment_size_bytes_max} that a "
                    "resource may have",
                )
                continue
            self._ahead.append(item)
            self._ahead_bytes += len(item.original)
            self._window_bytes += len(item.original)
        lines = self._reader.form == "lines"
        if self._ahead_bytes > (import_line_look_ahead_bytes if lines else import_look_ahead_bytes):
            self._work_out()

    def _hold_whole(self, whole: Whole) -> None:
        """Keep a line that is a transaction apart from what stands by itself."""
        references = self._reader.references
        resources = [
            worked_out(one, references, self._lane, self._in_file) for one in whole.resources
        ]
        rejected = [(one.position, one.reason) for one in whole.rejected]
        for refused in rejected:
            self._tally.reject(*refused)
        self._wholes.append(_Transaction(resources, rejected[:1]))
        self._window_bytes += sum(len(one.original) for one in resources)

    def _work_out(self) -> None:
        """Find what is needed of each resource, and let go of its decoded form."""
        references = self._reader.references
        ahead, self._ahead, self._ahead_bytes = self._ahead, [], 0
        self._window += [worked_out(one, references, self._lane, self._in_file) for one in ahead]

    # -- writing

    def commit(self, progress: Progress) -> None:
        """Write one batch of what was read; durable when it returns."""
        with self._importer.turn:
            if not self._batches:
                self._streamed = True
                self._sort()
            self._write_batch(progress)
        self._unpack()

    def finish(self, progress: Progress) -> Result:
        """Write what is left and say what came of the file."""
        while self.ready:
            self.commit(progress)
        with self._importer.turn:
            self._hold(self._reader.finish())
            if self._is_whole():  # also a Bundle that broke off before it said what it is
                self._work_out()
                rejected = self._tally.rejected[:1]
                self._batches.append(_Transaction(self._window, rejected))
                self._batches += self._wholes  # lines that followed a Bundle on the first line
            else:
                self._sort()
            while self._batches:
                self._write_batch(progress)
            self._audit()
        duplicates = weigh_waiting(self._importer.context, self._importer.turn, progress)
        return {
            **self._tally.as_result(),
            "duplicates": duplicates,
            "seconds": round(time.monotonic() - self._began, 3),
        }

    def abandon(self) -> None:
        """Let go of what was read and not written: the rest of the file never came."""
        self._ahead.clear()
        self._window.clear()
        self._wholes.clear()
        self._batches.clear()

    def _sort(self) -> None:
        """Make batches of the window: whole charts side by side, so that each is touched once."""
        self._work_out()
        window, self._window, self._window_bytes = self._window, [], 0
        self._make_batches(window)
        self._batches += self._wholes
        self._wholes = []

    def _make_batches(self, window: Sequence[Waiting]) -> None:
        if not window:
            return
        with self._undone_in_memory(), self._importer.context.store.transaction():
            grouped = self._by_chart(window)
            self._contested.keep(written=True)
        batch: list[tuple[ChartId, list[Waiting]]] = []
        size = 0
        numbers = self._importer.context.store.charts
        for chart in sorted(grouped, key=numbers.number):
            batch.append((chart, grouped[chart]))
            size += len(grouped[chart])
            if size >= import_batch_resources_max:
                self._batches.append(_Batch(batch))
                batch, size = [], 0
        if batch:
            self._batches.append(_Batch(batch))

    def _write_batch(self, progress: Progress) -> None:
        if not self._batches:
            return
        match self._batches[0]:
            case _Batch(charts):
                with self._undone_in_memory(), self._importer.context.store.transaction():
                    self._write(charts, None)
                    self._audit()
            case _Transaction(resources, rejected):
                self._write_transaction(resources, rejected)
        self._batches.popleft()
        progress("import", self._tally.accepted, 0)

    def _write_transaction(
        self, resources: Sequence[Waiting], refused: Sequence[tuple[str, str]]
    ) -> None:
        """Everything or nothing, also where the file broke off or one resource cannot be taken."""
        whole, self._tally = self._tally, ImportTally(self._tally.label)
        was_audited = self._is_audited
        try:
            with self._undone_in_memory(), self._importer.context.store.transaction():
                if not refused:
                    grouped = self._by_chart(resources)
                    if not self._tally.rejected:
                        self._write(list(grouped.items()), self._importer.context.random(16))
                        self._audit()
                if refused or self._tally.rejected:
                    raise _NotWhole
        except _NotWhole:
            self._is_audited = was_audited
            self._homes.opened.clear()
            self._contested.keep(written=False)
            reasons = dict(self._tally.rejected)
            first = whole.place(first_refused(refused, self._tally.rejected))
            for resource in resources:
                reason = reasons.get(resource.position) or TRANSACTION.format(first)
                whole.reject(resource.position, reason)
        else:
            self._contested.keep(written=True)
            whole.add(self._tally)
        finally:
            self._tally = whole

    def _audit(self) -> None:
        """Note in the audit that this import wrote, once, with the first that it wrote."""
        if not self._is_audited:
            context = self._importer.context
            context.store.audit.append(
                self._audited, self._chart, context.identity.owner.public, context.clock()
            )
            self._is_audited = True

    def _undone_in_memory(self) -> "_Undone":
        return _Undone(self._importer)

    # -- where it belongs

    def _by_chart(self, window: Sequence[Waiting]) -> dict[ChartId, list[Waiting]]:
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
            self._tally.reject(resource.position, reason)
        elif resource.type == "Patient" and not self._contested.takes(home.chart, resource):
            self._tally.reject(resource.position, ANOTHER_PERSON)
        elif resource.type != "Patient" and self._contested.is_of_somebody(resource):
            self._tally.reject(resource.position, OF_ANOTHER_PERSON)
        else:
            self._tally.moved += home.moved
            grouped[home.chart].append(resource)

    def _catch_up(self, charts: Collection[ChartId]) -> frozenset[ChartId]:
        """Note what a session brought, so that what is written here follows it; gives those charts.

        A session may last, and the node settles after it.
        """
        importer = self._importer
        brought = frozenset(importer.context.store.unsettled.all()).intersection(charts)
        for chart in sorted(brought):
            if importer.held.is_plain(chart):
                importer.lists.catch_up(chart)
        return brought

    # -- what becomes of it

    def _write(
        self, batch: Sequence[tuple[ChartId, list[Waiting]]], transaction: bytes | None
    ) -> None:
        pen = self._importer.context.pen()
        written: list[tuple[ChartId, Taken, Written]] = []
        again: list[tuple[ChartId, list[Waiting]]] = []
        brought = self._catch_up([chart for chart, _ in batch])
        noted_to = self._importer.context.store.resources.noted_to
        for chart, resources in batch:
            # What this file opened may have been written to since, by another import or a peer.
            new = chart in self._homes.opened and chart not in brought and not noted_to(chart)
            taken = self._taker.weigh(chart, resources, new=new)
            for resource, reason in taken.refused:
                self._tally.reject(resource.position, reason)
            if taken.again:
                again.append((chart, taken.again))
            if taken.accepted:
                self._write_one(chart, taken, pen, transaction, written)
        self._store(written)
        for chart, taken, _ in written:
            self._settle(chart, taken)
        if again:
            self._write(again, transaction)

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
            self._importer.charts.forget(chart)
            for resource in taken.accepted:
                self._tally.reject(resource.position, str(error))

    def _store(self, written: Sequence[tuple[ChartId, Taken, Written]]) -> None:
        operations = [one for _, _, each in written for one in each.operations]
        if not operations:
            return
        row = self._importer.charts.keep_written(operations)
        with self._importer.lists.gathering():
            for chart, taken, each in written:
                rows = range(row, row + len(each.operations))
                row += len(each.operations)
                if each.operations:
                    self._taker.note(chart, rows, each, taken.before)

    def _settle(self, chart: ChartId, taken: Taken) -> None:
        tally = self._tally
        tally.accepted += len(taken.accepted)
        tally.unchanged += taken.unchanged
        tally.charts.add(chart)
        self._homes.opened.discard(chart)
        if self._chart is None or not self._taker.edits:
            self._homes.settle(chart, taken.accepted, urns=self._streamed)
        else:
            own = [one for one in taken.accepted if self._taker.is_own(chart, one)]
            self._homes.settle(chart, own, urns=False)


def _place_in_turn(resource: Waiting) -> int:
    """Patients first, so that whose the others are is known; then what says it by itself."""
    if resource.type == "Patient":
        return 0
    return 2 if isinstance(resource.link, OfResource | Lost) else 1


class _NotWhole(Exception):
    """A transaction of which something cannot be taken."""


class _Undone:
    """What was rolled back in the store must not live on in memory."""

    def __init__(self, importer: Importer) -> None:
        self._importer = importer

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._importer.charts.forget_all()


def _check_source(source: str) -> None:
    """Refuse the name of a system that no entry can carry: raise BadRequest."""
    if len(source) > source_length_chars_max or not source.isprintable():
        raise BadRequest(f"a source has at most {source_length_chars_max} printable characters")
