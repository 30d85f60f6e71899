"""The calls that an organisation or a council signs, as intents for the outbox; anybody may relay.

Each says how to see on chain that it is done. Made offline: nothing here asks a chain.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from contracts import calls, typed_data
from contracts.errors import BadSignature
from contracts.loader import Name
from contracts.packing import Kind, State
from contracts.slots import credential_slot, decided_slot, issuer_owner_slot, owner_slot
from contracts.typed_data import Action as CalledAction
from contracts.typed_data import Place
from node.registry.intent import Effect, Intent
from node.registry.network import Network
from sync.identifiers import DeviceKey, OrganisationAddress

NEVER_SECONDS: Final = (1 << 48) - 1
"""A deadline that never comes: what is signed is harmless for ever, a terminal state."""
_STATE_SHIFT_BITS: Final = 152
_STATE_WIDTH_BITS: Final = 8
_ADDRESS_WIDTH_BITS: Final = 160


def place_of(network: Network, name: Name = Name.ACCREDITATION) -> Place:
    """Where signatures for a contract of a network count."""
    return Place(network.chain, network.contracts[name].address)


def decision_digest(
    network: Network,
    actions: Iterable[tuple[int, bytes, int, int]],
    salt: bytes,
    deadline_seconds: int,
) -> bytes:
    """What members of the council sign."""
    called = [CalledAction(int(kind), subject, a, b) for kind, subject, a, b in actions]
    return typed_data.decision_digest(place_of(network), called, salt, deadline_seconds)


def recovered(digest: bytes, signature: bytes) -> OrganisationAddress:
    """Whose signature of a digest this is, or raise ValueError."""
    try:
        return OrganisationAddress(typed_data.recover(digest, signature))
    except BadSignature as error:
        raise ValueError("a signature is none") from error


def decide(
    network: Network,
    actions: Sequence[tuple[int, bytes, int, int]],
    salt: bytes,
    deadline_seconds: int,
    signatures: Sequence[bytes],
    label: str,
) -> Intent:
    """Execute what the council decided."""
    called = [CalledAction(int(kind), subject, a, b) for kind, subject, a, b in actions]
    digest = decision_digest(network, actions, salt, deadline_seconds)
    return Intent(
        "decide",
        Name.ACCREDITATION,
        calls.decide(called, salt, deadline_seconds, signatures),
        Effect.equals(Name.ACCREDITATION, decided_slot(digest), 1),
        label,
        expires_at_seconds=deadline_seconds,
    )


def issue(
    network: Network,
    issuer: OrganisationAddress,
    secret: bytes,
    keys: Sequence[DeviceKey],
    kind: Kind,
    until_seconds: int,
    deadline_seconds: int,
    label: str,
) -> Intent:
    """Issue credentials, signed by the issuer's key in use."""
    digest = typed_data.issue_digest(
        place_of(network), issuer, keys, until_seconds, kind, deadline_seconds
    )
    data = calls.issue_signed(
        issuer, keys, until_seconds, kind, deadline_seconds, typed_data.sign(secret, digest)
    )
    effect = _states(issuer, keys, State.LIVE)
    return Intent(
        "issue", Name.ACCREDITATION, data, effect, label, expires_at_seconds=deadline_seconds
    )


def revoke(
    network: Network,
    issuer: OrganisationAddress,
    secret: bytes,
    keys: Sequence[DeviceKey],
    label: str,
) -> Intent:
    """Revoke credentials for ever, signed by the issuer's key in use."""
    digest = typed_data.revoke_keys_digest(place_of(network), issuer, keys, NEVER_SECONDS)
    data = calls.revoke_keys_signed(issuer, keys, NEVER_SECONDS, typed_data.sign(secret, digest))
    return Intent("revoke", Name.ACCREDITATION, data, _states(issuer, keys, State.REVOKED), label)


def change_owner(
    network: Network, identity: OrganisationAddress, secret: bytes, owner: OrganisationAddress
) -> tuple[Intent, Intent]:
    """Hand an identity to its next key in the DIDRegistry, and let the Accreditation follow.

    `secret` is the key that goes. Each key signs one such call and nothing else there, so that the
    registry's number of it is 0.
    """
    registry = network.contracts[Name.DID].address
    digest = typed_data.identity_digest(registry, 0, identity, "changeOwner", [owner])
    value = int.from_bytes(owner, "big")
    change = Intent(
        "change-owner",
        Name.DID,
        calls.change_owner(identity, owner, typed_data.sign(secret, digest)),
        Effect.equals(Name.DID, owner_slot(identity), value, width_bits=_ADDRESS_WIDTH_BITS),
        "this organisation's next key",
        order=bytes(identity),
    )
    follow = Intent(
        "follow",
        Name.ACCREDITATION,
        calls.follow(identity),
        Effect.equals(
            Name.ACCREDITATION,
            issuer_owner_slot(identity),
            value,
            width_bits=_ADDRESS_WIDTH_BITS,
        ),
        "credentials are signed by the next key",
        order=bytes(identity),
    )
    return change, follow


def _states(issuer: OrganisationAddress, keys: Sequence[DeviceKey], state: State) -> Effect:
    return Effect.all_of(
        Effect.state_at_least(
            Name.ACCREDITATION,
            credential_slot(issuer, key),
            shift_bits=_STATE_SHIFT_BITS,
            width_bits=_STATE_WIDTH_BITS,
            value=int(state),
        )
        for key in keys
    )
