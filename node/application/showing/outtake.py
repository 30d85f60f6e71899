"""Export: the latest versions, with history every version that was written, or summaries.

One chart at a time is in memory, and nothing that grows with the number of charts but the names
that one chart's resources call another's by.
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from node.application.charts import Charts
from node.application.content import Contents, Held
from node.application.context import Context
from node.application.errors import BadRequest
from node.application.importing.attaching import Originals, version_arrived
from node.application.progress import Progress
from node.application.showing.summaries import Summaries
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
from sync.merge.merged_change import MergedChange

NDJSON = "ndjson"
BUNDLE = "bundle"
IPS = "ips"
FORMS = (NDJSON, BUNDLE, IPS)

COUNTED: Final = ("charts", "resources", "left_out", "not_here")
MISSING_LISTED_MAX: Final = 1000

Result = dict[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: one chart or all, in which form, with every version or not."""

    chart: ChartId | None
    form: str
    history: bool


class NotHere(Enum):
    """What stands for content of which pieces have not come."""

    NOT_HERE = 0


NOT_HERE: Final = NotHere.NOT_HERE

Version = tuple[bytes | NotHere | None, Written | None]
"""Bytes, or None where they cannot be read, and when they were written."""


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
        self._originals = Originals(context, charts)
        self._chart = wanted.chart
        self._form = wanted.form
        self._history = wanted.history
        self._progress = progress
        self._counts: Counter[str] = Counter()
        self._missing: dict[tuple[str, str], None] = {}
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
                for outgoing in self._outgoing(chart, self._counts):
                    yield ndjson_line(outgoing.original)
        counted: Result = {name: self._counts[name] for name in COUNTED}
        missing = list(self._missing)[:MISSING_LISTED_MAX]
        counted["missing"] = [{"chart": chart, "resource": name} for chart, name in missing]
        return counted

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
        return list(self._outgoing(chart, counts))

    def _outgoing(self, chart: ChartId, counts: Counter[str]) -> Iterator[Outgoing]:
        """The same, one by one: large resources are not in memory together.

        One of which pieces are not here is left out and named: a part must not pass for the whole.
        """
        counts["charts"] += 1
        seen: set[tuple[str, str, str]] = set()
        for held in sorted(self._contents.of(chart).resources(), key=lambda held: held.view.key):
            key = held.view.key
            name = (key.source, key.type, key.id)
            # Written in two lanes at once it is two resources, and each has an address.
            source = f"{key.source}#{held.lane_name}" if name in seen else key.source
            seen.add(name)
            versions = self._versions(held) if self._history else self._shown(held)
            for original, written in versions:
                if original is NOT_HERE:
                    counts["not_here"] += 1
                    self._missing[chart_text(chart), f"{key.type}/{key.id}"] = None
                elif isinstance(original, bytes):
                    counts["resources"] += 1
                    yield Outgoing(source, key.type, key.id, original, written=written)
                else:
                    counts["left_out"] += 1

    def _shown(self, held: Held) -> Iterator[Version]:
        here = all(self._is_here(held, version) for version in held.view.attached)
        yield self._originals.whole(held.view) if here else NOT_HERE, None

    def _versions(self, held: Held) -> Iterator[Version]:
        unreadable = set(held.view.unreadable)
        for number, version in enumerate(held.view.history, 1):
            at = time_text(stamp_milliseconds(version.stamp))
            content: bytes | NotHere | None = None
            if not self._is_here(held, version):
                content = NOT_HERE
            elif version.ref not in unreadable:
                content = self._originals.version(held.view.chart, version)
            yield content, Written(number, at)

    def _is_here(self, held: Held, version: MergedChange) -> bool:
        return version_arrived(self._context, held.view.chart, version)
