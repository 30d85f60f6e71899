"""Who acts for a group, and who holds which generation of its key: rosters, read by every part.

AUTHORITY rule 1. A statement proves itself, so it does not matter who carried it into the lane,
unless a key of the organisation signed two pledges (sync/access/rotations.py).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache

from sync.access.evidence import Evidence
from sync.access.rotations import Carried, counted
from sync.acts import RosterAct
from sync.errors import RosterError
from sync.grantee import Device, Grantee, Group
from sync.identifiers import ActId, DeviceKey, OperationId, OrganisationAddress, SealingKey
from sync.roster import Roster, parse_roster, roster_keys


@dataclass(frozen=True, slots=True)
class Generation:
    """A group's key, and every device that any statement says was given it."""

    group: Group
    number: int
    sealing: SealingKey
    members: frozenset[DeviceKey]


@dataclass(slots=True)
class Membership:
    """All that the rosters carried in a chart say."""

    members: dict[Group, set[DeviceKey]] = field(default_factory=dict)
    """Every device that was ever a member."""
    groups: dict[DeviceKey, set[Group]] = field(default_factory=dict)
    generations: dict[Group, tuple[Generation, ...]] = field(default_factory=dict)
    """Newest first."""
    sealing: dict[DeviceKey, SealingKey] = field(default_factory=dict)
    """A device's own key, from the newest statement that holds it."""
    claims: dict[SealingKey, set[DeviceKey]] = field(default_factory=dict)
    """Every device that ever stated a key as its own."""
    carriers: dict[Group, set[OperationId]] = field(default_factory=dict)
    """The operations that carried statements about a group."""
    organisation_keys: dict[OrganisationAddress, OrganisationAddress] = field(default_factory=dict)
    """The address of the key in use of each organisation that a statement speaks for."""
    statements: set[bytes] = field(default_factory=set)
    """Digests of all statements that are carried, whether they count or not."""
    belonging: dict[tuple[OrganisationAddress, DeviceKey], bytes] = field(default_factory=dict)
    """A device's own word whose it is, from any statement that counts."""
    practitioners: dict[OrganisationAddress, set[DeviceKey]] = field(default_factory=dict)
    """Everybody whom a statement that counts ever named."""
    void: set[ActId] = field(default_factory=set)

    def acts_for(self, device: DeviceKey, grantee: Grantee) -> bool:
        """Whether a device acts for a grantee: itself, or a group it was ever made member of."""
        if isinstance(grantee, Device):
            return grantee.key == device
        return was_ever_member(self, device, grantee)

    def grantees(self, device: DeviceKey) -> list[Grantee]:
        """Everything that a device acts for."""
        return [Device(device), *sorted(self.groups.get(device, ()))]


def was_ever_member(membership: Membership, device: DeviceKey, group: Group) -> bool:
    """Rule 1: a statement signed by the pinned key ever made the device a member."""
    return device in membership.members.get(group, ())


def read_membership(evidence: Evidence) -> Membership:
    """Read every roster statement in the access lane."""
    membership = Membership()
    stated: dict[tuple[Group, int, SealingKey], set[DeviceKey]] = defaultdict(set)
    newest: dict[DeviceKey, tuple[int, SealingKey]] = {}
    for each in _counted(evidence, membership):
        roster = each.roster
        for device in roster.devices:
            membership.claims.setdefault(device.sealing, set()).add(device.key)
            membership.belonging[roster.organisation, device.key] = device.belonging
            word = (roster.number, device.sealing)
            newest[device.key] = max(newest.get(device.key, word), word)
        named = membership.practitioners.setdefault(roster.organisation, set())
        named.update(roster.practitioners)
        for part in roster.groups:
            group = Group(roster.organisation, part.name)
            stated[group, part.generation, part.sealing].update(part.members)
            membership.carriers.setdefault(group, set()).add(each.operation)
    membership.sealing = {device: sealing for device, (_, sealing) in newest.items()}
    _collect(membership, stated)
    return membership


def _collect(
    membership: Membership, stated: dict[tuple[Group, int, SealingKey], set[DeviceKey]]
) -> None:
    generations: dict[Group, list[Generation]] = defaultdict(list)
    for (group, number, sealing), devices in stated.items():
        generations[group].append(Generation(group, number, sealing, frozenset(devices)))
        membership.members.setdefault(group, set()).update(devices)
        for device in devices:
            membership.groups.setdefault(device, set()).add(group)
    membership.generations = {
        group: tuple(sorted(found, key=lambda each: (-each.number, each.sealing)))
        for group, found in generations.items()
    }


def _counted(evidence: Evidence, membership: Membership) -> list[Carried]:
    """The statements that count; those of the chart's custodian are settled first."""
    by_organisation: dict[OrganisationAddress, list[Carried]] = defaultdict(list)
    for written, act in evidence.acts(RosterAct):
        parsed = _parsed(act.statement)
        if parsed is None:
            membership.void.add(written.id)
            continue
        roster, keys = parsed
        prefix = written.operation.prefix
        membership.statements.add(roster.digest)
        by_organisation[roster.organisation].append(
            Carried(roster, keys, prefix.device, prefix.stamp, written.operation.id)
        )
    roots = {root.signing for root in evidence.charter.roots}
    custodians: set[DeviceKey] = set()
    found: list[Carried] = []
    first = evidence.charter.custodian
    for organisation in sorted(by_organisation, key=lambda each: (each != first, each)):
        chosen = counted(organisation, by_organisation[organisation], roots, custodians)
        membership.organisation_keys[organisation] = chosen.key
        found += chosen.statements
        if organisation == first:
            custodians = {
                device
                for each in chosen.statements
                for group in each.roster.groups
                for device in group.members
            }
    return found


@lru_cache(maxsize=4096)
def _parsed(statement: bytes) -> tuple[Roster, tuple[OrganisationAddress, ...]] | None:
    """Remember what was parsed: folds are many, statements few, and each has a signature."""
    try:
        roster = parse_roster(statement)
        return roster, roster_keys(roster)
    except RosterError:
        return None
