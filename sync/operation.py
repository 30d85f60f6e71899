"""The operation: one signed, encrypted, immutable write in one lane (DESIGN section 4).

A header is a CBOR array of 14 fields (`header`). Its last two, body hash and size, bind the body;
all before them are the body's associated data. Bodies are detached, so that one can be destroyed
while the header still verifies.
"""

import hashlib
from typing import Final, final

from sync.errors import BodyError, HeaderError
from sync.header import (
    SEQUENCE_MAX,
    Anchor,
    HeaderPrefix,
    body_part,
    natural_bytes,
    parse_header,
    read_own_header,
)
from sync.identifiers import OperationId, operation_id
from sync.signing import Signer, verify

__all__ = [
    "DOMAIN",
    "SEQUENCE_MAX",
    "Anchor",
    "HeaderPrefix",
    "Operation",
    "read_operation",
    "sign_operation",
    "verify_operation",
]

DOMAIN: Final = "operation"


@final
class Operation:
    """A header with its signature, and its body unless that was destroyed. It never changes.

    Equality and hash are those of the header. Made by `sign_operation`, `read_operation` and
    `rebuild` only; what `rebuild` gives is checked before it is used.
    """

    __slots__ = ("body", "body_hash", "body_size_bytes", "header", "id", "prefix", "signature")

    def __init__(
        self,
        prefix: HeaderPrefix,
        header: bytes,
        signature: bytes,
        body_hash: bytes,
        body_size_bytes: int,
        body: bytes | None,
    ) -> None:
        """Put the parts together; the id follows from the header."""
        self.prefix: Final = prefix
        self.header: Final = header
        self.signature: Final = signature
        self.body_hash: Final = body_hash
        self.body_size_bytes: Final = body_size_bytes
        self.body: Final = body
        self.id: Final[OperationId] = operation_id(header)
        """The CID of the header."""

    @property
    def associated(self) -> bytes:
        """The encoded prefix: what the body's cipher authenticates."""
        return self.header[: -34 - len(natural_bytes(self.body_size_bytes))]

    def without_body(self) -> "Operation":
        """As it travels once its body was destroyed."""
        return Operation(
            self.prefix,
            self.header,
            self.signature,
            self.body_hash,
            self.body_size_bytes,
            None,
        )

    def __eq__(self, other: object) -> bool:
        """Compare by header."""
        return isinstance(other, Operation) and self.header == other.header

    def __hash__(self) -> int:
        """Hash by header."""
        return hash(self.header)

    def __repr__(self) -> str:
        """Show the id's last bytes and the place in the log, nothing of the body."""
        return f"Operation({self.id[-4:].hex()} at {self.prefix.sequence})"


def sign_operation(prefix: HeaderPrefix, body: bytes, signer: Signer) -> Operation:
    """Bind a sealed body to its header and sign it with the device's key."""
    if signer.public != prefix.device:
        raise HeaderError("header names another device than its signer")
    body_hash = hashlib.sha256(body).digest()
    header = prefix.encoded() + body_part(body_hash, len(body))
    signature = signer.sign(DOMAIN, operation_id(header))
    return Operation(prefix, header, signature, body_hash, len(body), body)


def read_operation(
    header: bytes, signature: bytes, body: bytes | None, *, verified: bool = False
) -> Operation:
    """Decode an operation and check header form, body hash and signature.

    `verified` leaves form and signature unchecked: only for bytes from the own store, which
    checked them before writing. Raises HeaderError, BodyError or SignatureError.
    """
    prefix, body_hash, body_size = (read_own_header if verified else parse_header)(header)
    if body is not None and (len(body) != body_size or hashlib.sha256(body).digest() != body_hash):
        raise BodyError("body does not hash to what its header names")
    operation = Operation(prefix, header, signature, body_hash, body_size, body)
    if not verified:
        verify_operation(operation)
    return operation


def verify_operation(operation: Operation) -> None:
    """Check an operation's signature, or raise SignatureError."""
    verify(operation.prefix.device, DOMAIN, operation.id, operation.signature)
