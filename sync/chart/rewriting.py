"""Writing again what a shred leaves: operations beyond its cut, under a new epoch (rule 18).

Used by the node's shredder before it destroys an epoch's key. What is written again is the same
changes word for word, and goes by the ids that they had: whatever followed them follows them
still, and two who write the same again at the same time say nothing twice (`sync.merge.repeats`).
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from sync.change import Change, ChangeRef, Entry
from sync.chart.author import Author
from sync.chart.replica import ChartReplica
from sync.chart.story import causal_order
from sync.errors import AuthorityError, LimitError
from sync.identifiers import EpochId, LaneId, OperationId
from sync.limits import body_plain_size_bytes_max
from sync.operation import Operation


def beyond_cut(
    replica: ChartReplica,
    condemned: Collection[OperationId],
    epochs: Collection[tuple[LaneId, EpochId]],
) -> list[Operation]:
    """What would be lost with the keys of these epochs, causes first.

    That is each operation which no shred condemns, can be opened here, says something, and has
    not been written again by anybody.
    """
    wanted = [
        operation
        for operation in replica.operations.values()
        if operation.id not in condemned
        and (operation.prefix.lane, operation.prefix.epoch) in epochs
        and _says_something(replica, operation)
    ]
    if not wanted:
        return []
    again = written_again(replica, {epoch for _, epoch in epochs})
    lost = {one.id for one in wanted if not _is_written_again(replica, one, again)}
    return [operation for operation in causal_order(replica) if operation.id in lost]


def _says_something(replica: ChartReplica, operation: Operation) -> bool:
    entry = replica.entry(operation)
    return entry is not None and bool(entry.changes)


def _is_written_again(
    replica: ChartReplica, operation: Operation, again: Mapping[ChangeRef, Sequence[Change]]
) -> bool:
    entry = replica.entry(operation)
    return entry is not None and all(
        any(change.says_what(other) for other in again.get(ref, ()))
        for ref, change in zip(entry.refs(operation.id), entry.changes, strict=True)
    )


def written_again(
    replica: ChartReplica, epochs: Collection[EpochId]
) -> dict[ChangeRef, list[Change]]:
    """What merged operations say in others' places, under an epoch that is not of these."""
    merged = replica.fold.merged
    found: dict[ChangeRef, list[Change]] = defaultdict(list)
    for operation in replica.operations.values():
        prefix = operation.prefix
        if prefix.lane == replica.access_lane or prefix.epoch in epochs:
            continue
        entry = replica.entry(operation) if operation.id in merged else None
        if entry is not None and entry.again is not None:
            for ref, change in zip(entry.refs(operation.id), entry.changes, strict=True):
                found[ref].append(change)
    return found


def write_again(
    author: Author, entries: Sequence[tuple[Operation, Entry]]
) -> tuple[int, list[Operation]]:
    """Write operations again, causes first, under whatever epoch may be used now.

    `entries` are what they say, read while their keys were held. Returns how many operations that
    took, and those for which there is no right here, or no room.
    """
    count = 0
    left = []
    for operation, entry in entries:
        try:
            for portion in _portions(operation, entry):
                author.write_again(operation.prefix.lane, portion)
                count += 1
        except (AuthorityError, LimitError):
            left.append(operation)
    return count, left


def _portions(operation: Operation, entry: Entry) -> Iterator[Entry]:
    """An entry to be written again, in as many as it takes: each has to say whose place it takes.

    The person who acted stays named; the certificate goes, as it was given for another log.
    """
    refs = entry.refs(operation.id)
    room = body_plain_size_bytes_max
    whole = dataclasses.replace(entry, certificate=None, again=refs[0])
    if len(whole.encoded()) <= room:
        yield whole
        return
    half = len(refs) // 2
    if not half:
        raise LimitError("a change has no room to be written again")
    first = dataclasses.replace(entry, changes=entry.changes[:half])
    second = dataclasses.replace(entry, part=None, changes=entry.changes[half:], again=refs[half])
    yield from _portions(operation, first)
    yield from _portions(operation, second)
