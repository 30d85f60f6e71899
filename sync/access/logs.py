"""The logs of a chart as held here: forks, ancestry, and what a run of a cut means.

AUTHORITY rule 8. Read by merging, and by whoever writes a cut.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from sync.cut import Run
from sync.identifiers import InstanceId, LaneId, OperationId
from sync.operation import Operation

Log = tuple[InstanceId, LaneId]


def log_of(operation: Operation) -> Log:
    """The log that an operation stands in."""
    return operation.prefix.instance, operation.prefix.lane


class Logs:
    """The held operations by log. Ancestry is a comparison unless a log is forked or has gaps."""

    def __init__(self, operations: Mapping[OperationId, Operation]) -> None:
        self._operations = operations
        self.by_log: dict[Log, list[Operation]] = defaultdict(list)
        for operation in operations.values():
            self.by_log[log_of(operation)].append(operation)
        self._shape: dict[Log, tuple[bool, int | None]] = {}
        self._ancestors: dict[OperationId, frozenset[OperationId]] = {}

    def get(self, operation: OperationId) -> Operation | None:
        """A held operation."""
        return self._operations.get(operation)

    def holds(self, run: Run, operation: Operation) -> bool:
        """Rule 8: whether an operation lies in a run."""
        prefix = operation.prefix
        if (prefix.instance, prefix.lane) != (run.instance, run.lane):
            return False
        if not run.first <= prefix.sequence <= run.last:
            return False
        head = self._operations.get(run.head)
        if head is None:
            return is_below_fork(prefix.sequence, self.fork(log_of(operation)))
        return self.is_ancestor(operation, head)

    def within(self, run: Run, line: Sequence[Operation] | None = None) -> Iterable[OperationId]:
        """The operations that lie in a run, as `holds` says of each; at least those of `line`.

        `line` are those of the log that are asked about, by sequence; all that are held without
        it. It costs what the run spans: of a log that its author forked a thousand times, a cut
        has a thousand runs.
        """
        head = self._operations.get(run.head)
        log = (run.instance, run.lane)
        if head is not None and log_of(head) != log:
            return
        if head is not None and not self.is_line(log):
            for operation in self._back_to(head, run.first):
                if operation.prefix.sequence <= run.last:
                    yield operation.id
            return
        last = run.last if head is None else min(run.last, head.prefix.sequence)
        fork = self.fork(log) if head is None else None
        if line is None:
            line = sorted(self.by_log.get(log, ()), key=_sequence)
        for place in range(bisect_left(line, run.first, key=_sequence), len(line)):
            sequence = line[place].prefix.sequence
            if sequence > last or not is_below_fork(sequence, fork):
                return
            yield line[place].id

    def fork(self, log: Log) -> int | None:
        """The lowest sequence number at which two operations of a log are held."""
        return self._shape_of(log)[1]

    def is_line(self, log: Log) -> bool:
        """Whether a log is held unbroken and forks nowhere: ancestry is a comparison then."""
        return self._shape_of(log)[0]

    def is_ancestor(self, operation: Operation, head: Operation) -> bool:
        """Whether an operation is `head` or before it in the same log, as far as is held."""
        log = log_of(operation)
        if log_of(head) != log:
            return False
        if self.is_line(log):
            return operation.prefix.sequence <= head.prefix.sequence
        if head.id not in self._ancestors:
            self._ancestors[head.id] = frozenset(self.walk(head))
        return operation.id in self._ancestors[head.id]

    def walk(self, head: Operation) -> Iterable[OperationId]:
        """An operation and all that is held before it in its log, backwards."""
        for operation in self._back_to(head, 0):
            yield operation.id

    def _back_to(self, head: Operation, first: int) -> Iterable[Operation]:
        at: Operation | None = head
        while at is not None and at.prefix.sequence >= first:
            yield at
            at = self.before(at)

    def before(self, operation: Operation) -> Operation | None:
        """The operation that one follows in its log, if it is held and stands right before."""
        if operation.prefix.previous is None:
            return None
        previous = self._operations.get(operation.prefix.previous)
        if previous is None or log_of(previous) != log_of(operation):
            return None
        return previous if previous.prefix.sequence + 1 == operation.prefix.sequence else None

    def _shape_of(self, log: Log) -> tuple[bool, int | None]:
        """Whether a log is one unbroken line, and where it is first known to fork."""
        if log not in self._shape:
            line = sorted(self.by_log.get(log, ()), key=_sequence)
            straight, fork = True, None
            for lower, upper in pairwise(line):
                if lower.prefix.sequence == upper.prefix.sequence:
                    straight, fork = False, lower.prefix.sequence
                    break
                straight = straight and upper.prefix.previous == lower.id
                straight = straight and upper.prefix.sequence == lower.prefix.sequence + 1
            self._shape[log] = straight, fork
        return self._shape[log]


def _sequence(operation: Operation) -> int:
    return operation.prefix.sequence


def is_below_fork(sequence: int, fork: int | None) -> bool:
    """Rule 8: without its head, a run means only what no fork can make doubtful."""
    return fork is None or sequence < fork
