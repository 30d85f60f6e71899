"""Writes imported resources into one chart: what is new of each becomes a change in its lane.

Changes of one lane share operations as far as a body's limit for imports allows: one signature,
one header and one compression for several resources of a patient.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from node.application.content import Held, merged_changes
from node.application.importing.attaching import (
    CHANGE_OVERHEAD_BYTES,
    attach,
    entry_size_bytes,
    is_too_large,
    prepared,
    sign_manifests,
    touched_since,
)
from node.application.importing.content_identity import original_identity
from node.application.importing.import_means import ImportMeans
from node.application.importing.waiting import Waiting
from node.application.lists import NewChange
from node.store.resources import ResourceName, Version
from sync.change import Change, ChangeKind, ChangeRef, Entry, Part
from sync.chart.place import Pen
from sync.errors import LimitError
from sync.identifiers import ChartId, LaneId
from sync.limits import body_plain_size_bytes_max
from sync.operation import Operation

PACK_SIZE_BYTES_MAX: Final = 16 * 1024
PACK_CHANGES_MAX: Final = 16
"""How much of an import shares an operation: opening one version opens its whole operation."""


@dataclass
class Taken:
    """What came of resources for one chart."""

    accepted: list[Waiting] = field(default_factory=list)
    unchanged: int = 0
    before: dict[ResourceName, list[Version]] = field(default_factory=dict)
    """The versions that there are of the resources."""
    refused: list[tuple[Waiting, str]] = field(default_factory=list)
    again: list[Waiting] = field(default_factory=list)
    """Later versions of a resource that is in this batch already."""
    by_lane: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    originals: dict[ResourceName, bytes] = field(default_factory=dict, repr=False)
    """The bytes of those that no entry can carry, by name; their changes are `prepared`."""


@dataclass
class Written:
    """Operations that are to be stored, with their entries."""

    operations: list[Operation] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


class Taker:
    """Writes for one import. Used under the node's one lock, within a transaction."""

    def __init__(self, means: ImportMeans, *, source: str, edits: bool) -> None:
        """Write what `source` says; `edits` finds what a chart holds under other sources too."""
        self._context = means.context
        self._charts = means.charts
        self._contents = means.contents
        self._held = means.held
        self._lists = means.lists
        self._source = source
        self.edits = edits

    def is_own(self, chart: ChartId, resource: Waiting) -> bool:
        """Whether a resource is in a chart under this import's own source."""
        name = ResourceName(self._source, resource.type, resource.id)
        return name in self._held.versions(chart, [name])

    def weigh(self, chart: ChartId, resources: Sequence[Waiting], *, new: bool) -> Taken:
        """What resources would change in a chart; nothing is written. `new`: it is empty."""
        taken = Taken()
        sources = self._sources(chart, resources)
        named = {
            ResourceName(sources[place], one.type, one.id): one
            for place, one in enumerate(resources)
        }
        plain = new or self._held.is_plain(chart)
        versions = {} if new or not plain else self._held.versions(chart, list(named))
        taken.before = versions
        seen: set[ResourceName] = set()
        for place, resource in enumerate(resources):
            name = ResourceName(sources[place], resource.type, resource.id)
            if name in seen:
                taken.again.append(resource)
                continue
            seen.add(name)
            try:
                self._weigh_one(chart, name, resource, versions.get(name, ()), plain, taken)
            except LimitError as error:
                taken.refused.append((resource, str(error)))
        return taken

    def write(self, chart: ChartId, taken: Taken, pen: Pen, transaction: bytes | None) -> Written:
        """Write the changes of a chart; the caller stores them. Raises AuthorityError, LimitError.

        `transaction` makes all one act, of which each operation says its part.
        """
        if not taken.originals:
            return self._write(chart, taken, pen, transaction)
        with self._context.store.transaction():  # pieces are kept with their operation, or not
            return self._write(chart, taken, pen, transaction)

    def _write(self, chart: ChartId, taken: Taken, pen: Pen, transaction: bytes | None) -> Written:
        written = Written()
        lanes = self._charts.sketch(chart).lanes
        for lane_name, weighed in taken.by_lane.items():
            lane = lanes[lane_name]
            changes = self._attached(chart, lane, pen, weighed, taken)
            if transaction is None:
                packs = packed(changes, PACK_SIZE_BYTES_MAX, PACK_CHANGES_MAX)
            else:
                packs = packed(changes, body_plain_size_bytes_max, len(changes))
            for place, pack in enumerate(packs):
                part = Part(place, len(packs)) if transaction and len(packs) > 1 else None
                act = transaction or self._context.random(16)
                self._write_one(chart, lane, pen, act, part, pack, written)
        return written

    def _attached(
        self, chart: ChartId, lane: LaneId, pen: Pen, changes: Sequence[Change], taken: Taken
    ) -> list[Change]:
        """The changes with the pieces sealed of those that are too large for an entry."""
        if not any(change.attachment for change in changes):
            return list(changes)
        key = self._charts.place(chart, lane, pen).key
        return [
            change
            if change.attachment is None
            else attach(self._context, chart, lane, key, change, taken.originals[_name_of(change)])
            for change in changes
        ]

    def note(
        self,
        chart: ChartId,
        rows: Sequence[int],
        written: Written,
        before: Mapping[ResourceName, Sequence[Version]],
    ) -> None:
        """Bring a chart's lists up to date with what was stored in these rows."""
        sign_manifests(self._context, zip(written.operations, written.entries, strict=True))
        changes: list[NewChange] = []
        for row, operation, entry in zip(rows, written.operations, written.entries, strict=True):
            changes += [(row, one) for one in merged_changes(operation, entry, False)]
        listed = list(zip(rows, written.operations, strict=True))
        self._lists.note_written(chart, listed, changes, before)

    def _write_one(
        self,
        chart: ChartId,
        lane: LaneId,
        pen: Pen,
        transaction: bytes,
        part: Part | None,
        changes: Sequence[Change],
        written: Written,
    ) -> None:
        place = self._charts.place(chart, lane, pen)
        latest = self._charts.latest_of_places(chart)
        if written.operations:
            latest = max(latest, written.operations[-1].prefix.stamp)
        operation, entry = place.write_entry(pen, transaction, part, changes, latest)
        written.operations.append(operation)
        written.entries.append(entry)

    def _weigh_one(
        self,
        chart: ChartId,
        name: ResourceName,
        resource: Waiting,
        versions: Sequence[Version],
        plain: bool,
        taken: Taken,
    ) -> None:
        held = None
        if not plain:
            held = self._contents.of(chart).find(*name)
        elif versions:
            identity = original_identity(resource.original)
            hashed = self._context.store.resources.content_hash(identity)
            if len(versions) == 1 and versions[0].content == hashed:
                taken.unchanged += 1
                taken.accepted.append(resource)
                return
            held = self._held.of_versions(chart, name, versions)
        change, lane_name = _change(resource, name.source, held)
        if change is None:
            taken.unchanged += 1
        else:
            if is_too_large(change):
                taken.originals[name] = change.content
                change = prepared(change)
            check_room(change)
            taken.by_lane[lane_name].append(change)
        taken.accepted.append(resource)

    def _sources(self, chart: ChartId, resources: Sequence[Waiting]) -> list[str]:
        """Under which source each resource is written in a chart.

        Who edits a resource in a named chart means the one that is there. Which chart later
        imports go to is never learnt from that: another's chart may hold any name (`Homes`).
        """
        own = [self._source] * len(resources)
        if not self.edits:
            return own
        others = [one for one in self._context.store.resources.sources(chart) if one != own[0]]
        if not others:
            return own
        candidates = [own[0], *others]
        names = [
            ResourceName(source, one.type, one.id) for one in resources for source in candidates
        ]
        known = self._held.versions(chart, names)
        found = []
        for one in resources:
            holding = [s for s in candidates if ResourceName(s, one.type, one.id) in known]
            mine = own[0] in holding or len(holding) != 1
            found.append(own[0] if mine else holding[0])
        return found


def _change(resource: Waiting, source: str, held: Held | None) -> tuple[Change | None, str]:
    """The change that a resource makes to what is held (None: nothing new), and its lane."""
    lane_name: str
    if held is None:
        lane_name = resource.lane
        touched = list(resource.touched)
        supersedes: tuple[ChangeRef, ...] = ()
    else:
        lane_name = held.lane_name
        touched = touched_since(held, resource.document, resource.original)
        if not touched:
            return None, lane_name
        supersedes = tuple(held.view.supersedes_for(touched))
    change = Change(
        ChangeKind.PUT,
        source,
        resource.type,
        resource.id,
        resource.original,
        tuple(touched),
        supersedes,
    )
    return change, lane_name


def check_room(change: Change) -> None:
    """Refuse a change that no operation can carry: raise LimitError, naming no content."""
    change.check()
    if is_too_large(change):
        raise LimitError(
            f"{len(change.content)} bytes and the names of its elements are over the "
            f"{body_plain_size_bytes_max} that an entry can carry"
        )


def _name_of(change: Change) -> ResourceName:
    return ResourceName(change.source, change.type, change.id)


def packed(changes: Sequence[Change], size_bytes_max: int, changes_max: int) -> list[list[Change]]:
    """Changes in as few operations as the limits allow, in order."""
    packs: list[list[Change]] = []
    room = 0
    for change in changes:
        size = entry_size_bytes(change)
        if not packs or size > room or len(packs[-1]) == changes_max:
            packs.append([])
            room = size_bytes_max - CHANGE_OVERHEAD_BYTES
        packs[-1].append(change)
        room -= size
    return packs
