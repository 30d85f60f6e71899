"""How a device joins an organisation: two lines of text that people carry between the two.

    satchel-device:1:<base64url(canonical CBOR [content, signature])>                   it asks
    satchel-joining:1:<base64url(canonical CBOR [organisation, sealed, signature])>     it is taken

Asking is signed by the device, and carries its word that it belongs to the organisation. The
answer is signed by the organisation's key in use and sealed to the device: the statement that names
it, the groups' keys, and the public half of the recovery key. Called by `device request|add|join`.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from node.errors import JoiningDamaged
from node.keystore.devices import OtherDevice
from node.keystore.identity import Identity
from node.keystore.recovery import RootPublicKeys
from node.limits import node_name_length_chars_max
from sync import codec
from sync.belonging import sign_belonging, verify_belonging
from sync.errors import SyncError
from sync.grantee import GROUP_NAME_LENGTH_MAX
from sync.identifiers import DeviceKey, OrganisationAddress, SealingKey, hashed
from sync.pledge import sign_recoverable, signer
from sync.roster import Roster, RosterDevice, parse_roster, roster_keys
from sync.sealing import Opener, seal, verify_sealing_key
from sync.signing import verify

_REQUEST: Final = "satchel-device:1:"
_ANSWER: Final = "satchel-joining:1:"
_DOMAIN: Final = "device-request"
_ANSWER_DOMAIN: Final = "device-answer"
_LENGTH_CHARS_MAX: Final = 256 * 1024
_GROUP_KEYS_MAX: Final = 1024


@dataclass(frozen=True)
class DeviceRequest:
    """A device that asks to be taken in. One that came from `parse_request` is proven."""

    organisation: OrganisationAddress
    device: OtherDevice


@dataclass(frozen=True, repr=False)
class Joining:
    """What a device is given when it is taken in. Its repr shows nothing."""

    roster: Roster
    group_secrets: Mapping[tuple[str, int], bytes]
    root: RootPublicKeys

    def __repr__(self) -> str:
        """Show nothing."""
        return "Joining(...)"


def request_text(identity: Identity, organisation: OrganisationAddress) -> str:
    """What a device writes down to be taken in by an organisation."""
    content = codec.encode(
        [
            organisation,
            identity.secrets.name,
            identity.device,
            identity.sealing_key,
            identity.sealing_key_signature,
            sign_belonging(identity.signer, organisation),
            identity.owner.public,
        ]
    )
    return _text(_REQUEST, [content, identity.signer.sign(_DOMAIN, content)])


def parse_request(text: str) -> DeviceRequest:
    """Read and prove a request. Raises JoiningDamaged."""
    try:
        content, signature = codec.fields(_decoded(_REQUEST, text), 2, "request")
        content = codec.octets(content, None, "content")
        organisation, name, key, sealing, proof, belonging, practitioner = codec.fields(
            codec.decode(content), 7, "content"
        )
        name = codec.text(name, "name", node_name_length_chars_max)
        if not name or not name.isprintable():
            raise ValueError("name is empty or not printable")
        address = OrganisationAddress(codec.octets(organisation, 20, "organisation"))
        device = RosterDevice(
            DeviceKey(codec.octets(key, 32, "device key")),
            SealingKey(codec.octets(sealing, 32, "sealing key")),
            codec.octets(proof, 64, "sealing key's signature"),
            codec.octets(belonging, 64, "belonging"),
        )
        verify(device.key, _DOMAIN, content, codec.octets(signature, 64, "signature"))
        verify_sealing_key(device.key, device.sealing, device.sealing_signature)
        verify_belonging(device.key, address, device.belonging)
        owner = DeviceKey(codec.octets(practitioner, 32, "practitioner"))
        return DeviceRequest(address, OtherDevice(name, device, owner))
    except (SyncError, ValueError) as error:
        raise JoiningDamaged("request", str(error)) from error


def answer_text(
    joining: Joining, to: SealingKey, organisation_secret: bytes, ephemeral_secret: bytes
) -> str:
    """What the organisation gives a device; `organisation_secret` is the key in use."""
    content = codec.encode(
        [
            joining.roster.encoded(),
            [[name, number, key] for (name, number), key in sorted(joining.group_secrets.items())],
            joining.root.signing,
            joining.root.sealing,
        ]
    )
    sealed = seal(content, to, ephemeral_secret)
    organisation = joining.roster.organisation
    signature = sign_recoverable(organisation_secret, hashed(_ANSWER_DOMAIN, organisation, sealed))
    return _text(_ANSWER, [organisation, sealed, signature])


def parse_answer(text: str, opener: Opener, device: DeviceKey) -> Joining:
    """Open and prove an answer to this device. Raises JoiningDamaged."""
    try:
        organisation, sealed, signature = codec.fields(_decoded(_ANSWER, text), 3, "answer")
        address = OrganisationAddress(codec.octets(organisation, 20, "organisation"))
        sealed = codec.octets(sealed, None, "content")
        signature = codec.octets(signature, 65, "signature")
        statement, groups, signing, sealing = codec.fields(
            codec.decode(opener.open(sealed)), 4, "content"
        )
        roster = parse_roster(codec.octets(statement, None, "roster statement"))
        if roster.organisation != address or device not in {one.key for one in roster.devices}:
            raise ValueError("its roster statement does not name this device")
        if signer(signature, hashed(_ANSWER_DOMAIN, address, sealed)) != roster_keys(roster)[-1]:
            raise ValueError("it is not signed by the organisation")
        root = RootPublicKeys(
            DeviceKey(codec.octets(signing, 32, "root")),
            SealingKey(codec.octets(sealing, 32, "root")),
        )
        return Joining(roster, _group_keys(groups, roster), root)
    except (SyncError, ValueError) as error:
        raise JoiningDamaged("answer", str(error)) from error


def _group_keys(value: object, roster: Roster) -> dict[tuple[str, int], bytes]:
    found: dict[tuple[str, int], bytes] = {}
    for one in codec.items(value, "groups", _GROUP_KEYS_MAX):
        name, number, key = codec.fields(one, 3, "a group's key")
        place = (codec.text(name, "group", GROUP_NAME_LENGTH_MAX), codec.natural(number, "number"))
        found[place] = codec.octets(key, 32, "a group's key")
    for group in roster.groups:
        secret = found.get((group.name, group.generation))
        if secret is None or Opener(secret).public != group.sealing:
            raise ValueError("it lacks the key of a group that its roster statement names")
    return found


def _text(prefix: str, values: list[object]) -> str:
    return prefix + base64.urlsafe_b64encode(codec.encode(values)).rstrip(b"=").decode()


def _decoded(prefix: str, text: str) -> object:
    text = text.strip(" \t\r\n")
    if not text.startswith(prefix) or len(text) > _LENGTH_CHARS_MAX:
        raise ValueError("it is another file, or of a newer version")
    payload = text.removeprefix(prefix)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", payload):
        raise ValueError("it is cut off or changed")
    return codec.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
