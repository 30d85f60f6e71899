"""What a chart's access lane says of who writes there, asked once: `syncing.arriving` stores by it.

Small, so that it is kept for many charts from session to session; `charts` keeps it, and forgets it
with the chart.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.chart.replica import ChartReplica
from sync.clock import Stamp
from sync.identifiers import ActId, DeviceKey, EpochId, EpochKey, LaneId


class Right(NamedTuple):
    """What the access lane says of a device that writes under a grant in a lane."""

    held: bool
    since: Stamp | None
    """When it was granted, where an operation of the chart did that."""


@dataclass(slots=True)
class Rights:
    """What is asked of one chart; good while its `version` is that of the store."""

    version: tuple[int, int]
    plain: bool
    """Nothing was ever revoked."""
    simple: bool
    """Nor was anything shredded: lists can follow what comes."""
    lanes: frozenset[LaneId]
    """Those of content."""
    keys: dict[EpochId, EpochKey] = field(repr=False)
    """All that are held."""
    known: dict[tuple[DeviceKey, ActId, LaneId], Right] = field(default_factory=dict)

    def learn(self, outline: ChartReplica, writers: Iterable[tuple[DeviceKey, ActId]]) -> None:
        """Find what writers may do in all lanes."""
        fold = outline.fold
        for device, under in writers:
            grant = fold.grants.get(under)
            granted = None
            if grant is not None and grant.operation is not None:
                granted = outline.operations.get(grant.operation)
            since = None if granted is None else granted.prefix.stamp
            for lane in self.lanes:
                held = fold.may_write(device, under, lane)
                self.known[device, under, lane] = Right(held, since)
