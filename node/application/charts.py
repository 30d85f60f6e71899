"""The charts that a node holds: loaded, written to, made durable, opened anew.

A chart is loaded whole where what it says is looked at, and as an outline where it is enough to
know who may do what. A place to write is kept for many charts, so that writing loads neither.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from node.application.context import Context
from node.application.errors import AmbiguousName, NotFound
from node.application.rights import Rights
from node.application.sketch import Sketch
from node.keystore.recovery import Root
from node.limits import operations_cached_max, outlines_cached_max, sketches_cached_max
from sync.access.shredding import shreddings
from sync.acts import Act
from sync.chart.author import Author
from sync.chart.keyring import Keyring
from sync.chart.opening import open_chart
from sync.chart.place import LanePlace, Pen
from sync.chart.replica import ChartReplica, LogEnd
from sync.charter import CONTENT_LANE_NAMES, Charter, Kind, draw_charter
from sync.charter import Root as CharterRoot
from sync.clock import Stamp, is_ahead, is_before_all, is_before_cause, witness
from sync.identifiers import ChartId, LaneId, OperationId, chart_text
from sync.operation import Operation

PREFIX_LENGTH_MIN = 6

_LOADS_PER_COUNT: Final = 16
_LARGE: Final = 500
"""What is in memory is counted at every so many charts loaded, and at each with more operations."""


class Charts:
    """Replicas by chart, kept while there is room. Used under the node's one lock."""

    def __init__(self, context: Context) -> None:
        """Begin with nothing loaded."""
        self._context = context
        self._loaded: OrderedDict[ChartId, ChartReplica] = OrderedDict()
        self._loads = 0
        self._outlines: OrderedDict[ChartId, ChartReplica] = OrderedDict()
        self._sketches: OrderedDict[ChartId, Sketch] = OrderedDict()
        self._rights: OrderedDict[ChartId, Rights] = OrderedDict()

    def ids(self) -> list[ChartId]:
        """Every chart that is held, in the order of their ids."""
        return sorted(held.chart for held in self._context.store.charts.all())

    def find(self, text: str) -> ChartId:
        """The chart of an id, or of a beginning of one of at least six characters."""
        wanted = text.strip().lower()
        if len(wanted) < PREFIX_LENGTH_MIN:
            raise NotFound("chart", text)
        found = self._context.store.charts.beginning_with(wanted)
        if not found:
            raise NotFound("chart", text)
        if len(found) > 1:
            raise AmbiguousName("chart", text)
        return found[0]

    def charter(self, chart: ChartId) -> Charter:
        """The charter of a chart that is held."""
        charter = self._context.store.charts.charter(chart)
        if charter is None:
            raise NotFound("chart", chart_text(chart))
        return charter

    def replica(self, chart: ChartId) -> ChartReplica:
        """A chart's replica, loaded from the store when it is not in memory."""
        replica = self._loaded.get(chart)
        if replica is None:
            replica = self._load(chart)
            self._loaded[chart] = replica
            self._loads += 1
            if self._loads % _LOADS_PER_COUNT == 0 or len(replica.operations) > _LARGE:
                self._make_room()
        self._loaded.move_to_end(chart)
        return replica

    def _make_room(self) -> None:
        held = sum(len(each.operations) for each in self._loaded.values())
        while len(self._loaded) > 1 and held > operations_cached_max:
            held -= len(self._loaded.popitem(last=False)[1].operations)

    def outline(self, chart: ChartId) -> ChartReplica:
        """A replica that tells who may do what: an outline, or the whole one if it is in memory.

        Its fold says nothing of content; its `operations` are those of the access lane at least.
        """
        whole = self._loaded.get(chart)
        if whole is not None:
            return whole
        outline = self._outlines.get(chart)
        if outline is None:
            outline = self._load_outline(chart)
            self._keep_outline(outline)
        self._outlines.move_to_end(chart)
        return outline

    def _keep_outline(self, outline: ChartReplica) -> None:
        self._outlines[outline.chart] = outline
        while len(self._outlines) > outlines_cached_max:
            self._outlines.popitem(last=False)

    def forget(self, chart: ChartId) -> None:
        """Drop what is in memory: after an act that failed half way, the store is the truth."""
        self._loaded.pop(chart, None)
        self._outlines.pop(chart, None)
        self._sketches.pop(chart, None)
        self._rights.pop(chart, None)

    @contextlib.contextmanager
    def trying(self, *charts: ChartId) -> Iterator[None]:
        """Drop these charts from memory, or all, when what is done within fails.

        What was rolled back in the store must not live on in memory.
        """
        try:
            yield
        except BaseException:
            if not charts:
                self.forget_all()
            for chart in charts:
                self.forget(chart)
            raise

    def forget_all(self) -> None:
        """Drop everything in memory."""
        self._loaded.clear()
        self._outlines.clear()
        self._sketches.clear()
        self._rights.clear()

    def rights(self, chart: ChartId) -> Rights | None:
        """What was asked before of who may write in a chart; whoever asks looks how old it is."""
        return self._rights.get(chart)

    def keep_rights(self, chart: ChartId, rights: Rights) -> None:
        """Remember what a chart's access lane says of who may write there."""
        self._rights[chart] = rights
        self._rights.move_to_end(chart)
        while len(self._rights) > sketches_cached_max:
            self._rights.popitem(last=False)

    def sketch(self, chart: ChartId) -> Sketch:
        """What writing in a chart needs to know of it."""
        found = self._sketches.get(chart)
        if found is None:
            outline = self.outline(chart)
            found = self._keep_sketch(outline)
        self._sketches.move_to_end(chart)
        return found

    def _keep_sketch(self, outline: ChartReplica) -> Sketch:
        charter = outline.charter
        lanes = {name: charter.lane(name) for name in CONTENT_LANE_NAMES}
        fold = outline.fold
        sketch = Sketch(charter.kind, lanes, plain=not fold.counted and not shreddings(fold))
        self._sketches[outline.chart] = sketch
        while len(self._sketches) > sketches_cached_max:
            self._sketches.popitem(last=False)
        return sketch

    def place(self, chart: ChartId, lane: LaneId, pen: Pen) -> LanePlace:
        """Where to write next in a lane; the lane is re-keyed first where that is due.

        Raises AuthorityError where this node has no right to write there.
        """
        found = self.sketch(chart).places.get(lane)
        if found is not None and found.serves(pen):
            return found
        author = Author(self.outline(chart), pen)
        place = author.place(lane)
        if author.written or author.made:
            self.keep(author)
        self.sketch(chart).places[lane] = place
        return place

    def latest_of_places(self, chart: ChartId) -> Stamp:
        """The latest stamp that was written at a place of a chart."""
        kept = self._sketches.get(chart)
        return Stamp(0) if kept is None else kept.latest

    def keep_written(self, operations: Sequence[Operation]) -> int:
        """Make durable what was written at places, of one chart or many; gives the first row.

        The others' rows follow it one by one. When it fails the charts must be forgotten.
        """
        now = self._context.clock()
        doubtful = {one.id for one in operations if _is_own_doubtful(one, now)}
        first = self._context.store.operations.append_own(operations, doubtful)
        for operation in operations:
            chart = operation.prefix.chart
            kept = self._sketches.get(chart)
            if kept is not None:
                kept.latest = max(kept.latest, operation.prefix.stamp)
            for replica in (self._loaded.get(chart), self._outlines.get(chart)):
                if replica is not None:
                    replica.add([operation])
                    _witness(replica, [operation], now)
        return first

    def author(self, chart: ChartId, root: Root | None = None) -> Author:
        """Somebody to write in a chart: this node's person, or the root from its paper."""
        pen = self._context.pen() if root is None else self._context.root_pen(root)
        return Author(self.replica(chart), pen)

    def open(
        self, kind: Kind, grants: Callable[[Charter], Sequence[Act]] = lambda _charter: ()
    ) -> Author:
        """Open a new chart of this organisation; durable when this returns.

        `grants` makes the acts that give it to others from the beginning.
        """
        context = self._context
        root = context.identity.secrets.root
        charter = draw_charter(
            context.identity.organisation,
            CharterRoot(root.signing, root.sealing),
            kind,
            context.registry.fingerprint,
            context.random(48),
        )
        author = open_chart(
            charter,
            context.roster,
            context.openers,
            context.pen(),
            context.notice_valid,
            grants(charter),
        )
        with context.store.transaction():
            context.store.charts.add(charter, context.clock())
            self.keep(author)
        author.replica.forget_content()
        self._keep_outline(author.replica)
        sketch = self._keep_sketch(author.replica)
        for lane in sketch.lanes.values():
            sketch.places[lane] = author.place(lane)
        return author

    def keep(self, author: Author) -> None:
        """Make durable what an author wrote and the keys that it made, in one transaction."""
        chart = author.replica.chart
        with self._context.store.transaction():
            for lane, epoch, key in author.made:
                self._context.store.epoch_keys.add(chart, lane, epoch, key, own=True)
            self.store(author.replica, author.written)
        author.made.clear()
        author.written.clear()

    def store(self, replica: ChartReplica, operations: Sequence[Operation]) -> None:
        """Make operations of a chart durable, marked where their clock cannot be right."""
        now = self._context.clock()
        doubtful = {one.id for one in operations if is_doubtful(replica, one, now)}
        self._context.store.operations.append(operations, doubtful)
        self._sketches.pop(replica.chart, None)
        for other in (self._loaded.get(replica.chart), self._outlines.get(replica.chart)):
            if other is not None and other is not replica:
                other.add(operations)
                _witness(other, operations, now)

    def adopt(self, outline: ChartReplica) -> None:
        """Keep in memory the outline of a chart that is new here."""
        self._keep_outline(outline)

    def came(self, chart: ChartId, operations: Sequence[Operation]) -> None:
        """Tell what is in memory of content operations that were stored without it."""
        sketch = self._sketches.get(chart)
        if sketch is not None:
            sketch.places.clear()  # they end elsewhere now, or have a later stamp to follow
        whole = self._loaded.get(chart)
        if whole is not None:
            whole.add(operations)
        outline = self._outlines.get(chart)
        if outline is not None:
            own = self._context.instance
            outline.add([one for one in operations if one.prefix.instance == own])
            _witness(outline, operations, self._context.clock())

    def keep_keys(self, replica: ChartReplica) -> None:
        """Make durable the keys that a replica has learnt, of the lanes that its charter names."""
        store = self._context.store
        held = {key.epoch for key in store.epoch_keys.of_chart(replica.chart)}
        new = {
            epoch: (lane, key)
            for epoch, (lane, key) in replica.keyring.held.items()
            if epoch not in held and lane in replica.charter.lane_ids
        }
        if not new:
            return
        with store.transaction():
            for epoch, (lane, key) in new.items():
                store.epoch_keys.add(replica.chart, lane, epoch, key)
            # What could not be read until now must be looked at again.
            store.resources.set_noted_to({replica.chart: 0})
        self._sketches.pop(replica.chart, None)
        for other in (self._loaded.get(replica.chart), self._outlines.get(replica.chart)):
            if other is not None and other is not replica:
                for lane, key in new.values():
                    other.keyring.put(lane, key)
                other.open_access()

    def _load(self, chart: ChartId) -> ChartReplica:
        context = self._context
        replica = ChartReplica(self.charter(chart), self._keyring(chart), context.notice_valid)
        replica.add(context.store.operations.of_chart(chart))
        self._outlines.pop(chart, None)
        return replica

    def _load_outline(self, chart: ChartId) -> ChartReplica:
        context = self._context
        charter = self.charter(chart)
        replica = ChartReplica(
            charter,
            self._keyring(chart),
            context.notice_valid,
            outline=True,
            latest=context.store.charts.clock(chart),
        )
        replica.add(context.store.operations.of_lane(chart, replica.access_lane))
        for lane in charter.lane_ids - {replica.access_lane}:
            last = context.store.operations.last_of_log(chart, lane, context.instance)
            if last is not None:
                replica.end_at(context.instance, lane, LogEnd.of(last))
        return replica

    def _keyring(self, chart: ChartId) -> Keyring:
        retired = self._context.store.shreds.retired(chart)
        keyring = Keyring(chart, self._context.openers, retired)
        for held in self._context.store.epoch_keys.of_chart(chart):
            keyring.put(held.lane, held.key)
        return keyring


def _witness(replica: ChartReplica, operations: Sequence[Operation], now_milliseconds: int) -> None:
    """Move the clock of a replica that does not hold all content by what is stored beside it."""
    if replica.outline:
        for operation in operations:
            replica.latest = witness(replica.latest, operation.prefix.stamp, now_milliseconds)


def _is_own_doubtful(operation: Operation, now_milliseconds: int) -> bool:
    """Whether an own stamp cannot be right; it is later than all it follows, being made so."""
    stamp = operation.prefix.stamp
    return is_ahead(stamp, now_milliseconds) or is_before_all(stamp)


def is_doubtful(replica: ChartReplica, operation: Operation, now_milliseconds: int) -> bool:
    """Whether a stamp cannot be right: ahead of local time, or before what it must follow.

    That is: any Satchel at all, the grant that the operation is under, what its changes supersede.
    """
    stamp = operation.prefix.stamp
    if is_ahead(stamp, now_milliseconds) or is_before_all(stamp):
        return True
    causes: set[OperationId] = set()
    granted = replica.fold.grants.get(operation.prefix.under)
    if granted is not None and granted.operation is not None:
        causes.add(granted.operation)
    if operation.prefix.lane != replica.access_lane:
        entry = replica.entry(operation)
        for change in () if entry is None else entry.changes:
            causes.update(ref.operation for ref in change.supersedes)
    believed = [
        replica.operations[cause].prefix.stamp for cause in causes if cause in replica.operations
    ]
    return any(
        is_before_cause(stamp, cause) for cause in believed if not is_ahead(cause, now_milliseconds)
    )
