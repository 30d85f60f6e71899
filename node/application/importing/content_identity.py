"""What tells one content of a resource from another; lists and intake hash it to find versions."""

import hashlib
from typing import Final

from sync.change import Change

IDENTITY_SIZE_BYTES_MAX: Final = 32 * 1024
"""Larger contents are told apart by their digest: one that is attached has no other bytes."""


def identity_bytes(change: Change) -> bytes:
    """What tells one content of a resource from another: its bytes, or a digest of many."""
    if change.attachment is not None:
        return _identity_of(change.attachment.size_bytes, change.attachment.digest)
    return original_identity(change.content)


def original_identity(original: bytes) -> bytes:
    """The same, of a content that was not written yet."""
    if len(original) <= IDENTITY_SIZE_BYTES_MAX:
        return original
    return _identity_of(len(original), hashlib.sha256(original).digest())


def _identity_of(size_bytes: int, digest: bytes) -> bytes:
    return b"digest" + size_bytes.to_bytes(8, "big") + digest
