"""Which operations a replica keeps: those with a right to be, in whole prefixes of their logs.

AUTHORITY section (b). Used for what a session brings, and for charts on trial.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from sync.access.shredding import is_bare_by_shred
from sync.chart.replica import ChartReplica
from sync.identifiers import OperationId, is_instance_of
from sync.operation import Operation

NO_RIGHT = "written without a right"
NO_PREDECESSOR = "its predecessor is missing"
FOREIGN_INSTANCE = "its instance is another device's"
BARE = "its body was withheld"
"""Only what a shred covers may come without: else whoever sent it could hide a record."""


def admit(
    replica: ChartReplica, operations: Sequence[Operation], refused: Counter[str]
) -> list[Operation]:
    """Add what may be stored to a replica, in whole prefixes of logs (AUTHORITY section (b)).

    A right may come with the same batch, so all are added on trial first; what has none, and what
    follows that in its log, is let go again until nothing changes.
    """
    taken = replica.add(operations)
    while True:
        fold = replica.fold
        dropped: set[OperationId] = set()
        for operation in taken:
            if not _follows(replica, operation, dropped):
                dropped.add(operation.id)
                refused[NO_PREDECESSOR] += 1
            elif not is_instance_of(operation.prefix.instance, operation.prefix.device):
                dropped.add(operation.id)
                refused[FOREIGN_INSTANCE] += 1
            elif not fold.storable(operation):
                dropped.add(operation.id)
                refused[NO_RIGHT] += 1
            elif operation.body is None and not is_bare_by_shred(fold, operation):
                dropped.add(operation.id)
                refused[BARE] += 1
        if not dropped:
            return taken
        replica.drop(dropped)
        taken = [operation for operation in taken if operation.id not in dropped]


def _follows(replica: ChartReplica, operation: Operation, dropped: Collection[OperationId]) -> bool:
    """Whether an operation begins its log, or stands right after one that is held."""
    prefix = operation.prefix
    if prefix.previous is None:
        return True
    before = replica.operations.get(prefix.previous)
    if before is None or before.id in dropped:
        return False
    place = (before.prefix.instance, before.prefix.lane, before.prefix.sequence + 1)
    return place == (prefix.instance, prefix.lane, prefix.sequence)
