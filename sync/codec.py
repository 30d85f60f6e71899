"""Canonical CBOR: the one encoding of everything that is hashed, signed or sealed.

RFC 8949 section 4.2.1 (core deterministic encoding). A value that does not re-encode to the
bytes it came in is refused, so that one meaning has one hash.
"""

from collections.abc import Collection
from typing import Any, cast

import cbor2

from sync.errors import CodecError
from sync.limits import codec_depth_max

_SCALARS = frozenset({int, bytes, str, bool, type(None)})


def encode(value: object) -> bytes:
    """Encode ints, bytes, text, booleans, null, lists and text-keyed maps, canonically.

    Raises CodecError for anything else (floats among them: they have no place in what is signed).
    """
    _check(value, 0)
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes) -> Any:
    """Decode one canonical value and refuse trailing bytes and any other spelling of it.

    Raises CodecError.
    """
    try:
        value = cast("Any", cbor2.loads(data))
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CodecError("bytes are not CBOR") from error
    _check(value, 0)
    if cbor2.dumps(value, canonical=True) != data:
        raise CodecError("bytes are not one value in canonical form")
    return value


def _check(value: object, depth: int) -> None:
    if isinstance(value, list | tuple):
        items: Collection[object] = value
    elif isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise CodecError("map key is not text")
        items = value.values()
    elif type(value) in _SCALARS:
        return
    else:
        raise CodecError(f"no encoding for a value of type {type(value).__name__}")
    if depth == codec_depth_max and items:
        raise CodecError("value is nested too deeply")
    for item in items:
        if type(item) not in _SCALARS:  # nearly all are: asked here, it is no call each
            _check(item, depth + 1)


def fields(value: object, count: int, what: str) -> list[Any]:
    """Take a decoded value as an array of exactly `count` fields, or raise CodecError."""
    if not isinstance(value, list) or len(value) != count:
        raise CodecError(f"{what} is not an array of {count} fields")
    return value


def octets(value: object, size: int | None, what: str) -> bytes:
    """Take a decoded value as a byte string of `size` bytes (None: any), or raise CodecError."""
    if not isinstance(value, bytes) or (size is not None and len(value) != size):
        raise CodecError(f"{what} is not a byte string" + (f" of {size}" if size else ""))
    return value


def natural(value: object, what: str, maximum: int = (1 << 64) - 1) -> int:
    """Take a decoded value as an integer from 0 to `maximum`, or raise CodecError."""
    if type(value) is not int or not 0 <= value <= maximum:
        raise CodecError(f"{what} is not an integer from 0 to {maximum}")
    return value


def is_number(value: object, number: int) -> bool:
    """Whether a decoded value is this integer; `true`, which Python takes for 1, is not."""
    return type(value) is int and value == number


def text(value: object, what: str, length_max: int) -> str:
    """Take a decoded value as text of at most `length_max` characters, or raise CodecError."""
    if not isinstance(value, str) or len(value) > length_max:
        raise CodecError(f"{what} is not text of at most {length_max} characters")
    return value


def items(value: object, what: str, count_max: int) -> list[Any]:
    """Take a decoded value as an array of at most `count_max` items, or raise CodecError."""
    if not isinstance(value, list) or len(value) > count_max:
        raise CodecError(f"{what} is not an array of at most {count_max} items")
    return value
