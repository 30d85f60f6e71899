"""The development chain's funded accounts. Their words are public: whoever reads them owns them.

Derived as every wallet does (BIP-39, BIP-32, BIP-44), so that a wallet with these words has them.
Beside `contracts.development`, which loads an EVM: nodes know these accounts without one.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from coincurve import PrivateKey
from mnemonic import Mnemonic

from contracts.keccak import keccak

ACCOUNT_COUNT: Final = 10

DEVELOPMENT_MNEMONIC: Final = "test test test test test test test test test test test junk"
"""The words that anvil and Hardhat use. Never fund an account of theirs on a real chain."""

_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HARDENED: Final = 0x80000000
_ACCOUNTS_PATH: Final = (44 + _HARDENED, 60 + _HARDENED, 0 + _HARDENED, 0)


@dataclass(frozen=True)
class DevelopmentAccount:
    """One account: 20-byte address and its (public) secret."""

    address: bytes
    secret: bytes = field(repr=False)


def address_of(secret: bytes) -> bytes:
    """The 20-byte address of a secp256k1 secret."""
    point = PrivateKey(secret).public_key.format(compressed=False)[1:]
    return keccak(point)[12:]


@cache
def development_accounts() -> tuple[DevelopmentAccount, ...]:
    """The accounts at m/44'/60'/0'/0/i."""
    parent = _descend(_root(Mnemonic.to_seed(DEVELOPMENT_MNEMONIC)), _ACCOUNTS_PATH)
    secrets = [_descend(parent, (index,))[0] for index in range(ACCOUNT_COUNT)]
    return tuple(DevelopmentAccount(address_of(secret), secret) for secret in secrets)


def _root(seed: bytes) -> tuple[bytes, bytes]:
    made = hmac.digest(b"Bitcoin seed", seed, hashlib.sha512)
    return made[:32], made[32:]


def _descend(node: tuple[bytes, bytes], path: tuple[int, ...]) -> tuple[bytes, bytes]:
    """Child keys along a path (BIP-32); each node is (secret, chain code)."""
    for index in path:
        secret, chain_code = node
        head = (
            b"\0" + secret if index >= _HARDENED else PrivateKey(secret).public_key.format()
        ) + index.to_bytes(4, "big")
        made = hmac.digest(chain_code, head, hashlib.sha512)
        child = (int.from_bytes(made[:32], "big") + int.from_bytes(secret, "big")) % _ORDER
        node = child.to_bytes(32, "big"), made[32:]
    return node
