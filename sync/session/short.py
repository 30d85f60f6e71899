"""Short names: the 8-byte keyed hashes that stand for places, operations and letters in a session.

The key belongs to the two devices (static X25519) and the session's nonces, so nobody else can
grind names against each other, and a chance collision does not outlive its session.
"""

import hashlib
from collections.abc import Callable, Iterable

from nacl.bindings import crypto_scalarmult

from sync.digest import Place
from sync.errors import SessionError
from sync.identifiers import OperationId, SealingKey, domain_bytes
from sync.sealing import Opener
from sync.wire.message import SHORT_SIZE_BYTES, Hello


def shared_secret_of(opener: Opener) -> Callable[[SealingKey], bytes]:
    """The static exchange of a device with its peers: what a session takes `shared_secret` from.

    The function raises SessionError for a key that no device can have.
    """

    def exchange(sealing: SealingKey) -> bytes:
        try:
            return crypto_scalarmult(opener.secret, sealing)
        except (RuntimeError, ValueError) as error:
            raise SessionError("peer's sealing key is no key") from error

    return exchange


class ShortNames:
    """Makes the short names of one session. Its repr shows nothing of the key."""

    __slots__ = ("_key",)

    def __init__(self, secret: bytes, initiator: Hello, responder: Hello) -> None:
        """Derive the key from the pair's shared secret and both hellos."""
        derived = hashlib.blake2b(
            domain_bytes("session") + initiator.nonce + responder.nonce, key=secret, digest_size=32
        )
        self._key = derived.digest()

    def place(self, place: Place) -> bytes:
        """The short name of a (chart, lane)."""
        return self._short(b"place", place.chart + place.lane)

    def digest(self, place: Place, digest: bytes) -> bytes:
        """The short form of what is held at a place."""
        return self._short(b"digest", place.chart + place.lane + digest)

    def operation(self, operation: OperationId) -> bytes:
        """The short name of an operation."""
        return self._short(b"operation", operation)

    def operations(self, operations: Iterable[OperationId]) -> bytes:
        """The short names of operations, joined."""
        return b"".join(self.operation(operation) for operation in operations)

    def manifest(self, name: bytes) -> bytes:
        """The short name of a list of pieces."""
        return self._short(b"manifest", name)

    def attachments(self, place: Place, digest: bytes | None) -> bytes:
        """The short form of the attachments that are held at a place; empty for none."""
        if digest is None:
            return b""
        return self._short(b"attachments", place.chart + place.lane + digest)

    def fact(self, name: bytes) -> bytes:
        """The short name of what a fact of the registry is about."""
        return self._short(b"fact", name)

    def letter(self, letter: bytes) -> bytes:
        """The short name of a letter."""
        return self._short(b"letter", letter)

    def _short(self, person: bytes, data: bytes) -> bytes:
        return hashlib.blake2b(
            data, key=self._key, person=person, digest_size=SHORT_SIZE_BYTES
        ).digest()

    def __repr__(self) -> str:
        """Show no key."""
        return "ShortNames()"


def split(shorts: bytes) -> list[bytes]:
    """Take joined short names apart."""
    return [
        shorts[start : start + SHORT_SIZE_BYTES]
        for start in range(0, len(shorts), SHORT_SIZE_BYTES)
    ]
