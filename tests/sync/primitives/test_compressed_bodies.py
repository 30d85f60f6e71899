"""Compression of bodies: lossless, small, bounded, one body's content never in another's."""

import contextlib
import hashlib
import random
import threading

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

from sync import dictionary as dictionaries
from sync.body import open_body, seal_body
from sync.compression import compress, decompress
from sync.dictionary import DICTIONARY_NONE, DICTIONARY_WRITTEN, SHIPPED, Shipped, dictionary
from sync.errors import BodyError, DictionaryError, NewerBodyError
from sync.identifiers import EpochKey
from sync.limits import body_plain_size_bytes_max, body_window_size_bytes_max
from sync.padding import pad

KEY = EpochKey(b"k" * 32)
NONCE = b"n" * 24
RECORD = (
    b'{"resourceType":"Observation","id":"1","status":"final","code":{"coding":[{"system":'
    b'"http://loinc.org","code":"29463-7","display":"Body weight"}],"text":"Body weight"}}'
)
records = st.lists(st.sampled_from([RECORD, b"care", b"\x00" * 40, b"\xff\x00weight"])).map(
    b"".join
)


def framed(plain: bytes, identity: int, **options: object) -> bytes:
    """A body's inside as another writer, honest or not, may make it."""
    shared = zstandard.ZstdCompressionDict(dictionary(identity)) if identity else None
    writer = zstandard.ZstdCompressor(dict_data=shared, **options)  # type: ignore[arg-type]  # any
    return bytes([identity]) + writer.compress(plain)


@given(st.binary(max_size=4000) | records, st.sampled_from([DICTIONARY_NONE, DICTIONARY_WRITTEN]))
def test_what_was_compressed_comes_back_with_either_dictionary(plain: bytes, identity: int) -> None:
    packed = compress(plain, identity)
    assert packed[0] == identity
    assert decompress(packed) == plain


@given(records, st.integers(1, 22), st.booleans(), st.booleans())
def test_a_body_of_any_level_and_with_the_dictionarys_own_id_is_read(
    plain: bytes, level: int, named: bool, checked: bool
) -> None:
    packed = framed(
        plain, DICTIONARY_WRITTEN, level=level, write_dict_id=named, write_checksum=checked
    )
    assert decompress(packed) == plain


@pytest.mark.parametrize("size", [0, 1, 255, 8192, 8193, body_plain_size_bytes_max])
def test_bodies_of_every_size_are_one_segment_that_asks_for_no_window(size: int) -> None:
    for plain in (random.Random(size).randbytes(size), (RECORD * 400)[:size]):
        packed = compress(plain)
        head = zstandard.get_frame_parameters(packed[1:])
        assert head.content_size == size
        assert head.window_size <= body_window_size_bytes_max
        assert head.dict_id == 0
        assert decompress(packed) == plain


@given(st.lists(records | st.binary(max_size=300), min_size=2, max_size=6))
def test_a_body_is_compressed_alike_whatever_was_compressed_before_it(plains: list[bytes]) -> None:
    alone = {plain: compress(plain) for plain in plains}
    for plain in reversed(plains):
        assert compress(plain) == alone[plain]
    secret = random.Random(5).randbytes(200)
    compress(secret)
    assert len(compress(secret)) > 200


@given(st.binary(max_size=600))
def test_bytes_that_nobody_compressed_are_refused_or_a_body(data: bytes) -> None:
    try:
        plain = decompress(data)
    except BodyError:
        return
    assert len(plain) <= body_plain_size_bytes_max


@given(records.filter(bool), st.data())
def test_a_damaged_frame_is_refused_or_stays_within_the_limit(
    plain: bytes, data: st.DataObject
) -> None:
    packed = bytearray(compress(plain))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(BodyError):
        assert len(decompress(bytes(packed))) <= body_plain_size_bytes_max
    for length in {0, 1, 2, place, len(packed) - 1}:
        with pytest.raises(BodyError):
            decompress(compress(plain)[:length])


@pytest.mark.parametrize("identity", [DICTIONARY_NONE, DICTIONARY_WRITTEN])
def test_bombs_liars_and_what_follows_a_frame_are_refused(identity: int) -> None:
    large = bytes(100 * body_plain_size_bytes_max)
    for packed in (
        framed(large, identity),
        framed(large, identity, write_content_size=False),
        framed(bytes(body_plain_size_bytes_max + 1), identity),
        framed(RECORD, identity) + b"\x00",
        framed(RECORD, identity) + framed(RECORD, identity)[1:],
        bytes([identity]),
        b"",
    ):
        with pytest.raises(BodyError):
            decompress(packed)


def test_a_frame_that_asks_for_a_large_window_is_refused_before_it_gets_one() -> None:
    """Magic, then a head that is no single segment: a window of 128 MiB, 8 bytes of content."""
    head = bytes.fromhex("28b52ffd") + bytes([0b1100_0000, 17 << 3]) + (8).to_bytes(8, "little")
    body = head + bytes([0b001 | 8 << 3, 0, 0]) + b"12345678"
    assert zstandard.get_frame_parameters(body).window_size == 1 << 27
    with pytest.raises(BodyError, match="more memory"):
        decompress(bytes([DICTIONARY_NONE]) + body)


def test_a_frame_made_with_another_dictionary_is_refused() -> None:
    content = dictionary(1)
    other = zstandard.ZstdCompressionDict(content[:4] + b"\x4d\x00\x00\x00" + content[8:])
    assert other.dict_id() == 77
    with pytest.raises(BodyError):
        decompress(b"\x01" + zstandard.ZstdCompressor(dict_data=other).compress(RECORD * 3))


def test_a_dictionary_of_a_newer_version_is_told_from_damage() -> None:
    newer = bytes([DICTIONARY_WRITTEN + 1]) + compress(RECORD)[1:]
    sealed = NONCE + crypto_aead_xchacha20poly1305_ietf_encrypt(pad(newer), b"", NONCE, KEY)
    with pytest.raises(NewerBodyError):
        open_body(sealed, KEY, b"")


def test_bodies_written_before_there_was_a_dictionary_stay_readable() -> None:
    old = b"\x00" + zstandard.ZstdCompressor(level=3).compress(RECORD)
    sealed = NONCE + crypto_aead_xchacha20poly1305_ietf_encrypt(pad(old), b"", NONCE, KEY)
    assert open_body(sealed, KEY, b"") == RECORD


def test_the_shipped_dictionaries_are_those_that_the_code_names() -> None:
    assert DICTIONARY_WRITTEN in SHIPPED
    for identity, shipped in SHIPPED.items():
        content = dictionary(identity)
        assert hashlib.sha256(content).hexdigest() == shipped.digest
        assert zstandard.ZstdCompressionDict(content).dict_id() == identity
        assert len(content) <= 110 * 1024


def test_another_file_in_the_dictionarys_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = {9: Shipped(SHIPPED[1].name, "0" * 64)}
    monkeypatch.setattr(dictionaries, "SHIPPED", replaced)
    with pytest.raises(DictionaryError):
        dictionary(9)


def test_released_dictionaries_never_change() -> None:
    assert SHIPPED[1].digest == "7cbca93a86246717b2f5ce0feca4fe7b382d6d054a41cfde1ac82ab909d10ba2"


def test_threads_compress_at_once_without_mixing() -> None:
    wrong: list[int] = []

    def work(number: int) -> None:
        rng = random.Random(number)
        for _ in range(200):
            plain = rng.randbytes(rng.randrange(50)) + RECORD * rng.randrange(6)
            if open_body(seal_body(plain, KEY, b"", NONCE), KEY, b"") != plain:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
