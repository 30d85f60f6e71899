"""Writes small histories of one resource for the merge's tests: who knew what, who said what."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sync.change import Change, ChangeKind, ChangeRef
from sync.clock import Stamp, stamp_of
from sync.identifiers import ChartId, DeviceKey, LaneId, operation_id
from sync.merge.lane_view import LaneView, merge_lane
from sync.merge.merged_change import MergedChange, ResourceKey
from sync.merge.resource_view import ResourceView

CHART = ChartId(hashlib.sha256(b"a made-up chart").digest())
LANE = LaneId(b"\x07" * 8)
SOURCE = "clinic-a"


class Story:
    """One resource's history as it is written. `seen` of a change: what it was written upon."""

    def __init__(self, resource_type: str, resource_id: str = "r1") -> None:
        self.key = ResourceKey(LANE, SOURCE, resource_type, resource_id)
        self.written: list[MergedChange] = []

    def put(
        self,
        *seen: MergedChange,
        at: int | None = None,
        touched: Iterable[str] | None = None,
        content: bytes | None = None,
        kind: ChangeKind = ChangeKind.PUT,
        doubtful: bool = False,
        said: Mapping[str, Any] = MappingProxyType({}),
        **named: Any,
    ) -> MergedChange:
        """A version written upon `seen`: their elements (the last one's win) with new ones.

        The new ones are named, or are in `said` where their names vary.

        An element given as None is left out; `touched` is what was given, unless it is said.
        """
        elements = {**said, **named}
        document: dict[str, Any] = {"resourceType": self.key.type, "id": self.key.id}
        for each in seen:
            document |= json.loads(each.change.content)
        document |= elements
        written = {name: value for name, value in document.items() if value is not None}
        change = Change(
            kind,
            self.key.source,
            self.key.type,
            self.key.id,
            json.dumps(written).encode() if content is None else content,
            tuple(elements if touched is None else touched),
            tuple(sorted(each.ref for each in seen)),
        )
        number = len(self.written)
        merged = MergedChange(
            ref_of(number, self.key),
            LANE,
            change,
            Stamp(stamp_of(1_000_000 + number * 1000)) if at is None else stamp_of(at),
            DeviceKey(bytes([number % 251]) * 32),
            doubtful=doubtful,
        )
        self.written.append(merged)
        return merged

    def lane(self, *only: MergedChange) -> LaneView:
        """The lane's view of all that was written, or of only these."""
        return merge_lane(CHART, LANE, only or self.written)

    def view(self, *only: MergedChange) -> ResourceView:
        """The resource's view of all that was written, or of only these."""
        return self.lane(*only).resources[self.key]


def ref_of(number: int, key: ResourceKey) -> ChangeRef:
    """A reference that no other number of the same resource has."""
    return ChangeRef(operation_id(f"{number} {key.type} {key.id}".encode()), number % 3)


def document(view: ResourceView) -> dict[str, Any]:
    """What shows, parsed."""
    assert view.shown is not None
    found: dict[str, Any] = json.loads(view.shown)
    return found


def concept(code: str) -> dict[str, Any]:
    """A CodeableConcept of one code."""
    return {"coding": [{"code": code}]}
