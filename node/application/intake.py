"""Import: FHIR files into charts, each resource into the chart and lane where it belongs."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

from node.application.charts import Charts
from node.application.content import ChartContent, Contents
from node.application.context import Context
from node.application.errors import BadRequest
from node.application.progress import Progress
from node.application.rules import apply_rules
from node.fhir.compartment import (
    Lost,
    OfIdentified,
    OfNobody,
    OfPatient,
    OfResource,
    patient_reference,
)
from node.fhir.elements import touched_elements
from node.fhir.placement import Lane, lane_of
from node.fhir.reading import Reading, ReadResource, read_resources
from node.limits import import_charts_per_commit_max
from node.store.resources import ResourceName
from sync.change import Change, ChangeKind, ChangeRef
from sync.chart.author import Author
from sync.charter import Kind
from sync.errors import AuthorityError, LimitError
from sync.grantee import Right
from sync.identifiers import ChartId, chart_text
from sync.limits import body_plain_size_bytes_max, source_length_chars_max

ENTRY_OVERHEAD_BYTES = 1024
"""What an entry's body holds beside its changes' contents: ids, certificate, transaction."""
CHANGE_OVERHEAD_BYTES = 1024
RESOURCE_SIZE_BYTES_MAX = body_plain_size_bytes_max - CHANGE_OVERHEAD_BYTES
"""Larger resources are refused before anything is opened for them."""


@dataclass
class _Intake:
    """What one import did so far."""

    label: str
    source: str
    edits: bool = False
    """Whether a resource that the named chart holds under another source is that resource."""
    accepted: int = 0
    unchanged: int = 0
    charts: set[ChartId] = field(default_factory=set)
    rejected: list[dict[str, str]] = field(default_factory=list)

    def reject(self, resource: ReadResource, reason: str) -> None:
        place = f" {resource.position}" if resource.position else ""
        self.rejected.append({"source": self.label + place, "reason": reason})


class Importer:
    """Takes files in. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, contents: Contents) -> None:
        """Write in these charts."""
        self._context = context
        self._charts = charts
        self._contents = contents

    def take(
        self,
        label: str,
        content: bytes,
        *,
        source: str | None,
        lane: Lane | None,
        chart: ChartId | None,
        progress: Progress,
    ) -> dict[str, object]:
        """Take one file's content; durable when this returns. Never raises on content.

        Raises BadRequest for a source that cannot be written down.

        `chart` puts every resource there, whatever it refers to (`record add`); without a source
        a resource that the chart holds is edited there, whichever system named it.
        """
        began = time.monotonic()
        reading = read_resources(label, content)
        if source is not None:
            _check_source(source)
        edits = chart is not None and source is None
        intake = _Intake(label, source or self._own_source(), edits)
        for rejection in reading.rejected:
            place = f" {rejection.position}" if rejection.position else ""
            intake.rejected.append({"source": rejection.source + place, "reason": rejection.reason})
        grouped = self._by_chart(reading, intake, chart)
        waiting = list(grouped.items())
        done = 0
        try:
            for start in range(0, len(waiting), import_charts_per_commit_max):
                with self._context.store.transaction():
                    for home, resources in waiting[start : start + import_charts_per_commit_max]:
                        self._write(home, resources, intake, lane, reading.transaction)
                        done += len(resources)
                        progress("import", done, len(reading.resources))
        except BaseException:
            # What was rolled back in the store must not live on in memory.
            self._charts.forget_all()
            raise
        return {
            "accepted": intake.accepted,
            "unchanged": intake.unchanged,
            "rejected": intake.rejected,
            "charts": sorted(chart_text(touched) for touched in intake.charts),
            "seconds": round(time.monotonic() - began, 3),
        }

    def _own_source(self) -> str:
        return self._context.identity.organisation_did

    # -- where it belongs

    def _by_chart(
        self, reading: Reading, intake: _Intake, chart: ChartId | None
    ) -> dict[str | ChartId, list[ReadResource]]:
        """Resources by chart: a held chart's id, or the patient that a new one is for."""
        grouped: dict[str | ChartId, list[ReadResource]] = defaultdict(list)
        for resource in reading.resources:
            if len(resource.original) > RESOURCE_SIZE_BYTES_MAX:
                intake.reject(
                    resource,
                    f"{len(resource.original)} bytes are over the {RESOURCE_SIZE_BYTES_MAX} that "
                    "an entry can carry (attachments are not built yet)",
                )
                continue
            home = chart if chart is not None else self._home(resource, reading, intake)
            if home is not None:
                grouped[home].append(resource)
        return grouped

    def _home(
        self, resource: ReadResource, reading: Reading, intake: _Intake
    ) -> str | ChartId | None:
        held = self._held(intake.source, f"{resource.type}/{resource.id}")
        if held is not None:
            return held
        match patient_reference(resource, reading.references):
            case OfPatient(patient) | OfIdentified(_, _, patient):
                return self._held(intake.source, patient) or patient
            case OfResource(resources):
                for key in resources:
                    found = self._held(intake.source, key)
                    if found is not None:
                        return found
                return self._directory()
            case OfNobody():
                return self._directory()
            case Lost(reason, _):
                intake.reject(resource, reason)
                return None

    def _held(self, source: str, key: str) -> ChartId | None:
        kind, _, identity = key.partition("/")
        return self._context.store.resources.subject_chart(ResourceName(source, kind, identity))

    def _directory(self) -> ChartId:
        """The organisation's directory, opened when it is first needed.

        Its charter's custodian alone does not tell: anybody can name this organisation there.
        """
        for chart in self._context.store.charts.of_kind(Kind.DIRECTORY):
            if self._is_own(chart):
                return chart
        author = self._charts.open(Kind.DIRECTORY)
        apply_rules(self._context, self._charts, author.replica.chart)
        return author.replica.chart

    def _is_own(self, chart: ChartId) -> bool:
        """Whether nobody but this organisation was given a chart by its charter."""
        identity = self._context.identity
        root = identity.secrets.root
        charter = self._charts.charter(chart)
        if [(one.signing, one.sealing) for one in charter.roots] != [(root.signing, root.sealing)]:
            return False
        if any(group.organisation != identity.organisation for group in charter.grants):
            return False
        fold = self._charts.replica(chart).fold
        return bool(fold.standing(identity.device, Right.APPEND, None, self._context.clock()))

    def _open(self, patient: str, intake: _Intake) -> ChartId:
        author = self._charts.open(Kind.PATIENT)
        chart = author.replica.chart
        kind, _, identity = patient.partition("/")
        name = ResourceName(intake.source, kind, identity)
        self._context.store.resources.set_subject(name, chart)
        apply_rules(self._context, self._charts, chart)
        return chart

    # -- writing

    def _write(
        self,
        home: str | ChartId,
        resources: list[ReadResource],
        intake: _Intake,
        lane: Lane | None,
        transaction: bool,
    ) -> None:
        chart = self._open(home, intake) if isinstance(home, str) else home
        content = self._contents.of(chart)
        author = self._charts.author(chart)
        by_lane: dict[str, list[Change]] = defaultdict(list)
        unchanged = 0
        taken: list[ReadResource] = []
        own: list[ReadResource] = []
        for resource in resources:
            source = _source_in(content, resource, intake)
            change, lane_name = _change(resource, source, lane, content)
            if change is None:
                unchanged += 1
            else:
                try:
                    check_room(change)
                except LimitError as error:
                    intake.reject(resource, str(error))
                    continue
                by_lane[lane_name].append(change)
            taken.append(resource)
            if source == intake.source:
                own.append(resource)
        if not taken:
            return
        try:
            self._write_lanes(author, by_lane, transaction)
        except (AuthorityError, LimitError) as error:
            self._charts.forget(chart)
            for resource in taken:
                intake.reject(resource, str(error))
            return
        self._charts.keep(author)
        for resource in own:
            name = ResourceName(intake.source, resource.type, resource.id)
            self._context.store.resources.set_subject(name, chart)
        intake.accepted += len(taken)
        intake.unchanged += unchanged
        intake.charts.add(chart)
        self._contents.refresh(chart)

    def _write_lanes(
        self, author: Author, by_lane: dict[str, list[Change]], transaction: bool
    ) -> None:
        """All changes of one act share a transaction id; what is no transaction is an act each."""
        charter = author.replica.charter
        shared = self._context.random(16)
        for name, changes in by_lane.items():
            lane = charter.lane(name)
            if transaction:
                author.write(lane, shared, _packed(changes))
            else:
                author.write_each(lane, changes)


def _check_source(source: str) -> None:
    """Refuse the name of a system that no entry can carry: raise BadRequest."""
    if len(source) > source_length_chars_max or not source.isprintable():
        raise BadRequest(f"a source has at most {source_length_chars_max} printable characters")


def _source_in(content: ChartContent, resource: ReadResource, intake: _Intake) -> str:
    """Under which source a resource is written in a chart.

    Who edits a resource in a named chart means the one that is there. Which chart later imports
    go to is never learnt from that: another's chart may hold any name (see `Importer._held`).
    """
    if intake.edits and content.find(intake.source, resource.type, resource.id) is None:
        others = content.sources_of(resource.type, resource.id)
        if len(others) == 1:
            return others[0]
    return intake.source


def _change(
    resource: ReadResource, source: str, lane: Lane | None, content: ChartContent
) -> tuple[Change | None, str]:
    """The change that a resource makes to what is held (None: nothing new), and its lane."""
    held = content.find(source, resource.type, resource.id)
    if held is None:
        lane_name: str = lane_of(resource.type, lane)
        touched = touched_elements(None, resource.document)
        supersedes: tuple[ChangeRef, ...] = ()
    else:
        lane_name = held.lane_name
        touched = touched_elements(held.document, resource.document)
        if not touched:
            return None, lane_name
        supersedes = held.view.supersedes_for(touched)
    change = Change(
        ChangeKind.PUT,
        source,
        resource.type,
        resource.id,
        resource.original,
        tuple(touched),
        tuple(supersedes),
    )
    return change, lane_name


def check_room(change: Change) -> None:
    """Refuse a change that no operation can carry: raise LimitError, naming no content."""
    change.check()
    size_bytes = CHANGE_OVERHEAD_BYTES + len(change.content) + _names_size_bytes(change)
    if size_bytes > body_plain_size_bytes_max:
        raise LimitError(
            f"{len(change.content)} bytes and the names of its elements are over the "
            f"{body_plain_size_bytes_max} that an entry can carry"
        )


def _names_size_bytes(change: Change) -> int:
    """What a change takes beside its content, beyond the usual."""
    names = sum(len(element.encode()) + 3 for element in change.touched)
    return max(0, names + len(change.supersedes) * 42 - CHANGE_OVERHEAD_BYTES // 2)


def _packed(changes: list[Change]) -> list[list[Change]]:
    """Changes in as few operations as their bodies' limit allows, in order."""
    batches: list[list[Change]] = []
    room = 0
    for change in changes:
        size = len(change.content) + CHANGE_OVERHEAD_BYTES + _names_size_bytes(change)
        if not batches or size > room:
            batches.append([])
            room = body_plain_size_bytes_max - ENTRY_OVERHEAD_BYTES
        batches[-1].append(change)
        room -= size
    return batches
