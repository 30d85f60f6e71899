"""The keystore file: a node's secrets sealed under its passphrase (DESIGN section 6, At rest).

    magic(7) ‖ version(1) ‖ header size(2) ‖ header ‖ XChaCha20-Poly1305(secrets) ‖ SHA-256 of all

The header is canonical CBOR: Argon2id passes, Argon2id memory in bytes, salt, nonce. All before
the ciphertext is its associated data. The version covers the secrets' own layout too. The last
hash guards against decay, not against people: it tells a damaged file from a wrong passphrase.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import nacl.pwhash.argon2id
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_ABYTES,
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from node.errors import (
    KeystoreDamaged,
    KeystoreExists,
    KeystoreForeign,
    KeystoreNewer,
    WrongPassphrase,
)
from node.home.replace import replace_file
from node.keystore.secrets import Secrets, decode_secrets, encode_secrets
from node.limits import (
    keystore_size_bytes_max,
    passphrase_memory_bytes_max,
    passphrase_passes_max,
)
from node.randomness import Randomness
from sync import codec
from sync.errors import CodecError

_MAGIC: Final = b"SATCHEL"
_VERSION: Final = 1
_SALT_SIZE_BYTES: Final = 16
_NONCE_SIZE_BYTES: Final = 24
_CHECK_SIZE_BYTES: Final = 32
_HEADER_AT: Final = len(_MAGIC) + 3


@dataclass(frozen=True)
class PassphraseCost:
    """What one guess at the passphrase takes: Argon2id's passes and memory."""

    passes: int
    memory_bytes: int


NORMAL_COST: Final = PassphraseCost(passes=3, memory_bytes=128 * 1024 * 1024)
"""Twice the memory of RFC 9106's second choice: 0.2 s on a laptop, under a second on a tablet."""


@dataclass(frozen=True)
class _Header:
    cost: PassphraseCost
    salt: bytes
    nonce: bytes

    def encode(self) -> bytes:
        """All that comes before the ciphertext."""
        header = codec.encode([self.cost.passes, self.cost.memory_bytes, self.salt, self.nonce])
        return _MAGIC + bytes([_VERSION]) + len(header).to_bytes(2, "big") + header


class Keystore:
    """An open keystore: its secrets, and the key to seal changed ones. Its repr shows the path.

    The home's lock is held by whoever writes.
    """

    def __init__(
        self,
        path: Path,
        secrets: Secrets,
        key: "_SealingKey",
        randomness: Randomness,
    ) -> None:
        """Keep what `create` or `open` found."""
        self.path = path
        self._secrets = secrets
        self._key = key
        self._randomness = randomness

    @classmethod
    def create(
        cls,
        path: Path,
        secrets: Secrets,
        passphrase: bytes,
        randomness: Randomness,
        cost: PassphraseCost = NORMAL_COST,
    ) -> Self:
        """Seal new secrets into a new file, durably. Raises KeystoreExists."""
        if os.path.lexists(path):
            raise KeystoreExists(path)
        keystore = cls(path, secrets, _SealingKey.fresh(passphrase, randomness, cost), randomness)
        keystore.save(secrets)
        return keystore

    @classmethod
    def open(cls, path: Path, passphrase: bytes, randomness: Randomness) -> Self:
        """Open an existing file.

        Raises WrongPassphrase, KeystoreDamaged, KeystoreForeign, KeystoreNewer, OSError.
        """
        header, ahead, ciphertext = _read(path)
        key = _SealingKey.derive(passphrase, header.salt, header.cost)
        try:
            plain = crypto_aead_xchacha20poly1305_ietf_decrypt(
                ciphertext, ahead, header.nonce, key.key
            )
        except CryptoError:
            raise WrongPassphrase(path) from None
        try:
            secrets = decode_secrets(plain)
        except CodecError as error:
            raise KeystoreDamaged(path, "its content is malformed") from error
        return cls(path, secrets, key, randomness)

    @property
    def secrets(self) -> Secrets:
        """What the file holds."""
        return self._secrets

    def save(self, secrets: Secrets) -> None:
        """Replace the secrets, durably; after a crash the file holds the old or the new.

        Raises OSError with the old file in place.
        """
        header = _Header(self._key.cost, self._key.salt, self._randomness(_NONCE_SIZE_BYTES))
        ahead = header.encode()
        sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(
            encode_secrets(secrets), ahead, header.nonce, self._key.key
        )
        content = ahead + sealed
        replace_file(self.path, content + hashlib.sha256(content).digest())
        self._secrets = secrets

    def change_passphrase(self, passphrase: bytes, cost: PassphraseCost | None = None) -> None:
        """Seal the same secrets under another passphrase, with a new salt, at this cost.

        A copy of the old file still opens with the old passphrase.
        """
        before = self._key
        self._key = _SealingKey.fresh(passphrase, self._randomness, cost or before.cost)
        try:
            self.save(self._secrets)
        except BaseException:
            self._key = before
            raise

    def __repr__(self) -> str:
        """Show where it lies."""
        return f"Keystore({os.fspath(self.path)!r})"


@dataclass(frozen=True, repr=False)
class _SealingKey:
    """The key that a passphrase gives, with what it was derived by."""

    key: bytes
    salt: bytes
    cost: PassphraseCost

    @classmethod
    def derive(cls, passphrase: bytes, salt: bytes, cost: PassphraseCost) -> Self:
        key = nacl.pwhash.argon2id.kdf(
            32, passphrase, salt, opslimit=cost.passes, memlimit=cost.memory_bytes
        )
        return cls(key, salt, cost)

    @classmethod
    def fresh(cls, passphrase: bytes, randomness: Randomness, cost: PassphraseCost) -> Self:
        return cls.derive(passphrase, randomness(_SALT_SIZE_BYTES), cost)


def _read(path: Path) -> tuple[_Header, bytes, bytes]:
    """Take a file apart: its header, all before the ciphertext, and the ciphertext."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
        content = file.read(keystore_size_bytes_max + 1)
    if not content:
        raise KeystoreDamaged(path, "it is empty")
    if not content.startswith(_MAGIC):
        raise KeystoreForeign(path)
    version = content[len(_MAGIC)] if len(content) > len(_MAGIC) else 0
    if version > _VERSION:
        raise KeystoreNewer(path, version)
    if len(content) > keystore_size_bytes_max:
        raise KeystoreDamaged(path, f"it is larger than {keystore_size_bytes_max} bytes")
    body, check = content[:-_CHECK_SIZE_BYTES], content[-_CHECK_SIZE_BYTES:]
    if hashlib.sha256(body).digest() != check:
        raise KeystoreDamaged(path, "it is cut off or its bytes have changed")
    ciphertext_at = _HEADER_AT + int.from_bytes(body[_HEADER_AT - 2 : _HEADER_AT], "big")
    try:
        header = _parse_header(codec.decode(body[_HEADER_AT:ciphertext_at]))
    except CodecError as error:
        raise KeystoreDamaged(path, "its header is malformed") from error
    if len(body) - ciphertext_at < crypto_aead_xchacha20poly1305_ietf_ABYTES:
        raise KeystoreDamaged(path, "its content is cut off")
    return header, body[:ciphertext_at], body[ciphertext_at:]


def _parse_header(value: object) -> _Header:
    passes, memory, salt, nonce = codec.fields(value, 4, "header")
    least = nacl.pwhash.argon2id
    cost = PassphraseCost(
        codec.natural(passes, "passes", passphrase_passes_max),
        codec.natural(memory, "memory", passphrase_memory_bytes_max),
    )
    if cost.passes < least.OPSLIMIT_MIN or cost.memory_bytes < least.MEMLIMIT_MIN:
        raise CodecError("cost is below what Argon2id takes")
    return _Header(
        cost,
        codec.octets(salt, _SALT_SIZE_BYTES, "salt"),
        codec.octets(nonce, _NONCE_SIZE_BYTES, "nonce"),
    )
