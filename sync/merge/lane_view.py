"""The merged view of one lane of a chart: where the replica hands changes in.

A pure function of the merged changes: any order, duplicates or batches give the same view.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from sync.change import ChangeRef
from sync.identifiers import ChartId, LaneId
from sync.merge.disagreement import Conflict
from sync.merge.merged_change import MergedChange, ResourceKey
from sync.merge.repeats import distinct
from sync.merge.resource_view import ResourceView


class LaneView:
    """One lane after the merge. `merge_lane` makes it."""

    def __init__(
        self, chart: ChartId, lane: LaneId, resources: Mapping[ResourceKey, ResourceView]
    ) -> None:
        """Hold the resources of one lane."""
        self.chart = chart
        self.lane = lane
        self.resources = resources

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The lane's worklist, sorted by conflict id."""
        found = (c for view in self.resources.values() for c in view.conflicts)
        return tuple(sorted(found, key=lambda conflict: conflict.id))

    def history(self, key: ResourceKey) -> tuple[MergedChange, ...]:
        """Every merged version of a resource in causal order; none for one that is not here."""
        view = self.resources.get(key)
        return () if view is None else view.history

    def changes(self) -> Iterator[MergedChange]:
        """Every merged change of the lane, resource by resource, each in causal order."""
        for view in self.resources.values():
            yield from view.history


def merge_lane(chart: ChartId, lane: LaneId, changes: Iterable[MergedChange]) -> LaneView:
    """Merge one lane's merged changes; those of other lanes and repeats are passed over.

    Costs one look at each change; what follows of a resource is computed when it is asked for.
    Never raises for what an author wrote: unreadable content is labelled.
    """
    found: dict[ResourceKey, dict[ChangeRef, MergedChange]] = {}
    for merged in changes:
        if merged.lane == lane:
            found.setdefault(merged.key, {}).setdefault(merged.written, merged)
    resources = {
        key: ResourceView(chart, key, distinct(versions.values()))
        for key, versions in sorted(found.items())
    }
    return LaneView(chart, lane, resources)
