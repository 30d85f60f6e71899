"""Keys owed: epochs whose keys a holder gives to live readers (AUTHORITY rule 13).

Called by the replica after every fold; each entry becomes one `keys` act.
"""

from collections.abc import Collection
from typing import NamedTuple

from sync.access.epochs import Epoch, Reach, epochs, reach, receivers
from sync.access.fold import Fold
from sync.access.readers import Recipient, live_readers, own_key
from sync.acts import Keys, Want
from sync.charter import SUMMARY
from sync.grantee import Group, Right
from sync.identifiers import DeviceKey, EpochId, LaneId, SealingKey


class OwedKey(NamedTuple):
    """One epoch's key that is to be sealed to one reader."""

    lane: LaneId
    epoch: EpochId
    to: SealingKey


def keys_owed(
    fold: Fold,
    device: DeviceKey,
    openable: Collection[EpochId],
    now_milliseconds: int | None,
) -> list[OwedKey]:
    """What a device that can open `openable` is to give, to whom.

    History: on summary to every live reader, elsewhere by a grant with `history`; an epoch made
    after a reader was first given one, which missed it; and what a live reader wants. Of the
    access lane only what was missed or is wanted, as its keys come by letter (rule 15).
    """
    owed: set[OwedKey] = set()
    for lane in sorted(fold.evidence.charter.lane_ids):
        if not fold.standing(device, Right.APPEND, lane, now_milliseconds):
            continue
        held = [
            epoch
            for epoch in epochs(fold, lane).values()
            if epoch.epoch in openable and everything_known_counts(fold, epoch)
        ]
        if held:
            owed |= _missed(fold, lane, held, now_milliseconds)
            owed |= _wanted(fold, device, held, now_milliseconds)
            owed |= _for_broken_glass(fold, lane, held, now_milliseconds)
    return sorted(owed)


def everything_known_counts(fold: Fold, epoch: Epoch) -> bool:
    """Rule 13: a key is let go only by who holds every revocation that its epoch names."""
    return epoch.knew is not None and epoch.knew <= fold.counted


def is_boxed(reader: Recipient, epoch: Epoch, reached: Reach) -> bool:
    """Rule 13: not if already boxed, to this key or to each of its devices."""
    return reader.sealing in receivers(epoch) or reader.devices <= reached.by_all


def has_history(fold: Fold, reader: Recipient, lane: LaneId) -> bool:
    """Rule 13: a grant with history gives all epochs of its lanes; summary always has it."""
    if lane == fold.evidence.access:
        return False
    return lane == fold.evidence.charter.lane(SUMMARY) or any(
        granted.history and granted.allows(Right.READ, lane, fold.evidence.access)
        for grantee in reader.grantees
        for granted in fold.tree.by_grantee.get(grantee, ())
        if granted.id in fold.live
    )


def first_number(fold: Fold, reader: Recipient, lane: LaneId) -> int | None:
    """The number of the first epoch that was made for a reader; None if there is none yet.

    A grant without history starts a new epoch first, so numbers from there on are of epochs that
    were made after the grant, or by somebody who did not know of it.
    """
    generations = {
        generation.sealing
        for grantee in reader.grantees
        if isinstance(grantee, Group)
        for generation in fold.membership.generations.get(grantee, ())
    }
    made_for = (
        epoch.number
        for epoch in epochs(fold, lane).values()
        if reader.sealing in epoch.boxed
        or not generations.isdisjoint(epoch.boxed)
        or reader.devices <= reach(fold, epoch).by_rekey
    )
    return min(made_for, default=None)


def _entitled_to(fold: Fold, reader: Recipient, epochs_of: list[Epoch]) -> list[Epoch]:
    """Of these epochs of one lane, those that a reader may be given."""
    if not epochs_of or has_history(fold, reader, epochs_of[0].lane):
        return epochs_of
    first = first_number(fold, reader, epochs_of[0].lane)
    return [epoch for epoch in epochs_of if first is not None and epoch.number >= first]


def _missed(
    fold: Fold, lane: LaneId, held: list[Epoch], now_milliseconds: int | None
) -> set[OwedKey]:
    owed = set()
    for reader in live_readers(fold, lane, now_milliseconds):
        missed = [epoch for epoch in held if not is_boxed(reader, epoch, reach(fold, epoch))]
        for epoch in _entitled_to(fold, reader, missed):
            owed.add(OwedKey(lane, epoch.epoch, reader.sealing))
    return owed


def _wanted(
    fold: Fold, device: DeviceKey, held: list[Epoch], now_milliseconds: int | None
) -> set[OwedKey]:
    """What live readers want of epochs that they were to open; each holder answers once."""
    by_id = {(epoch.lane, epoch.epoch): epoch for epoch in held}
    answered = {
        (keys.lane, keys.epoch, keys.box.to)
        for written, keys in fold.evidence.acts(Keys)
        if written.operation.prefix.device == device
    }
    owed = set()
    for written, want in fold.evidence.acts(Want):
        epoch = by_id.get((want.lane, want.epoch))
        asker = written.operation.prefix.device
        sealing = own_key(fold, asker)
        if epoch is None or sealing is None or not fold.reads(asker, want.lane, now_milliseconds):
            continue
        mine = [
            reader
            for reader in live_readers(fold, want.lane, now_milliseconds)
            if asker in reader.devices
        ]
        entitled = asker in reach(fold, epoch).by_all or any(
            _entitled_to(fold, reader, [epoch]) for reader in mine
        )
        if entitled and (want.lane, want.epoch, sealing) not in answered:
            owed.add(OwedKey(want.lane, want.epoch, sealing))
    return owed


def _for_broken_glass(
    fold: Fold, lane: LaneId, held: list[Epoch], now_milliseconds: int | None
) -> set[OwedKey]:
    """A break-glass reads summary and, having its letter, the access lane, for four hours."""
    if lane not in (fold.evidence.access, fold.evidence.charter.lane(SUMMARY)):
        return set()
    return {
        OwedKey(lane, epoch.epoch, sealing)
        for keys in fold.breaking_glass(now_milliseconds).values()
        for sealing in keys
        for epoch in held
        if sealing not in receivers(epoch)
    }
