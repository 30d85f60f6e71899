"""Numbers, bytes, addresses and blocks as JSON-RPC writes them. Called by the methods.

Every function raises InvalidParameters for what it cannot read.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from contracts.development.chain import DevelopmentChain
from contracts.development.errors import ChainFailure, InvalidParameters
from contracts.development.limits import transaction_size_bytes_max

_NUMBER: Final = re.compile(r"0x(0|[0-9a-fA-F]{1,64})", re.ASCII)
_BYTES: Final = re.compile(r"0x([0-9a-fA-F]{2})*", re.ASCII)
_TAGS: Final = ("latest", "pending", "safe", "finalized", "earliest")


def shown(number: int) -> str:
    """A number as JSON-RPC shows it: hexadecimal without leading zeros."""
    return hex(number)


def shown_bytes(value: bytes) -> str:
    """Bytes as JSON-RPC shows them."""
    return "0x" + value.hex()


def number_of(value: object, what: str = "the number") -> int:
    """A number of at most 256 bits; a plain JSON number is taken too."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 256:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value, 16)
    raise InvalidParameters(f"{what} is no hexadecimal number")


def bytes_of(value: object, what: str = "the data", size_bytes: int | None = None) -> bytes:
    """Bytes from hexadecimal, of this size if one is given."""
    limit = 2 * transaction_size_bytes_max + 2
    if not isinstance(value, str) or len(value) > limit or not _BYTES.fullmatch(value):
        raise InvalidParameters(f"{what} is no hexadecimal, or too long")
    found = bytes.fromhex(value[2:])
    if size_bytes is not None and len(found) != size_bytes:
        raise InvalidParameters(f"{what} has {len(found)} bytes, not {size_bytes}")
    return found


def address_of(value: object, what: str = "the address") -> bytes:
    """An address of 20 bytes."""
    return bytes_of(value, what, 20)


def word_of(value: object, what: str = "the hash") -> bytes:
    """A hash of 32 bytes."""
    return bytes_of(value, what, 32)


def slot_of(value: object) -> int:
    """A storage slot: a number, or up to 32 bytes with leading zeros."""
    if isinstance(value, str) and len(value) <= 66 and _BYTES.fullmatch(value):
        return int(value[2:] or "0", 16)
    return number_of(value, "the slot")


def flag_of(value: object, what: str) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise InvalidParameters(f"{what} is neither true nor false")


def mapping_of(value: object, what: str) -> Mapping[str, Any]:
    """A JSON object."""
    if isinstance(value, dict):
        return value
    raise InvalidParameters(f"{what} is no object")


def block_number_of(chain: DevelopmentChain, value: object) -> int:
    """The block that a tag, a number or an EIP-1898 object names; it exists."""
    if isinstance(value, dict):
        if value.get("blockHash") is not None:
            number = chain.number_of(word_of(value["blockHash"], "the block's hash"))
            if number is None:
                raise ChainFailure("header for hash not found")
            return number
        value = value.get("blockNumber")
    head = int(chain.head.block_number)
    if isinstance(value, str) and value in _TAGS:
        if value == "earliest":
            return 0
        return chain.finalized_number if value in ("safe", "finalized") else head
    number = number_of(value, "the block")
    if number > head:
        raise ChainFailure("header not found")
    return number
