"""Who a node is: published vectors, and keys that match their secrets."""

from dataclasses import replace

import pytest

from node.keystore.identity import Identity
from node.keystore.secrets import Secrets
from node.transport.peer_id import parse_peer_id
from sync.sealing import seal, verify_sealing_key
from sync.signing import verify


def test_the_device_did_is_that_of_the_did_key_method(secrets: Secrets) -> None:
    identity = Identity(replace(secrets, device_seed=bytes(32)))
    assert identity.device_did == "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


def test_the_organisation_address_is_ethereums(secrets: Secrets) -> None:
    identity = Identity(replace(secrets, organisation_secret=(1).to_bytes(32, "big")))
    assert identity.organisation_did == "did:ethr:0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"
    assert identity.organisation.hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"


def test_the_peer_id_is_the_device_key(secrets: Secrets) -> None:
    identity = Identity(secrets)
    assert parse_peer_id(identity.peer_id) == identity.device


def test_the_device_states_its_own_sealing_key(secrets: Secrets) -> None:
    identity = Identity(secrets)
    verify_sealing_key(identity.device, identity.sealing_key, identity.sealing_key_signature)


def test_what_the_secrets_hold_signs_and_opens(secrets: Secrets) -> None:
    identity = Identity(secrets)
    verify(identity.owner.public, "test", b"note", identity.owner.sign("test", b"note"))
    for opener in (identity.opener, identity.group_opener("all", 0)):
        assert opener.open(seal(b"note", opener.public, b"\x05" * 32)) == b"note"
    with pytest.raises(KeyError):
        identity.group_opener("all", 1)


def test_the_repr_shows_only_the_public_key(secrets: Secrets) -> None:
    identity = Identity(secrets)
    assert repr(identity) == f"Identity({identity.device[:4].hex()})"
