"""Identifiers: derived alike everywhere, their texts read back, nothing else accepted."""

import hashlib
import random

import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import IdentifierError
from sync.identifiers import (
    ChartId,
    DeviceKey,
    EpochKey,
    LaneId,
    OrganisationAddress,
    act_id,
    chart_span,
    chart_text,
    charter_grant_id,
    did_ethr,
    did_key,
    epoch_id,
    ethereum_address,
    operation_id,
    operation_text,
    parse_chart_text,
    parse_did_ethr,
    parse_did_key,
    parse_operation_id,
    parse_operation_text,
    root_standing,
)

keys = st.binary(min_size=32, max_size=32)


@given(st.binary())
def test_an_operation_id_is_the_cid_of_its_header(header: bytes) -> None:
    found = operation_id(header)
    assert found == b"\x01\x71\x12\x20" + hashlib.sha256(header).digest()
    assert parse_operation_text(operation_text(found)) == found
    assert operation_text(found).startswith("bafy")


@given(keys)
def test_texts_read_back(key: bytes) -> None:
    assert parse_chart_text(chart_text(ChartId(key))) == key
    assert parse_did_key(did_key(DeviceKey(key))) == key
    assert parse_did_ethr(did_ethr(OrganisationAddress(key[:20]))) == key[:20]


def test_did_key_is_the_methods_own_example() -> None:
    """From the did:key specification's Ed25519 test vectors."""
    text = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
    key = parse_did_key(text)
    assert key.hex() == "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    assert did_key(key) == text


def test_an_ethereum_address_is_the_well_known_one_of_key_1() -> None:
    public = PrivateKey(b"\x00" * 31 + b"\x01").public_key.format(compressed=False)
    assert ethereum_address(public).hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"
    with pytest.raises(IdentifierError):
        ethereum_address(public[1:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "did:key:zabc",
        "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",  # secp256k1
        "did:ethr:0x12",
        "did:ethr:zz",
        "bafyrei",
        "a" * 52,
        "\uff42afy",
        "did:key:z" + "1" * 2000,
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    for parse in (parse_operation_text, parse_did_key, parse_did_ethr):
        with pytest.raises(IdentifierError):
            parse(text)
    if text != "a" * 52:
        with pytest.raises(IdentifierError):
            parse_chart_text(text)


def test_other_cids_are_no_operations() -> None:
    for data in (b"", b"\x01\x55\x12\x20" + b"x" * 32, b"\x01\x71\x12\x20" + b"x" * 31):
        with pytest.raises(IdentifierError):
            parse_operation_id(data)


def test_what_is_derived_differs_by_purpose_place_and_chart() -> None:
    chart, other = ChartId(b"a" * 32), ChartId(b"b" * 32)
    operation = operation_id(b"header")
    ids = {
        act_id(operation, 0),
        act_id(operation, 1),
        act_id(operation_id(b"other"), 0),
        charter_grant_id(chart, 0),
        charter_grant_id(chart, 1),
        charter_grant_id(other, 0),
        root_standing(chart),
        root_standing(other),
    }
    assert len(ids) == 8
    lanes = LaneId(b"l" * 8), LaneId(b"m" * 8)
    assert (
        len({epoch_id(c, lane, EpochKey(b"k" * 32)) for c in (chart, other) for lane in lanes}) == 4
    )


@pytest.mark.parametrize("length", [0, 1, 6, 7, 13, 51, 52])
def test_the_span_of_a_beginning_holds_the_charts_that_begin_so_and_no_others(length: int) -> None:
    rng = random.Random(length)
    charts = [ChartId(rng.randbytes(32)) for _ in range(100)]
    charts += [ChartId(bytes(32)), ChartId(b"\xff" * 32)]
    for chart in charts:
        beginning = chart_text(chart)[:length]
        first, last = chart_span(beginning)
        for other in charts:
            assert (first <= other <= last) == chart_text(other).startswith(beginning)


@pytest.mark.parametrize("text", ["a" * 53, "abc1de", "ABCDEF", "abc def", "é"])
def test_what_no_chart_can_begin_with_has_no_span(text: str) -> None:
    with pytest.raises(IdentifierError):
        chart_span(text)
