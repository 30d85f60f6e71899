"""What lists, worklist and indexes say of a chart, kept up as operations come in.

After a write or a session only what is new is opened. Where a revocation counts, or a key opened
what could not be read before, the chart is gone through whole.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from node.application.charts import Charts
from node.application.content import Contents, Held, decoded, face_of
from node.application.context import Context
from node.application.doubts import mark_doubts
from node.application.importing.content_identity import identity_bytes
from node.application.importing.held_resources import HeldResources
from node.application.importing.noting import note_patient
from node.store.resources import ResourceName, Version
from node.store.worklist import WaitingConflict
from sync.identifiers import ChartId
from sync.merge.disagreement import Conflict
from sync.merge.linkage import LINK_SOURCE, LINKAGE_TYPE
from sync.merge.merged_change import MergedChange, ResourceKey
from sync.merge.resource_view import ResourceView
from sync.operation import Operation

NewChange = tuple[int, MergedChange]
"""The row of its operation, and the change."""


@dataclass
class _Shift:
    """What becomes otherwise in the lists of a chart."""

    resources: int = 0
    opened: list[WaitingConflict] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


@dataclass
class _Gathered:
    """Rows of many charts that are written together."""

    versions: list[tuple[ChartId, ResourceName, Version]] = field(default_factory=list)
    counts: dict[ChartId, int] = field(default_factory=dict)
    noted: dict[ChartId, int] = field(default_factory=dict)
    unsettled: frozenset[ChartId] = frozenset()


class Lists:
    """Brings what is derived up to date. Used under the node's one lock."""

    def __init__(
        self, context: Context, charts: Charts, contents: Contents, held: HeldResources
    ) -> None:
        """Work on these charts."""
        self._context = context
        self._charts = charts
        self._contents = contents
        self._held = held
        self._gathered: _Gathered | None = None

    @contextlib.contextmanager
    def gathering(self) -> Iterator[None]:
        """Write the rows of all charts that are noted within together, at the end.

        Within a transaction; nothing may be noted twice of a resource meanwhile.
        """
        store = self._context.store
        gathered = _Gathered(unsettled=frozenset(store.unsettled.all()))
        self._gathered = gathered
        try:
            yield
        finally:
            self._gathered = None
        store.resources.note(gathered.versions)
        store.faces.add_resources(gathered.counts)
        store.resources.set_noted_to(gathered.noted)

    def catch_up(self, chart: ChartId) -> None:
        """Take in what came after what was noted, or the whole chart where that is needed."""
        store = self._context.store
        noted = store.resources.noted_to(chart)
        known = noted or store.faces.holds(chart)
        new = store.operations.after_row(chart, noted)
        changes = list(self._held.changes(chart, new))
        mark_doubts(self._context, chart, (change for _, change in changes))
        own = self._context.identity.device
        # What was written here in another life has its home here: only the whole chart tells.
        recalled = not known and any(operation.prefix.device == own for _, operation in new)
        if recalled or (known and not noted) or not self._held.is_plain(chart):
            self._contents.refresh(chart)
        elif new:
            self.take_in(chart, changes, new[-1][0])

    def note_written(
        self,
        chart: ChartId,
        rows: Sequence[tuple[int, Operation]],
        changes: Sequence[NewChange],
        before: Mapping[ResourceName, Sequence[Version]],
    ) -> None:
        """Take in what was just written here at places, in operations of these rows.

        `before` are the versions that there were of the resources, while gathering.
        """
        if not self._held.is_plain(chart):
            self._contents.refresh(chart)
            return
        assert self._gathered is not None, "writes are noted while gathering"
        last = rows[-1][0]
        if chart in self._gathered.unsettled:
            last = 0  # what a session brought before is not noted yet
        self._take_in(chart, _grouped(changes), last, before, self._gathered)

    def take_in(self, chart: ChartId, new: Sequence[NewChange], noted_to: int) -> None:
        """Note changes of a plain chart that were not noted, and what they make of its lists."""
        grouped = _grouped(new)
        with self._context.store.transaction(), self.gathering():
            assert self._gathered is not None
            before = self._held.versions(chart, list(grouped))
            self._take_in(chart, grouped, noted_to, before, self._gathered)

    def _take_in(
        self,
        chart: ChartId,
        grouped: Mapping[ResourceName, Sequence[NewChange]],
        noted_to: int,
        before: Mapping[ResourceName, Sequence[Version]],
        gathered: _Gathered,
    ) -> None:
        if any((name.source, name.type) == (LINK_SOURCE, LINKAGE_TYPE) for name in grouped):
            self._contents.refresh(chart)  # rare, and decided by all that is said of the link
            return
        new = [one for listed in grouped.values() for one in listed]
        sketch = self._charts.sketch(chart)
        if any(name.type == "Patient" for name in grouped) or not sketch.shown:
            self._show_patient(chart, new)
        sketch.shown = True
        self._shift(chart, grouped, before, gathered)
        gathered.versions += [
            (chart, name, Version(row, one.ref.place, self._content(one)))
            for name, listed in grouped.items()
            for row, one in listed
        ]
        if noted_to:
            gathered.noted[chart] = noted_to

    def _content(self, merged: MergedChange) -> int:
        return self._context.store.resources.content_hash(identity_bytes(merged.change))

    def _shift(
        self,
        chart: ChartId,
        grouped: Mapping[ResourceName, Sequence[NewChange]],
        before: Mapping[ResourceName, Sequence[Version]],
        gathered: _Gathered,
    ) -> None:
        """Move counts and the worklist by what the new changes make otherwise."""
        shift = _Shift()
        for name, listed in grouped.items():
            earlier = before.get(name, ())
            known = {(version.row, version.place) for version in earlier}
            new = [one for row, one in listed if (row, one.ref.place) not in known]
            if len(earlier) + len(new) > 1 and new:
                self._compare(chart, name, earlier, new, shift)
            elif new:
                shift.resources += 1
        gathered.counts[chart] = gathered.counts.get(chart, 0) + shift.resources
        if shift.opened or shift.closed:
            self._context.store.worklist.shift(chart, shift.opened, shift.closed)
            moved = len(shift.opened) - len(shift.closed)
            self._context.store.faces.add_conflicts(chart, moved)

    def _compare(
        self,
        chart: ChartId,
        name: ResourceName,
        earlier: Sequence[Version],
        new: Sequence[MergedChange],
        shift: _Shift,
    ) -> None:
        """What new changes of one resource, of which there are others, make otherwise."""
        was = self._held.in_lanes(chart, name, earlier)
        now = self._held.in_lanes(chart, name, earlier, new)
        shift.resources += len(now) - len(was)
        old, fresh = _conflicts(was), _conflicts(now)
        shift.closed += [one for one in old if one not in fresh]
        shift.opened += [
            WaitingConflict(chart, id_, name.type, one.group)
            for id_, one in fresh.items()
            if id_ not in old
        ]

    def _show_patient(self, chart: ChartId, new: Sequence[NewChange]) -> None:
        """Show a chart by what its Patients say now; counts stay as they are."""
        store = self._context.store
        sketch = self._charts.sketch(chart)
        grouped: dict[ResourceKey, list[MergedChange]] = {}
        changes = [change for _, change in new]
        earlier = set(store.resources.patients(chart)) - {row for row, _ in new}
        if earlier:
            read = store.operations.of_rows(chart, sorted(earlier))
            changes += [change for _, change in self._held.changes(chart, read)]
        for change in changes:
            if change.key.type == "Patient":
                grouped.setdefault(change.key, []).append(change)
        lanes = list(sketch.lanes.values())
        first = min(grouped, key=lambda key: (lanes.index(key.lane), key), default=None)
        document: dict[str, object] | None = None
        versions: tuple[MergedChange, ...] = ()
        if first is not None:
            versions = tuple(grouped[first])
            alone = versions[0].change.content if len(versions) == 1 else None
            shown = alone or ResourceView(chart, first, versions).shown
            document = {} if shown is None else decoded(shown)
        store.faces.show(chart, face_of(sketch.kind, document, versions))
        note_patient(self._context, chart, sketch.kind, document)


def _grouped(changes: Sequence[NewChange]) -> dict[ResourceName, list[NewChange]]:
    grouped: dict[ResourceName, list[NewChange]] = {}
    for row, change in changes:
        grouped.setdefault(ResourceName(*change.key[1:]), []).append((row, change))
    return grouped


def _conflicts(held: Sequence[Held]) -> dict[str, Conflict]:
    return {conflict.id: conflict for one in held for conflict in one.view.conflicts}
