"""Writing again what a shred leaves: operations beyond its cut, under a new epoch (rule 18).

Used by the node's shredder before it destroys an epoch's key. What is written again says the same
of the same resources, after what it stands for; written twice, by two who shred at the same time,
it agrees with itself (decision 0015).
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
from sync.limits import body_plain_size_bytes_max, changes_per_operation_max
from sync.operation import Operation

ENTRY_SIZE_BYTES = 128
"""What an entry has beside its changes, at most, without a certificate."""


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
    replica: ChartReplica, operation: Operation, again: Mapping[ChangeRef, ChangeRef]
) -> bool:
    entry = replica.entry(operation)
    return entry is not None and all(
        ChangeRef(operation.id, place) in again for place in range(len(entry.changes))
    )


def written_again(replica: ChartReplica, epochs: Collection[EpochId]) -> dict[ChangeRef, ChangeRef]:
    """By change: a merged one that says the same after it, under an epoch that is not of these."""
    merged = replica.fold.merged
    stated: dict[ChangeRef, Change] = {}
    later: dict[ChangeRef, list[ChangeRef]] = defaultdict(list)
    for operation in replica.operations.values():
        if operation.prefix.lane == replica.access_lane:
            continue
        entry = replica.entry(operation)
        for place, change in enumerate(() if entry is None else entry.changes):
            ref = ChangeRef(operation.id, place)
            stated[ref] = change
            if operation.id in merged and operation.prefix.epoch not in epochs:
                for earlier in change.supersedes:
                    later[earlier].append(ref)
    found: dict[ChangeRef, ChangeRef] = {}
    for earlier, candidates in later.items():
        original = stated.get(earlier)
        same = [one for one in candidates if original and _says_the_same(stated[one], original)]
        if same:
            found[earlier] = min(same)
    return found


def _says_the_same(one: Change, other: Change) -> bool:
    return dataclasses.replace(one, supersedes=()) == dataclasses.replace(other, supersedes=())


def write_again(
    author: Author, entries: Sequence[tuple[Operation, Entry]], epochs: Collection[EpochId]
) -> tuple[int, list[Operation]]:
    """Write operations again, causes first.

    `entries` are what they say, read while the keys of `epochs` were held. Returns how many
    operations that took, and those for which there is no right, or no room beside what they follow.
    """
    moved = written_again(author.replica, epochs)
    count = 0
    left = []
    for operation, entry in entries:
        try:
            count += _write_one(author, operation, entry, moved)
        except (AuthorityError, LimitError):
            left.append(operation)
    return count, left


def _write_one(
    author: Author, operation: Operation, entry: Entry, moved: dict[ChangeRef, ChangeRef]
) -> int:
    refs = [ChangeRef(operation.id, place) for place in range(len(entry.changes))]
    changes = [_after(change, ref, moved) for ref, change in zip(refs, entry.changes, strict=True)]
    part = entry.part
    done = count = 0
    for portion in _portions(changes):
        lane = operation.prefix.lane
        written = author.write_again(lane, entry.transaction, part, portion)
        for place in range(len(portion)):
            moved[refs[done + place]] = ChangeRef(written.id, place)
        part = None
        done += len(portion)
        count += 1
    return count


def _after(change: Change, ref: ChangeRef, moved: Mapping[ChangeRef, ChangeRef]) -> Change:
    """The same change, following the one it stands for and whatever that followed."""
    followed = {moved.get(earlier, earlier) for earlier in change.supersedes}
    return dataclasses.replace(change, supersedes=tuple(sorted(followed | {ref})))


def _portions(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes in portions that fit an operation, each at least one."""
    room = body_plain_size_bytes_max - ENTRY_SIZE_BYTES
    portion: list[Change] = []
    used = 0
    for change in changes:
        size = len(Entry(bytes(16), None, None, None, (change,)).encoded())
        if portion and (used + size > room or len(portion) == changes_per_operation_max):
            yield portion
            portion, used = [], 0
        portion.append(change)
        used += size
    if portion:
        yield portion
