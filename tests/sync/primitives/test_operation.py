"""Operations: what is signed is what is read, and nothing else is."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.clock import STAMP_MAX, Stamp
from sync.codec import decode, encode
from sync.errors import BodyError, HeaderError, OperationError, SignatureError
from sync.identifiers import (
    ActId,
    CertificateId,
    ChartId,
    EpochId,
    InstanceId,
    LaneId,
    operation_id,
)
from sync.operation import Anchor, HeaderPrefix, Operation, read_operation, sign_operation
from sync.signing import Signer

SIGNER = Signer(b"\x01" * 32)
OTHER = Signer(b"\x02" * 32)


def prefix(**changes: object) -> HeaderPrefix:
    """A header's beginning, with some fields changed."""
    given = {
        "chart": ChartId(b"c" * 32),
        "lane": LaneId(b"l" * 8),
        "device": SIGNER.public,
        "instance": InstanceId(b"i" * 16),
        "sequence": 0,
        "previous": None,
        "stamp": Stamp(77),
        "epoch": EpochId(b"e" * 32),
        "under": ActId(b"u" * 16),
    }
    return HeaderPrefix(**{**given, **changes})  # type: ignore[arg-type]  # keywords by name


prefixes = st.builds(
    prefix,
    chart=st.binary(min_size=32, max_size=32).map(ChartId),
    stamp=st.integers(0, STAMP_MAX).map(Stamp),
    registry=st.none()
    | st.builds(
        Anchor, st.integers(0, 2**32), st.integers(0, 2**40), st.binary(min_size=32, max_size=32)
    ),
    certificate=st.none() | st.binary(min_size=32, max_size=32).map(CertificateId),
)


@given(prefixes, st.binary(max_size=300))
def test_a_signed_operation_reads_back_as_it_was(start: HeaderPrefix, body: bytes) -> None:
    signed = sign_operation(start, body, SIGNER)
    found = read_operation(signed.header, signed.signature, body)
    assert found == signed
    assert found.prefix == start
    assert found.id == operation_id(signed.header)
    assert signed.header.startswith(start.encoded())


@given(prefixes, st.integers(0, 2**48 - 1), st.binary(max_size=300))
def test_headers_written_and_read_by_hand_are_those_of_the_codec(
    start: HeaderPrefix, sequence: int, body: bytes
) -> None:
    previous = operation_id(b"before") if sequence else None
    start = start._replace(sequence=sequence, previous=previous)
    signed = sign_operation(start, body, SIGNER)
    registry = None if start.registry is None else list(start.registry)
    listed = [1, *start[:9], registry, start.certificate, signed.body_hash, len(body)]
    assert signed.header == encode(listed)
    assert signed.associated == start.encoded()
    own = read_operation(signed.header, signed.signature, body, verified=True)
    assert own.prefix == start == read_operation(signed.header, signed.signature, body).prefix
    assert (own.body_hash, own.body_size_bytes) == (signed.body_hash, len(body))


@given(prefixes, st.integers(0, 400))
def test_a_stored_header_that_is_cut_off_is_refused(start: HeaderPrefix, size: int) -> None:
    signed = sign_operation(start, b"body", SIGNER)
    cut = signed.header[: min(size, len(signed.header) - 1)]
    with pytest.raises(OperationError):
        read_operation(cut, signed.signature, None, verified=True)


@given(prefixes, st.integers(0, 10_000), st.integers(1, 255))
def test_any_flipped_byte_of_header_or_signature_is_refused(
    start: HeaderPrefix, place: int, flip: int
) -> None:
    signed = sign_operation(start, b"body", SIGNER)
    both = bytearray(signed.header + signed.signature)
    both[place % len(both)] ^= flip
    header, signature = bytes(both[: len(signed.header)]), bytes(both[len(signed.header) :])
    with pytest.raises(OperationError):
        read_operation(header, signature, b"body")


def test_a_body_that_does_not_hash_to_its_header_is_refused() -> None:
    signed = sign_operation(prefix(), b"body", SIGNER)
    with pytest.raises(BodyError):
        read_operation(signed.header, signed.signature, b"bodx")


def test_a_header_stands_without_its_body() -> None:
    signed = sign_operation(prefix(), b"body", SIGNER)
    found = read_operation(signed.header, signed.signature, None)
    assert found.body is None
    assert found.id == signed.id


def test_nobody_signs_for_another_device() -> None:
    with pytest.raises(HeaderError):
        sign_operation(prefix(), b"body", OTHER)


def test_a_signature_of_another_device_is_refused() -> None:
    signed = sign_operation(prefix(), b"body", SIGNER)
    forged = sign_operation(prefix(device=OTHER.public), b"body", OTHER)
    with pytest.raises(SignatureError):
        read_operation(signed.header, forged.signature, b"body")


def with_field(signed: Operation, place: int, value: object) -> bytes:
    """The header with one field replaced, canonically encoded."""
    values = decode(signed.header)
    values[place] = value
    return encode(values)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 2),
        (1, b"c" * 31),
        (5, -1),
        (5, 1),  # without a predecessor
        (6, b"x" * 36),
        (7, 2**64),
        (10, [1, 2]),
        (11, b""),
        (13, 2**40),
    ],
)
def test_a_malformed_header_is_refused_even_if_signed(place: int, value: object) -> None:
    signed = sign_operation(prefix(), b"body", SIGNER)
    header = with_field(signed, place, value)
    signature = SIGNER.sign("operation", operation_id(header))
    with pytest.raises(HeaderError):
        read_operation(header, signature, None)


def test_a_header_that_is_not_canonical_is_refused_even_if_signed() -> None:
    signed = sign_operation(prefix(), b"body", SIGNER)
    spelt = signed.header.replace(b"\x18\x4d", b"\x19\x00\x4d")  # the stamp, one byte longer
    assert spelt != signed.header
    with pytest.raises(HeaderError):
        read_operation(spelt, SIGNER.sign("operation", operation_id(spelt)), None)


def test_a_signature_made_for_another_purpose_does_not_serve() -> None:
    signed = sign_operation(prefix(), b"body", SIGNER)
    with pytest.raises(SignatureError):
        read_operation(signed.header, SIGNER.sign("letter", signed.id), b"body")


def test_an_operation_shows_nothing_of_its_body() -> None:
    signed = sign_operation(prefix(), b"secret words", SIGNER)
    assert "secret" not in repr(signed)
    assert signed.body_hash == hashlib.sha256(b"secret words").digest()
