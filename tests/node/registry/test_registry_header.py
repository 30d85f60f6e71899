"""Block headers of every fork: from what an endpoint says to the bytes that hash to the block."""

from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]  # no stubs
from hypothesis import given
from hypothesis import strategies as st

from node.registry.errors import HeaderInvalid
from node.registry.header import decode_header, header_from_fields

LAUNCH: dict[str, Any] = {
    "parentHash": "0x" + "00" * 32,
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000042",
    "hash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
    "uncles": [],
    "transactions": [],
}
"""Ethereum's own first block (yellow paper, appendix I): 15 fields."""

FORKS = [
    {},
    {"baseFeePerGas": 7},
    {"baseFeePerGas": 7, "withdrawalsRoot": b"\x01" * 32},
    {
        "baseFeePerGas": 7,
        "withdrawalsRoot": b"\x01" * 32,
        "blobGasUsed": 0,
        "excessBlobGas": "0x20000",
        "parentBeaconBlockRoot": b"\x02" * 32,
    },
    {
        "baseFeePerGas": 7,
        "withdrawalsRoot": b"\x01" * 32,
        "blobGasUsed": 0,
        "excessBlobGas": 0,
        "parentBeaconBlockRoot": b"\x02" * 32,
        "requestsHash": b"\x03" * 32,
    },
]


def test_ethereums_first_block_is_rebuilt_to_its_hash() -> None:
    header = header_from_fields(LAUNCH)

    assert header.hash.hex() == LAUNCH["hash"][2:]
    assert header.number == header.timestamp_seconds == 0
    assert header.state_root.hex() == LAUNCH["stateRoot"][2:]
    assert decode_header(header.encoded) == header


@pytest.mark.parametrize(
    "field", [name for name in LAUNCH if name not in ("uncles", "transactions")]
)
def test_a_field_that_an_endpoint_changed_or_left_out_is_noticed(field: str) -> None:
    changed = LAUNCH[field][:-1] + ("1" if LAUNCH[field][-1] != "1" else "2")
    for block in (
        {**LAUNCH, field: changed},
        {name: value for name, value in LAUNCH.items() if name != field},
        {**LAUNCH, field: "0xzz"},
        {**LAUNCH, field: "12"},
    ):
        with pytest.raises(HeaderInvalid):
            header_from_fields(block)


@pytest.mark.parametrize("extra", FORKS)
def test_headers_of_every_fork_are_read_by_the_places_that_never_moved(
    extra: dict[str, Any],
) -> None:
    from node.registry.keccak import keccak

    def octets(value: Any) -> bytes:
        if isinstance(value, bytes):
            return value
        number = value if isinstance(value, int) else int(value, 16)
        return number.to_bytes((number.bit_length() + 7) // 8)

    plain = rlp.decode(header_from_fields(LAUNCH).encoded)
    encoded = rlp.encode([*plain, *map(octets, extra.values())])
    block = {**LAUNCH, **extra, "hash": keccak(encoded)}

    header = header_from_fields(block)

    assert header.encoded == encoded
    assert header.state_root == bytes.fromhex(LAUNCH["stateRoot"][2:])


@given(st.binary(max_size=700))
def test_no_bytes_are_read_as_a_header_by_accident(data: bytes) -> None:
    with pytest.raises(HeaderInvalid):
        decode_header(data)


@pytest.mark.parametrize(
    "fields",
    [
        [b""] * 14,
        [b""] * 33,
        [b""] * 15,
        [[b""], *[b""] * 14],
        [*[b"\x01" * 32] * 8, b"\x01" * 9, *[b""] * 6],
        [*[b"\x01" * 32] * 8, b"\x00\x01", *[b""] * 6],
        [*[b"\x01" * 5000] * 15],
    ],
)
def test_a_header_of_another_shape_is_refused(fields: list[Any]) -> None:
    with pytest.raises(HeaderInvalid):
        decode_header(rlp.encode(fields))
