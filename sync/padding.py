"""Padmé padding: sizes leak O(log log n) bits, at most 12 % is added.

Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
PoPETs 2019, section 4. A length prefix of 4 bytes tells content from padding.
"""

from sync.errors import BodyError
from sync.limits import body_padding_floor_bytes


def padded_size(size: int) -> int:
    """The Padmé size for `size` bytes, with the floor of DESIGN section 4."""
    if size <= body_padding_floor_bytes:
        return body_padding_floor_bytes
    exponent = size.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    mask = (1 << low_bits) - 1
    return (size + mask) & ~mask


def pad(content: bytes) -> bytes:
    """Prefix the length and fill with zeros."""
    prefixed = len(content).to_bytes(4, "big") + content
    return prefixed.ljust(padded_size(len(prefixed)), b"\x00")


def unpad(padded: bytes) -> bytes:
    """Take the content back out, or raise BodyError when the form is not exactly `pad`'s."""
    size = int.from_bytes(padded[:4], "big") + 4
    if len(padded) < 4 or size > len(padded) or padded_size(size) != len(padded):
        raise BodyError("padding is malformed")
    if padded.count(0, size) != len(padded) - size:
        raise BodyError("padding is not zero")
    return padded[4:size]
