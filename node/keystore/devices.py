"""An organisation's devices, as the keystore knows them; used by identity, rosters and `device`.

One device holds the organisation's key and says in its roster which others there are; each other
device holds the statement that took it in.
"""

from dataclasses import dataclass
from typing import Final

from node.limits import node_name_length_chars_max
from sync.codec import fields, items, natural, octets, text
from sync.identifiers import DeviceKey, SealingKey
from sync.limits import roster_members_max
from sync.roster import RosterDevice

_GENERATION_MAX: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class OtherDevice:
    """A device of the organisation beside the one that holds its key."""

    name: str
    device: RosterDevice
    practitioner: DeviceKey
    """Its owner, who acts there."""
    generation: int = 0
    """Of the groups' keys: the newest that the device was given."""


@dataclass(frozen=True)
class Devices:
    """What a node knows of the devices of the organisation that it serves."""

    others: tuple[OtherDevice, ...] = ()
    """By the holder of the organisation's key: all but itself."""
    statement: bytes | None = None
    """By any other device: the roster statement that took it in, encoded."""


ALONE: Final = Devices()
"""Of a node that is its organisation's only device."""


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
                other.generation,
            ]
            for other in devices.others
        ],
        devices.statement,
    ]


def parse_devices(value: object) -> Devices:
    """What `devices_value` made, or raise CodecError."""
    others, statement = fields(value, 2, "an organisation's devices")
    return Devices(
        tuple(_other(one) for one in items(others, "devices", roster_members_max)),
        None if statement is None else octets(statement, None, "a roster statement"),
    )


def _other(value: object) -> OtherDevice:
    name, key, sealing, sealing_signature, belonging, practitioner, generation = fields(
        value, 7, "a device"
    )
    return OtherDevice(
        text(name, "a device's name", node_name_length_chars_max),
        RosterDevice(
            DeviceKey(octets(key, 32, "a key")),
            SealingKey(octets(sealing, 32, "a key")),
            octets(sealing_signature, 64, "a signature"),
            octets(belonging, 64, "a signature"),
        ),
        DeviceKey(octets(practitioner, 32, "a key")),
        natural(generation, "a generation", _GENERATION_MAX),
    )
