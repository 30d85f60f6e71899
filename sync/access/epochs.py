"""Which epoch a writer may use, and what a new one must say; called where the replica writes.

AUTHORITY rules 11, 12, 14 and 15. Choose and use in one transaction of the store.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.access.evidence import Written
from sync.access.fold import Fold
from sync.access.readers import key_holders, receiver_may_read
from sync.access.remembered import once_per_fold
from sync.acts import Keys, Rekey
from sync.grantee import Right
from sync.identifiers import ActId, DeviceKey, EpochId, LaneId, SealingKey
from sync.operation import SEQUENCE_MAX


@dataclass(slots=True)
class Epoch:
    """All that a chart says of one epoch of a lane, over every act that names it."""

    lane: LaneId
    epoch: EpochId
    number: int
    """The highest that a rekey gave it: what orders epochs for writers."""
    number_min: int
    """The least: what entitles readers, whom a false claim can then give less, never more."""
    knew: frozenset[ActId] | None
    """None where two rekeys of it differ, or build on one that is not held."""
    rekeys: list[ActId] = field(default_factory=list)
    authors: set[DeviceKey] = field(default_factory=set)
    boxed: set[SealingKey] = field(default_factory=set)
    """Sealed to by a rekey."""
    given: set[SealingKey] = field(default_factory=set)
    """Sealed to by `keys`."""


def epochs(fold: Fold, lane: LaneId) -> dict[EpochId, Epoch]:
    """The epochs of a lane that were made with the right to."""
    return _read_epochs(fold).get(lane, {})


@once_per_fold
def _read_epochs(fold: Fold) -> dict[LaneId, dict[EpochId, Epoch]]:
    rekeys = fold.evidence.acts(Rekey)
    by_id = {written.id: act for written, act in rekeys}
    known: dict[ActId, frozenset[ActId] | None] = {}
    found: dict[LaneId, dict[EpochId, Epoch]] = defaultdict(dict)
    for written, act in rekeys:
        if not may_rekey(fold, written, act):
            continue
        told = _told(written.id, by_id, known)
        new = Epoch(act.lane, act.epoch, act.number, act.number, told)
        epoch = found[act.lane].setdefault(act.epoch, new)
        if epoch.knew != told:
            epoch.knew = None
        epoch.number = max(epoch.number, act.number)
        epoch.number_min = min(epoch.number_min, act.number)
        epoch.rekeys.append(written.id)
        epoch.authors.add(written.operation.prefix.device)
        epoch.boxed.update(box.to for box in act.boxes)
    for _, keys in fold.evidence.acts(Keys):
        if keys.epoch in found[keys.lane]:
            found[keys.lane][keys.epoch].given.add(keys.box.to)
    return found


def may_rekey(fold: Fold, written: Written, act: Rekey) -> bool:
    """Rule 11: whoever ever held `append` on a lane may have made an epoch of it."""
    prefix = written.operation.prefix
    if not fold.acted(written.operation):
        return False
    if prefix.under == fold.evidence.root:
        return act.lane in fold.evidence.charter.lane_ids
    return fold.grants[prefix.under].allows(Right.APPEND, act.lane, fold.evidence.access)


def _told(
    rekey: ActId, by_id: dict[ActId, Rekey], known: dict[ActId, frozenset[ActId] | None]
) -> frozenset[ActId] | None:
    """A rekey's whole `knew`, along the rekeys that it builds on; None where one is missing."""
    path: list[ActId] = []
    at: ActId | None = rekey
    while at is not None and at not in known:
        if at not in by_id:
            known[at] = None
            break
        path.append(at)
        at = by_id[at].knew_from
    for each in reversed(path):
        act = by_id[each]
        earlier = frozenset[ActId]() if act.knew_from is None else known[act.knew_from]
        known[each] = None if earlier is None else act.knew | earlier
    return known[rekey]


def knew(fold: Fold) -> frozenset[ActId]:
    """What a new epoch says its author knew: all revokes and notices that count (rule 11)."""
    return fold.counted


def next_number(fold: Fold, lane: LaneId) -> int:
    """The number of a new epoch: one above the highest held, saturating (rule 11)."""
    highest = max((epoch.number for epoch in epochs(fold, lane).values()), default=0)
    return min(highest + 1, SEQUENCE_MAX)


def newest_openable_epoch(fold: Fold, lane: LaneId, openable: Collection[EpochId]) -> Epoch | None:
    """The newest epoch that its writer can open, whoever else can.

    Rule 15: a revoke is written under the old access epoch, so that the revoked one learns it.
    """
    return next(iter(_openable(fold, lane, openable)), None)


def usable_epoch(
    fold: Fold,
    device: DeviceKey,
    lane: LaneId,
    openable: Collection[EpochId],
    now_milliseconds: int | None,
) -> Epoch | None:
    """The epoch that a device writes under, or None: then it makes one (rule 12).

    `openable` are the epochs whose keys the device holds. Without a clock nothing has expired.
    """
    for epoch in _openable(fold, lane, openable):
        if (
            knew_what_counts(fold, epoch)
            and authors_may_read(fold, epoch, device, now_milliseconds)
            and receivers_may_read(fold, epoch, device, now_milliseconds)
        ):
            return epoch
    return None


def knew_what_counts(fold: Fold, epoch: Epoch) -> bool:
    """Rule 12 (ii): its `knew` equals what counts in the writer's own fold."""
    return epoch.knew == fold.counted


def authors_may_read(
    fold: Fold, epoch: Epoch, device: DeviceKey, now_milliseconds: int | None
) -> bool:
    """Rule 12 (iii), of an epoch's author; the writer may read what it writes."""
    return all(
        author == device or fold.reads(author, epoch.lane, now_milliseconds)
        for author in epoch.authors
    )


def receivers_may_read(
    fold: Fold, epoch: Epoch, device: DeviceKey, now_milliseconds: int | None
) -> bool:
    """Rule 12 (iii), of every receiver, by box or `keys`."""
    return all(
        receiver_may_read(fold, sealing, epoch.lane, now_milliseconds, device)
        for sealing in receivers(epoch)
    )


def receivers(epoch: Epoch) -> set[SealingKey]:
    """The keys that an epoch was sealed to, at its making or since."""
    return epoch.boxed | epoch.given


class Reach(NamedTuple):
    """The devices that can open an epoch, as far as the chart says."""

    by_rekey: frozenset[DeviceKey]
    """Its author, and those it was made for."""
    by_all: frozenset[DeviceKey]
    """And those who were given it since."""


def reach(fold: Fold, epoch: Epoch) -> Reach:
    """Who can open an epoch."""
    return _reaches(fold)[epoch.lane, epoch.epoch]


@once_per_fold
def _reaches(fold: Fold) -> dict[tuple[LaneId, EpochId], Reach]:
    holders = key_holders(fold)
    found = {}
    for lane, of_lane in _read_epochs(fold).items():
        for epoch in of_lane.values():
            made_for = epoch.authors.union(*map(holders.reach, epoch.boxed))
            given = made_for.union(*map(holders.reach, epoch.given))
            found[lane, epoch.epoch] = Reach(frozenset(made_for), frozenset(given))
    return found


def _openable(fold: Fold, lane: LaneId, openable: Collection[EpochId]) -> list[Epoch]:
    """Rule 12 (i), newest first: by number, then by the smallest id."""
    found = (epoch for epoch in epochs(fold, lane).values() if epoch.epoch in openable)
    return sorted(found, key=lambda epoch: (-epoch.number, epoch.epoch))
