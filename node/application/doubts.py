"""Clocks that show to be wrong only by what a change supersedes; `lists` calls it as it opens them.

What shows from outside was marked when the operation came (`arriving`).
"""

from collections.abc import Iterable

from node.application.context import Context
from sync.clock import is_ahead, is_before_cause
from sync.identifiers import ChartId, OperationId
from sync.merge.merged_change import MergedChange


def mark_doubts(context: Context, chart: ChartId, changes: Iterable[MergedChange]) -> None:
    """Mark operations that are stamped well before what their changes supersede."""
    causes: dict[OperationId, set[OperationId]] = {}
    stamps = {}
    for merged in changes:
        if merged.change.supersedes:
            found = causes.setdefault(merged.ref.operation, set())
            found.update(ref.operation for ref in merged.change.supersedes)
            stamps[merged.ref.operation] = merged.stamp
    if not causes:
        return
    now = context.clock()
    operations = context.store.operations
    held = operations.stamps(chart, set().union(*causes.values()))
    believed = {cause: stamp for cause, stamp in held.items() if not is_ahead(stamp, now)}
    doubtful = [
        operation
        for operation, listed in causes.items()
        if any(
            is_before_cause(stamps[operation], believed[cause])
            for cause in listed
            if cause in believed
        )
    ]
    if doubtful:
        operations.mark_doubtful(chart, doubtful)
