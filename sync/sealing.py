"""Sealed boxes to an X25519 key, the ephemeral key given from outside.

libsodium's `crypto_box_seal` draws its own ephemeral key; here the caller gives it, so that a
simulated run is the same twice. The construction and its bytes are libsodium's own
(ephemeral public key ‖ crypto_box with nonce BLAKE2b-192(ephemeral ‖ recipient)), so
`crypto_box_seal_open` opens them.
"""

import hashlib

from nacl.bindings import crypto_box, crypto_box_seal_open, crypto_scalarmult_base
from nacl.exceptions import CryptoError

from sync.errors import EpochKeyError
from sync.identifiers import DeviceKey, SealingKey
from sync.signing import Signer, verify

SEAL_OVERHEAD_BYTES = 48


class Opener:
    """A private X25519 key that opens boxes. Its repr shows the public half only."""

    __slots__ = ("_secret", "public")

    def __init__(self, secret: bytes) -> None:
        """Make the opener of a 32-byte secret."""
        self._secret = secret
        self.public = SealingKey(crypto_scalarmult_base(secret))

    def open(self, box: bytes) -> bytes:
        """Open a box sealed to this key, or raise EpochKeyError."""
        try:
            return crypto_box_seal_open(box, self.public, self._secret)
        except (CryptoError, ValueError, TypeError) as error:
            raise EpochKeyError("box does not open with this key") from error

    @property
    def secret(self) -> bytes:
        """The 32 secret bytes, for the keystore and for the static exchange with a peer."""
        return self._secret

    def __repr__(self) -> str:
        """Show the public key's first bytes."""
        return f"Opener({self.public[:4].hex()})"


def seal(message: bytes, recipient: SealingKey, ephemeral_secret: bytes) -> bytes:
    """Seal `message` to `recipient` with 32 fresh random bytes that are used for nothing else."""
    ephemeral = crypto_scalarmult_base(ephemeral_secret)
    nonce = hashlib.blake2b(ephemeral + recipient, digest_size=24).digest()
    try:
        return ephemeral + crypto_box(message, nonce, recipient, ephemeral_secret)
    except (CryptoError, ValueError) as error:
        raise EpochKeyError("nothing can be sealed to this key") from error


def sign_sealing_key(signer: Signer, sealing: SealingKey) -> bytes:
    """A device's own statement of the key that boxes for it are sealed to."""
    return signer.sign("sealing-key", sealing)


def verify_sealing_key(device: DeviceKey, sealing: SealingKey, signature: bytes) -> None:
    """Check a device's statement of its sealing key, or raise SignatureError."""
    verify(device, "sealing-key", sealing, signature)
