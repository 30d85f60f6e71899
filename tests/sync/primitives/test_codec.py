"""Canonical CBOR: one meaning, one spelling."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.codec import decode, encode, fields, items, natural, octets, text
from sync.errors import CodecError

values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2**64 - 1) | st.binary() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(values)
def test_what_is_encoded_decodes_to_itself(value: object) -> None:
    assert decode(encode(value)) == value


@given(st.binary(max_size=64))
def test_arbitrary_bytes_decode_to_what_re_encodes_to_them_or_are_refused(data: bytes) -> None:
    try:
        value = decode(data)
    except CodecError:
        return
    assert encode(value) == data


@given(values, st.integers(0, 200), st.integers(1, 255))
def test_a_changed_byte_never_decodes_to_the_same_value(
    value: object, place: int, flip: int
) -> None:
    data = bytearray(encode(value))
    data[place % len(data)] ^= flip
    try:
        changed = decode(bytes(data))
    except CodecError:
        return
    assert encode(changed) != encode(value)


@pytest.mark.parametrize(
    "spelling",
    [
        b"\x18\x01",  # 1 in two bytes
        b"\x9f\x01\xff",  # an array of indefinite length
        b"\x5f\x41\x61\xff",  # a byte string in pieces
        b"\xa2\x61b\x01\x61a\x02",  # members in the wrong order
        b"\xa2\x61a\x01\x61a\x02",  # a member twice
        b"\x01\x02",  # two values
        b"\xf9\x3c\x00",  # a float
        b"\xc1\x01",  # a tagged value
        b"\xa1\x01\x02",  # a key that is not text
        b"",
        b"\xff",
        b"\x81" * 5000 + b"\x01",  # nested deeply
    ],
)
def test_another_spelling_is_refused(spelling: bytes) -> None:
    with pytest.raises(CodecError):
        decode(spelling)


@pytest.mark.parametrize("value", [1.5, {1: 2}, object(), {"a": {2, 3}}])
def test_what_has_no_place_in_signed_bytes_is_not_encoded(value: object) -> None:
    with pytest.raises(CodecError):
        encode(value)


@given(values)
def test_an_independent_decoder_reads_the_same(value: object) -> None:
    assert cbor2.loads(encode(value)) == value


def test_shapes_are_checked() -> None:
    assert fields([1, 2], 2, "pair") == [1, 2]
    assert octets(b"ab", 2, "bytes") == b"ab"
    assert natural(0, "number") == 0
    assert text("ab", "text", 2) == "ab"
    assert items([1], "items", 1) == [1]
    for wrong in (
        lambda: fields([1], 2, "pair"),
        lambda: fields("ab", 2, "pair"),
        lambda: octets(b"a", 2, "bytes"),
        lambda: octets("ab", None, "bytes"),
        lambda: natural(-1, "number"),
        lambda: natural(True, "number"),
        lambda: natural(2**64, "number"),
        lambda: text("abc", "text", 2),
        lambda: text(b"a", "text", 2),
        lambda: items([1, 2], "items", 1),
    ):
        with pytest.raises(CodecError):
            wrong()
