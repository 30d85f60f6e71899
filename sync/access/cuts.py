"""Writing cuts: the runs of operations that the author of a revocation or vouch had merged.

AUTHORITY rules 8 and 10. Used by the replica when it revokes, carries a notice in, or vouches.
"""

from collections.abc import Iterable

from sync.access.fold import Fold
from sync.access.logs import Log, Logs, log_of
from sync.cut import Cut, Run
from sync.grantee import Device, Grantee
from sync.identifiers import ActId, OperationId
from sync.operation import Operation


def cut_for(fold: Fold, target: Grantee) -> Cut:
    """The cut of a revoke or notice: what is merged in every log that its hit puts in doubt."""
    doubtful = doubtful_logs(fold, target)
    return runs_of(
        fold.logs,
        (
            operation.id
            for log in doubtful
            for operation in fold.logs.by_log[log]
            if operation.id in fold.merged
        ),
    )


def cut_for_revoke(
    fold: Fold, operations: Iterable[Operation], target: Grantee, under: ActId
) -> Cut:
    """As `cut_for`, whatever it is written `under`; of the merged ones among `operations`."""
    held = {operation.id for operation in operations}
    if held >= fold.evidence.operations.keys():
        return cut_for(fold, target)
    doubtful = doubtful_logs(fold, target)
    return runs_of(
        fold.logs,
        (
            operation
            for operation in held & fold.merged
            if log_of(fold.evidence.operations[operation]) in doubtful
        ),
    )


def doubtful_logs(fold: Fold, target: Grantee) -> set[Log]:
    """Rule 8: all logs with anything written by the target, or below what it holds or signed."""
    below = _below(fold, target)
    return {
        log_of(operation)
        for operation in fold.evidence.operations.values()
        if operation.prefix.under in below
        or (isinstance(target, Device) and operation.prefix.device == target.key)
    }


def _below(fold: Fold, target: Grantee) -> set[ActId]:
    """The whole subtree: grants to the target or signed by it, and all below them."""
    found: set[ActId] = set()
    for granted in fold.grants.values():
        signed = isinstance(target, Device) and granted.author == target.key
        if granted.parent in found or granted.to == target or signed:
            found.add(granted.id)
    return found


def runs_of(logs: Logs, operations: Iterable[OperationId]) -> Cut:
    """Describe a set of operations by runs; branches of a fork get one each.

    Operations that are not held are left out.
    """
    held = {id: operation for id in operations if (operation := logs.get(id)) is not None}
    followed = {operation.prefix.previous for operation in held.values()}
    heads = sorted(
        (operation for operation in held.values() if operation.id not in followed),
        key=lambda head: (log_of(head), -head.prefix.sequence, head.id),
    )
    told: set[OperationId] = set()
    runs = []
    for head in heads:
        first = at = head
        while True:
            told.add(at.id)
            first = at
            before = logs.before(at)
            if before is None or before.id not in held or before.id in told:
                break
            at = before
        prefix = head.prefix
        runs.append(
            Run(
                prefix.instance,
                prefix.lane,
                first.prefix.sequence,
                prefix.sequence,
                head.id,
            )
        )
    return tuple(sorted(runs))
