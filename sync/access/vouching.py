"""Vouches owed: what a node had merged and lost by learning of revocations (AUTHORITY rule 10).

The replica keeps the debts; they outlive the moment, until their writer has standing.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sync.access.cuts import runs_of
from sync.access.fold import Fold
from sync.access.merging import is_admin_above
from sync.acts import Vouch
from sync.grantee import Right
from sync.identifiers import ActId, DeviceKey, OperationId
from sync.operation import Operation


@dataclass(frozen=True, slots=True)
class Debt:
    """One learning: what was learnt, what was known before, and what stopped being merged."""

    answers: frozenset[ActId]
    knew: frozenset[ActId]
    lost: frozenset[OperationId]


def debt_of(before: Fold, after: Fold) -> Debt | None:
    """What a node owes for going from one fold to the next; its own operations included.

    None if nothing was learnt or lost.
    """
    learnt = after.counted - before.counted
    lost = {
        operation
        for operation in lost_operations(before, after)
        if operation in after.evidence.operations
        and may_be_vouched_for(after, after.evidence.operations[operation])
    }
    if not learnt or not lost:
        return None
    return Debt(learnt, before.counted, frozenset(lost))


def lost_operations(before: Fold, after: Fold) -> frozenset[OperationId]:
    """Rule 10: what was merged and is no more. Nobody vouches for what it had not merged."""
    return before.merged - after.merged


def may_be_vouched_for(fold: Fold, operation: Operation) -> bool:
    """Rule 10, last: a revoke marked lost or stolen is answered by `accept` alone."""
    return not any(fold.revoked[reason].is_lost for reason in fold.against(operation))


def vouch_owed(
    debt: Debt, fold: Fold, device: DeviceKey, now_milliseconds: int | None
) -> tuple[list[tuple[ActId, Vouch]], Debt]:
    """The vouches that a device can write now, each with what to write it under, and the rest.

    Only for what still waits. The rest is kept as a debt until its `lost` is empty; what merges
    meanwhile stays in it, as a later revocation may undo that.
    """
    groups: dict[ActId, set[OperationId]] = defaultdict(set)
    for id in sorted(debt.lost - fold.merged):
        operation = fold.evidence.operations.get(id)
        if operation is None or not may_be_vouched_for(fold, operation):
            continue
        under = _standing_to_vouch(fold, operation, device, groups, now_milliseconds)
        if under is not None:
            groups[under].add(id)
    vouches = [
        (under, Vouch(runs_of(fold.logs, operations), debt.answers, debt.knew))
        for under, operations in groups.items()
    ]
    told: set[OperationId] = set().union(*groups.values())
    return vouches, Debt(debt.answers, debt.knew, debt.lost - told)


def _standing_to_vouch(
    fold: Fold,
    operation: Operation,
    device: DeviceKey,
    used: Collection[ActId],
    now_milliseconds: int | None,
) -> ActId | None:
    """A standing under which a vouch counts for an operation (rule 9), one in use if it can be."""
    prefix = operation.prefix
    if prefix.lane == fold.evidence.access:
        found = [
            standing
            for standing in fold.standing(device, Right.ADMIN, None, now_milliseconds)
            if is_admin_above(fold.tree, standing, prefix.under)
        ]
    else:
        found = list(fold.standing(device, Right.APPEND, prefix.lane, now_milliseconds))
    return next((standing for standing in found if standing in used), next(iter(found), None))
