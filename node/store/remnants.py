"""Searches the database's files for what was destroyed; the shredder calls it after a checkpoint.

Whatever is left of a destroyed thing of 64 bytes or more in any page, in use or free, holds an
8-byte block that begins at a multiple of 8 in the page. So each page is compared, block by block,
with the set of all 8-byte pieces of the samples: one pass, however many samples there are.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.store.raw_pages import PageReader, RawPage

SAMPLE_SIZE_BYTES: Final = 64
"""How much is sampled at a place: at least seven aligned blocks lie within."""
SAMPLE_EVERY_BYTES: Final = 768
"""From one sample of a long thing to the next: several fall in every page that held a part."""
_BLOCK_SIZE_BYTES: Final = 8
_KEY_SIZE_BYTES: Final = 32
_WORD_SIZE_BYTES_MIN: Final = 6
"""Shorter ones turn up by chance."""


KeyTest = Callable[[bytes], bool]
"""Says whether 32 bytes are a key that was destroyed."""


@dataclass(frozen=True, slots=True)
class Remnants:
    """What a search found."""

    pages: int
    """Pages searched: the database's, and the write-ahead log's."""
    found: int
    """Pages that still hold something destroyed, or that do not authenticate."""


def samples_of(content: bytes) -> Iterator[bytes]:
    """The pieces of a destroyed thing that stand for all of it; its end is among them."""
    for start in range(0, max(1, len(content) - SAMPLE_SIZE_BYTES + 1), SAMPLE_EVERY_BYTES):
        yield content[start : start + SAMPLE_SIZE_BYTES]
    if len(content) > SAMPLE_SIZE_BYTES:
        yield content[-SAMPLE_SIZE_BYTES:]


def search_files(
    path: Path,
    key: bytes,
    samples: Iterable[bytes],
    words: Iterable[bytes] = (),
    marks: Mapping[bytes, KeyTest] | None = None,
) -> Remnants:
    """Look for samples, and for words as they are, in every page of a database and its log.

    `marks` stand before keys: what follows one is put to its test. `key` is the database's.
    Nobody may write meanwhile. Raises OSError.
    """
    pieces = {piece for sample in samples for piece in _pieces(sample)}
    sought = [word for word in words if len(word) >= _WORD_SIZE_BYTES_MIN]
    reader = PageReader(path, key)
    pages = found = 0
    for pages_of in (reader.database(), reader.log()):
        for page in pages_of:
            pages += 1
            found += _holds(page, pieces, sought) or _holds_key(page, marks or {})
    return Remnants(pages, found)


def _pieces(sample: bytes) -> Iterator[int]:
    for start in range(len(sample) - _BLOCK_SIZE_BYTES + 1):
        piece = sample[start : start + _BLOCK_SIZE_BYTES]
        if len(set(piece)) > 2:  # a run of zeros is no trace of anything
            yield int.from_bytes(piece, "little")


def _holds(page: RawPage, pieces: set[int], words: list[bytes]) -> bool:
    content = page.content
    if content is None:
        return True
    blocks = struct.unpack_from(f"<{len(content) // _BLOCK_SIZE_BYTES}Q", content)
    if not pieces.isdisjoint(blocks):
        return True
    return any(word in content for word in words)


def _holds_key(page: RawPage, marks: Mapping[bytes, KeyTest]) -> bool:
    content = page.content or b""
    for mark, is_key in marks.items():
        at = content.find(mark)
        while at >= 0:
            after = at + len(mark)
            if is_key(content[after : after + _KEY_SIZE_BYTES]):
                return True
            at = content.find(mark, at + 1)
    return False
