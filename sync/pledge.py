"""How an organisation's key names the next one before it is needed; carried by roster statements.

Every key of an organisation signs one pledge, ever: the hash of the key that comes after it, and
which statements of the key before it count. The next key is not used until then, so that whoever
steals the key in use can neither take the organisation over nor undo its going over to the next
one (KERI calls this pre-rotation). docs/decisions/0036-organisation-keys.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from coincurve import PrivateKey, PublicKey

from sync.codec import encode, fields, items, octets
from sync.errors import SignatureError
from sync.identifiers import OrganisationAddress, ethereum_address, hashed
from sync.limits import roster_pledges_max, roster_statements_of_a_key_max

DOMAIN = "pledge"


@dataclass(frozen=True, slots=True)
class Pledge:
    """One key's word of what comes after it and of what came before it."""

    next: bytes
    """`key_hash` of the key that may follow."""
    before: tuple[bytes, ...]
    """Digests of those statements of the key before that count: no others do any more."""
    signature: bytes
    """secp256k1, recoverable: 65 bytes."""


def key_hash(address: OrganisationAddress) -> bytes:
    """What a pledge says of a key that nobody shall know yet: 32 bytes of its address."""
    return hashed("next-organisation-key", address)


def address_of(secret: bytes) -> OrganisationAddress:
    """The address of a 32-byte secp256k1 secret."""
    return ethereum_address(PrivateKey(secret).public_key.format(compressed=False))


def sign_pledge(
    secret: bytes,
    organisation: OrganisationAddress,
    place: int,
    following: bytes,
    before: Sequence[bytes],
) -> Pledge:
    """Pledge the next key with the secret of the key at `place` (0: the first)."""
    digest = _digest(organisation, place, following, before)
    signature = sign_recoverable(secret, digest)
    return Pledge(following, tuple(before), signature)


def key_holders(
    organisation: OrganisationAddress, pledges: Sequence[Pledge]
) -> tuple[OrganisationAddress, ...]:
    """The addresses of the keys that signed a chain of pledges, the organisation's own first.

    Raises SignatureError where a key follows that was not pledged.
    """
    found: list[OrganisationAddress] = []
    for place, pledge in enumerate(pledges):
        signed_by = signer(
            pledge.signature, _digest(organisation, place, pledge.next, pledge.before)
        )
        expected = (
            signed_by == organisation
            if place == 0
            else key_hash(signed_by) == pledges[place - 1].next
        )
        if not expected:
            raise SignatureError("a pledge is signed by a key that was not pledged")
        found.append(signed_by)
    return tuple(found)


def sign_recoverable(secret: bytes, digest: bytes) -> bytes:
    """A 65-byte signature of a digest by a 32-byte secret, from which `signer` tells the key."""
    return PrivateKey(secret).sign_recoverable(digest, hasher=None)


def signer(signature: bytes, digest: bytes) -> OrganisationAddress:
    """Whose recoverable signature of a digest this is, or raise SignatureError."""
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as error:  # coincurve raises bare Exception
        raise SignatureError("a signature is none of secp256k1") from error
    return ethereum_address(key.format(compressed=False))


def pledge_value(pledge: Pledge) -> list[object]:
    """A pledge as a value for the codec."""
    return [pledge.next, list(pledge.before), pledge.signature]


def parse_pledges(value: object) -> tuple[Pledge, ...]:
    """Pledges from a decoded value, signatures unchecked, or raise CodecError."""
    return tuple(_parse_pledge(each) for each in items(value, "pledges", roster_pledges_max))


def _parse_pledge(value: object) -> Pledge:
    following, before, signature = fields(value, 3, "pledge")
    return Pledge(
        octets(following, 32, "next key"),
        tuple(
            octets(each, 32, "statement")
            for each in items(before, "statements", roster_statements_of_a_key_max)
        ),
        octets(signature, 65, "signature"),
    )


def _digest(
    organisation: OrganisationAddress, place: int, following: bytes, before: Sequence[bytes]
) -> bytes:
    return hashed(DOMAIN, encode([organisation, place, following, list(before)]))
