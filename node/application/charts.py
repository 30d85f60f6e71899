"""The charts that a node holds: loaded, written to, made durable, opened anew."""

from collections import OrderedDict
from collections.abc import Sequence

from node.application.context import Context
from node.application.errors import AmbiguousName, NotFound
from node.keystore.recovery import Root
from node.limits import charts_cached_max
from sync.chart.author import Author
from sync.chart.keyring import Keyring
from sync.chart.opening import open_chart
from sync.chart.replica import ChartReplica
from sync.charter import Charter, Kind, draw_charter
from sync.charter import Root as CharterRoot
from sync.clock import is_ahead, is_before_all, is_before_cause
from sync.identifiers import ChartId, OperationId, chart_text
from sync.operation import Operation

PREFIX_LENGTH_MIN = 6


class Charts:
    """Replicas by chart, kept while there is room. Used under the node's one lock."""

    def __init__(self, context: Context) -> None:
        """Begin with nothing loaded."""
        self._context = context
        self._loaded: OrderedDict[ChartId, ChartReplica] = OrderedDict()

    def ids(self) -> list[ChartId]:
        """Every chart that is held, in the order of their ids."""
        return sorted(held.chart for held in self._context.store.charts.all())

    def find(self, text: str) -> ChartId:
        """The chart of an id, or of a beginning of one of at least six characters."""
        wanted = text.strip().lower()
        held = self.ids()
        found = [chart for chart in held if chart_text(chart).startswith(wanted)]
        if len(wanted) < PREFIX_LENGTH_MIN or not found:
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
            while len(self._loaded) > charts_cached_max:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(chart)
        return replica

    def forget(self, chart: ChartId) -> None:
        """Drop what is in memory: after an act that failed half way, the store is the truth."""
        self._loaded.pop(chart, None)

    def forget_all(self) -> None:
        """Drop everything in memory."""
        self._loaded.clear()

    def author(self, chart: ChartId, root: Root | None = None) -> Author:
        """Somebody to write in a chart: this node's person, or the root from its paper."""
        pen = self._context.pen() if root is None else self._context.root_pen(root)
        return Author(self.replica(chart), pen)

    def open(self, kind: Kind) -> Author:
        """Open a new chart of this organisation; durable when this returns."""
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
            charter, context.roster, context.openers, context.pen(), context.notice_valid
        )
        with context.store.transaction():
            context.store.charts.add(charter, context.clock())
            self.keep(author)
        self._loaded[charter.chart] = author.replica
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

    def keep_keys(self, replica: ChartReplica) -> None:
        """Make durable the keys that a replica has learnt, of the lanes that its charter names."""
        held = {key.epoch for key in self._context.store.epoch_keys.of_chart(replica.chart)}
        with self._context.store.transaction():
            for epoch, (lane, key) in replica.keyring.held.items():
                if epoch not in held and lane in replica.charter.lane_ids:
                    self._context.store.epoch_keys.add(replica.chart, lane, epoch, key)

    def _load(self, chart: ChartId) -> ChartReplica:
        context = self._context
        keyring = Keyring(chart, context.openers)
        for held in context.store.epoch_keys.of_chart(chart):
            keyring.put(held.lane, held.key)
        replica = ChartReplica(self.charter(chart), keyring, context.notice_valid)
        replica.add(context.store.operations.of_chart(chart))
        return replica


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
