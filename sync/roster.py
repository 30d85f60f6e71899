"""Roster statements: which devices are an organisation's groups, signed by the organisation.

AUTHORITY rule 1, DESIGN section 8. A statement is whole in itself and linked to the one before.
The signature is secp256k1, recoverable, so that the 20-byte address that a grant pins is all
that is needed to check it; after a change of key, with the pledges that the statement carries.
Which statements count where keys have changed: sync/access/rotations.py.
"""

import hashlib
from dataclasses import dataclass, replace

from coincurve import PrivateKey

from sync.belonging import verify_belonging
from sync.codec import decode, encode, fields, is_number, items, natural, octets, text
from sync.errors import CodecError, IdentifierError, RosterError, SignatureError
from sync.grantee import GROUP_NAME_LENGTH_MAX
from sync.identifiers import (
    DeviceKey,
    OrganisationAddress,
    SealingKey,
    domain_bytes,
)
from sync.limits import roster_members_max, roster_size_bytes_max
from sync.pledge import (
    Pledge,
    address_of,
    key_holders,
    parse_pledges,
    pledge_value,
    signer,
)
from sync.sealing import verify_sealing_key

DOMAIN = "roster"
GROUPS_MAX = 64


@dataclass(frozen=True, slots=True)
class RosterGroup:
    """One generation of a group: its key, and the devices that were given it."""

    name: str
    generation: int
    sealing: SealingKey
    members: tuple[DeviceKey, ...]


@dataclass(frozen=True, slots=True)
class RosterDevice:
    """A device with its own statements of its sealing key and of whose device it is."""

    key: DeviceKey
    sealing: SealingKey
    sealing_signature: bytes
    belonging: bytes
    """`sign_belonging`: no organisation can list a stranger's device."""


@dataclass(frozen=True, slots=True)
class Roster:
    """A statement: everything that stands at `number`, signed by the organisation."""

    organisation: OrganisationAddress
    number: int
    previous: bytes | None
    devices: tuple[RosterDevice, ...]
    groups: tuple[RosterGroup, ...]
    practitioners: tuple[DeviceKey, ...]
    pledges: tuple[Pledge, ...]
    """One by each key that the organisation has had, the last one's by this statement's signer."""
    signature: bytes

    @property
    def next(self) -> bytes | None:
        """The hash of the key that may follow the one that signed this, or None."""
        return self.pledges[-1].next if self.pledges else None

    @property
    def digest(self) -> bytes:
        """What is signed; a later pledge names a statement by it."""
        return hashlib.sha256(domain_bytes(DOMAIN) + encode(_statement(self))).digest()

    def encoded(self) -> bytes:
        """The bytes that are carried."""
        return encode([*_statement(self), self.signature])

    def group(self, name: str) -> RosterGroup | None:
        """The newest generation of a group in this statement."""
        found = [group for group in self.groups if group.name == name]
        return max(found, key=lambda group: group.generation, default=None)

    @property
    def hash(self) -> bytes:
        """What the next statement names as `previous`."""
        return hashlib.sha256(self.encoded()).digest()


def _statement(roster: Roster) -> list[object]:
    return [
        1,
        roster.organisation,
        roster.number,
        roster.previous,
        [
            [device.key, device.sealing, device.sealing_signature, device.belonging]
            for device in roster.devices
        ],
        [
            [group.name, group.generation, group.sealing, list(group.members)]
            for group in roster.groups
        ],
        list(roster.practitioners),
        [pledge_value(pledge) for pledge in roster.pledges],
    ]


def organisation_address(secret: bytes) -> OrganisationAddress:
    """The address of an organisation's 32-byte secp256k1 secret."""
    return address_of(secret)


def sign_roster(
    secret: bytes,
    number: int,
    previous: bytes | None,
    devices: tuple[RosterDevice, ...],
    groups: tuple[RosterGroup, ...],
    practitioners: tuple[DeviceKey, ...],
    pledges: tuple[Pledge, ...] = (),
    organisation: OrganisationAddress | None = None,
) -> Roster:
    """Sign a statement with the 32-byte secp256k1 secret of the organisation's key in use.

    `pledges` are those of all its keys so far, this one's last; without any it has its first key
    and no next one. `organisation` is its address, where the key is not its first.
    """
    address = organisation or organisation_address(secret)
    unsigned = Roster(address, number, previous, devices, groups, practitioners, pledges, b"")
    signature = PrivateKey(secret).sign_recoverable(unsigned.digest, hasher=None)
    return replace(unsigned, signature=signature)


def parse_roster(data: bytes) -> Roster:
    """Decode a statement; check its signature and its devices' own; or raise RosterError."""
    if len(data) > roster_size_bytes_max:
        raise RosterError("roster statement is over the limit")
    try:
        parts = fields(decode(data), 9, "roster")
        if not is_number(parts[0], 1):
            raise RosterError("roster statement is of a newer version")
        roster = Roster(
            OrganisationAddress(octets(parts[1], 20, "organisation")),
            natural(parts[2], "number"),
            None if parts[3] is None else octets(parts[3], 32, "previous"),
            tuple(_parse_device(d) for d in items(parts[4], "devices", roster_members_max)),
            tuple(_parse_group(g) for g in items(parts[5], "groups", GROUPS_MAX)),
            tuple(
                DeviceKey(octets(p, 32, "practitioner"))
                for p in items(parts[6], "practitioners", roster_members_max)
            ),
            parse_pledges(parts[7]),
            octets(parts[8], 65, "signature"),
        )
        if signer(roster.signature, roster.digest) != roster_keys(roster)[-1]:
            raise RosterError("roster statement is not signed by its organisation")
        for device in roster.devices:
            verify_sealing_key(device.key, device.sealing, device.sealing_signature)
            verify_belonging(device.key, roster.organisation, device.belonging)
    except (CodecError, SignatureError, IdentifierError, ValueError) as error:
        raise RosterError(f"roster statement does not verify: {error}") from error
    return roster


def roster_keys(roster: Roster) -> tuple[OrganisationAddress, ...]:
    """The addresses of the organisation's keys up to the one that signed, the first one first.

    Raises SignatureError where a key follows that was not pledged.
    """
    return key_holders(roster.organisation, roster.pledges) or (roster.organisation,)


def _parse_device(value: object) -> RosterDevice:
    key, sealing, signature, belonging = fields(value, 4, "device")
    return RosterDevice(
        DeviceKey(octets(key, 32, "device")),
        SealingKey(octets(sealing, 32, "sealing key")),
        octets(signature, 64, "signature"),
        octets(belonging, 64, "belonging"),
    )


def _parse_group(value: object) -> RosterGroup:
    name, generation, sealing, members = fields(value, 4, "group")
    return RosterGroup(
        text(name, "group name", GROUP_NAME_LENGTH_MAX),
        natural(generation, "generation"),
        SealingKey(octets(sealing, 32, "sealing key")),
        tuple(
            DeviceKey(octets(member, 32, "member"))
            for member in items(members, "members", roster_members_max)
        ),
    )
