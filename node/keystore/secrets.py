"""Everything secret that a node keeps, as one value; sealed by node/keystore/keystore.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from node.keystore.devices import ALONE, Devices, devices_value, parse_devices
from node.keystore.recovery import RootPublicKeys
from node.keystore.succession import Succession, parse_succession, succession_value
from node.limits import node_name_length_chars_max
from sync import codec
from sync.errors import CodecError
from sync.grantee import GROUP_ADMIN, GROUP_ALL, GROUP_NAME_LENGTH_MAX
from sync.identifiers import DeviceKey, SealingKey

GROUP_NAMES: Final = (GROUP_ALL, GROUP_ADMIN, "sensitive")
"""The groups that every organisation begins with."""
_KEY_SIZE_BYTES: Final = 32
_GENERATION_MAX: Final = 0xFFFFFFFF
_FIELDS: Final = 11


class NodeKind(StrEnum):
    """What a node is for (DESIGN section 2)."""

    CLINIC = "clinic"
    RELAY = "relay"
    PATIENT = "patient"


@dataclass(frozen=True, repr=False)
class Secrets:
    """A node's keys, 32 bytes each, and what it is called. Its repr shows nothing.

    A malformed value cannot be made: ValueError names the field at fault and nothing of its
    content.
    """

    name: str
    kind: NodeKind
    device_seed: bytes
    """Ed25519: signs operations, and is the libp2p identity."""
    device_sealing_secret: bytes
    """X25519: opens what is sealed to this device."""
    organisation_secret: bytes
    """secp256k1: its address is the organisation; signs what a chain is told in its name."""
    owner_seed: bytes
    """Ed25519: the practitioner who acts until others are added."""
    store_key: bytes
    """SQLCipher's raw key."""
    group_secrets: Mapping[tuple[str, int], bytes]
    """X25519 by group name and generation, the old ones too: old epochs are sealed to them."""
    root: RootPublicKeys
    """The public halves of the recovery key; the rest is on paper."""
    recovery_confirmed: bool = False
    """Whether a person has typed the recovery words back."""
    succession: Succession | None = None
    """The key that signs rosters and the one after it; None in homes from before there were any,
    where the organisation's first key signs."""
    devices: Devices = ALONE
    """The organisation's other devices, or the statement that took this one in."""

    def __post_init__(self) -> None:
        """Refuse fields of another size."""
        if not 0 < len(self.name) <= node_name_length_chars_max or not self.name.isprintable():
            raise ValueError("name is empty, too long or not printable")
        keys = {
            "device_seed": self.device_seed,
            "device_sealing_secret": self.device_sealing_secret,
            "organisation_secret": self.organisation_secret,
            "owner_seed": self.owner_seed,
            "store_key": self.store_key,
            "root.signing": self.root.signing,
            "root.sealing": self.root.sealing,
        }
        for field, key in keys.items():
            if len(key) != _KEY_SIZE_BYTES:
                raise ValueError(f"{field} is not {_KEY_SIZE_BYTES} bytes")
        for (group, generation), key in self.group_secrets.items():
            if not 0 < len(group) <= GROUP_NAME_LENGTH_MAX:
                raise ValueError("a group's name is empty or too long")
            if not 0 <= generation <= _GENERATION_MAX or len(key) != _KEY_SIZE_BYTES:
                raise ValueError("a group's generation or key is malformed")

    def __repr__(self) -> str:
        """Show nothing."""
        return "Secrets(...)"


def newest_generation(secrets: Secrets, group: str) -> int:
    """The highest generation of a group's key that is held. Raises KeyError without any."""
    held = [generation for name, generation in secrets.group_secrets if name == group]
    if not held:
        raise KeyError(group)
    return max(held)


def encode_secrets(secrets: Secrets) -> bytes:
    """Canonical CBOR of all secrets, to be sealed at once; the keystore's version covers it."""
    groups = [[name, number, key] for (name, number), key in sorted(secrets.group_secrets.items())]
    return codec.encode(
        [
            secrets.name,
            secrets.kind.value,
            secrets.device_seed,
            secrets.device_sealing_secret,
            secrets.organisation_secret,
            secrets.owner_seed,
            secrets.store_key,
            groups,
            secrets.root.signing,
            secrets.root.sealing,
            secrets.recovery_confirmed,
            *_tail(secrets),
        ]
    )


def _tail(secrets: Secrets) -> list[object]:
    """What was added later: homes from before have none of it."""
    tail: list[object] = []
    if secrets.devices != ALONE:
        tail = [devices_value(secrets.devices)]
    if tail or secrets.succession is not None:
        kept = secrets.succession
        tail = [None if kept is None else succession_value(kept), *tail]
    return tail


def decode_secrets(data: bytes) -> Secrets:
    """Read what `encode_secrets` wrote. Raises CodecError, which shows nothing of the content."""
    values = codec.items(codec.decode(data), "secrets", _FIELDS + 2)
    tail = values[_FIELDS:]  # homes from before keys could change have none
    first = codec.fields(values[:_FIELDS], _FIELDS, "secrets")
    name, kind, device, sealing, organisation, owner, store, groups, *root, confirmed = first
    if tail == [None]:
        raise CodecError("secrets have an empty end")
    if not isinstance(confirmed, bool):
        raise CodecError("recovery_confirmed is not a boolean")
    try:
        return Secrets(
            name=codec.text(name, "name", node_name_length_chars_max),
            kind=NodeKind(codec.text(kind, "kind", 16)),
            device_seed=_key(device),
            device_sealing_secret=_key(sealing),
            organisation_secret=_key(organisation),
            owner_seed=_key(owner),
            store_key=_key(store),
            group_secrets=dict(_group(entry) for entry in codec.items(groups, "groups", 1 << 16)),
            root=RootPublicKeys(DeviceKey(_key(root[0])), SealingKey(_key(root[1]))),
            recovery_confirmed=confirmed,
            succession=parse_succession(tail[0]) if tail and tail[0] is not None else None,
            devices=parse_devices(tail[1]) if len(tail) > 1 else ALONE,
        )
    except ValueError:
        # Without `from`: a traceback would carry values.
        raise CodecError("secrets have a malformed field") from None


def _key(value: object) -> bytes:
    return codec.octets(value, _KEY_SIZE_BYTES, "a key")


def _group(entry: Any) -> tuple[tuple[str, int], bytes]:
    name, number, key = codec.fields(entry, 3, "a group's key")
    return (
        (
            codec.text(name, "a group's name", GROUP_NAME_LENGTH_MAX),
            codec.natural(number, "a group's generation", _GENERATION_MAX),
        ),
        _key(key),
    )
