"""Bodies, padding and boxes: opened by their key alone, their sizes telling little."""

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt
from nacl.public import PrivateKey, PublicKey, SealedBox

from sync.body import open_body, seal_body
from sync.errors import BodyError, EpochKeyError, LimitError
from sync.identifiers import EpochKey
from sync.limits import body_plain_size_bytes_max, body_size_bytes_max
from sync.padding import pad, padded_size, unpad
from sync.sealing import SEAL_OVERHEAD_BYTES, Opener, seal

KEY = EpochKey(b"k" * 32)
NONCE = b"n" * 24


@given(st.binary(max_size=5000))
def test_a_body_opens_with_its_key_and_prefix(plain: bytes) -> None:
    assert open_body(seal_body(plain, KEY, b"prefix", NONCE), KEY, b"prefix") == plain


def test_the_largest_body_that_is_allowed_fits_its_limit() -> None:
    import random

    plain = random.Random(1).randbytes(body_plain_size_bytes_max)
    sealed = seal_body(plain, KEY, b"", NONCE)
    assert len(sealed) <= body_size_bytes_max
    assert open_body(sealed, KEY, b"") == plain
    with pytest.raises(LimitError):
        seal_body(plain + b"x", KEY, b"", NONCE)


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_changed_body_does_not_open(place: int, flip: int) -> None:
    sealed = bytearray(seal_body(b"plain", KEY, b"prefix", NONCE))
    sealed[place % len(sealed)] ^= flip
    with pytest.raises(BodyError):
        open_body(bytes(sealed), KEY, b"prefix")


def test_a_body_does_not_open_under_another_header_or_key() -> None:
    sealed = seal_body(b"plain", KEY, b"prefix", NONCE)
    with pytest.raises(BodyError):
        open_body(sealed, KEY, b"prefiy")
    with pytest.raises(BodyError):
        open_body(sealed, EpochKey(b"j" * 32), b"prefix")
    with pytest.raises(BodyError):
        open_body(b"", KEY, b"prefix")


def test_short_bodies_look_alike() -> None:
    sizes = {len(seal_body(b"a" * size, KEY, b"", NONCE)) for size in range(200)}
    assert len(sizes) == 1


def hostile(inner: bytes) -> bytes:
    """A body as somebody who holds the key could make it."""
    return NONCE + crypto_aead_xchacha20poly1305_ietf_encrypt(pad(inner), b"", NONCE, KEY)


def test_a_decompression_bomb_is_refused() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(100 * body_plain_size_bytes_max))
    with pytest.raises(BodyError):
        open_body(hostile(b"\x00" + bomb), KEY, b"")
    liar = zstandard.ZstdCompressor(write_content_size=False).compress(
        bytes(100 * body_plain_size_bytes_max)
    )
    with pytest.raises(BodyError):
        open_body(hostile(b"\x00" + liar), KEY, b"")


def test_an_unknown_dictionary_or_no_frame_is_refused() -> None:
    frame = zstandard.ZstdCompressor().compress(b"plain")
    for inner in (b"\x07" + frame, b"\x00not a frame", b"", b"\x00"):
        with pytest.raises(BodyError):
            open_body(hostile(inner), KEY, b"")


@given(st.binary(max_size=3000))
def test_padding_comes_off_as_it_went_on(content: bytes) -> None:
    padded = pad(content)
    assert unpad(padded) == content
    assert len(padded) == padded_size(len(content) + 4)


@given(st.integers(1, 10**6))
def test_padding_adds_at_most_an_eighth_beyond_the_floor(size: int) -> None:
    assert size <= padded_size(size) <= max(256, size * 1.12 + 1)


@given(st.binary(max_size=600))
def test_bytes_that_pad_did_not_make_are_refused_or_pad_to_themselves(data: bytes) -> None:
    try:
        content = unpad(data)
    except BodyError:
        return
    assert pad(content) == data


@given(st.binary(max_size=100), st.binary(min_size=32, max_size=32))
def test_libsodiums_own_sealed_box_opens_ours_and_the_other_way(
    message: bytes, ephemeral: bytes
) -> None:
    opener = Opener(b"s" * 32)
    sealed = seal(message, opener.public, ephemeral)
    assert SealedBox(PrivateKey(b"s" * 32)).decrypt(sealed) == message
    assert opener.open(SealedBox(PublicKey(opener.public)).encrypt(message)) == message
    assert len(sealed) == len(message) + SEAL_OVERHEAD_BYTES


def test_a_box_opens_for_nobody_else() -> None:
    sealed = seal(b"key", Opener(b"s" * 32).public, b"e" * 32)
    with pytest.raises(EpochKeyError):
        Opener(b"t" * 32).open(sealed)
    with pytest.raises(EpochKeyError):
        Opener(b"s" * 32).open(sealed[:-1])
    assert "s" * 8 not in repr(Opener(b"s" * 32))
