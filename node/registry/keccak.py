"""Keccak-256, by which chains name blocks, accounts, slots and nodes of their tries."""


def keccak(data: bytes) -> bytes:
    """The 32-byte Keccak-256 of bytes (not SHA3-256, which pads otherwise)."""
    # Loading it parses C declarations, a twentieth of a short command's time; few commands need it.
    from Crypto.Hash import keccak as _keccak

    return _keccak.new(data=data, digest_bits=256).digest()
