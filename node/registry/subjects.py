"""Whom a chart's access lane names, and which facts of the registry judge them.

The registry stage of sync shares facts by it, `registry sync` gathers them, notices look by it
whom a revocation concerns. A function of the statements and grants in the access lane alone, so
that both ends of a session come to the same.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from contracts.loader import Name
from contracts.slots import (
    anchor_slot,
    commitment_slot,
    credential_slot,
    disaster_slot,
    glass_slot,
    organisation_slot,
    owner_slot,
    signers_slot,
)
from node.registry.fact import FactKey
from sync.access.fold import Fold
from sync.codec import decode, encode
from sync.errors import RosterError
from sync.grantee import Group
from sync.identifiers import DeviceKey, OrganisationAddress
from sync.roster import Roster, parse_roster


class Credentialled(NamedTuple):
    """A key that an organisation says is its own: a device's or a practitioner's."""

    organisation: OrganisationAddress
    key: DeviceKey


class Subjects(NamedTuple):
    """Whom facts are about."""

    organisations: frozenset[OrganisationAddress]
    devices: frozenset[Credentialled]
    practitioners: frozenset[Credentialled]

    def encoded(self) -> bytes:
        """The bytes that the store keeps: the same for the same subjects."""
        return encode(
            [
                sorted(self.organisations),
                sorted(map(list, self.devices)),
                sorted(map(list, self.practitioners)),
            ]
        )


NOBODY = Subjects(frozenset(), frozenset(), frozenset())


@lru_cache(maxsize=1024)
def decode_subjects(data: bytes) -> Subjects:
    """Read what `Subjects.encoded` gave."""
    organisations, devices, practitioners = decode(data)
    return Subjects(
        frozenset(map(OrganisationAddress, organisations)),
        frozenset(_credentialled(entry) for entry in devices),
        frozenset(_credentialled(entry) for entry in practitioners),
    )


def _credentialled(entry: list[bytes]) -> Credentialled:
    return Credentialled(OrganisationAddress(entry[0]), DeviceKey(entry[1]))


def subjects_of(fold: Fold) -> Subjects:
    """Whom a chart's fold names: its custodian, groups' organisations, and whom rosters list."""
    membership = fold.membership
    organisations = {fold.evidence.charter.custodian, *membership.practitioners}
    organisations |= {organisation for organisation, _ in membership.belonging}
    organisations |= {
        granted.to.organisation for granted in fold.grants.values() if isinstance(granted.to, Group)
    }
    return Subjects(
        frozenset(organisations),
        frozenset(Credentialled(*listed) for listed in membership.belonging),
        frozenset(
            Credentialled(organisation, key)
            for organisation, keys in membership.practitioners.items()
            for key in keys
        ),
    )


def subjects_of_roster(roster: Roster) -> Subjects:
    """Whom one statement lists."""
    organisation = roster.organisation
    return Subjects(
        frozenset({organisation}),
        frozenset(Credentialled(organisation, device.key) for device in roster.devices),
        frozenset(Credentialled(organisation, key) for key in roster.practitioners),
    )


@lru_cache(maxsize=1024)
def parsed_roster(statement: bytes) -> Roster | None:
    """A statement, or None where it does not verify; remembered, as many charts carry the same."""
    try:
        return parse_roster(statement)
    except RosterError:
        return None


@lru_cache(maxsize=256)
def fact_keys(subjects: Subjects) -> frozenset[FactKey]:
    """The facts that judge these subjects; `common_keys` concern everybody beside."""
    keys = {
        FactKey(Name.ACCREDITATION, organisation_slot(organisation))
        for organisation in subjects.organisations
    }
    keys |= {owner_key(organisation) for organisation in subjects.organisations}
    keys |= {
        credential_key(*credentialled)
        for credentialled in subjects.devices | subjects.practitioners
    }
    return frozenset(keys)


def common_keys() -> frozenset[FactKey]:
    """What concerns every node of a network: disaster mode, and who signs checkpoints."""
    return frozenset(
        {
            disaster_key(),
            FactKey(Name.ACCREDITATION, signers_slot()),
        }
    )


def own_keys(
    organisation: OrganisationAddress, publisher: bytes, commitments: Iterable[bytes] = ()
) -> frozenset[FactKey]:
    """A node's own: its audit's anchors (20-byte `publisher`), its organisation's broken glass,
    and commitments (32-byte ids).
    """  # noqa: D205
    keys = {anchor_key(publisher), FactKey(Name.CONSENT, glass_slot(organisation))}
    keys |= {FactKey(Name.CONSENT, commitment_slot(commitment)) for commitment in commitments}
    return frozenset(keys)


def organisation_key(organisation: OrganisationAddress) -> FactKey:
    """Whether an organisation is accredited."""
    return FactKey(Name.ACCREDITATION, organisation_slot(organisation))


def owner_key(organisation: OrganisationAddress) -> FactKey:
    """Which key speaks for an organisation; 0 is its own first one."""
    return FactKey(Name.DID, owner_slot(organisation))


def credential_key(organisation: OrganisationAddress, key: DeviceKey) -> FactKey:
    """Whether an organisation's credential of a device or practitioner stands."""
    return FactKey(Name.ACCREDITATION, credential_slot(organisation, key))


def anchor_key(publisher: bytes) -> FactKey:
    """The head of the audit roots that a publisher (20 bytes) has anchored."""
    return FactKey(Name.CONSENT, anchor_slot(publisher))


def disaster_key() -> FactKey:
    """Until when the council has declared a disaster."""
    return FactKey(Name.ACCREDITATION, disaster_slot())
