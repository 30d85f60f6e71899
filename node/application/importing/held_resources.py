"""Single resources of a chart, read without opening the rest of it; writers and lists use it.

The store notes which operations hold versions of a resource. Where a revocation counts in a chart,
what merges depends on everything that it holds, so the whole content is asked instead.
"""

from collections.abc import Iterable, Iterator, Sequence

from node.application.charts import Charts
from node.application.content import Contents, Held, merged_changes
from node.application.context import Context
from node.store.resources import ResourceName, Version
from sync.body import open_body
from sync.change import Entry, parse_entry
from sync.chart.replica import ChartReplica
from sync.charter import CONTENT_LANE_NAMES
from sync.errors import BodyError
from sync.identifiers import ChartId, LaneId
from sync.merge.merged_change import MergedChange
from sync.merge.resource_view import ResourceView
from sync.operation import Operation


class HeldResources:
    """Looks resources up by name. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, contents: Contents) -> None:
        """Read these charts."""
        self._context = context
        self._charts = charts
        self._contents = contents

    def is_plain(self, chart: ChartId) -> bool:
        """Whether nothing was ever revoked or shredded: whatever had a right merges, once."""
        return self._charts.sketch(chart).plain

    def versions(
        self, chart: ChartId, names: Sequence[ResourceName]
    ) -> dict[ResourceName, list[Version]]:
        """Where the versions of resources are; nothing for what the chart does not hold."""
        return self._context.store.resources.versions(chart, names)

    def find(self, chart: ChartId, name: ResourceName) -> Held | None:
        """A resource, in whichever lane it first was written; None for one that is not held."""
        if not self.is_plain(chart):
            return self._contents.of(chart).find(*name)
        return self.of_versions(chart, name, self.versions(chart, [name]).get(name, []))

    def of_versions(
        self,
        chart: ChartId,
        name: ResourceName,
        versions: Sequence[Version],
    ) -> Held | None:
        """A resource of a plain chart as some of its versions make it, in the first lane."""
        return next(iter(self.in_lanes(chart, name, versions)), None)

    def in_lanes(
        self,
        chart: ChartId,
        name: ResourceName,
        versions: Sequence[Version],
        more: Iterable[MergedChange] = (),
    ) -> list[Held]:
        """A resource of a plain chart as some versions, and more changes, make it in each lane.

        It stays in its first lane, but two who write it apart may choose different ones.
        """
        places = {(version.row, version.place) for version in versions}
        rows = [row for row, _ in places]
        changes = [
            change
            for row, change in self.changes(chart, self._read(chart, rows))
            if (row, change.ref.place) in places
        ]
        changes += more
        if not changes:
            return []  # without the chart's outline: most of what is imported is new
        return _held_of(self._charts.outline(chart), name, changes)

    def changes(
        self, chart: ChartId, operations: Iterable[tuple[int, Operation]]
    ) -> Iterator[tuple[int, MergedChange]]:
        """The changes of operations of a plain chart that can be read here and had a right."""
        outline = None
        for row, operation in operations:
            outline = outline or self._charts.outline(chart)
            if operation.prefix.lane == outline.access_lane:
                continue
            entry = opened(outline, operation)
            if entry is None or not outline.fold.acted(operation):
                continue
            for change in merged_changes(operation, entry, False):
                yield row, change

    def _read(self, chart: ChartId, rows: Sequence[int]) -> list[tuple[int, Operation]]:
        return self._context.store.operations.of_rows(chart, rows) if rows else []


def _held_of(
    outline: ChartReplica, name: ResourceName, changes: Sequence[MergedChange]
) -> list[Held]:
    by_lane: dict[LaneId, list[MergedChange]] = {}
    for change in changes:
        if change.key[1:] == tuple(name):
            by_lane.setdefault(change.lane, []).append(change)
    found = []
    for lane_name in CONTENT_LANE_NAMES:
        listed = by_lane.get(outline.charter.lane(lane_name))
        if listed:
            view = ResourceView(outline.chart, listed[0].key, tuple(listed))
            found.append(Held(lane_name, view))
    return found


def opened(outline: ChartReplica, operation: Operation) -> Entry | None:
    """The body of a content operation, kept nowhere; None where it cannot be read here."""
    key = outline.keyring.key(operation.prefix.epoch)
    if key is None or operation.body is None:
        return None
    try:
        return parse_entry(open_body(operation.body, key, operation.prefix.encoded()))
    except BodyError:
        return None
