"""Export: the latest versions, with history every version that was written, or summaries.

One chart at a time is in memory, and nothing that grows with the number of charts but the names
that one chart's resources call another's by.
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, replace

from node.application.charts import Charts
from node.application.content import Contents, Held
from node.application.context import Context
from node.application.errors import BadRequest
from node.application.progress import Progress
from node.application.summaries import Summaries
from node.application.timestamps import time_text
from node.fhir.export import (
    Outgoing,
    Written,
    bundle,
    history_bundle,
    ndjson_line,
    urn_targets,
    urns_of,
)
from sync.charter import Kind
from sync.clock import stamp_milliseconds
from sync.identifiers import ChartId, chart_text

NDJSON = "ndjson"
BUNDLE = "bundle"
IPS = "ips"
FORMS = (NDJSON, BUNDLE, IPS)

Result = dict[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: one chart or all, in which form, with every version or not."""

    chart: ChartId | None
    form: str
    history: bool


class Exporter:
    """One export. Used under the node's one lock, piece by piece."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        contents: Contents,
        wanted: Wanted,
        progress: Progress,
    ) -> None:
        """Raise BadRequest for what makes no sense."""
        self._context = context
        self._charts = charts
        self._contents = contents
        self._chart = wanted.chart
        self._form = wanted.form
        self._history = wanted.history
        self._progress = progress
        self._counts: Counter[str] = Counter()
        if wanted.form not in FORMS:
            raise BadRequest(f"an export's format is {', '.join(FORMS[:-1])} or {FORMS[-1]}")
        if wanted.form == IPS and wanted.history:
            raise BadRequest("a patient summary says what is; its history is in the chart")
        if wanted.form == IPS and wanted.chart is not None and not self._is_patients(wanted.chart):
            raise BadRequest("a patient summary is made of a patient's chart, and this is none")

    def pieces(self) -> Generator[bytes, None, Result]:
        """The export, line by line; returns how much of it there was, and what was left out.

        An empty piece only says that work goes on.
        """
        if self._form == IPS:
            yield from self._summaries()
        elif self._form == BUNDLE:
            elsewhere = yield from self._referred_elsewhere()
            write = history_bundle if self._history else bundle
            yield from write(self._named(elsewhere))
        else:
            for chart in self._wanted():
                for outgoing in self._resources(chart, self._counts):
                    yield ndjson_line(outgoing.original)
        return {name: self._counts[name] for name in ("charts", "resources", "left_out")}

    def _summaries(self) -> Iterator[bytes]:
        summaries = Summaries(self._context, self._charts, self._contents)
        for chart in self._wanted():
            if not self._is_patients(chart):
                continue
            document = summaries.of(chart, chart_text(chart))
            self._counts["left_out" if document is None else "charts"] += 1
            if document is not None:
                yield document

    def _is_patients(self, chart: ChartId) -> bool:
        return self._charts.charter(chart).kind is Kind.PATIENT

    def _named(self, elsewhere: Collection[str]) -> Iterator[Outgoing]:
        """Resources under the names by which others refer to them; a name is one resource's."""
        for chart in self._wanted():
            listed = self._resources(chart, self._counts)
            referred = {urn for each in listed for urn in urn_targets(each.original)}
            holders = Counter(id for _, _, id in {(e.source, e.type, e.id) for e in listed})
            for each in listed:
                urns = [urn for urn in urns_of(each.id) if urn in referred or urn in elsewhere]
                yield replace(each, urn=urns[0]) if urns and holders[each.id] == 1 else each

    def _referred_elsewhere(self) -> Generator[bytes, None, Collection[str]]:
        """The `urn:` names by which resources refer to what their own chart does not hold.

        These alone must be known before anything is written: they are few, the directory's.
        """
        if self._chart is not None:
            return ()
        found: set[str] = set()
        for chart in self._wanted():
            listed = self._resources(chart, Counter())
            own = {urn for each in listed for urn in urns_of(each.id)}
            found.update(u for each in listed for u in urn_targets(each.original) if u not in own)
            yield b""
        return found

    def _wanted(self) -> Iterator[ChartId]:
        wanted = self._charts.ids() if self._chart is None else [self._chart]
        for done, chart in enumerate(wanted):
            self._progress("export", done, len(wanted))
            yield chart
        self._progress("export", len(wanted), len(wanted))

    def _resources(self, chart: ChartId, counts: Counter[str]) -> list[Outgoing]:
        """What one chart says, as it stands: others write between two pieces of an export."""
        counts["charts"] += 1
        found: list[Outgoing] = []
        seen: set[tuple[str, str, str]] = set()
        for held in sorted(self._contents.of(chart).resources(), key=lambda held: held.view.key):
            key = held.view.key
            name = (key.source, key.type, key.id)
            # Written in two lanes at once it is two resources, and each has an address.
            source = f"{key.source}#{held.lane_name}" if name in seen else key.source
            seen.add(name)
            versions = _versions(held) if self._history else _shown(held)
            for original, written in versions:
                if original is None:
                    counts["left_out"] += 1
                    continue
                counts["resources"] += 1
                found.append(Outgoing(source, key.type, key.id, original, written=written))
        return found


Version = tuple[bytes | None, Written | None]
"""Bytes, or None where they cannot be read, and when they were written."""


def _shown(held: Held) -> Iterator[Version]:
    yield held.view.shown, None


def _versions(held: Held) -> Iterator[Version]:
    unreadable = set(held.view.unreadable)
    for number, version in enumerate(held.view.history, 1):
        at = time_text(stamp_milliseconds(version.stamp))
        content = None if version.ref in unreadable else version.change.content
        yield content, Written(number, at)
