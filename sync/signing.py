"""Ed25519 signatures over a domain, by libsodium: the only verifier of operations (DESIGN 4)."""

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import CryptoError

from sync.errors import SignatureError
from sync.identifiers import DeviceKey, domain_bytes

SIGNATURE_SIZE_BYTES = 64


class Signer:
    """A private Ed25519 key that signs within domains. Its repr shows the public half only."""

    __slots__ = ("_secret", "public")

    def __init__(self, seed: bytes) -> None:
        """Make the signer of a 32-byte seed."""
        public, self._secret = crypto_sign_seed_keypair(seed)
        self.public = DeviceKey(public)

    def sign(self, domain: str, message: bytes) -> bytes:
        """Sign `message` within `domain`: 64 bytes."""
        signed = crypto_sign(domain_bytes(domain) + message, self._secret)
        return signed[:SIGNATURE_SIZE_BYTES]

    def __repr__(self) -> str:
        """Show the public key's first bytes."""
        return f"Signer({self.public[:4].hex()})"


def verify(public: DeviceKey, domain: str, message: bytes, signature: bytes) -> None:
    """Check a signature within `domain`, or raise SignatureError."""
    if len(signature) != SIGNATURE_SIZE_BYTES or len(public) != 32:
        raise SignatureError("signature or key has the wrong length")
    try:
        crypto_sign_open(signature + domain_bytes(domain) + message, public)
    except (CryptoError, ValueError) as error:
        raise SignatureError(f"signature does not match its {domain}") from error
