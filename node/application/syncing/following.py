"""Lists that follow what a session brings, in the transaction that stores it; `sharing` calls it.

So views lag by one batch, and what just came is opened from memory and never read back. What is
not this simple is marked instead, and settled after the session: charts with a revocation or a
shred, duties that are owed, and what this device wrote in another life.
"""

from collections.abc import Iterable, Mapping, Sequence

from node.application.charts import Charts
from node.application.content import face_of, merged_changes
from node.application.context import Context
from node.application.doubts import mark_doubts
from node.application.duties import is_owed
from node.application.importing.content_identity import identity_bytes
from node.application.lists import Lists, NewChange
from node.store.faces import Face
from node.store.resources import ResourceName, Version
from sync.body import open_body
from sync.change import Entry, parse_entry
from sync.chart.replica import ChartReplica
from sync.errors import BodyError
from sync.identifiers import ChartId, EpochId, EpochKey
from sync.merge.linkage import LINK_SOURCE
from sync.operation import Operation

Stored = Sequence[tuple[int, Operation]]
"""Operations with the rows that they were stored in, ascending."""
Keys = Mapping[EpochId, EpochKey]


class Followed:
    """What lists have to follow of one batch. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, lists: Lists) -> None:
        """Begin with nothing; the caller has a transaction open until after `finish`."""
        self._context = context
        self._charts = charts
        self._lists = lists
        self._waiting: dict[ChartId, bool] = {}
        self._shown: dict[ChartId, Face] = {}
        self._versions: list[tuple[ChartId, ResourceName, Version]] = []
        self._counts: dict[ChartId, int] = {}
        self._noted: dict[ChartId, int] = {}

    def waits(self, chart: ChartId) -> bool:
        """Whether a chart is settled after the session anyway, with all that comes to it."""
        if chart not in self._waiting:
            self._waiting[chart] = self._context.store.unsettled.is_marked(chart)
        return self._waiting[chart]

    def leave(self, chart: ChartId) -> None:
        """Leave a chart to be settled after the session."""
        if not self.waits(chart):
            self._context.store.unsettled.mark(chart)
            self._waiting[chart] = True

    def access(self, outline: ChartReplica, *, whole: bool) -> None:
        """Follow access operations that were stored; `whole` where content came with them."""
        chart, store = outline.chart, self._context.store
        if self.waits(chart):
            return
        shown = store.faces.holds(chart)
        noted = store.resources.noted_to(chart)
        if (
            whole
            or not self._charts.sketch(chart).plain
            or (not shown and self._has_own(outline.operations.values()))
            or (not noted and store.logs.any_but(chart, outline.access_lane))
            or is_owed(self._context, outline)
        ):
            self.leave(chart)
            return
        if not shown:
            self._shown[chart] = face_of(outline.charter.kind, None)
        if not noted:
            self._noted[chart] = store.operations.last_row()

    def content(self, chart: ChartId, stored: Stored, keys: Keys) -> None:
        """Follow content that was stored, with a right, of a chart without revocation or shred."""
        resources = self._context.store.resources
        if self.waits(chart):
            return
        opened = [
            (row, operation, entry)
            for row, operation in stored
            if (entry := _opened(operation, keys)) is not None
        ]
        if self._has_own(operation for _, operation in stored):
            resources.set_noted_to({chart: 0})  # the whole chart tells what has its home here
            self.leave(chart)
        elif not resources.noted_to(chart) or _has_link(opened):
            self.leave(chart)
        else:
            if not self._take_new(chart, opened):
                self._take_any(chart, opened)
            self._noted[chart] = stored[-1][0]

    def finish(self) -> None:
        """Write what was gathered of all charts."""
        resources, faces = self._context.store.resources, self._context.store.faces
        faces.replace_many(self._shown.items())
        resources.note(self._versions)
        faces.add_resources(self._counts)
        resources.set_noted_to(self._noted)

    def _take_new(self, chart: ChartId, opened: Sequence[tuple[int, Operation, Entry]]) -> bool:
        """Note resources that are all new to a chart; False, and nothing, where some are not."""
        found: dict[ResourceName, Version] = {}
        count = 0
        content_hash = self._context.store.resources.content_hash
        for row, _, entry in opened:
            if entry.again is not None:
                return False
            for place, change in enumerate(entry.changes):
                if change.supersedes or change.type == "Patient":
                    return False
                name = ResourceName(change.source, change.type, change.id)
                found[name] = Version(row, place, content_hash(identity_bytes(change)))
                count += 1
        if len(found) != count or self._context.store.resources.versions(chart, list(found)):
            return False
        self._versions += [(chart, name, version) for name, version in found.items()]
        self._counts[chart] = self._counts.get(chart, 0) + count
        return True

    def _take_any(self, chart: ChartId, opened: Sequence[tuple[int, Operation, Entry]]) -> None:
        changes: list[NewChange] = [
            (row, change)
            for row, operation, entry in opened
            for change in merged_changes(operation, entry, False)
        ]
        mark_doubts(self._context, chart, (change for _, change in changes))
        self._lists.take_in(chart, changes, 0)

    def _has_own(self, operations: Iterable[Operation]) -> bool:
        own = self._context.identity.device
        return any(operation.prefix.device == own for operation in operations)


def _has_link(opened: Sequence[tuple[int, Operation, Entry]]) -> bool:
    """Whether anything is said of a link, which the whole chart decides."""
    return any(change.source == LINK_SOURCE for _, _, entry in opened for change in entry.changes)


def _opened(operation: Operation, keys: Keys) -> Entry | None:
    key = keys.get(operation.prefix.epoch)
    if key is None or operation.body is None:
        return None
    try:
        return parse_entry(open_body(operation.body, key, operation.associated))
    except BodyError:
        return None
