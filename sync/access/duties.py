"""Keys owed: epochs whose keys a holder gives to live readers (AUTHORITY rule 13).

Called by the replica after every fold; each entry becomes one `keys` act.
"""

from collections.abc import Collection
from typing import NamedTuple

from sync.access.epochs import Epoch, Reach, epochs, reach, receivers
from sync.access.floors import reader_floor
from sync.access.fold import Fold
from sync.access.readers import Recipient, live_readers, own_key
from sync.acts import Keys, Want
from sync.charter import SUMMARY
from sync.grantee import Group, Right
from sync.identifiers import DeviceKey, EpochId, LaneId, SealingKey
from sync.operation import SEQUENCE_MAX


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

    Every epoch from a reader's floor on that it lacks or wants (see `floors`): on summary all,
    elsewhere all by a grant with `history`. Of the access lane only what was missed or is wanted,
    as its keys come by letter (rule 15).
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


def is_entitled(fold: Fold, reader: Recipient, epoch: Epoch, now_milliseconds: int | None) -> bool:
    """Rule 13: whether a live reader may be given an epoch, whatever was claimed of it.

    Of the access lane everything, as its keys come by letter too (rule 15). Elsewhere from the
    reader's floor on, by the least number that anybody gave the epoch. Numbers that ran out
    order nothing any more: then they give nothing.
    """
    if epoch.lane == fold.evidence.access:
        return True
    floor = reader_floor(fold, reader, epoch.lane, now_milliseconds)
    return epoch.number_min >= floor and floor < SEQUENCE_MAX


def _missed(
    fold: Fold, lane: LaneId, held: list[Epoch], now_milliseconds: int | None
) -> set[OwedKey]:
    owed = set()
    for reader in live_readers(fold, lane, now_milliseconds):
        first = _first_of_access(fold, reader) if lane == fold.evidence.access else 0
        for epoch in held:
            if (
                epoch.number >= first
                and is_entitled(fold, reader, epoch, now_milliseconds)
                and not is_boxed(reader, epoch, reach(fold, epoch))
            ):
                owed.add(OwedKey(lane, epoch.epoch, reader.sealing))
    return owed


def _first_of_access(fold: Fold, reader: Recipient) -> int:
    """The number of the first access epoch made for a reader: those before come by letter."""
    made_for = (
        epoch.number
        for epoch in epochs(fold, fold.evidence.access).values()
        if is_made_for(fold, reader, epoch)
    )
    return min(made_for, default=SEQUENCE_MAX + 1)


def is_made_for(fold: Fold, reader: Recipient, epoch: Epoch) -> bool:
    """Whether a rekey boxed an epoch to a reader, by whatever key of its."""
    generations = {
        generation.sealing
        for grantee in reader.grantees
        if isinstance(grantee, Group)
        for generation in fold.membership.generations.get(grantee, ())
    }
    return (
        reader.sealing in epoch.boxed
        or not generations.isdisjoint(epoch.boxed)
        or reader.devices <= reach(fold, epoch).by_rekey
    )


def _wanted(
    fold: Fold, device: DeviceKey, held: list[Epoch], now_milliseconds: int | None
) -> set[OwedKey]:
    """What live readers want, of epochs that they may be given; each holder answers once.

    Nobody is answered for being named as an epoch's author or receiver: anybody can write that.
    """
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
        entitled = any(
            is_entitled(fold, reader, epoch, now_milliseconds)
            for reader in live_readers(fold, want.lane, now_milliseconds)
            if asker in reader.devices
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
