"""Which roster statements count where an organisation's keys have changed; called by membership.

A function of the statements and of who carried them, not of the order in which they came. Of a
key that signed two pledges (it was stolen) the one counts that a root carried, else the earliest
that a settled member carried (one that needs no statement of this key or a later one, or a member
of the custodian), else the earliest. A key has ended when the one that its pledge names has
pledged in turn; of an ended key those statements count that this pledge names.
docs/decisions/0036-organisation-keys.md.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sync.identifiers import DeviceKey, OperationId, OrganisationAddress
from sync.pledge import Pledge, key_hash
from sync.roster import Roster


@dataclass(frozen=True, slots=True)
class Carried:
    """A statement with the keys that lead to its own, and the operation that brought it."""

    roster: Roster
    keys: tuple[OrganisationAddress, ...]
    """`roster_keys`: the organisation's keys up to the one that signed."""
    author: DeviceKey
    stamp: int
    operation: OperationId


class Counted(NamedTuple):
    """What of an organisation's statements counts."""

    statements: list[Carried]
    key: OrganisationAddress
    """The key in use."""


def counted(
    organisation: OrganisationAddress,
    carried: Sequence[Carried],
    roots: Collection[DeviceKey],
    custodians: Collection[DeviceKey] = (),
) -> Counted:
    """The statements of one organisation that count, and its key in use.

    `custodians`: devices that the chart's custodian made members; none while its own statements
    are being read.
    """
    keys: tuple[OrganisationAddress, ...] = (organisation,)
    settled = set(custodians)
    found: list[Carried] = []
    while True:
        own = [each for each in carried if each.keys == keys]
        pledge = _pledge(carried, keys, roots, settled)
        after = None if pledge is None else _successor(carried, keys, pledge)
        if after is None:
            return Counted(found + own, keys[-1])
        following = (*keys, after)
        named = _pledge(carried, following, roots, settled)
        kept = [each for each in own if named is not None and each.roster.digest in named.before]
        found += kept
        settled.update(_members(kept))
        keys = following


def _pledge(
    carried: Sequence[Carried],
    keys: tuple[OrganisationAddress, ...],
    roots: Collection[DeviceKey],
    settled: Collection[DeviceKey],
) -> Pledge | None:
    """The pledge of the last of these keys that counts."""
    place = len(keys) - 1
    offered = [
        (each.author not in roots, each.author not in settled, each.stamp, each.operation, each)
        for each in carried
        if each.keys[: place + 1] == keys and len(each.roster.pledges) > place
    ]
    return min(offered, key=lambda each: each[:4])[4].roster.pledges[place] if offered else None


def _successor(
    carried: Sequence[Carried], keys: tuple[OrganisationAddress, ...], pledge: Pledge
) -> OrganisationAddress | None:
    """The key that a pledge names, once it has made a statement."""
    place = len(keys)
    for each in carried:
        if len(each.keys) <= place or each.keys[:place] != keys:
            continue
        if key_hash(each.keys[place]) == pledge.next:
            return each.keys[place]
    return None


def _members(carried: Sequence[Carried]) -> set[DeviceKey]:
    return {device for each in carried for group in each.roster.groups for device in group.members}
