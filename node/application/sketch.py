"""What writing in a chart needs to know of it: small, so that it is kept for many charts."""

from dataclasses import dataclass, field

from sync.chart.place import LanePlace
from sync.charter import Kind
from sync.clock import Stamp
from sync.identifiers import LaneId


@dataclass(slots=True)
class Sketch:
    """One chart's kind, its content lanes by name, and where to write next in each.

    Good until something comes into the chart's access lane. Its repr shows no key.
    """

    kind: Kind
    lanes: dict[str, LaneId]
    plain: bool
    """Nothing was ever revoked or shredded: whatever had a right merges, once."""
    shown: bool = False
    """It is known to be in the lists."""
    latest: Stamp = Stamp(0)  # noqa: RUF009 (a number)
    places: dict[LaneId, LanePlace] = field(default_factory=dict, repr=False)
