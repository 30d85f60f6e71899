"""A chart's operations in causal order: causes before effects, ties by stamp, then by id.

A wrong clock cannot put an effect before its cause (DESIGN section 4). What is known of causes:
an operation follows the one before it in its log, those that its changes supersede, the grant
that it is written under, and what its own instance stamped before it in any lane of the chart.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Mapping

from sync.chart.replica import ChartReplica
from sync.identifiers import InstanceId, OperationId
from sync.operation import Operation


def causal_order(replica: ChartReplica) -> list[Operation]:
    """Every operation held of a chart, access operations among them."""
    held = replica.operations
    causes = {one.id: _causes(replica, one) for one in held.values()}
    by_instance: dict[InstanceId, list[Operation]] = defaultdict(list)
    for operation in held.values():
        by_instance[operation.prefix.instance].append(operation)
    for listed in by_instance.values():
        listed.sort(key=_by_stamp)
        for earlier, later in itertools.pairwise(listed):
            causes[later.id].add(earlier.id)
    return _ordered(held, causes)


def _causes(replica: ChartReplica, operation: Operation) -> set[OperationId]:
    prefix = operation.prefix
    found = set() if prefix.previous is None else {prefix.previous}
    granted = replica.fold.grants.get(prefix.under)
    if granted is not None and granted.operation is not None:
        found.add(granted.operation)
    entry = None if prefix.lane == replica.access_lane else replica.entry(operation)
    for change in () if entry is None else entry.changes:
        found.update(ref.operation for ref in change.supersedes)
    return {cause for cause in found if cause in replica.operations and cause != operation.id}


def _ordered(
    held: Mapping[OperationId, Operation], causes: Mapping[OperationId, set[OperationId]]
) -> list[Operation]:
    effects: dict[OperationId, list[OperationId]] = defaultdict(list)
    for operation, listed in causes.items():
        for cause in listed:
            effects[cause].append(operation)
    waiting = {operation: len(listed) for operation, listed in causes.items()}
    ready = [_by_stamp(held[operation]) for operation, count in waiting.items() if not count]
    heapq.heapify(ready)
    # Stamps that lie within one instance can make a circle: it opens at its earliest operation.
    every = sorted(map(_by_stamp, held.values()), reverse=True)
    done: set[OperationId] = set()
    ordered: list[Operation] = []
    while len(ordered) < len(held):
        _, operation = heapq.heappop(ready) if ready else every.pop()
        if operation in done:
            continue
        done.add(operation)
        ordered.append(held[operation])
        for effect in effects[operation]:
            waiting[effect] -= 1
            if not waiting[effect]:
                heapq.heappush(ready, _by_stamp(held[effect]))
    return ordered


def _by_stamp(operation: Operation) -> tuple[int, OperationId]:
    return operation.prefix.stamp, operation.id
