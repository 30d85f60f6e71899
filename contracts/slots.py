"""Where the contracts keep each fact: the 32-byte storage slots that proofs are asked for.

Called by whoever gathers or reads proofs. Vyper puts a mapping's element at keccak(slot ‖ key), a
nested one likewise (Solidity puts the key first); the slots of variables are the compiler's.
"""

from functools import cache

from contracts.keccak import keccak
from contracts.loader import Name, artifact


def organisation_slot(organisation: bytes) -> bytes:
    """Accreditation: the packed `Organisation` of an address of 20 bytes."""
    return _element(_variable(Name.ACCREDITATION, "organisations"), _word(organisation, 20))


def credential_slot(issuer: bytes, key: bytes) -> bytes:
    """Accreditation: the packed `Credential` of an Ed25519 key of 32 bytes by an issuer."""
    issued = _element(_variable(Name.ACCREDITATION, "credentials"), _word(issuer, 20))
    return _element(issued, _word(key, 32))


def issuer_owner_slot(issuer: bytes) -> bytes:
    """Accreditation: who signs for an issuer, as last followed; 0: the issuer itself."""
    return _element(_variable(Name.ACCREDITATION, "issuer_owners"), _word(issuer, 20))


def member_slot(member: bytes) -> bytes:
    """Accreditation: 1 where an address sits on the council."""
    return _element(_variable(Name.ACCREDITATION, "members"), _word(member, 20))


def decided_slot(digest: bytes) -> bytes:
    """Accreditation: 1 where the decision with this digest was executed or withdrawn."""
    return _element(_variable(Name.ACCREDITATION, "decided"), _word(digest, 32))


def council_slot() -> bytes:
    """Accreditation: the packed `Council`."""
    return _variable(Name.ACCREDITATION, "council")


def disaster_slot() -> bytes:
    """Accreditation: the packed `Disaster`."""
    return _variable(Name.ACCREDITATION, "disaster")


def signers_slot() -> bytes:
    """Accreditation: the hash of the checkpoint signers."""
    return _variable(Name.ACCREDITATION, "signers")


def commitment_id(owner: bytes, commitment: bytes) -> bytes:
    """The id of a commitment: keccak256(abi_encode(owner, commitment))."""
    return keccak(_word(owner, 20) + _word(commitment, 32))


def commitment_slot(id: bytes) -> bytes:
    """ConsentRegistry: the packed `Commitment` of an id."""
    return _element(_variable(Name.CONSENT, "commitments"), _word(id, 32))


def anchor_slot(publisher: bytes) -> bytes:
    """ConsentRegistry: the head of a publisher's chain of audit roots."""
    return _element(_variable(Name.CONSENT, "anchors"), _word(publisher, 20))


def glass_slot(publisher: bytes) -> bytes:
    """ConsentRegistry: the head of a publisher's chain of break-glass tags."""
    return _element(_variable(Name.CONSENT, "glass"), _word(publisher, 20))


def owner_slot(identity: bytes) -> bytes:
    """DIDRegistry: the owner that an identity was given; 0: itself."""
    return _element(_variable(Name.DID, "owners"), _word(identity, 20))


def changed_slot(identity: bytes) -> bytes:
    """DIDRegistry: the number of the block of an identity's last event."""
    return _element(_variable(Name.DID, "changed"), _word(identity, 20))


def nonce_slot(owner: bytes) -> bytes:
    """DIDRegistry: how many signed acts of an owner were relayed."""
    return _element(_variable(Name.DID, "nonce"), _word(owner, 20))


@cache
def _variable(name: Name, variable: str) -> bytes:
    return artifact(name).layout[variable].to_bytes(32, "big")


def _element(slot: bytes, key: bytes) -> bytes:
    return keccak(slot + key)


def _word(data: bytes, size_bytes: int) -> bytes:
    if len(data) != size_bytes:
        raise ValueError(f"{len(data)} bytes where {size_bytes} are due")
    return data.rjust(32, b"\0")
