"""What is signed for the contracts, and signatures over it. Called by owners and checkers.

Accreditation and ConsentRegistry take EIP-712 structures; a DIDRegistry takes the packed bytes of
ERC-1056, which name no chain: see docs/CONTRACTS.md for what keeps them apart.
Addresses are 20 bytes, times seconds since 1970.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from coincurve import PrivateKey, PublicKey

from contracts.abi import encode
from contracts.errors import BadSignature
from contracts.keccak import keccak

_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_S_MAX: Final = _ORDER // 2

_DOMAIN_TYPE: Final = (
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_ACTION: Final = b"Action(uint8 kind,address subject,uint256 a,uint256 b)"
_DECISION_TYPE: Final = b"Decision(Action[] actions,bytes32 salt,uint256 deadline)" + _ACTION
_ISSUE_TYPE: Final = (
    b"Issue(address issuer,bytes32[] keys,uint256 until,uint8 kind,uint256 deadline)"
)
_REVOKE_KEYS_TYPE: Final = b"Revoke(address issuer,bytes32[] keys,uint256 deadline)"
_GRANT_TYPE: Final = b"Grant(address owner,bytes32 commitment,uint256 deadline)"
_REVOKE_TYPE: Final = b"Revoke(address owner,bytes32 commitment,uint256 deadline)"
_POLICY_TYPE: Final = b"Policy(uint256 roles,uint256 minimumAge,bytes32 salt)"
_GLASS_TYPE: Final = b"Glass(address publisher,bytes32 previous,bytes32[] tags,uint256 deadline)"
_ANCHOR_TYPE: Final = b"Anchor(address publisher,bytes32 previous,bytes32 root,uint256 deadline)"


class Place(NamedTuple):
    """Where a signature shall count: one contract on one chain."""

    chain_id: int
    contract: bytes
    """20 bytes."""


class Action(NamedTuple):
    """One thing that a council decides; see Accreditation.vy for `a` and `b` of each kind."""

    kind: int
    subject: bytes = bytes(20)
    a: int = 0
    b: int = 0


def decision_digest(
    place: Place, actions: Sequence[Action], salt: bytes, deadline_seconds: int
) -> bytes:
    """What members of a council sign."""
    hashes = b"".join(
        keccak(
            encode(["bytes32", "uint8", "address", "uint256", "uint256"], [keccak(_ACTION), *of])
        )
        for of in actions
    )
    return _accreditation(
        place,
        ["bytes32", "bytes32", "uint256"],
        [keccak(_DECISION_TYPE), keccak(hashes), salt, deadline_seconds],
    )


def issue_digest(
    place: Place,
    issuer: bytes,
    keys: Sequence[bytes],
    until_seconds: int,
    kind: int,
    deadline_seconds: int,
) -> bytes:
    """What an organisation signs to issue credentials."""
    return _accreditation(
        place,
        ["address", "bytes32", "uint256", "uint8", "uint256"],
        [
            keccak(_ISSUE_TYPE),
            issuer,
            keccak(b"".join(keys)),
            until_seconds,
            kind,
            deadline_seconds,
        ],
    )


def revoke_keys_digest(
    place: Place, issuer: bytes, keys: Sequence[bytes], deadline_seconds: int
) -> bytes:
    """What an organisation signs to revoke credentials."""
    return _accreditation(
        place,
        ["address", "bytes32", "uint256"],
        [keccak(_REVOKE_KEYS_TYPE), issuer, keccak(b"".join(keys)), deadline_seconds],
    )


def grant_digest(place: Place, owner: bytes, commitment: bytes, deadline_seconds: int) -> bytes:
    """What a pseudonym signs to make its commitment live."""
    return _consent(
        place,
        ["address", "bytes32", "uint256"],
        [keccak(_GRANT_TYPE), owner, commitment, deadline_seconds],
    )


def revoke_digest(place: Place, owner: bytes, commitment: bytes, deadline_seconds: int) -> bytes:
    """What a pseudonym signs to revoke its commitment."""
    return _consent(
        place,
        ["address", "bytes32", "uint256"],
        [keccak(_REVOKE_TYPE), owner, commitment, deadline_seconds],
    )


def glass_digest(
    place: Place, publisher: bytes, previous: bytes, tags: Sequence[bytes], deadline_seconds: int
) -> bytes:
    """What a publisher signs to add break-glass tags to its chain."""
    return _consent(
        place,
        ["address", "bytes32", "bytes32", "uint256"],
        [keccak(_GLASS_TYPE), publisher, previous, keccak(b"".join(tags)), deadline_seconds],
    )


def anchor_digest(
    place: Place, publisher: bytes, previous: bytes, root: bytes, deadline_seconds: int
) -> bytes:
    """What a publisher signs to add an audit root to its chain."""
    return _consent(
        place,
        ["address", "bytes32", "bytes32", "uint256"],
        [keccak(_ANCHOR_TYPE), publisher, previous, root, deadline_seconds],
    )


def policy_commitment(roles: int, minimum_age_seconds: int, salt: bytes) -> bytes:
    """The commitment of a standing policy, which `policyAllows` opens."""
    return keccak(
        encode(
            ["bytes32", "uint256", "uint256", "bytes32"],
            [keccak(_POLICY_TYPE), roles, minimum_age_seconds, salt],
        )
    )


def chained(head: bytes, value: bytes) -> bytes:
    """The head of a chain of tags or roots after one more."""
    return keccak(head + value)


def identity_digest(
    registry: bytes, nonce: int, identity: bytes, act: str, arguments: Sequence[bytes]
) -> bytes:
    """What an identity's owner signs for a DIDRegistry: ERC-1056.

    `nonce` is of the owner; `act` is the function without `Signed`, and `arguments` are those after
    the signature, packed: addresses of 20 bytes, numbers and names of 32, values as they are.
    """
    parts = [b"\x19\x00", registry, nonce.to_bytes(32, "big"), identity, act.encode(), *arguments]
    return keccak(b"".join(parts))


def sign(secret: bytes, digest: bytes) -> bytes:
    """Sign a digest with a secp256k1 key of 32 bytes: r ‖ s ‖ v, v 27 or 28, s low."""
    made = PrivateKey(secret).sign_recoverable(digest, hasher=None)
    return made[:64] + bytes([27 + made[64]])


def address_of(secret: bytes) -> bytes:
    """The 20-byte address of a secp256k1 key."""
    return _address(PrivateKey(secret).public_key)


def recover(digest: bytes, signature: bytes) -> bytes:
    """The address that signed a digest, as the contracts recover it, or raise BadSignature."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise BadSignature("a signature has 65 bytes, the last 27 or 28")
    if int.from_bytes(signature[32:64], "big") > _S_MAX:
        raise BadSignature("a signature's s is in the lower half of the order")
    recoverable = signature[:64] + bytes([signature[64] - 27])
    try:
        key = PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except ValueError as error:
        raise BadSignature("the signature belongs to no key") from error
    return _address(key)


def split(signature: bytes) -> tuple[int, bytes, bytes]:
    """A signature r ‖ s ‖ v as (v, r, s), which some functions take."""
    if len(signature) != 65:
        raise BadSignature("a signature has 65 bytes")
    return signature[64], signature[:32], signature[32:64]


def domain_separator(place: Place, name: str) -> bytes:
    """EIP-712's hash of the domain: one of our contracts' names, version 1, chain and address."""
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                keccak(_DOMAIN_TYPE),
                keccak(name.encode()),
                keccak(b"1"),
                place.chain_id,
                place.contract,
            ],
        )
    )


def _accreditation(place: Place, types: list[str], values: list[object]) -> bytes:
    return _digest(domain_separator(place, "Satchel Accreditation"), types, values)


def _consent(place: Place, types: list[str], values: list[object]) -> bytes:
    return _digest(domain_separator(place, "Satchel Consent"), types, values)


def _digest(domain: bytes, types: list[str], values: list[object]) -> bytes:
    return keccak(b"\x19\x01" + domain + keccak(encode(["bytes32", *types], values)))


def _address(key: PublicKey) -> bytes:
    return keccak(key.format(compressed=False)[1:])[12:]
