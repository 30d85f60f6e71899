"""The value of all secrets: made, encoded, refused when malformed, and never shown."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.keystore.making import make_secrets
from node.keystore.recovery import RootPublicKeys, entropy_from_words, root_from_entropy
from node.keystore.secrets import (
    NodeKind,
    Secrets,
    decode_secrets,
    encode_secrets,
    newest_generation,
)
from node.randomness import Randomness
from sync import codec
from sync.errors import CodecError
from sync.identifiers import DeviceKey, SealingKey

keys = st.binary(min_size=32, max_size=32)
any_secrets = st.builds(
    Secrets,
    name=st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=100
    ),
    kind=st.sampled_from(NodeKind),
    device_seed=keys,
    device_sealing_secret=keys,
    organisation_secret=keys,
    owner_seed=keys,
    store_key=keys,
    group_secrets=st.dictionaries(
        st.tuples(st.text(min_size=1, max_size=32), st.integers(0, 0xFFFFFFFF)), keys
    ),
    root=st.builds(RootPublicKeys, signing=keys.map(DeviceKey), sealing=keys.map(SealingKey)),
    recovery_confirmed=st.booleans(),
)


@given(any_secrets)
def test_secrets_survive_their_encoding(secrets: Secrets) -> None:
    assert decode_secrets(encode_secrets(secrets)) == secrets


@given(any_secrets, st.data())
def test_a_malformed_field_is_refused(secrets: Secrets, data: st.DataObject) -> None:
    values = codec.decode(encode_secrets(secrets))
    index = data.draw(st.integers(0, len(values) - 1))
    values[index] = data.draw(st.sampled_from([None, 7, b"short", "", "x" * 101, [[1]], {}]))
    with pytest.raises(CodecError):
        decode_secrets(codec.encode(values))


def test_a_node_of_an_unknown_kind_is_refused(secrets: Secrets) -> None:
    values = codec.decode(encode_secrets(secrets))
    values[1] = "hospital"
    with pytest.raises(CodecError, match="malformed field"):
        decode_secrets(codec.encode(values))


@pytest.mark.parametrize(
    "field",
    ["device_seed", "device_sealing_secret", "organisation_secret", "owner_seed", "store_key"],
)
def test_a_key_of_another_size_cannot_be_kept(secrets: Secrets, field: str) -> None:
    short: dict[str, Any] = {field: b"\x01" * 31}
    with pytest.raises(ValueError, match=f"^{field} is not 32 bytes$"):
        replace(secrets, **short)


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines", "bell\x07"])
def test_a_name_that_would_spoil_a_screen_is_refused(secrets: Secrets, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        replace(secrets, name=name)


def test_no_secret_shows_in_the_repr(secrets: Secrets) -> None:
    assert repr(secrets) == "Secrets(...)"
    assert f"{secrets}" == "Secrets(...)"


def test_a_new_node_draws_every_key_apart(randomness: Randomness) -> None:
    secrets, _ = make_secrets("Relay 7", NodeKind.RELAY, randomness)
    single = [getattr(secrets, field.name) for field in fields(secrets)]
    drawn = [value for value in single if isinstance(value, bytes)]
    drawn += secrets.group_secrets.values()
    assert len(drawn) == len(set(drawn)) == 8
    assert {group for group, _ in secrets.group_secrets} == {"all", "admin", "sensitive"}
    assert not secrets.recovery_confirmed


def test_the_recovery_words_hold_the_root_and_the_secrets_do_not(randomness: Randomness) -> None:
    secrets, words = make_secrets("Hilltop Clinic", NodeKind.CLINIC, randomness)
    entropy = entropy_from_words(words)
    root = root_from_entropy(entropy)
    assert root.public == secrets.root
    content = encode_secrets(secrets)
    assert entropy not in content
    assert root.opener.secret not in content


def test_a_draw_that_is_no_key_of_the_curve_is_drawn_again(randomness: Randomness) -> None:
    draws = 0

    def unlucky(size: int) -> bytes:
        nonlocal draws
        draws += 1
        return b"\xff" * size if draws in (4, 5) else randomness(size)

    secrets, _ = make_secrets("Hilltop Clinic", NodeKind.CLINIC, unlucky)
    assert secrets.organisation_secret != b"\xff" * 32
    assert draws > 5


def test_the_newest_generation_of_a_group_is_found(secrets: Secrets) -> None:
    grown = replace(secrets, group_secrets={**secrets.group_secrets, ("all", 2): bytes(32)})
    assert newest_generation(grown, "all") == 2
    assert newest_generation(grown, "admin") == 0
    with pytest.raises(KeyError):
        newest_generation(grown, "surgery")
