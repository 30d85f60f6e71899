"""The network file: one meaning has one fingerprint, and what is malformed is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_registry import SIGNERS, network

from node.registry.errors import NetworkInvalid
from node.registry.network import (
    CONTRACTS,
    Deployed,
    Genesis,
    Network,
    decode_network,
    parse_network,
)
from node.registry.words import fingerprint_words, first_words

OCTETS_20 = st.binary(min_size=20, max_size=20).filter(any)
OCTETS_32 = st.binary(min_size=32, max_size=32).filter(any)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    addresses = draw(st.lists(OCTETS_20, min_size=3, max_size=3, unique=True))
    signers = draw(st.lists(st.sampled_from(SIGNERS), min_size=1, unique=True))
    name = draw(st.text(min_size=1, max_size=20).map(str.strip).filter(bool))
    return Network(
        name=name if name.isprintable() else "n",
        chain=draw(st.integers(1, 1 << 40)),
        contracts={
            contract: Deployed(address, draw(OCTETS_32))
            for contract, address in zip(CONTRACTS, addresses, strict=True)
        },
        signers=tuple(signer.public for signer in signers),
        threshold=draw(st.integers(1, len(signers))),
        genesis=Genesis(draw(st.integers(0, 1 << 40)), draw(OCTETS_32)),
        development=draw(st.booleans()),
        urls=tuple(draw(st.lists(st.sampled_from(["http://one:1", "https://two/x"]), max_size=2))),
    )


@given(networks())
def test_a_network_is_read_as_it_was_written_in_both_forms(made: Network) -> None:
    assert parse_network(made.to_json()) == made
    assert parse_network(made.to_json()).urls == made.urls
    assert decode_network(made.encoded()) == made


@given(networks(), st.data())
def test_a_changed_or_truncated_encoding_is_refused_or_another_network(
    made: Network, data: st.DataObject
) -> None:
    encoded = bytearray(made.encoded())
    at = data.draw(st.integers(0, len(encoded) - 1))
    cut = bytes(encoded[:at])
    encoded[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(NetworkInvalid):
        decode_network(cut)
    try:
        other = decode_network(bytes(encoded))
    except NetworkInvalid:
        return
    assert other.fingerprint != made.fingerprint


def test_the_fingerprint_covers_all_but_the_endpoints_and_the_order_of_signers() -> None:
    made = network()
    others = [
        network(name="other"),
        network(chain=1),
        network(threshold=1),
        network(signers=made.signers[:2]),
        network(genesis=Genesis(2, made.genesis.block_hash)),
        network(development=False),
        network(contracts={**made.contracts, CONTRACTS[0]: Deployed(b"\x09" * 20, b"\x09" * 32)}),
    ]

    assert len({made.fingerprint, *(other.fingerprint for other in others)}) == 1 + len(others)
    assert replace(made, urls=()).fingerprint == made.fingerprint
    assert replace(made, signers=made.signers[::-1]).fingerprint == made.fingerprint


def test_the_words_are_twelve_of_the_fingerprints_beginning() -> None:
    words = fingerprint_words(bytes(16) + b"\xff" * 16)

    assert words == ("abandon",) * 11 + ("about",)
    assert first_words(bytes(32)) == "abandon abandon abandon …"
    assert len(network().words) == 12


def _edit(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(network().to_json())
    change(value)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.pop("signers"),
        lambda file: file.pop("satchel_network"),
        lambda file: file.update(satchel_network=2),
        lambda file: file.update(satchel_network=True),
        lambda file: file.update(surprise=1),
        lambda file: file.update(name=""),
        lambda file: file.update(name="a\nb"),
        lambda file: file.update(name=7),
        lambda file: file.update(chain=0),
        lambda file: file.update(chain="1337"),
        lambda file: file.update(chain=True),
        lambda file: file.update(chain=1 << 60),
        lambda file: file.update(threshold=0),
        lambda file: file.update(threshold=4),
        lambda file: file.update(threshold=1.0),
        lambda file: file.update(signers=[]),
        lambda file: file.update(signers=file["signers"] * 2),
        lambda file: file.update(signers=["did:key:z6Mk"]),
        lambda file: file.update(signers=[1]),
        lambda file: file.update(development="yes"),
        lambda file: file.update(urls=["ftp://somewhere"]),
        lambda file: file.update(urls=["http://a b"]),
        lambda file: file.update(urls=["http://a"] * 17),
        lambda file: file.update(urls="http://a"),
        lambda file: file["genesis"].update(block=-1),
        lambda file: file["genesis"].update(hash="0x" + "00" * 32),
        lambda file: file["genesis"].update(hash="0x" + " 1" * 32),
        lambda file: file["genesis"].pop("hash"),
        lambda file: file["contracts"].pop("Accreditation"),
        lambda file: file["contracts"]["Accreditation"].update(address="0x01"),
        lambda file: file["contracts"]["Accreditation"].update(code_hash="11" * 32),
        lambda file: file["contracts"].update(Accreditation=file["contracts"]["DIDRegistry"]),
        lambda file: file["contracts"].update(Accreditation=[]),
    ],
)
def test_a_malformed_member_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    parse_network(_edit(lambda _file: None))
    with pytest.raises(NetworkInvalid):
        parse_network(_edit(change))


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b"\xff", b"{", b"[" * 100_000, b" " * 70_000, b'{"chain": NaN}']
)
def test_what_is_no_network_file_is_refused(text: bytes) -> None:
    with pytest.raises(NetworkInvalid):
        parse_network(text)


def test_a_member_that_is_there_twice_is_refused() -> None:
    text = network().to_json().replace(b'"threshold": 2', b'"threshold": 1, "threshold": 2')

    with pytest.raises(NetworkInvalid, match="twice"):
        parse_network(text)


@given(st.binary(max_size=200))
def test_no_bytes_are_read_as_a_network_by_accident(data: bytes) -> None:
    for read in (parse_network, decode_network):
        with pytest.raises(NetworkInvalid):
            read(data)
