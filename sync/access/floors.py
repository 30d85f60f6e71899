"""From which epoch number on a grant gives a lane's keys; called by the duties (AUTHORITY rule 13).

Only who gives a grant can say from where on it reads, and never from before what it reads itself.
"""

from collections import defaultdict
from collections.abc import Mapping

from sync.access.epochs import may_rekey
from sync.access.fold import Fold
from sync.access.grants import Granted
from sync.access.readers import Recipient, grant_reads
from sync.access.remembered import once_per_fold
from sync.acts import Rekey
from sync.charter import SUMMARY
from sync.clock import Stamp
from sync.grantee import Device, Grantee
from sync.identifiers import ActId, DeviceKey, LaneId, SealingKey
from sync.operation import SEQUENCE_MAX

EVERYTHING = -1
"""The floor of who reads from a lane's beginning on."""
NOTHING = SEQUENCE_MAX
"""The floor of who is given nothing by number: numbers that ran out order nothing either."""

Boxed = Mapping[tuple[DeviceKey, LaneId, SealingKey], list[tuple[Stamp, int]]]
"""By author, lane and receiver: the stamp and number of each rekey."""


def reader_floor(fold: Fold, reader: Recipient, lane: LaneId, now_milliseconds: int | None) -> int:
    """The least floor of a reader's live, unexpired grants that read a lane."""
    floors = _floors(fold)
    return min(
        (
            floors[granted.id, lane]
            for grantee in reader.grantees
            for granted in fold.tree.by_grantee.get(grantee, ())
            if grant_reads(fold, granted, lane, now_milliseconds)
        ),
        default=NOTHING,
    )


@once_per_fold
def _floors(fold: Fold) -> dict[tuple[ActId, LaneId], int]:
    boxed = _boxed(fold)
    found: dict[tuple[ActId, LaneId], int] = {}
    for granted in fold.grants.values():  # parents first
        for lane in granted.lanes:
            own = own_floor(fold, granted, lane, boxed)
            found[granted.id, lane] = max(parent_floor(found, granted, lane), own)
    return found


def parent_floor(floors: Mapping[tuple[ActId, LaneId], int], granted: Granted, lane: LaneId) -> int:
    """The floor of who gave it: nobody gives more than it reads; a root and the charter all."""
    return floors.get((granted.parent, lane), EVERYTHING)


def own_floor(fold: Fold, granted: Granted, lane: LaneId, boxed: Boxed) -> int:
    """What a grant says itself: all, or from the first epoch that its author then made for it.

    A rekey from before the grant does not count: one that was removed and is granted to again
    without history is not given what was written meanwhile.
    """
    if granted.author is None or granted.operation is None:
        return EVERYTHING
    if granted.history or lane == fold.evidence.charter.lane(SUMMARY):
        return EVERYTHING
    since = fold.evidence.operations[granted.operation].prefix.stamp
    return min(
        (
            number
            for sealing in _keys_of(fold, granted.to)
            for stamp, number in boxed.get((granted.author, lane, sealing), ())
            if stamp >= since
        ),
        default=NOTHING,
    )


def _keys_of(fold: Fold, grantee: Grantee) -> set[SealingKey]:
    """Every key that a grantee can be sealed to by as itself."""
    if isinstance(grantee, Device):
        granted = fold.tree.by_grantee.get(grantee, ())
        return {each.sealing for each in granted if each.sealing is not None}
    return {each.sealing for each in fold.membership.generations.get(grantee, ())}


def _boxed(fold: Fold) -> Boxed:
    found: dict[tuple[DeviceKey, LaneId, SealingKey], list[tuple[Stamp, int]]] = defaultdict(list)
    for written, act in fold.evidence.acts(Rekey):
        prefix = written.operation.prefix
        if may_rekey(fold, written, act):
            for box in act.boxes:
                found[prefix.device, act.lane, box.to].append((prefix.stamp, act.number))
    return found
