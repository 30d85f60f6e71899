"""Pairing: the cards of other nodes, and whom a name on the command line means."""

import re

from node.application.context import Context
from node.application.errors import BadRequest, NotFound, PeerUnknown
from node.card.card import PairingCard, parse_card
from node.registry.words import fingerprint_words
from node.store.peers import Peer
from sync.errors import IdentifierError
from sync.grantee import GROUP_ALL, Device, Grantee, Group
from sync.identifiers import (
    DeviceKey,
    did_ethr,
    did_key,
    parse_did_ethr,
    parse_did_key,
)

_NAME = re.compile(r"[^\s/][^\s]{0,63}")


def describe_card(context: Context, name: str, card: PairingCard) -> dict[str, object]:
    """What people see of a peer."""
    return {
        "name": name,
        "kind": str(card.kind),
        "did": card.device_did,
        "peer_id": card.peer_id,
        "organisation": did_ethr(card.organisation),
        "addresses": list(card.addresses),
        "network": network_words(card.network),
        "shares_network": card.network == context.registry.fingerprint,
    }


def network_words(fingerprint: bytes | None) -> list[str] | None:
    """A network's fingerprint as people compare it; None without a shared registry."""
    return None if fingerprint is None else list(fingerprint_words(fingerprint))


def add_peer(context: Context, text: str, name: str | None) -> dict[str, object]:
    """Keep a card. A newer card of the same device replaces the older and keeps its name."""
    card = parse_card(text)
    if card.device == context.identity.device:
        raise BadRequest("this is this node's own card")
    peers = context.store.peers
    known = peers.of_device(card.device)
    if known is not None and card_of(known).issued_at_seconds > card.issued_at_seconds:
        raise BadRequest("a newer card of this node is held already")
    name = name or (known.name if known is not None else "-".join(card.name.split()))
    if not _NAME.fullmatch(name):
        raise BadRequest("a peer's name has 1 to 64 characters, no spaces and no leading slash")
    peer = Peer(
        name=name,
        device=card.device,
        sealing=card.sealing,
        organisation=card.organisation,
        card=text.strip().encode(),
        addresses=card.addresses,
        added_at_milliseconds=context.clock(),
    )
    with context.store.transaction():
        peers.put(peer)
    return describe_card(context, name, card)


def list_peers(context: Context) -> list[dict[str, object]]:
    """All peers by name."""
    return [describe_card(context, peer.name, card_of(peer)) for peer in context.store.peers.all()]


def card_of(peer: Peer) -> PairingCard:
    """The card that was kept of a peer."""
    return parse_card(peer.card.decode())


def remove_peer(context: Context, who: str) -> dict[str, object]:
    """Forget a card. What was granted stays granted: revoking is another act."""
    name, card = find_peer(context, who)
    with context.store.transaction():
        context.store.peers.remove(card.device)
    return describe_card(context, name, card)


def find_peer(context: Context, who: str) -> tuple[str, PairingCard]:
    """A peer by name (spaces count as the hyphens that it was kept with), DID or peer id.

    Raises PeerUnknown.
    """
    name = "-".join(who.split())
    for peer in context.store.peers.all():
        card = card_of(peer)
        if who in (card.device_did, card.peer_id) or name.lower() == peer.name.lower():
            return peer.name, card
    raise PeerUnknown(who)


def find_grantee(context: Context, who: str) -> tuple[Grantee, PairingCard]:
    """Whom WHO names: a device by DID or peer's name, an organisation by DID (its group `all`).

    Raises PeerUnknown when no card of the grantee is held: its keys are needed.
    """
    if who.startswith("did:ethr:"):
        try:
            organisation = parse_did_ethr(who)
        except IdentifierError as error:
            raise BadRequest(f"{who} is not a DID") from error
        mine = [card_of(peer) for peer in context.store.peers.of_organisation(organisation)]
        if not mine:
            raise PeerUnknown(who)
        newest = max(mine, key=lambda card: card.issued_at_seconds)
        return Group(organisation, GROUP_ALL), newest
    _, card = find_peer(context, who)
    return Device(card.device), card


def named_target(context: Context, who: str) -> Grantee:
    """Whom a revocation names: as `find_grantee`, and DIDs whose card is not held."""
    try:
        if who == "self":
            return Device(context.identity.device)
        if who.startswith("did:key:"):
            return Device(parse_did_key(who))
        if who.startswith("did:ethr:"):
            return Group(parse_did_ethr(who), GROUP_ALL)
    except IdentifierError as error:
        raise BadRequest(f"{who} is not a DID") from error
    return find_grantee(context, who)[0]


def grantee_text(context: Context, grantee: Grantee) -> str:
    """A grantee as people see it: a peer's name where there is one, else the DID."""
    match grantee:
        case Device(key):
            return device_text(context, key)
        case Group(organisation, name):
            own = " (this organisation)" if organisation == context.identity.organisation else ""
            return f"{did_ethr(organisation)} group {name}{own}"


def device_text(context: Context, device: DeviceKey) -> str:
    """A device as people see it."""
    if device == context.identity.device:
        return f"{context.identity.secrets.name} (this node)"
    peer = context.store.peers.of_device(device)
    return did_key(device) if peer is None else peer.name


def require_peer(context: Context, name: str) -> PairingCard:
    """The card of a peer's name, or raise NotFound."""
    try:
        return find_peer(context, name)[1]
    except PeerUnknown as error:
        raise NotFound("peer", name) from error
