"""Who reads a lane now, and to which keys that is sealed; used for epochs and for keys owed.

AUTHORITY rules 12, 14 and 15.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.access.fold import Fold
from sync.access.grants import Granted
from sync.access.membership import Generation
from sync.access.remembered import once_per_fold
from sync.grantee import Device, Grantee, Group, Right
from sync.identifiers import DeviceKey, LaneId, SealingKey


@dataclass(frozen=True, slots=True)
class Recipient:
    """One key that a new epoch is sealed to, and the devices that it reaches."""

    sealing: SealingKey
    devices: frozenset[DeviceKey]
    grantees: frozenset[Grantee]
    """Whose live grants entitle it."""


@dataclass(slots=True)
class KeyHolders:
    """Who states which sealing key: devices, and groups' generations."""

    devices: dict[SealingKey, set[DeviceKey]] = field(default_factory=dict)
    generations: dict[SealingKey, list[Generation]] = field(default_factory=dict)

    def reach(self, sealing: SealingKey) -> set[DeviceKey]:
        """Every device that may hold the secret half."""
        found = set(self.devices.get(sealing, ()))
        for generation in self.generations.get(sealing, ()):
            found |= generation.members
        return found


def recipients(fold: Fold, lane: LaneId, now_milliseconds: int | None) -> tuple[SealingKey, ...]:
    """The keys that a new epoch of a lane is sealed to: every live reader, and every root.

    Of the access lane every live grantee is a reader, relays included (rule 15).
    """
    keys = {recipient.sealing for recipient in live_readers(fold, lane, now_milliseconds)}
    keys.update(root_keys(fold))
    return tuple(sorted(keys))


def root_keys(fold: Fold) -> set[SealingKey]:
    """Rule 12: the roots are always live."""
    return {root.sealing for root in fold.roots}


def live_readers(fold: Fold, lane: LaneId, now_milliseconds: int | None) -> list[Recipient]:
    """The live readers of a lane, roots aside: groups by a live generation, others singly."""
    found: dict[SealingKey, Recipient] = {}

    def add(sealing: SealingKey, devices: Iterable[DeviceKey], grantee: Grantee) -> None:
        old = found.get(sealing, Recipient(sealing, frozenset(), frozenset()))
        found[sealing] = Recipient(sealing, old.devices.union(devices), old.grantees | {grantee})

    for grantee, grants in fold.tree.by_grantee.items():
        reading = [each for each in grants if grant_reads(fold, each, lane, now_milliseconds)]
        if not reading:
            continue
        if isinstance(grantee, Group):
            for sealing, devices in group_keys(fold, grantee, lane, now_milliseconds):
                add(sealing, devices, grantee)
        elif fold.reads(grantee.key, lane, now_milliseconds):
            own = max(reading, key=lambda each: _age(fold, each)).sealing
            if own is not None:
                add(own, (grantee.key,), grantee)
    return list(found.values())


def group_keys(
    fold: Fold, group: Group, lane: LaneId, now_milliseconds: int | None
) -> list[tuple[SealingKey, frozenset[DeviceKey]]]:
    """The newest live generation, and singly each live member that was not given its key."""
    found = []
    covered: frozenset[DeviceKey] = frozenset()
    for generation in fold.membership.generations.get(group, ()):
        if generation_is_live(fold, generation, lane, now_milliseconds):
            covered = generation.members
            found.append((generation.sealing, covered))
            break
    for member in sorted(fold.membership.members.get(group, set()) - covered):
        sealing = own_key(fold, member)
        if sealing is not None and fold.reads(member, lane, now_milliseconds):
            found.append((sealing, frozenset({member})))
    return found


def own_key(fold: Fold, device: DeviceKey) -> SealingKey | None:
    """The key that is sealed to for a single device: by its newest roster, or its newest grant."""
    if device in fold.membership.sealing:
        return fold.membership.sealing[device]
    granted = fold.tree.by_grantee.get(Device(device), ())
    return max(granted, key=lambda each: _age(fold, each)).sealing if granted else None


def receiver_may_read(
    fold: Fold,
    sealing: SealingKey,
    lane: LaneId,
    now_milliseconds: int | None,
    writer: DeviceKey | None = None,
) -> bool:
    """Rule 12 (iii), of a key that an epoch was sealed to: some holder who states it reads.

    A generation's key is live if every device ever given it is; a root's always; one that only a
    break-glass states never (rule 14), nor one that nobody states.
    """
    if sealing in root_keys(fold):
        return True
    holders = key_holders(fold)
    return any(
        device == writer or fold.reads(device, lane, now_milliseconds)
        for device in holders.devices.get(sealing, ())
    ) or any(
        generation_is_live(fold, generation, lane, now_milliseconds)
        for generation in holders.generations.get(sealing, ())
    )


def generation_is_live(
    fold: Fold, generation: Generation, lane: LaneId, now_milliseconds: int | None
) -> bool:
    """Rule 12: the group reads, and so does every device that was ever given this key."""
    group_reads = any(
        grant_reads(fold, granted, lane, now_milliseconds)
        for granted in fold.tree.by_grantee.get(generation.group, ())
    )
    return group_reads and all_members_read(fold, generation, lane, now_milliseconds)


def all_members_read(
    fold: Fold, generation: Generation, lane: LaneId, now_milliseconds: int | None
) -> bool:
    """Rule 12: a group's key that a removed device was given is no longer sealed to."""
    return all(fold.reads(member, lane, now_milliseconds) for member in generation.members)


def grant_reads(fold: Fold, granted: Granted, lane: LaneId, now_milliseconds: int | None) -> bool:
    """Whether a grant is live, not past its time, and reads a lane (the access lane: any does)."""
    right = Right(0) if lane == fold.evidence.access else Right.READ
    return (
        granted.id in fold.live
        and not granted.expired(now_milliseconds)
        and granted.allows(right, lane, fold.evidence.access)
    )


@once_per_fold
def key_holders(fold: Fold) -> KeyHolders:
    """Everything that grants and rosters say of sealing keys."""
    holders = KeyHolders()
    for sealing, devices in fold.membership.claims.items():
        holders.devices.setdefault(sealing, set()).update(devices)
    for granted in fold.grants.values():
        if granted.sealing is not None and isinstance(granted.to, Device):
            holders.devices.setdefault(granted.sealing, set()).add(granted.to.key)
    for generations in fold.membership.generations.values():
        for generation in generations:
            holders.generations.setdefault(generation.sealing, []).append(generation)
    return holders


def _age(fold: Fold, granted: Granted) -> tuple[int, bytes]:
    if granted.operation is None:
        return 0, granted.id
    return fold.evidence.operations[granted.operation].prefix.stamp, granted.id
