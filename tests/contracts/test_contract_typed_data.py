"""Signed structures are EIP-712 as eth-account reads it, and signatures are the contracts' own."""

import pytest
from bare_evm import CHAIN_ID, secret
from coincurve import PrivateKey
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data

from contracts.errors import BadSignature
from contracts.typed_data import (
    Action,
    Place,
    address_of,
    anchor_digest,
    decision_digest,
    domain_separator,
    glass_digest,
    grant_digest,
    issue_digest,
    recover,
    revoke_digest,
    revoke_keys_digest,
    sign,
    split,
)

PLACE = Place(CHAIN_ID, b"\xab" * 20)
SOMEBODY = b"\xcd" * 20
WORDS = [b"\1" * 32, b"\2" * 32, b"\xff" * 32]
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def theirs(name: str, kind: str, fields: str, values: list[object], **others: str) -> bytes:
    """The digest that eth-account makes of a structure."""
    message = encode_typed_data(
        full_message={
            "types": {
                "EIP712Domain": parsed(
                    "string name,string version,uint256 chainId,address verifyingContract"
                ),
                kind: parsed(fields),
                **{other: parsed(text) for other, text in others.items()},
            },
            "primaryType": kind,
            "domain": {
                "name": name,
                "version": "1",
                "chainId": PLACE.chain_id,
                "verifyingContract": "0x" + PLACE.contract.hex(),
            },
            "message": dict(zip([of["name"] for of in parsed(fields)], values, strict=True)),
        }
    )
    return bytes(_hash_eip191_message(message))


def parsed(fields: str) -> list[dict[str, str]]:
    return [
        dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields.split(",")
    ]


def test_a_decision_is_typed_data() -> None:
    actions = [Action(1, SOMEBODY, 5, 2**47), Action(7, bytes(20), 2**256 - 1)]

    assert decision_digest(PLACE, actions, WORDS[0], 99) == theirs(
        "Satchel Accreditation",
        "Decision",
        "Action[] actions,bytes32 salt,uint256 deadline",
        [
            [
                {"kind": of.kind, "subject": "0x" + of.subject.hex(), "a": of.a, "b": of.b}
                for of in actions
            ],
            WORDS[0],
            99,
        ],
        Action="uint8 kind,address subject,uint256 a,uint256 b",
    )


@pytest.mark.parametrize("count", [1, 3])
def test_issuing_and_revoking_credentials_are_typed_data(count: int) -> None:
    issuer = "0x" + SOMEBODY.hex()

    assert issue_digest(PLACE, SOMEBODY, WORDS[:count], 7, 2, 99) == theirs(
        "Satchel Accreditation",
        "Issue",
        "address issuer,bytes32[] keys,uint256 until,uint8 kind,uint256 deadline",
        [issuer, WORDS[:count], 7, 2, 99],
    )
    assert revoke_keys_digest(PLACE, SOMEBODY, WORDS[:count], 99) == theirs(
        "Satchel Accreditation",
        "Revoke",
        "address issuer,bytes32[] keys,uint256 deadline",
        [issuer, WORDS[:count], 99],
    )


def test_consents_are_typed_data() -> None:
    fields, values = "address owner,bytes32 commitment,uint256 deadline", ["0x" + "cd" * 20]

    for kind, digest in (("Grant", grant_digest), ("Revoke", revoke_digest)):
        assert digest(PLACE, SOMEBODY, WORDS[0], 99) == theirs(
            "Satchel Consent", kind, fields, [*values, WORDS[0], 99]
        )


def test_chains_of_tags_and_roots_are_typed_data() -> None:
    assert glass_digest(PLACE, SOMEBODY, WORDS[0], WORDS, 99) == theirs(
        "Satchel Consent",
        "Glass",
        "address publisher,bytes32 previous,bytes32[] tags,uint256 deadline",
        ["0x" + "cd" * 20, WORDS[0], WORDS, 99],
    )
    assert anchor_digest(PLACE, SOMEBODY, WORDS[0], WORDS[1], 99) == theirs(
        "Satchel Consent",
        "Anchor",
        "address publisher,bytes32 previous,bytes32 root,uint256 deadline",
        ["0x" + "cd" * 20, WORDS[0], WORDS[1], 99],
    )


def test_a_domain_differs_by_chain_contract_and_name() -> None:
    places = [PLACE, Place(1, PLACE.contract), Place(CHAIN_ID, SOMEBODY)]
    names = ["Satchel Consent", "Satchel Accreditation"]

    assert len({domain_separator(place, name) for place in places for name in names}) == 6


def test_a_signature_is_that_of_eth_account_and_is_recovered_to_its_address() -> None:
    for number in range(20):
        digest = bytes([number]) * 32
        made = sign(secret(number), digest)

        account = Account.from_key(secret(number))
        assert made == bytes(account.unsafe_sign_hash(digest).signature)
        assert address_of(secret(number)).hex() == account.address[2:].lower()
        assert recover(digest, made) == address_of(secret(number))
        v, r, s = split(made)
        assert r + s + bytes([v]) == made


def test_a_signature_of_the_upper_half_is_refused() -> None:
    made = sign(secret(1), WORDS[0])
    s = ORDER - int.from_bytes(made[32:64], "big")
    turned = made[:32] + s.to_bytes(32, "big") + bytes([55 - made[64]])

    with pytest.raises(BadSignature, match="lower half"):
        recover(WORDS[0], turned)


@pytest.mark.parametrize("end", [0, 1, 26, 29, 255])
def test_a_signature_with_another_recovery_value_is_refused(end: int) -> None:
    with pytest.raises(BadSignature, match="27 or 28"):
        recover(WORDS[0], sign(secret(1), WORDS[0])[:64] + bytes([end]))


@pytest.mark.parametrize("size", [0, 64, 66])
def test_bytes_of_another_length_are_no_signature(size: int) -> None:
    with pytest.raises(BadSignature):
        recover(WORDS[0], bytes(size))
    with pytest.raises(BadSignature):
        split(bytes(size))


def test_zeros_are_nobody_s_signature() -> None:
    with pytest.raises(BadSignature, match="no key"):
        recover(WORDS[0], bytes(64) + b"\x1b")


def test_another_digest_recovers_to_somebody_else() -> None:
    made = sign(secret(1), WORDS[0])

    assert PrivateKey(secret(1)).public_key.format()
    assert recover(WORDS[1], made) != address_of(secret(1))
