"""What a change carries inline of content that is too large for it: the reference, its codec.

DESIGN section 4: bodies over the limit name attachments. The change's `content` is then a skeleton
(`sync.attachment_skeleton`), and this says what was left out of it and where the original bytes
are. `sync.change` encodes it, the merge reads `left_out`, the node loads the pieces.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sync.codec import fields, items, natural, octets, text
from sync.errors import CodecError
from sync.identifiers import hashed
from sync.limits import (
    attachment_left_out_max,
    attachment_piece_sealed_bytes_max,
    attachment_pieces_max,
    attachment_size_bytes_max,
)

NAME_LENGTH_MAX = 256
PIECE_ENTRY_BYTES = 36
"""A piece in a list: its name, 32 bytes, and its sealed size, 4 bytes big-endian."""


class Piece(NamedTuple):
    """A sealed piece of an attachment: the SHA-256 of its ciphertext, and the size of that."""

    name: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What stands for a left-out element's value in the merge: the digest of its canonical form.

    `silent`: the value is nobody's statement, but narrative that software made (`comparable`).
    """

    digest: bytes
    silent: bool = False

    def __repr__(self) -> str:
        """Show no content."""
        return "LeftOut()"


class LeftOutMember(NamedTuple):
    """A top-level member that the skeleton lacks: its name, and what stands for its value."""

    name: str
    value: LeftOut


@dataclass(frozen=True, slots=True)
class Attachment:
    """The original bytes of a change: their size and SHA-256, and the pieces that hold them."""

    size_bytes: int
    digest: bytes
    left_out: tuple[LeftOutMember, ...]
    pieces: tuple[Piece, ...]

    def __repr__(self) -> str:
        """Show the number of pieces only."""
        return f"Attachment({len(self.pieces)} pieces)"

    def value(self) -> list[object]:
        """What is encoded."""
        return [
            self.size_bytes,
            self.digest,
            [[name, value.digest, value.silent] for name, value in self.left_out],
            pieces_bytes(self.pieces),
        ]


def parse_attachment(value: object) -> Attachment:
    """Take a decoded value as an attachment, or raise CodecError."""
    size, digest, left_out, pieces = fields(value, 4, "attachment")
    return Attachment(
        natural(size, "size", attachment_size_bytes_max),
        octets(digest, 32, "digest"),
        tuple(_parse_left_out(m) for m in items(left_out, "left out", attachment_left_out_max)),
        parse_pieces(pieces),
    )


def _parse_left_out(value: Any) -> LeftOutMember:
    name, digest, silent = fields(value, 3, "left-out element")
    if not isinstance(silent, bool):
        raise CodecError("flag is not true or false")
    return LeftOutMember(
        text(name, "element", NAME_LENGTH_MAX), LeftOut(octets(digest, 32, "digest"), silent)
    )


def pieces_bytes(pieces: tuple[Piece, ...]) -> bytes:
    """Pieces in their order, joined: 36 bytes each."""
    return b"".join(piece.name + piece.size_bytes.to_bytes(4, "big") for piece in pieces)


def parse_pieces(value: object) -> tuple[Piece, ...]:
    """Take a decoded value as a list of one or more pieces, none twice, or raise CodecError."""
    joined = octets(value, None, "pieces")
    count, rest = divmod(len(joined), PIECE_ENTRY_BYTES)
    if rest or not 1 <= count <= attachment_pieces_max:
        raise CodecError("list of pieces is not whole, or over the limit")
    found = tuple(
        Piece(joined[at : at + 32], int.from_bytes(joined[at + 32 : at + 36], "big"))
        for at in range(0, len(joined), PIECE_ENTRY_BYTES)
    )
    if len({piece.name for piece in found}) != count:
        raise CodecError("list of pieces names one twice")
    if any(not 0 < piece.size_bytes <= attachment_piece_sealed_bytes_max for piece in found):
        raise CodecError("piece is over the limit")
    return found


def folded(canonical: str) -> str:
    """A canonical form as values are compared by: itself when short, else `#` and its digest.

    So a value that was left out compares with one that is here. No JSON begins with `#`.
    """
    if len(canonical) <= FOLDED_LENGTH_CHARS_MAX:
        return canonical
    return "#" + canonical_digest(canonical).hex()


def canonical_digest(canonical: str) -> bytes:
    """The digest of a canonical form, 32 bytes."""
    return hashed("left-out", canonical.encode(errors="surrogatepass"))


FOLDED_LENGTH_CHARS_MAX = 64
"""Shorter canonical forms are never left out, and compared as they stand."""
