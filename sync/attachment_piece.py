"""Pieces of an attachment: sealed one by one under the epoch's key, named by their ciphertext.

    piece = nonce(24) ‖ XChaCha20-Poly1305(pad(form(1) ‖ bytes or zstd(bytes)))

under a key derived from the epoch's, with the place in the original as associated data: not the
operation's id, which depends on the pieces' names. The node seals and opens, piece by piece.
"""

import hashlib
from dataclasses import dataclass

import zstandard
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from sync.attachment import Piece
from sync.codec import encode
from sync.errors import BodyError
from sync.identifiers import ChartId, EpochKey, LaneId, domain_bytes, epoch_id
from sync.limits import attachment_piece_plain_bytes, attachment_piece_sealed_bytes_max
from sync.padding import pad, unpad

NONCE_SIZE_BYTES = 24
FORM_PLAIN = b"\x00"
FORM_ZSTD = b"\x01"
COMPRESSION_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Sealing:
    """What all pieces of one attachment share: where they are, the key, the original's digest."""

    chart: ChartId
    lane: LaneId
    key: EpochKey
    digest: bytes
    size_bytes: int

    def __repr__(self) -> str:
        """Show no key."""
        return "Sealing()"

    @property
    def count(self) -> int:
        """How many pieces the original makes."""
        return piece_count(self.size_bytes)

    def place(self, number: int) -> bytes:
        """The associated data of one piece: everything that it must not be taken for another by."""
        epoch = epoch_id(self.chart, self.lane, self.key)
        return domain_bytes("attachment-piece") + encode(
            [1, self.chart, self.lane, epoch, self.digest, self.size_bytes, number, self.count]
        )


def piece_count(size_bytes: int) -> int:
    """How many pieces hold an original of this size; at least one."""
    return max(1, -(-size_bytes // attachment_piece_plain_bytes))


def piece_key(key: EpochKey) -> bytes:
    """The key of an epoch's pieces, 32 bytes: never the one that bodies are sealed under."""
    return hashlib.blake2b(domain_bytes("attachment-key"), key=key, digest_size=32).digest()


def piece_name(sealed: bytes) -> bytes:
    """The name of a sealed piece: its SHA-256."""
    return hashlib.sha256(sealed).digest()


def seal_piece(sealing: Sealing, number: int, plain: memoryview, nonce: bytes) -> bytes:
    """Seal one piece, with 24 fresh random bytes as nonce. Compressed where that pays."""
    packed = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL).compress(plain)
    content = FORM_ZSTD + packed if len(packed) < len(plain) else FORM_PLAIN + bytes(plain)
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(
        pad(content), sealing.place(number), nonce, piece_key(sealing.key)
    )


def named(sealed: bytes) -> Piece:
    """A sealed piece's entry in lists."""
    return Piece(piece_name(sealed), len(sealed))


def open_piece(sealing: Sealing, number: int, sealed: bytes) -> bytes:
    """Open one piece, or raise BodyError."""
    if len(sealed) > attachment_piece_sealed_bytes_max:
        raise BodyError("piece is over the limit")
    try:
        padded = crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed[NONCE_SIZE_BYTES:],
            sealing.place(number),
            sealed[:NONCE_SIZE_BYTES],
            piece_key(sealing.key),
        )
    except (CryptoError, ValueError, TypeError) as error:
        raise BodyError("piece does not open with its epoch's key") from error
    content = unpad(padded)
    plain = _unpacked(content)
    before = number * attachment_piece_plain_bytes
    if len(plain) != min(attachment_piece_plain_bytes, sealing.size_bytes - before):
        raise BodyError("piece is not of the size that its place has")
    return plain


def _unpacked(content: bytes) -> bytes:
    form, packed = content[:1], content[1:]
    if form == FORM_PLAIN:
        return packed
    if form != FORM_ZSTD:
        raise BodyError("piece is packed in a form that is not known here")
    try:
        frame = zstandard.get_frame_parameters(packed)
        if not 0 <= frame.content_size <= attachment_piece_plain_bytes:
            raise BodyError("piece would decompress over the limit")
        return zstandard.ZstdDecompressor().decompress(
            packed, max_output_size=attachment_piece_plain_bytes
        )
    except zstandard.ZstdError as error:
        raise BodyError("piece does not decompress") from error
