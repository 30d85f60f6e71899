"""What lists, worklist and indexes say of a chart, kept up as operations come in.

After a write or a session only what is new is opened. Where a revocation counts, or a key opened
what could not be read before, the chart is gone through whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.application.charts import Charts
from node.application.content import Contents, Held, decoded, face_of
from node.application.content_identity import identity_bytes
from node.application.context import Context
from node.application.doubts import mark_doubts
from node.application.held_resources import HeldResources
from node.application.noting import note_patient
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
        self, chart: ChartId, rows: Sequence[tuple[int, Operation]], changes: Sequence[NewChange]
    ) -> None:
        """Take in what was just written here at places, in operations of these rows."""
        if not self._held.is_plain(chart):
            self._contents.refresh(chart)
            return
        last = rows[-1][0]
        if self._context.store.unsettled.is_marked(chart):
            last = 0  # what a session brought before is not noted yet
        self.take_in(chart, changes, last)

    def take_in(self, chart: ChartId, new: Sequence[NewChange], noted_to: int) -> None:
        """Note changes of a plain chart that were not noted, and what they make of its lists."""
        store = self._context.store
        grouped: dict[ResourceName, list[NewChange]] = {}
        for row, change in new:
            grouped.setdefault(ResourceName(*change.key[1:]), []).append((row, change))
        if any((name.source, name.type) == (LINK_SOURCE, LINKAGE_TYPE) for name in grouped):
            self._contents.refresh(chart)  # rare, and decided by all that is said of the link
            return
        with store.transaction():
            if not store.faces.holds(chart):
                self._show_patient(chart, new)
            self._shift(chart, grouped)
            store.resources.note(
                chart,
                [
                    (name, Version(row, one.ref.place, self._content(one)))
                    for name, listed in grouped.items()
                    for row, one in listed
                ],
            )
            if any(name.type == "Patient" for name in grouped):
                self._show_patient(chart, new)
            if noted_to:
                store.resources.set_noted_to(chart, noted_to)

    def _content(self, merged: MergedChange) -> int:
        return self._context.store.resources.content_hash(identity_bytes(merged.change))

    def _shift(self, chart: ChartId, grouped: dict[ResourceName, list[NewChange]]) -> None:
        """Move counts and the worklist by what the new changes make otherwise."""
        before = self._held.versions(chart, list(grouped))
        shift = _Shift()
        for name, listed in grouped.items():
            earlier = before.get(name, [])
            known = {(version.row, version.place) for version in earlier}
            new = [one for row, one in listed if (row, one.ref.place) not in known]
            if len(earlier) + len(new) > 1 and new:
                self._compare(chart, name, earlier, new, shift)
            elif new:
                shift.resources += 1
        store = self._context.store
        store.worklist.shift(chart, shift.opened, shift.closed)
        store.faces.shift(
            chart,
            resources=shift.resources,
            conflicts=len(shift.opened) - len(shift.closed),
        )

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
        rows = set(store.resources.patients(chart))
        seen = {row for row, _ in new}
        changes = [change for row, change in new if row in rows]
        if not rows <= seen:
            read = store.operations.of_rows(chart, sorted(rows - seen))
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
            shown = ResourceView(chart, first, versions).shown
            document = {} if shown is None else decoded(shown)
        store.faces.show(chart, face_of(sketch.kind, document, versions))
        note_patient(self._context, chart, sketch.kind, document)


def _conflicts(held: Sequence[Held]) -> dict[str, Conflict]:
    return {conflict.id: conflict for one in held for conflict in one.view.conflicts}
