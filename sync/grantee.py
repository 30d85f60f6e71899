"""Whom a grant names: a single device, or an organisation's group; and what a right allows."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from sync.codec import fields, is_number, octets, text
from sync.errors import CodecError
from sync.identifiers import DeviceKey, OrganisationAddress

GROUP_ALL = "all"
GROUP_ADMIN = "admin"
GROUP_NAME_LENGTH_MAX = 32


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """One device, by its Ed25519 key."""

    key: DeviceKey


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """A group of an organisation; the address pins the key that signs its rosters."""

    organisation: OrganisationAddress
    name: str


Grantee = Device | Group


class Right(IntFlag):
    """What a grantee may do on a lane. The command line gives each with those before it."""

    RELAY = 1
    READ = 2
    APPEND = 4
    ADMIN = 8


RIGHTS_BY_NAME = {
    "relay": Right.RELAY,
    "read": Right.RELAY | Right.READ,
    "append": Right.RELAY | Right.READ | Right.APPEND,
    "admin": Right.RELAY | Right.READ | Right.APPEND | Right.ADMIN,
}


class Basis(IntEnum):
    """On what ground access is given."""

    CARE = 0
    CONSENT = 1
    VITAL_INTEREST = 2
    PUBLIC_HEALTH = 3
    LEGAL = 4


class GivenBy(IntEnum):
    """Who gave it."""

    NONE = 0
    PATIENT = 1
    GUARDIAN = 2
    PROXY = 3


class How(IntEnum):
    """How it was given."""

    NONE = 0
    SIGNED = 1
    SPOKEN = 2
    THUMB = 3


def grantee_value(grantee: Grantee) -> list[object]:
    """A grantee as a value for the codec."""
    match grantee:
        case Device(key):
            return [0, key]
        case Group(organisation, name):
            return [1, organisation, name]


def parse_grantee(value: object) -> Grantee:
    """A grantee from a decoded value, or raise CodecError."""
    if isinstance(value, list) and len(value) == 2 and is_number(value[0], 0):
        return Device(DeviceKey(octets(value[1], 32, "device")))
    kind, organisation, name = fields(value, 3, "grantee")
    if not is_number(kind, 1):
        raise CodecError("grantee is neither device nor group")
    return Group(
        OrganisationAddress(octets(organisation, 20, "organisation")),
        text(name, "group", GROUP_NAME_LENGTH_MAX),
    )
