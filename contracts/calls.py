"""Calldata of the contracts' functions, without web3. Called by whoever writes to the registry.

Signed calls are complete: anybody may send them. Addresses are 20 bytes, times seconds since 1970.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from contracts.abi import encode
from contracts.keccak import keccak
from contracts.loader import Name, artifact
from contracts.typed_data import Action, split


class Item(NamedTuple):
    """One signed grant or revocation of a batch."""

    owner: bytes
    commitment: bytes
    deadline_seconds: int
    signature: bytes


# Accreditation.


def decide(
    actions: Sequence[Action], salt: bytes, deadline_seconds: int, signatures: Sequence[bytes]
) -> bytes:
    """Execute a decision; the signatures in ascending order of their signers' addresses."""
    return _call(
        Name.ACCREDITATION,
        "decide",
        [tuple(action) for action in actions],
        salt,
        deadline_seconds,
        list(signatures),
    )


def issue(key: bytes, until_seconds: int, kind: int) -> bytes:
    """Issue one credential; the sender is the issuer."""
    return _call(Name.ACCREDITATION, "issue", key, until_seconds, kind)


def issue_batch(keys: Sequence[bytes], until_seconds: int, kind: int) -> bytes:
    """Issue up to 64 credentials; the sender is the issuer."""
    return _call(Name.ACCREDITATION, "issueBatch", list(keys), until_seconds, kind)


def issue_signed(
    issuer: bytes,
    keys: Sequence[bytes],
    until_seconds: int,
    kind: int,
    deadline_seconds: int,
    signature: bytes,
) -> bytes:
    """Issue up to 64 credentials; relayed."""
    return _call(
        Name.ACCREDITATION,
        "issueSigned",
        issuer,
        list(keys),
        until_seconds,
        kind,
        deadline_seconds,
        signature,
    )


def revoke_key(key: bytes) -> bytes:
    """Revoke one credential; the sender is the issuer."""
    return _call(Name.ACCREDITATION, "revoke", key)


def revoke_key_batch(keys: Sequence[bytes]) -> bytes:
    """Revoke up to 64 credentials; the sender is the issuer."""
    return _call(Name.ACCREDITATION, "revokeBatch", list(keys))


def revoke_keys_signed(
    issuer: bytes, keys: Sequence[bytes], deadline_seconds: int, signature: bytes
) -> bytes:
    """Revoke up to 64 credentials; relayed."""
    return _call(
        Name.ACCREDITATION, "revokeSigned", issuer, list(keys), deadline_seconds, signature
    )


def follow(issuer: bytes) -> bytes:
    """Let the Accreditation take an issuer's new key over from the DIDRegistry."""
    return _call(Name.ACCREDITATION, "follow", issuer)


# ConsentRegistry.


def grant(owner: bytes, commitment: bytes, deadline_seconds: int, signature: bytes) -> bytes:
    """Make a commitment live; relayed."""
    return _call(
        Name.CONSENT, "grant", owner, commitment, deadline_seconds, *split(signature)
    )  # fmt: skip


def grant_batch(items: Sequence[Item]) -> bytes:
    """Make up to 32 commitments live; relayed."""
    return _call(Name.CONSENT, "grantBatch", [_item(of) for of in items])


def revoke(owner: bytes, commitment: bytes, deadline_seconds: int, signature: bytes) -> bytes:
    """Revoke a commitment; relayed."""
    return _call(
        Name.CONSENT, "revoke", owner, commitment, deadline_seconds, *split(signature)
    )  # fmt: skip


def revoke_batch(items: Sequence[Item]) -> bytes:
    """Revoke up to 32 commitments; relayed."""
    return _call(Name.CONSENT, "revokeBatch", [_item(of) for of in items])


def policy_allows(
    owner: bytes, roles: int, minimum_age_seconds: int, salt: bytes, organisation: bytes
) -> bytes:
    """Ask whether a standing policy allows an organisation; `eth_call` answers a bool."""
    return _call(
        Name.CONSENT, "policyAllows", owner, roles, minimum_age_seconds, salt, organisation
    )


def break_glass(tags: Sequence[bytes]) -> bytes:
    """Add up to 32 break-glass tags to the sender's chain."""
    return _call(Name.CONSENT, "breakGlass", list(tags))


def break_glass_signed(
    publisher: bytes,
    previous: bytes,
    tags: Sequence[bytes],
    deadline_seconds: int,
    signature: bytes,
) -> bytes:
    """Add up to 32 break-glass tags to a publisher's chain; relayed."""
    return _call(
        Name.CONSENT,
        "breakGlassSigned",
        publisher,
        previous,
        list(tags),
        deadline_seconds,
        signature,
    )


def anchor(root: bytes) -> bytes:
    """Add an audit root to the sender's chain."""
    return _call(Name.CONSENT, "anchor", root)


def anchor_signed(
    publisher: bytes, previous: bytes, root: bytes, deadline_seconds: int, signature: bytes
) -> bytes:
    """Add an audit root to a publisher's chain; relayed."""
    return _call(
        Name.CONSENT, "anchorSigned", publisher, previous, root, deadline_seconds, signature
    )


# DIDRegistry: each act with `signature` is the `…Signed` function, relayed.


def change_owner(identity: bytes, owner: bytes, signature: bytes | None = None) -> bytes:
    """Hand an identity over."""
    return _identity_call("changeOwner", identity, signature, owner)


def add_delegate(
    identity: bytes,
    delegate_type: bytes,
    delegate: bytes,
    validity_seconds: int,
    signature: bytes | None = None,
) -> bytes:
    """Name a delegate for a time; the type is padded to 32 bytes."""
    return _identity_call(
        "addDelegate", identity, signature, _name(delegate_type), delegate, validity_seconds
    )


def revoke_delegate(
    identity: bytes, delegate_type: bytes, delegate: bytes, signature: bytes | None = None
) -> bytes:
    """End a delegate."""
    return _identity_call("revokeDelegate", identity, signature, _name(delegate_type), delegate)


def set_attribute(
    identity: bytes,
    name: bytes,
    value: bytes,
    validity_seconds: int,
    signature: bytes | None = None,
) -> bytes:
    """Say an attribute for a time; the name is padded to 32 bytes."""
    return _identity_call("setAttribute", identity, signature, _name(name), value, validity_seconds)


def revoke_attribute(
    identity: bytes, name: bytes, value: bytes, signature: bytes | None = None
) -> bytes:
    """Take an attribute back."""
    return _identity_call("revokeAttribute", identity, signature, _name(name), value)


# Deployment: bytecode with the constructor's arguments.


def deploy_did_registry() -> bytes:
    """Create a DIDRegistry: from a key used once, so that no other chain has one at its address."""
    return artifact(Name.DID).bytecode


def deploy_accreditation(
    members: Sequence[bytes], threshold: int, signers_hash: bytes, did_registry: bytes
) -> bytes:
    """Create an Accreditation with its council and checkpoint signers."""
    arguments = encode(
        ["address[]", "uint256", "bytes32", "address"],
        [list(members), threshold, signers_hash, did_registry],
    )
    return artifact(Name.ACCREDITATION).bytecode + arguments


def deploy_consent_registry(accreditation: bytes) -> bytes:
    """Create a ConsentRegistry whose policies are judged by an Accreditation."""
    return artifact(Name.CONSENT).bytecode + encode(["address"], [accreditation])


def selector(name: Name, function: str) -> bytes:
    """The 4 bytes that a function's calldata begins with."""
    return _function(name, function)[0]


def call(name: Name, function: str, *arguments: object) -> bytes:
    """Calldata of any function of a contract: its views, say."""
    return _call(name, function, *arguments)


def _call(name: Name, function: str, *arguments: object) -> bytes:
    chosen, types = _function(name, function)
    return chosen + encode(types, arguments)


def _identity_call(act: str, identity: bytes, signature: bytes | None, *arguments: object) -> bytes:
    if signature is None:
        return _call(Name.DID, act, identity, *arguments)
    return _call(Name.DID, act + "Signed", identity, *split(signature), *arguments)


@cache
def _function(name: Name, function: str) -> tuple[bytes, tuple[str, ...]]:
    (entry,) = (of for of in artifact(name).abi if of.get("name") == function)
    types = tuple(_type(of) for of in entry["inputs"])
    return keccak(f"{function}({','.join(types)})".encode())[:4], types


def _type(parameter: dict[str, object]) -> str:
    name = str(parameter["type"])
    if not name.startswith("tuple"):
        return name
    parts = parameter["components"]
    if not isinstance(parts, list):
        raise TypeError("an ABI's tuple has no components")
    return f"({','.join(_type(part) for part in parts)}){name.removeprefix('tuple')}"


def _item(of: Item) -> tuple[object, ...]:
    return (of.owner, of.commitment, of.deadline_seconds, *split(of.signature))


def _name(text: bytes) -> bytes:
    return text.ljust(32, b"\0")
