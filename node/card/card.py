"""The pairing card: a node's signed self-description in one line of text.

    satchel-card:1:<base64url(canonical CBOR [content, signature])>

Written by `satchel id --card FILE`, read by `peer add`. It proves that the device key stands behind
every field, that the sealing key is the device's, and that the organisation lists the device. It
gives no entitlement (grants do), and does not prove who handed it over: people compare that.
"""

import base64
import re
from dataclasses import dataclass
from typing import Any, Final

from node.errors import CardDamaged, CardForeign, CardNewer, CardTooLarge
from node.keystore.identity import Identity
from node.keystore.recovery import RootPublicKeys
from node.keystore.secrets import NodeKind
from node.limits import (
    card_address_length_chars_max,
    card_addresses_max,
    card_length_chars_max,
    node_name_length_chars_max,
)
from node.transport.peer_id import peer_id
from sync import codec
from sync.errors import CodecError, SyncError
from sync.identifiers import DeviceKey, OrganisationAddress, SealingKey, did_key
from sync.roster import parse_roster
from sync.sealing import verify_sealing_key
from sync.signing import SIGNATURE_SIZE_BYTES, Signer, verify

_PREFIX: Final = "satchel-card:"
_VERSION: Final = "1"
_DOMAIN: Final = "pairing-card"
_ADDRESS: Final = re.compile(r"(/[!-.0-~]+)+")
"""A multiaddr in shape: parts of printable ASCII, each after a slash."""


@dataclass(frozen=True)
class PairingCard:
    """What a card says. One that came from `parse_card` is proven as the module says."""

    name: str
    kind: NodeKind
    device: DeviceKey
    sealing: SealingKey
    sealing_signature: bytes
    addresses: tuple[str, ...]
    """Multiaddrs where the node may be found, best first; none for one that only calls."""
    organisation: OrganisationAddress
    roster: bytes
    """The organisation's latest roster statement (sync/roster.py), encoded."""
    network: bytes | None
    """The 32-byte fingerprint of the network file, or None without a shared registry."""
    issued_at_seconds: int
    """By the clock of the node itself, since 1970; tells two cards of one node apart."""
    root: RootPublicKeys | None = None
    """A patient's node names its root, to which charts can be handed over; others do not."""

    @property
    def device_did(self) -> str:
        """The device's `did:key`."""
        return did_key(self.device)

    @property
    def peer_id(self) -> str:
        """The device's libp2p peer id."""
        return peer_id(self.device)


def make_card(
    identity: Identity,
    addresses: tuple[str, ...],
    roster: bytes,
    issued_at_seconds: int,
    network: bytes | None = None,
) -> PairingCard:
    """A node's own card. Raises CardDamaged for what no reader would take."""
    secrets = identity.secrets
    card = PairingCard(
        name=secrets.name,
        kind=secrets.kind,
        device=identity.device,
        sealing=identity.sealing_key,
        sealing_signature=identity.sealing_key_signature,
        addresses=addresses,
        organisation=identity.organisation,
        roster=roster,
        network=network,
        issued_at_seconds=issued_at_seconds,
        root=secrets.root if secrets.kind is NodeKind.PATIENT else None,
    )
    try:
        _check(card)
    except (SyncError, ValueError) as error:
        raise CardDamaged(str(error)) from error
    return card


def card_text(card: PairingCard, signer: Signer) -> str:
    """The card as a line of text, without a line end, signed by the device's key."""
    if signer.public != card.device:
        raise ValueError("a card is signed by the device that it describes")
    content = codec.encode(_values(card))
    signed = codec.encode([content, signer.sign(_DOMAIN, content)])
    text = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
    return f"{_PREFIX}{_VERSION}:{text}"


def parse_card(text: str) -> PairingCard:
    """Read and prove a card; white space around it is left away.

    Raises CardForeign, CardNewer, CardTooLarge, CardDamaged.
    """
    text = text.strip(" \t\r\n")
    if not text.startswith(_PREFIX):
        raise CardForeign
    if len(text) > card_length_chars_max:
        raise CardTooLarge(card_length_chars_max)
    version, colon, payload = text.removeprefix(_PREFIX).partition(":")
    if not colon or not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise CardDamaged("its beginning is cut off or changed")
    if version != _VERSION:
        raise CardNewer(version)
    try:
        return _prove(_from_base64url(payload))
    except (SyncError, ValueError) as error:
        raise CardDamaged(str(error)) from error


def _from_base64url(payload: str) -> bytes:
    """Decode the only spelling that encoding gives: no padding, no idle bits."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", payload):
        raise ValueError("it has characters that no card has")
    data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != payload:
        raise ValueError("its end is cut off or changed")
    return data


def _prove(signed: bytes) -> PairingCard:
    content, signature = codec.fields(codec.decode(signed), 2, "card")
    content = codec.octets(content, None, "content")
    card = _parse(content)
    signature = codec.octets(signature, SIGNATURE_SIZE_BYTES, "signature")
    verify(card.device, _DOMAIN, content, signature)
    _check(card)
    return card


def _check(card: PairingCard) -> None:
    """Check all that a card claims beside its own signature; raises SyncError or ValueError."""
    if not 0 < len(card.name) <= node_name_length_chars_max or not card.name.isprintable():
        raise ValueError("name is empty, too long or not printable")
    if len(card.addresses) > card_addresses_max:
        raise ValueError(f"it has more than {card_addresses_max} addresses")
    for address in card.addresses:
        if len(address) > card_address_length_chars_max or not _ADDRESS.fullmatch(address):
            raise ValueError("an address is not a multiaddr")
    if card.network is not None and len(card.network) != 32:
        raise ValueError("network fingerprint is not 32 bytes")
    if (card.root is not None) != (card.kind is NodeKind.PATIENT):
        raise ValueError("a patient's card names a root, and no other does")
    verify_sealing_key(card.device, card.sealing, card.sealing_signature)
    roster = parse_roster(card.roster)
    if roster.organisation != card.organisation:
        raise ValueError("roster statement is another organisation's")
    if (card.device, card.sealing) not in {(entry.key, entry.sealing) for entry in roster.devices}:
        raise ValueError("roster statement does not list the device with its sealing key")


def _values(card: PairingCard) -> list[object]:
    values: list[object] = [
        card.name,
        card.kind.value,
        card.device,
        card.sealing,
        card.sealing_signature,
        list(card.addresses),
        card.organisation,
        card.roster,
        card.network,
        card.issued_at_seconds,
    ]
    return values if card.root is None else [*values, card.root.signing, card.root.sealing]


def _parse(content: bytes) -> PairingCard:
    listed = codec.items(codec.decode(content), "content", 12)
    values, named = codec.fields(listed[:10], 10, "content"), listed[10:]
    name, kind, device, sealing, proof, addresses, organisation, roster, network, issued = values
    kind = codec.text(kind, "kind", 16)
    if kind not in set(NodeKind):
        raise CodecError("kind of node is not known")
    return PairingCard(
        name=codec.text(name, "name", node_name_length_chars_max),
        kind=NodeKind(kind),
        device=DeviceKey(codec.octets(device, 32, "device key")),
        sealing=SealingKey(codec.octets(sealing, 32, "sealing key")),
        sealing_signature=codec.octets(proof, SIGNATURE_SIZE_BYTES, "sealing key's signature"),
        addresses=tuple(
            codec.text(address, "address", card_address_length_chars_max)
            for address in codec.items(addresses, "addresses", card_addresses_max)
        ),
        organisation=OrganisationAddress(codec.octets(organisation, 20, "organisation")),
        roster=codec.octets(roster, None, "roster statement"),
        network=None if network is None else codec.octets(network, 32, "network fingerprint"),
        issued_at_seconds=codec.natural(issued, "time of issue"),
        root=_parse_root(named) if named else None,
    )


def _parse_root(named: list[Any]) -> RootPublicKeys:
    signing, sealing = codec.fields(named, 2, "root")
    return RootPublicKeys(
        DeviceKey(codec.octets(signing, 32, "root")), SealingKey(codec.octets(sealing, 32, "root"))
    )
