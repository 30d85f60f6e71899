"""The keystore file: what opens it, what does not, and what a failure leaves behind."""

import errno
import hashlib
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import (
    KeystoreDamaged,
    KeystoreError,
    KeystoreExists,
    KeystoreForeign,
    KeystoreNewer,
    WrongPassphrase,
)
from node.home.replace import unfinished_copy
from node.keystore.keystore import NORMAL_COST, Keystore, PassphraseCost
from node.keystore.making import make_secrets
from node.keystore.secrets import NodeKind, Secrets
from node.randomness import Randomness
from sync import codec

PASSPHRASE = b"correct horse"


@pytest.fixture
def keystore(
    tmp_path: Path, secrets: Secrets, randomness: Randomness, cheap: PassphraseCost
) -> Keystore:
    return Keystore.create(tmp_path / "keystore.satchel", secrets, PASSPHRASE, randomness, cheap)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file that many properties damage copies of."""
    draw = random.Random(2).randbytes
    path = tmp_path_factory.mktemp("sealed") / "keystore.satchel"
    made, _ = make_secrets("Hilltop Clinic", NodeKind.CLINIC, draw)
    Keystore.create(path, made, PASSPHRASE, draw, PassphraseCost(1, 8192))
    return path


def opened(path: Path, passphrase: bytes = PASSPHRASE) -> Keystore:
    return Keystore.open(path, passphrase, os.urandom)


def rewritten(path: Path, change: dict[int, object]) -> None:
    """Write the file again with other header fields and a check that matches."""
    content = path.read_bytes()[:-32]
    end = 10 + int.from_bytes(content[8:10], "big")
    header = codec.decode(content[10:end])
    for index, value in change.items():
        header[index] = value
    fresh = codec.encode(header)
    content = content[:8] + len(fresh).to_bytes(2, "big") + fresh + content[end:]
    path.write_bytes(content + hashlib.sha256(content).digest())


def test_secrets_come_back_under_their_passphrase(keystore: Keystore, secrets: Secrets) -> None:
    assert opened(keystore.path).secrets == secrets


def test_a_wrong_passphrase_opens_nothing_and_changes_nothing(keystore: Keystore) -> None:
    before = keystore.path.read_bytes()
    with pytest.raises(WrongPassphrase):
        opened(keystore.path, b"correct horsf")
    assert keystore.path.read_bytes() == before


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_flipped_bit_is_told_from_a_wrong_passphrase(
    sealed: Path, position: int, bit: int
) -> None:
    content = bytearray(sealed.read_bytes())
    content[position % len(content)] ^= 1 << bit
    damaged = sealed.with_name("flipped")
    damaged.write_bytes(content)
    with pytest.raises((KeystoreDamaged, KeystoreForeign, KeystoreNewer)):
        opened(damaged)


@given(length=st.integers(min_value=0))
def test_a_file_that_was_cut_off_is_refused(sealed: Path, length: int) -> None:
    content = sealed.read_bytes()
    damaged = sealed.with_name("cut")
    damaged.write_bytes(content[: length % len(content)])
    with pytest.raises((KeystoreDamaged, KeystoreForeign)):
        opened(damaged)


def test_a_file_of_something_else_is_foreign(tmp_path: Path) -> None:
    path = tmp_path / "keystore.satchel"
    path.write_bytes(b"SQLite format 3\x00" + bytes(4096))
    with pytest.raises(KeystoreForeign):
        opened(path)


def test_a_newer_file_names_its_version(keystore: Keystore) -> None:
    content = bytearray(keystore.path.read_bytes())
    content[7] = 9
    keystore.path.write_bytes(content)
    with pytest.raises(KeystoreNewer, match="version 9"):
        opened(keystore.path)


def test_a_changed_cost_with_a_matching_check_does_not_open(keystore: Keystore) -> None:
    rewritten(keystore.path, {0: 2})
    with pytest.raises(WrongPassphrase):
        opened(keystore.path)


@pytest.mark.parametrize(
    "change",
    [
        {0: 0},
        {0: 17},
        {1: 1 << 40},
        {1: 4096},
        {2: bytes(15)},
        {3: bytes(25)},
        {3: None},
    ],
)
def test_a_header_out_of_bounds_is_refused_before_it_costs_anything(
    keystore: Keystore, change: dict[int, object]
) -> None:
    rewritten(keystore.path, change)
    with pytest.raises(KeystoreDamaged, match="header is malformed"):
        opened(keystore.path)


@pytest.mark.parametrize("left", [0, 15])
def test_a_content_too_short_to_be_sealed_is_damaged(keystore: Keystore, left: int) -> None:
    """Found by fuzzing: it has a fitting check, and libsodium's wrapper raised ValueError."""
    content = keystore.path.read_bytes()
    at = content.index(b"SATCHEL") + len(b"SATCHEL") + 1
    end = at + 2 + int.from_bytes(content[at : at + 2], "big")
    body = content[: end + left]
    keystore.path.write_bytes(body + hashlib.sha256(body).digest())

    with pytest.raises(KeystoreDamaged, match="cut off"):
        opened(keystore.path)


def test_content_that_is_sealed_well_but_malformed_is_damaged(
    keystore: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.keystore.keystore.encode_secrets", lambda _: codec.encode([1, 2]))
    keystore.save(keystore.secrets)
    with pytest.raises(KeystoreDamaged, match="content is malformed"):
        opened(keystore.path)


def test_a_keystore_is_never_made_over_another(
    keystore: Keystore, secrets: Secrets, randomness: Randomness, cheap: PassphraseCost
) -> None:
    before = keystore.path.read_bytes()
    with pytest.raises(KeystoreExists):
        Keystore.create(keystore.path, secrets, b"another", randomness, cheap)
    assert keystore.path.read_bytes() == before


def test_saved_secrets_replace_the_old_under_the_same_passphrase(
    keystore: Keystore, secrets: Secrets
) -> None:
    before = keystore.path.read_bytes()
    keystore.save(replace(secrets, recovery_confirmed=True))
    assert opened(keystore.path).secrets.recovery_confirmed
    assert keystore.secrets.recovery_confirmed
    keystore.save(secrets)
    assert keystore.path.read_bytes() != before, "each save has a nonce of its own"


def test_an_opened_keystore_saves_under_the_passphrase_it_was_opened_with(
    keystore: Keystore, secrets: Secrets
) -> None:
    opened(keystore.path).save(replace(secrets, name="Riverside Clinic"))
    assert opened(keystore.path).secrets.name == "Riverside Clinic"


def test_another_passphrase_replaces_the_old_one(keystore: Keystore, secrets: Secrets) -> None:
    keystore.change_passphrase(b"battery staple")
    with pytest.raises(WrongPassphrase):
        opened(keystore.path)
    assert opened(keystore.path, b"battery staple").secrets == secrets


def test_a_full_disk_leaves_the_old_file_and_no_copy(
    keystore: Keystore, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keystore.path.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", _no_space)
        with pytest.raises(OSError, match="full"):
            keystore.save(replace(secrets, name="Riverside Clinic"))
        with pytest.raises(OSError, match="full"):
            keystore.change_passphrase(b"battery staple")
    assert keystore.path.read_bytes() == before
    assert not unfinished_copy(keystore.path).exists()
    assert keystore.secrets == secrets
    keystore.save(secrets)
    assert opened(keystore.path).secrets == secrets, "the old passphrase still seals"


def _no_space(descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "the disk is full")


def test_a_copy_that_a_crash_left_behind_is_written_over(keystore: Keystore) -> None:
    unfinished_copy(keystore.path).write_bytes(b"half")
    keystore.save(keystore.secrets)
    assert opened(keystore.path).secrets == keystore.secrets


def test_the_file_is_this_users_alone_under_any_umask(
    tmp_path: Path, secrets: Secrets, randomness: Randomness, cheap: PassphraseCost
) -> None:
    umask = os.umask(0)
    try:
        made = Keystore.create(tmp_path / "open", secrets, PASSPHRASE, randomness, cheap)
    finally:
        os.umask(umask)
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_nothing_secret_is_readable_in_the_file(keystore: Keystore, secrets: Secrets) -> None:
    content = keystore.path.read_bytes()
    held = [secrets.device_seed, secrets.store_key, *secrets.group_secrets.values()]
    assert not [value for value in (*held, secrets.name.encode()) if value in content]


def test_a_link_in_place_of_the_file_is_not_followed(keystore: Keystore) -> None:
    link = keystore.path.with_name("link")
    link.symlink_to(keystore.path)
    with pytest.raises(OSError, match="symbolic link"):
        opened(link)


def test_an_error_names_the_file_and_what_to_do(keystore: Keystore) -> None:
    with pytest.raises(KeystoreError) as caught:
        opened(keystore.path, b"no")
    assert str(caught.value) == f"the passphrase does not open {keystore.path}"
    assert caught.value.hint
    assert repr(keystore) == f"Keystore('{keystore.path}')"


def test_the_normal_cost_seals_and_opens(
    tmp_path: Path, secrets: Secrets, randomness: Randomness
) -> None:
    made = Keystore.create(tmp_path / "normal", secrets, PASSPHRASE, randomness)
    assert opened(made.path).secrets == secrets
    assert NORMAL_COST.memory_bytes <= 4 * 1024**3 // 16
