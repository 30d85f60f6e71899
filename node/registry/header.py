"""Block headers: RLP bytes to what a proof needs, and what a chain's endpoint tells to RLP bytes.

Called by snapshots, and by the client that asks a chain. A header of any fork is read by the places
of its first fields, which never moved (Ethereum yellow paper 4.3; EIP-1559, 4895, 4844, 4788,
7685).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.registry.errors import HeaderInvalid
from node.registry.keccak import keccak
from node.registry.limits import block_number_max, header_fields_max, header_size_bytes_max

_STATE_ROOT: Final = 3
_NUMBER: Final = 8
_TIMESTAMP: Final = 11
_FIELDS_LEAST: Final = 15
_NUMBERS: Final = frozenset({"difficulty", "number", "gasLimit", "gasUsed", "timestamp"}) | {
    "baseFeePerGas",
    "blobGasUsed",
    "excessBlobGas",
}
_FIELDS: Final = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", None),
    ("number", None),
    ("gasLimit", None),
    ("gasUsed", None),
    ("timestamp", None),
    ("extraData", None),
    ("mixHash", 32),
    ("nonce", 8),
    ("baseFeePerGas", None),  # London
    ("withdrawalsRoot", 32),  # Shanghai
    ("blobGasUsed", None),  # Cancun
    ("excessBlobGas", None),
    ("parentBeaconBlockRoot", 32),
    ("requestsHash", 32),  # Prague
)
"""A header's fields by their names in JSON-RPC, in order; those after `nonce` came with forks."""


@dataclass(frozen=True)
class Header:
    """What is used of a block header."""

    encoded: bytes
    """The RLP bytes that hash to `hash`."""
    hash: bytes
    number: int
    state_root: bytes
    timestamp_seconds: int


def decode_header(encoded: bytes) -> Header:
    """Read a header's RLP bytes; whether anybody vouches for its hash is asked elsewhere.

    Raises HeaderInvalid.
    """
    import rlp  # type: ignore[import-untyped]  # no stubs
    from rlp.exceptions import DecodingError  # type: ignore[import-untyped]  # no stubs

    if not 0 < len(encoded) <= header_size_bytes_max:
        raise HeaderInvalid(f"it is not 1 to {header_size_bytes_max} bytes")
    try:
        fields = rlp.decode(encoded)
    except (DecodingError, RecursionError) as error:
        raise HeaderInvalid("it is not RLP") from error
    if not isinstance(fields, list) or not _FIELDS_LEAST <= len(fields) <= header_fields_max:
        raise HeaderInvalid("it has too few fields, or too many")
    if not all(isinstance(value, bytes) for value in fields):
        raise HeaderInvalid("a field of it is a list")
    if len(fields[_STATE_ROOT]) != 32:
        raise HeaderInvalid("its state root is not 32 bytes")
    return Header(
        encoded=encoded,
        hash=keccak(encoded),
        number=_number(fields[_NUMBER], "number"),
        state_root=fields[_STATE_ROOT],
        timestamp_seconds=_number(fields[_TIMESTAMP], "timestamp"),
    )


def header_from_fields(block: Mapping[str, Any]) -> Header:
    """The header of a block as `eth_getBlockBy…` gives it: fields as 0x-text, numbers or bytes.

    Raises HeaderInvalid where the fields do not hash to the block's own hash: the chain has a
    header of a form that is not known here, or its endpoint lies.
    """
    import rlp

    fields: list[bytes] = []
    for name, size in _FIELDS:
        value = block.get(name)
        if value is None:
            if len(fields) < _FIELDS_LEAST:
                raise HeaderInvalid(f"`{name}` is missing")
            continue
        fields.append(_field(name, size, value))
    header = decode_header(rlp.encode(fields))
    if header.hash != _octets(block.get("hash"), "hash"):
        raise HeaderInvalid("its fields do not hash to the block's hash")
    return header


def _field(name: str, size: int | None, value: object) -> bytes:
    if name in _NUMBERS:
        number = int.from_bytes(_octets(value, name)) if not isinstance(value, int) else value
        if number < 0 or number.bit_length() > 256:
            raise HeaderInvalid(f"`{name}` is out of range")
        return number.to_bytes((number.bit_length() + 7) // 8)
    data = _octets(value, name)
    if size is not None and len(data) != size:
        raise HeaderInvalid(f"`{name}` is not {size} bytes")
    return data


def _octets(value: object, name: str) -> bytes:
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, str) and value.startswith("0x"):
        digits = value[2:]
        try:
            return bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
        except ValueError:
            pass
    raise HeaderInvalid(f"`{name}` is not hexadecimal")


def _number(data: bytes, what: str) -> int:
    number = int.from_bytes(data)
    if number > block_number_max or data[:1] == b"\x00":
        raise HeaderInvalid(f"its {what} is out of range")
    return number
