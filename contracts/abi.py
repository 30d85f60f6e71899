"""Values as contracts take them, by eth-abi; loaded when something is encoded, not before.

eth-abi brings a quarter of a second of imports, and most commands of a node encode nothing.
"""

from collections.abc import Iterable, Sequence


def encode(types: Iterable[str], values: Sequence[object]) -> bytes:
    """The ABI encoding of values of these types. Raises eth_abi's EncodingError."""
    from eth_abi.abi import encode as encode_abi

    return bytes(encode_abi(types, values))
