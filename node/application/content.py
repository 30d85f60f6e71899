"""What a chart says: its merged resources, conflicts and quarantine, made from the operations.

Nothing derived is kept on the disk but what lists and search need (DESIGN section 6, at rest).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from node.application.charts import Charts
from node.application.context import Context
from node.application.importing.content_identity import identity_bytes
from node.application.importing.noting import note_links, note_patient
from node.application.showing.incomplete import Incomplete
from node.fhir.face import patient_face
from node.store.faces import Face
from node.store.resources import ResourceName, Version
from node.store.worklist import WaitingConflict, WaitingOperation
from sync.acts import Grant
from sync.change import ChangeRef, Entry
from sync.chart.replica import ChartReplica
from sync.charter import CONTENT_LANE_NAMES, Kind
from sync.identifiers import ChartId, OperationId
from sync.merge.banner import banner
from sync.merge.disagreement import Conflict
from sync.merge.lane_view import LaneView, merge_lane
from sync.merge.merged_change import MergedChange
from sync.merge.resource_view import ResourceView
from sync.operation import Operation


@dataclass(frozen=True, slots=True)
class Held:
    """A resource that a chart holds, in the lane that it stays in."""

    lane_name: str
    view: ResourceView

    @property
    def document(self) -> dict[str, object]:
        """What is shown of it, decoded; empty when it cannot be read."""
        return {} if self.view.shown is None else decoded(self.view.shown)


def decoded(content: bytes) -> dict[str, object]:
    """A resource's JSON as the FHIR reader decodes it (decimals exact), or an empty one."""
    try:
        document = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):  # a number beyond what Decimal holds
        return {}
    return document if isinstance(document, dict) else {}


class ChartContent:
    """The merged content of one chart."""

    def __init__(self, replica: ChartReplica, doubtful: frozenset[OperationId]) -> None:
        """Merge every content lane. `doubtful` operations are marked so."""
        self.replica = replica
        self.lanes: dict[str, LaneView] = {}
        self.quarantined: list[MergedChange] = []
        self.unreadable = 0
        """Merged operations whose body cannot be read here: other lanes' readers can."""
        self.incomplete = Incomplete()
        fold = replica.fold
        changes: dict[str, list[MergedChange]] = {name: [] for name in CONTENT_LANE_NAMES}
        names = {replica.charter.lane(name): name for name in CONTENT_LANE_NAMES}
        for operation in replica.operations.values():
            name = names.get(operation.prefix.lane)
            if name is None:
                continue
            entry = replica.entry(operation)
            if entry is None:
                self.unreadable += operation.id in fold.merged
                continue
            found = list(merged_changes(operation, entry, operation.id in doubtful))
            if operation.id in fold.merged:
                self.incomplete.see(operation, entry)
                changes[name] += found
            elif operation.id in fold.quarantined:
                self.quarantined += found
        for name, listed in changes.items():
            lane = replica.charter.lane(name)
            self.lanes[name] = merge_lane(replica.chart, lane, listed)
        self._by_name: dict[tuple[str, str, str], Held] = {}
        for held in self.resources():
            key = held.view.key
            self._by_name.setdefault((key.source, key.type, key.id), held)

    def resources(self) -> Iterator[Held]:
        """Every resource, summary first."""
        for name, view in self.lanes.items():
            for resource in view.resources.values():
                yield Held(name, resource)

    def find(self, source: str, resource_type: str, resource_id: str) -> Held | None:
        """A resource by what names it, in whichever lane it first was written."""
        return self._by_name.get((source, resource_type, resource_id))

    def sources_of(self, resource_type: str, resource_id: str) -> list[str]:
        """The systems that named a resource of this type and id."""
        return sorted(
            source
            for source, kind, identity in self._by_name
            if (kind, identity) == (resource_type, resource_id)
        )

    def conflicts(self) -> Iterator[tuple[Held, Conflict]]:
        """Every open conflict with its resource."""
        for held in self.resources():
            for conflict in held.view.conflicts:
                yield held, conflict

    def waiting(self) -> list[WaitingOperation]:
        """What waits for a person: quarantined entries and grants, with what the banner says."""
        warned = {line.ref.operation for line in banner(self.quarantined)}
        return [
            WaitingOperation(self.replica.chart, operation, operation in warned)
            for operation in sorted(self.replica.fold.quarantined)
            if self._concerns_people(operation)
        ]

    def _concerns_people(self, operation: OperationId) -> bool:
        """Of access operations only those that gave somebody access; keys and rosters do not."""
        if self.replica.operations[operation].prefix.lane != self.replica.access_lane:
            return True
        deed = self.replica.deeds.get(operation)
        return deed is not None and any(isinstance(act, Grant) for act in deed.acts)

    @property
    def patient(self) -> dict[str, object] | None:
        """The Patient whose chart it is, as lists show it."""
        held = self._patient
        return None if held is None else held.document

    @property
    def _patient(self) -> Held | None:
        return next((held for held in self.resources() if held.view.key.type == "Patient"), None)

    def face(self) -> Face:
        """What lists and search show of this chart."""
        patient = self._patient
        return replace(
            face_of(
                self.replica.charter.kind,
                None if patient is None else patient.document,
                () if patient is None else patient.view.history,
            ),
            resources=sum(1 for _ in self.resources()),
            conflicts=sum(1 for _ in self.conflicts()),
            quarantined=len(self.waiting()),
        )


def face_of(
    kind: Kind, document: dict[str, object] | None, versions: Sequence[MergedChange] = ()
) -> Face:
    """What lists show of a chart with this Patient, or with none; the counts are left at 0.

    Names that only earlier versions have are former names.
    """
    patient = patient_face(document or {})
    former = dict.fromkeys(patient.former_names)
    if len(versions) > 1:
        for version in versions:
            earlier = patient_face(decoded(version.change.content))
            former |= dict.fromkeys((*earlier.searched_names, *earlier.former_names))
    return Face(
        name="(directory)" if kind is Kind.DIRECTORY else patient.name,
        names=patient.searched_names,
        birth_date=patient.birth_date,
        gender=patient.gender,
        identifiers=tuple(value for _, value in patient.identifiers),
        phones=patient.phones,
        former_names=tuple(name for name in former if name not in patient.searched_names),
        tags=patient.tags,
    )


def merged_changes(operation: Operation, entry: Entry, doubtful: bool) -> Iterator[MergedChange]:
    """The changes of one operation as the merge takes them."""
    for place, (ref, change) in enumerate(
        zip(entry.refs(operation.id), entry.changes, strict=True)
    ):
        yield MergedChange(
            ref=ref,
            lane=operation.prefix.lane,
            change=change,
            stamp=operation.prefix.stamp,
            device=operation.prefix.device,
            practitioner=entry.practitioner,
            doubtful=doubtful,
            carrier=None if entry.again is None else ChangeRef(operation.id, place),
        )


class Contents:
    """Merged contents by chart, kept until the chart changes."""

    def __init__(self, context: Context, charts: Charts) -> None:
        """Begin with none."""
        self._context = context
        self._charts = charts
        self._kept: dict[ChartId, tuple[int, ChartContent]] = {}

    def of(self, chart: ChartId) -> ChartContent:
        """The content of a chart as it stands."""
        replica = self._charts.replica(chart)
        kept = self._kept.get(chart)
        if kept is None or kept[1].replica is not replica or kept[0] != replica.version:
            doubtful = frozenset(self._context.store.operations.doubtful(chart))
            self._kept = {chart: (replica.version, ChartContent(replica, doubtful))}
        return self._kept[chart][1]

    def refresh(self, chart: ChartId) -> None:
        """Make the lists and indexes of a chart anew from all that it says.

        `Lists` keeps them up where less than everything has to be looked at.
        """
        content = self.of(chart)
        with self._context.store.transaction():
            self._context.store.faces.replace(chart, content.face())
            self._context.store.worklist.replace(
                chart,
                [
                    WaitingConflict(chart, conflict.id, held.view.key.type, conflict.group)
                    for held, conflict in content.conflicts()
                ],
                content.waiting(),
            )
            self._note(chart, content)
            note_patient(self._context, chart, content.replica.charter.kind, content.patient)
            note_links(self._context, content.lanes["summary"])

    def _note(self, chart: ChartId, content: ChartContent) -> None:
        """Note where every version is, and whose chart it is that this node opened."""
        resources = self._context.store.resources
        rows = self._context.store.operations.rows(chart)
        own = self._context.identity.device
        noted: list[tuple[ChartId, ResourceName, Version]] = []
        homes: list[ResourceName] = []
        for lane in content.lanes.values():
            for merged in lane.changes():
                change = merged.change
                name = ResourceName(change.source, change.type, change.id)
                hashed = resources.content_hash(identity_bytes(change))
                row = rows[merged.written.operation]
                noted.append((chart, name, Version(row, merged.written.place, hashed)))
                if merged.device == own and not change.supersedes:
                    homes.append(name)
        resources.forget_versions(chart)
        resources.note(noted)
        resources.recall_homes(chart, homes)
        resources.set_noted_to({chart: max(rows.values(), default=0)})
