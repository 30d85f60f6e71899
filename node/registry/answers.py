"""The forms of values in JSON-RPC (Ethereum's execution API), read without trust.

Every function raises ValueError with what is wrong, in words without the value itself.
"""

from collections.abc import Mapping
from typing import Any, Final

_QUANTITY_DIGITS_MAX: Final = 64


def quantity(value: object, what: str) -> int:
    """A number as `0x` and hexadecimal digits, at most 256 bits."""
    if (
        isinstance(value, str)
        and value[:2] == "0x"
        and 0 < len(value) - 2 <= _QUANTITY_DIGITS_MAX
        and value[2:].isascii()
        and value[2:].isalnum()
    ):
        try:
            return int(value[2:], 16)
        except ValueError:
            pass
    raise ValueError(f"{what} is not a number")


def octets(value: object, size: int | None, what: str) -> bytes:
    """Bytes as `0x` and an even number of digits; of a size, where one is given."""
    if isinstance(value, str) and value[:2] == "0x" and value.isascii() and value[2:].isalnum():
        try:
            data = bytes.fromhex(value[2:])
        except ValueError:
            data = None
        if data is not None and size in (None, len(data)):
            return data
    elif value == "0x" and size in (None, 0):
        return b""
    raise ValueError(f"{what} is not {'bytes' if size is None else f'{size} bytes'}")


def members(value: object, what: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} is not an object")
    return value


def entries(value: object, count_max: int, what: str) -> list[Any]:
    """A list of at most so many entries."""
    if not isinstance(value, list) or len(value) > count_max:
        raise ValueError(f"{what} is not a list of at most {count_max}")
    return value


def hexadecimal(data: bytes) -> str:
    """Bytes as JSON-RPC writes them."""
    return "0x" + data.hex()
