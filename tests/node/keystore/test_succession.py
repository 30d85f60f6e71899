"""An organisation's next key: kept, taken into use, and absent in older homes."""

import random

import pytest

from node.keystore.identity import Identity
from node.keystore.making import make_secrets
from node.keystore.secrets import NodeKind, Secrets, decode_secrets, encode_secrets
from node.keystore.succession import Succession
from sync import codec
from sync.errors import CodecError
from sync.pledge import address_of, key_hash, key_holders


def secrets() -> Secrets:
    return make_secrets("hilltop", NodeKind.CLINIC, random.Random(4).randbytes)[0]


def test_a_keystore_from_before_keys_could_change_still_opens() -> None:
    made = secrets()
    old = codec.encode(
        [
            made.name,
            made.kind.value,
            made.device_seed,
            made.device_sealing_secret,
            made.organisation_secret,
            made.owner_seed,
            made.store_key,
            [[name, number, key] for (name, number), key in sorted(made.group_secrets.items())],
            made.root.signing,
            made.root.sealing,
            True,
        ]
    )
    opened = decode_secrets(old)
    assert opened.succession is None
    assert opened.organisation_secret == made.organisation_secret
    assert opened.recovery_confirmed
    assert encode_secrets(opened) == old
    with pytest.raises(CodecError):
        decode_secrets(codec.encode([*codec.decode(old), None]))


def test_a_new_organisation_has_pledged_its_next_key() -> None:
    made = secrets()
    assert decode_secrets(encode_secrets(made)) == made
    keys = made.succession
    assert keys is not None
    assert keys.secret == made.organisation_secret != keys.next_secret
    assert keys.pledges[0].next == key_hash(address_of(keys.next_secret))


def test_a_rotation_takes_the_pledged_key_and_pledges_another() -> None:
    made = secrets()
    keys = made.succession
    assert keys is not None
    organisation = address_of(made.organisation_secret)
    draw = random.Random(5).randbytes
    later = keys.rotated(organisation, [b"d" * 32], b"p" * 32, draw)
    assert later.secret == keys.next_secret
    assert (later.number, later.previous) == (1, b"p" * 32)
    third = later.rotated(organisation, [], b"q" * 32, draw)
    holders = key_holders(organisation, third.pledges)
    assert holders == (organisation, later.address, third.address)
    assert len({keys.secret, later.secret, third.secret, third.next_secret}) == 4


def test_nothing_of_the_keys_shows() -> None:
    keys = Succession.begin(secrets().organisation_secret, random.Random(6).randbytes, 0, None)
    assert repr(keys) == "Succession(...)"
    assert Identity(secrets()).organisation == address_of(secrets().organisation_secret)
