"""Sealing and opening of operation bodies (DESIGN section 4).

body = nonce(24) ‖ XChaCha20-Poly1305(pad(dictionary id ‖ zstd(cbor))), with the header's prefix
as associated data. Every body is compressed by itself: shared state would leak between bodies.
"""

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from sync.compression import compress, decompress
from sync.errors import BodyError, LimitError
from sync.identifiers import EpochKey
from sync.limits import body_plain_size_bytes_max, body_size_bytes_max
from sync.padding import pad, unpad

NONCE_SIZE_BYTES = 24


def seal_body(plain: bytes, key: EpochKey, prefix: bytes, nonce: bytes) -> bytes:
    """Seal an encoded body under an epoch's key, with 24 fresh random bytes as nonce.

    `prefix` is the encoded HeaderPrefix. Raises LimitError for a body over the limit.
    """
    if len(plain) > body_plain_size_bytes_max:
        raise LimitError(
            f"entry of {len(plain)} bytes is over the limit of {body_plain_size_bytes_max}"
        )
    padded = pad(compress(plain))
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(padded, prefix, nonce, key)


def open_body(body: bytes, key: EpochKey, prefix: bytes) -> bytes:
    """Open a sealed body, or raise BodyError; NewerBodyError where a newer version wrote it."""
    if len(body) > body_size_bytes_max:
        raise BodyError("body is over the limit")
    try:
        padded = crypto_aead_xchacha20poly1305_ietf_decrypt(
            body[NONCE_SIZE_BYTES:], prefix, body[:NONCE_SIZE_BYTES], key
        )
    except (CryptoError, ValueError, TypeError) as error:
        raise BodyError("body does not open with its epoch's key") from error
    return decompress(unpad(padded))
