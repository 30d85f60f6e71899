"""What a fold says of one device for as long as it stands, whatever the time; the node keeps it.

`Fold.entitled_lanes` asks a clock; this tells from when to when each part of its answer holds.
"""

from typing import NamedTuple

from sync.access.fold import BREAK_GLASS_MILLISECONDS, Fold
from sync.charter import SUMMARY
from sync.identifiers import DeviceKey, LaneId
from sync.limits import clock_doubt_milliseconds


class Span(NamedTuple):
    """Lanes that a device is served from a time (None: always) until before another."""

    lanes: frozenset[LaneId]
    from_milliseconds: int | None
    until_milliseconds: int | None

    def holds(self, now_milliseconds: int) -> bool:
        """Whether it counts now."""
        start, end = self.from_milliseconds, self.until_milliseconds
        return (start is None or start <= now_milliseconds) and (
            end is None or now_milliseconds < end
        )


class Entitlement(NamedTuple):
    """Whether a device was ever granted a chart, and when it is served which lanes."""

    granted: bool
    spans: tuple[Span, ...]

    def moments(self) -> tuple[int, ...]:
        """When it may begin or cease to say something: between two of these it says the same."""
        return tuple(
            moment
            for span in self.spans
            for moment in (span.from_milliseconds, span.until_milliseconds)
            if moment is not None
        )

    def lanes(self, now_milliseconds: int) -> frozenset[LaneId]:
        """What `Fold.entitled_lanes` says at a time."""
        return frozenset().union(
            *(span.lanes for span in self.spans if span.holds(now_milliseconds))
        )


def entitlement(fold: Fold, device: DeviceKey) -> Entitlement:
    """Everything that a fold says of a device's being served."""
    charter = fold.evidence.charter
    access = fold.evidence.access
    if fold.is_root(device):
        return Entitlement(True, (Span(charter.lane_ids, None, None),))
    spans = {
        Span(granted.lanes | {access}, None, granted.until_milliseconds)
        for granted in fold.live_grants(device)
    }
    glass = frozenset({access, charter.lane(SUMMARY)})
    for breaking in fold.breakings:
        if breaking.device == device:
            stamp = breaking.stamp_milliseconds
            start, end = stamp - clock_doubt_milliseconds, stamp + BREAK_GLASS_MILLISECONDS
            spans.add(Span(glass, start, end))
    return Entitlement(fold.was_granted(device), tuple(spans))
