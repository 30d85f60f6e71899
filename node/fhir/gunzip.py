"""Unpacks gzip as it comes, any number of members; the reader calls it.

What a file becomes is not limited, how many times its size it becomes is: a bomb is refused, a file
larger than memory is not. Only so much is unpacked for one piece, and the rest waits.
"""

import zlib
from collections import deque
from typing import Final

from node.fhir.limits import (
    unpacked_free_size_bytes,
    unpacked_per_feed_size_bytes_max,
    unpacked_ratio_max,
)

GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_WINDOW_BITS: Final = 31
"""zlib's way to say: a gzip header and trailer, checked."""


class Damaged(Exception):
    """the compressed file cannot be unpacked: the reason"""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class Gunzip:
    """One compressed file."""

    def __init__(self) -> None:
        """Begin before its first member."""
        self._member = zlib.decompressobj(_GZIP_WINDOW_BITS)
        self._inside = False
        self._pieces: deque[bytes] = deque()
        self._more_made = False
        self._taken_bytes = 0
        self._made_bytes = 0

    @property
    def waiting(self) -> bool:
        """Whether something that was fed waits to be unpacked."""
        return bool(self._pieces) or self._more_made

    def feed(self, piece: bytes) -> bytes:
        """What the next bytes become, up to `unpacked_per_feed_size_bytes_max`. Raises Damaged."""
        if piece:
            self._pieces.append(piece)
        made: list[bytes] = []
        room = unpacked_per_feed_size_bytes_max
        while self.waiting and room > 0:
            plain = self._unpack(self._pieces.popleft() if self._pieces else b"", room)
            room -= len(plain)
            made.append(plain)
        return b"".join(made)

    def finish(self) -> None:
        """Nothing more comes, and nothing waits. Raises Damaged where the end is missing."""
        if self._inside:
            raise Damaged("the compressed file is cut off")

    def _unpack(self, packed: bytes, size_bytes_max: int) -> bytes:
        if not self._inside:
            # After a member there may be zeros that fill a block, and another member.
            packed = packed.lstrip(b"\0") if self._taken_bytes else packed
            self._inside = bool(packed)
        try:
            plain = self._member.decompress(packed, size_bytes_max)
        except zlib.error:
            raise Damaged("the compressed file is damaged") from None
        left = self._member.unconsumed_tail
        self._more_made = len(plain) == size_bytes_max
        if self._member.eof:
            left = self._member.unused_data
            self._member = zlib.decompressobj(_GZIP_WINDOW_BITS)
            self._inside = self._more_made = False
        if left:
            self._pieces.appendleft(left)
        self._taken_bytes += len(packed) - len(left)
        self._made_bytes += len(plain)
        if self._made_bytes > unpacked_free_size_bytes + unpacked_ratio_max * self._taken_bytes:
            raise Damaged(f"it unpacks to more than {unpacked_ratio_max} times its size")
        return plain
