"""Keccak-256, by which Ethereum names slots, functions and structures. For this package."""

from Crypto.Hash import keccak as _keccak


def keccak(data: bytes) -> bytes:
    """The 32-byte Keccak-256 of bytes (not SHA3-256, which pads otherwise)."""
    return _keccak.new(data=data, digest_bits=256).digest()
