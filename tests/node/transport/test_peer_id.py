"""Peer ids: the same text as libp2p's own, and nothing but peers' addresses accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.transport.errors import AddressError
from node.transport.opening import libp2p_transport
from node.transport.peer_id import parse_peer_id, peer_id, split_peer_address
from sync.identifiers import DeviceKey


@given(st.binary(min_size=32, max_size=32))
def test_a_device_key_survives_its_peer_id(key: bytes) -> None:
    text = peer_id(DeviceKey(key))
    assert text.startswith("12D3KooW")
    assert parse_peer_id(text) == key


@pytest.mark.parametrize("seed", [bytes(32), b"s" * 32, bytes(range(32))])
def test_libp2p_derives_the_same_peer_id(seed: bytes) -> None:
    host = libp2p_transport(seed)
    assert str(host._host.get_id()) == peer_id(host.device)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12D3KooW",
        "12D3KooW0OIl",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
        peer_id(DeviceKey(bytes(32))) + "1",
    ],
)
def test_other_text_is_no_peer_id(text: str) -> None:
    with pytest.raises(AddressError):
        parse_peer_id(text)


def test_a_key_of_another_length_has_no_peer_id() -> None:
    with pytest.raises(AddressError):
        peer_id(DeviceKey(bytes(31)))


def test_an_address_splits_into_where_and_who() -> None:
    device = DeviceKey(bytes(range(32)))
    where, who = split_peer_address(f"/ip4/10.0.0.7/tcp/4001/p2p/{peer_id(device)}")
    assert (where, who) == ("/ip4/10.0.0.7/tcp/4001", device)


@pytest.mark.parametrize("where", ["", "10.0.0.7:4001", "/ip4/10.0.0.7/tcp/1/p2p/x/p2p-circuit"])
def test_an_address_without_a_place_or_through_another_peer_is_refused(where: str) -> None:
    with pytest.raises(AddressError):
        split_peer_address(f"{where}/p2p/{peer_id(DeviceKey(bytes(32)))}")
