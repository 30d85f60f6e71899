"""Shreds: what roots ordered destroyed, what that covers, and what is bare since (rule 18).

DESIGN section 6. Read by whoever destroys, and by admission, which takes an operation without its
body only where a shred explains that. Pure functions of the fold; when a hold is over is the
node's own affair, as it needs a clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sync.access.fold import Fold
from sync.access.remembered import once_per_fold
from sync.acts import CancelShred, Shred
from sync.clock import stamp_milliseconds
from sync.identifiers import ActId, DeviceKey, EpochId, LaneId, OperationId
from sync.limits import shred_hold_milliseconds_min
from sync.operation import Operation


@dataclass(frozen=True, slots=True)
class Shredding:
    """A shred that counts: by a root, merged, with a hold that is long enough."""

    id: ActId
    operation: Operation
    act: Shred
    lanes: frozenset[LaneId]
    """The content lanes that it is about."""
    cancelled: bool
    """A root has taken it back. Cancelling wins over everything, whenever it was written."""

    @property
    def by(self) -> DeviceKey:
        """The root that ordered it."""
        return self.operation.prefix.device

    @property
    def asked_at_milliseconds(self) -> int:
        """When, by the clock of whoever held the paper."""
        return stamp_milliseconds(self.operation.prefix.stamp)

    @property
    def hold_milliseconds(self) -> int:
        """How long the hold is, whatever the clocks say."""
        return self.act.not_before_milliseconds - self.asked_at_milliseconds


@once_per_fold
def shreddings(fold: Fold) -> tuple[Shredding, ...]:
    """Every shred that counts, cancelled or not, by id."""
    evidence = fold.evidence
    shreds = evidence.acts(Shred)
    if not shreds:
        return ()
    cancelled = {
        act.shred
        for written, act in evidence.acts(CancelShred)
        if is_by_root(fold, written.operation)
    }
    content = evidence.charter.lane_ids - {evidence.access}
    found = []
    for written, act in shreds:
        lanes = content & act.lanes if act.lanes else content
        if not lanes or not is_by_root(fold, written.operation):
            continue
        one = Shredding(written.id, written.operation, act, lanes, written.id in cancelled)
        if is_held_long_enough(one):
            found.append(one)
    return tuple(sorted(found, key=lambda one: one.id))


def is_by_root(fold: Fold, operation: Operation) -> bool:
    """Only a root shreds and cancels: written under the charter itself, and merged."""
    return operation.prefix.under == fold.evidence.root and operation.id in fold.merged


def is_held_long_enough(shredding: Shredding) -> bool:
    """A shred with a shorter hold is void: nobody could cancel it in time."""
    return shredding.hold_milliseconds >= shred_hold_milliseconds_min


def condemned(fold: Fold, ordered: Iterable[Shredding]) -> frozenset[OperationId]:
    """The held operations within the cuts of shreds.

    What a run means is pinned by its head: while that is not held, nothing of the run is
    condemned, so that no other branch of a forked log can be taken for it.
    """
    found: set[OperationId] = set()
    for shredding in ordered:
        for run in shredding.act.cut:
            head = fold.logs.get(run.head)
            if head is None or run.lane not in shredding.lanes:
                continue
            for operation_id in fold.logs.walk(head):
                operation = fold.evidence.operations[operation_id]
                if fold.logs.holds(run, operation):
                    found.add(operation_id)
    return frozenset(found)


def epochs_of(fold: Fold, operations: Iterable[OperationId]) -> frozenset[tuple[LaneId, EpochId]]:
    """The epochs that operations are sealed under: their keys are destroyed with the bodies."""
    prefixes = (fold.evidence.operations[operation].prefix for operation in operations)
    return frozenset((prefix.lane, prefix.epoch) for prefix in prefixes)


def is_bare_by_shred(fold: Fold, operation: Operation) -> bool:
    """Whether a shred, even one cancelled since, explains that an operation has no body.

    The run's head may still be on its way.
    """
    prefix = operation.prefix
    return any(
        prefix.lane in shredding.lanes
        and (run.instance, run.lane) == (prefix.instance, prefix.lane)
        and run.first <= prefix.sequence <= run.last
        for shredding in shreddings(fold)
        for run in shredding.act.cut
    )
