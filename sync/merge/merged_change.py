"""One merged change as the merge takes it, and the key of the resource that it is a version of.

The chart's replica makes these of its operations; everything else in this package reads them.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sync.change import Change, ChangeRef
from sync.clock import Stamp
from sync.identifiers import DeviceKey, LaneId


class ResourceKey(NamedTuple):
    """What makes a resource one within a chart (DESIGN section 4).

    `source` is the system that named it: two systems' `Patient/1` are two resources.
    """

    lane: LaneId
    source: str
    type: str
    id: str

    def __repr__(self) -> str:
        """Show the type only: an id may be a patient's number."""
        return f"ResourceKey({self.type})"


@dataclass(frozen=True, slots=True)
class MergedChange:
    """A change with where and by whom it was written. The repr shows no content.

    `doubtful` is this node's own view of the clock that stamped it: it only ever labels. Where it
    was written again in the place of another (`ref`), `carrier` is where it is written.
    """

    ref: ChangeRef
    lane: LaneId
    change: Change
    stamp: Stamp
    device: DeviceKey
    practitioner: DeviceKey | None = None
    doubtful: bool = False
    carrier: ChangeRef | None = None

    @property
    def written(self) -> ChangeRef:
        """Where it is written, which is elsewhere than its place where it was written again."""
        return self.carrier or self.ref

    @property
    def key(self) -> ResourceKey:
        """The resource that this is a version of."""
        return ResourceKey(self.lane, self.change.source, self.change.type, self.change.id)

    @property
    def order(self) -> tuple[Stamp, ChangeRef]:
        """What decides between changes that causality leaves open, alike on every replica."""
        return self.stamp, self.ref

    def __repr__(self) -> str:
        """Show the ids only."""
        return f"MergedChange({self.ref.operation.hex()[-8:]} {self.ref.place})"
