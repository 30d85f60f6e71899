"""An organisation's devices, as the keystore knows them; used by identity, rosters and `device`.

One device holds the organisation's key and says in its roster which others there are; each other
device holds the statement that took it in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from node.limits import node_name_length_chars_max
from sync.codec import fields, items, octets, text
from sync.identifiers import DeviceKey, SealingKey
from sync.limits import roster_members_max, roster_statements_of_a_key_max
from sync.roster import RosterDevice


@dataclass(frozen=True, slots=True)
class OtherDevice:
    """A device of the organisation beside the one that holds its key."""

    name: str
    device: RosterDevice
    practitioner: DeviceKey
    """Its owner, who acts there."""


@dataclass(frozen=True)
class Devices:
    """What a node knows of the devices of the organisation that it serves."""

    others: tuple[OtherDevice, ...] = ()
    """By the holder of the organisation's key: all but itself."""
    stated: tuple[bytes, ...] = ()
    """By the holder: the digests of the statements that the key in use has signed before."""
    statement: bytes | None = None
    """By any other device: the roster statement that took it in, encoded."""


def devices_value(devices: Devices) -> list[object]:
    """A value for the codec."""
    return [
        [
            [
                other.name,
                other.device.key,
                other.device.sealing,
                other.device.sealing_signature,
                other.device.belonging,
                other.practitioner,
            ]
            for other in devices.others
        ],
        list(devices.stated),
        devices.statement,
    ]


def parse_devices(value: object) -> Devices:
    """What `devices_value` made, or raise CodecError."""
    others, stated, statement = fields(value, 3, "an organisation's devices")
    return Devices(
        tuple(_other(one) for one in items(others, "devices", roster_members_max)),
        _digests(stated),
        None if statement is None else octets(statement, None, "a roster statement"),
    )


def _digests(value: object) -> tuple[bytes, ...]:
    found: Sequence[object] = items(value, "statements", roster_statements_of_a_key_max)
    return tuple(octets(one, 32, "a statement") for one in found)


def _other(value: object) -> OtherDevice:
    name, key, sealing, sealing_signature, belonging, practitioner = fields(value, 6, "a device")
    return OtherDevice(
        text(name, "a device's name", node_name_length_chars_max),
        RosterDevice(
            DeviceKey(octets(key, 32, "a key")),
            SealingKey(octets(sealing, 32, "a key")),
            octets(sealing_signature, 64, "a signature"),
            octets(belonging, 64, "a signature"),
        ),
        DeviceKey(octets(practitioner, 32, "a key")),
    )
