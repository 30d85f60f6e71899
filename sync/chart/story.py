"""Operations of several logs in causal order: causes before effects, ties by stamp, then by id.

A wrong clock cannot put an effect before its cause (DESIGN section 4). Used by a chart's history.
"""

import heapq
from collections.abc import Sequence

from sync.identifiers import OperationId
from sync.operation import Operation


def causal_order(
    operations: Sequence[tuple[Operation, Sequence[OperationId]]],
) -> list[Operation]:
    """Order operations, each given with the ids of what it causally follows.

    Causes that are not among the given operations order nothing. Hashes make circles impossible.
    """
    held = {operation.id: operation for operation, _ in operations}
    causes = {
        operation.id: {cause for cause in listed if cause in held}
        for operation, listed in operations
    }
    effects: dict[OperationId, list[OperationId]] = {operation: [] for operation in held}
    for operation, listed in causes.items():
        for cause in listed:
            effects[cause].append(operation)
    waiting = {operation: len(listed) for operation, listed in causes.items()}
    ready = [
        (held[operation].prefix.stamp, operation)
        for operation, count in waiting.items()
        if not count
    ]
    heapq.heapify(ready)
    ordered: list[Operation] = []
    while ready:
        _, operation = heapq.heappop(ready)
        ordered.append(held[operation])
        for effect in effects[operation]:
            waiting[effect] -= 1
            if not waiting[effect]:
                heapq.heappush(ready, (held[effect].prefix.stamp, effect))
    return ordered
