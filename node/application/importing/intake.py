"""Import: FHIR files into charts, each resource into the chart and lane where it belongs.

An intake takes one file in pieces. What was read waits until there is enough of it, or the file
ends; then it is written a batch at a time, so that other work gets its turn in between. What a
batch wrote is durable, and the same file again goes on from there; a transaction is one batch.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.application.errors import BadRequest
from node.application.importing.import_means import ImportMeans
from node.application.importing.import_tally import ImportTally, first_refused
from node.application.importing.import_writer import ImportWriter
from node.application.importing.waiting import Waiting, worked_out
from node.application.patients.consent_records import SOURCE as CONSENT_SOURCE
from node.application.people.duplicates import weigh_waiting
from node.application.progress import Progress
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
from sync.identifiers import ChartId
from sync.limits import attachment_size_bytes_max, source_length_chars_max

Result = dict[str, object]

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

    def __init__(self, means: ImportMeans) -> None:
        """Write with these means."""
        self._means = means

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
        return Intake(self._means, label, source, lane, chart, audited)


class Intake:
    """One file on its way in. `feed` needs no lock; `commit` and `finish` work under the node's."""

    def __init__(
        self,
        means: ImportMeans,
        label: str,
        source: str | None,
        lane: Lane | None,
        chart: ChartId | None,
        audited: str,
    ) -> None:
        """Begin with nothing read; `Importer.open` makes one."""
        self._means = means
        self._audited = audited
        self._is_audited = False
        named_by = source or means.context.identity.organisation_did
        self._chart = chart
        self._reader = Reader(label)
        self._writer = ImportWriter(
            means, ImportTally(label), named_by, chart, chart is not None and source is None
        )
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
        self._began = means.context.seconds()

    @property
    def _tally(self) -> ImportTally:
        return self._writer.tally

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
        with self._means.turn:
            if not self._batches:
                self._streamed = True
                self._sort()
            self._write_batch(progress)
        self._unpack()

    def finish(self, progress: Progress) -> Result:
        """Write what is left and say what came of the file."""
        while self.ready:
            self.commit(progress)
        with self._means.turn:
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
        duplicates = weigh_waiting(self._means.context, self._means.turn, progress)
        return {
            **self._tally.as_result(),
            "duplicates": duplicates,
            "seconds": round(self._means.context.seconds() - self._began, 3),
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
        with self._means.charts.trying(), self._means.context.store.transaction():
            grouped = self._writer.by_chart(window)
            self._writer.decided(written=True)
        batch: list[tuple[ChartId, list[Waiting]]] = []
        size = 0
        numbers = self._means.context.store.charts
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
                with self._means.charts.trying(), self._means.context.store.transaction():
                    self._writer.write(charts, None, streamed=self._streamed)
                    self._audit()
            case _Transaction(resources, rejected):
                self._write_transaction(resources, rejected)
        self._batches.popleft()
        progress("import", self._tally.accepted, 0)

    def _write_transaction(
        self, resources: Sequence[Waiting], refused: Sequence[tuple[str, str]]
    ) -> None:
        """Everything or nothing, also where the file broke off or one resource cannot be taken."""
        whole, self._writer.tally = self._tally, ImportTally(self._tally.label)
        was_audited = self._is_audited
        try:
            with self._means.charts.trying(), self._means.context.store.transaction():
                if not refused:
                    grouped = self._writer.by_chart(resources)
                    if not self._tally.rejected:
                        self._writer.write(
                            list(grouped.items()),
                            self._means.context.random(16),
                            streamed=self._streamed,
                        )
                        self._audit()
                if refused or self._tally.rejected:
                    raise _NotWhole
        except _NotWhole:
            self._is_audited = was_audited
            self._writer.decided(written=False)
            reasons = dict(self._tally.rejected)
            first = whole.place(first_refused(refused, self._tally.rejected))
            for resource in resources:
                reason = reasons.get(resource.position) or TRANSACTION.format(first)
                whole.reject(resource.position, reason)
        else:
            self._writer.decided(written=True)
            whole.add(self._tally)
        finally:
            self._writer.tally = whole

    def _audit(self) -> None:
        """Note in the audit that this import wrote, once, with the first that it wrote."""
        if not self._is_audited:
            context = self._means.context
            context.store.audit.append(
                self._audited, self._chart, context.identity.owner.public, context.clock()
            )
            self._is_audited = True


class _NotWhole(Exception):
    """A transaction of which something cannot be taken."""


def _check_source(source: str) -> None:
    """Refuse the name of a system that no entry can carry: raise BadRequest."""
    if len(source) > source_length_chars_max or not source.isprintable():
        raise BadRequest(f"a source has at most {source_length_chars_max} printable characters")
    if source.strip() == CONSENT_SOURCE:
        raise BadRequest("consents are written by `satchel consent`, not taken from files")
