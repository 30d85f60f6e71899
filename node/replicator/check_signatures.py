"""The helper process that checks signatures; `helped_checker` starts it as a program of its own.

It reads batches from its standard input and answers each on its standard output. It imports little,
holds no secret and opens no file, and ends with its parent or when it was idle for a while.

    batch:  count(4) ‖ size of a message(4) ‖ count × (public key(32) ‖ signature(64) ‖ message)
    answer: place of the first that does not match(4), or 0xffffffff
"""

import os
import select
import sys
from typing import Final

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

ALL_MATCH: Final = 0xFFFFFFFF
NUMBER_SIZE_BYTES: Final = 4
_KEY_SIZE_BYTES: Final = 32
_SIGNED_SIZE_BYTES: Final = 96
IDLE_SECONDS_MAX: Final = 60.0
"""It takes a few tens of milliseconds to start again, and 20 MB to stay."""


def main() -> None:
    """Answer until the input ends or nothing comes any more."""
    inp, out = sys.stdin.fileno(), sys.stdout.fileno()
    while select.select([inp], [], [], IDLE_SECONDS_MAX)[0]:
        head = _read(inp, 2 * NUMBER_SIZE_BYTES)
        if head is None:
            return
        count, size = (int.from_bytes(head[at : at + 4], "big") for at in (0, 4))
        batch = _read(inp, count * (_SIGNED_SIZE_BYTES + size))
        if batch is None:
            return
        os.write(out, first_bad(batch, _SIGNED_SIZE_BYTES + size).to_bytes(4, "big"))


def first_bad(batch: bytes, step: int) -> int:
    """The place of the first whose signature does not match, or ALL_MATCH."""
    for place, start in enumerate(range(0, len(batch), step)):
        key = batch[start : start + _KEY_SIZE_BYTES]
        try:
            crypto_sign_open(batch[start + _KEY_SIZE_BYTES : start + step], key)
        except (CryptoError, ValueError):
            return place
    return ALL_MATCH


def _read(descriptor: int, size: int) -> bytes | None:
    pieces: list[bytes] = []
    while size:
        piece = os.read(descriptor, size)
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


if __name__ == "__main__":
    main()
