"""Compression of operation bodies, with the project's dictionaries; `sync.body` calls it.

packed = dictionary id ‖ one zstd frame that states its content's size. Every frame begins anew: a
context is used again for its memory and its dictionary's tables, and nothing of one body enters
another's. Level 3 was measured: 264 bytes and 3.4 us for a record of 1.5 KB; level 9 takes 20 us
for hardly fewer (docs/decisions/0020-compression-dictionary.md).
"""

from collections.abc import Callable
from functools import cache
from typing import Final, Generic, TypeVar

import zstandard

from sync.dictionary import DICTIONARY_NONE, DICTIONARY_WRITTEN, dictionary
from sync.errors import BodyError
from sync.limits import body_plain_size_bytes_max, body_window_size_bytes_max

COMPRESSION_LEVEL: Final = 3

ToolT = TypeVar("ToolT")


class _Pool(Generic[ToolT]):
    """Contexts that nobody uses now; each serves one thread at a time.

    There is no lock: taking from and putting back on a list are single steps of the interpreter.
    """

    def __init__(self, make: Callable[[], ToolT]) -> None:
        self._make = make
        self._idle: list[ToolT] = []

    def take(self) -> ToolT:
        try:
            return self._idle.pop()
        except IndexError:
            return self._make()

    def put_back(self, tool: ToolT) -> None:
        self._idle.append(tool)


def compress(plain: bytes, identity: int = DICTIONARY_WRITTEN) -> bytes:
    """Compress a body's content with a dictionary that this version has."""
    pool = _compressors(identity)
    compressor = pool.take()
    frame = compressor.compress(plain)
    pool.put_back(compressor)
    return bytes((identity,)) + frame


def decompress(packed: bytes) -> bytes:
    """The content again. Refuses by what the frame's head states, before anything is allocated.

    Raises NewerBodyError for a dictionary that this version does not know, else BodyError.
    """
    if not packed:
        raise BodyError("body is empty")
    pool = _decompressors(packed[0])
    frame = packed[1:]
    try:
        head = zstandard.get_frame_parameters(frame)
        if not 0 <= head.content_size <= body_plain_size_bytes_max:
            raise BodyError("body would decompress over the limit")
        if head.window_size > body_window_size_bytes_max:
            raise BodyError("body asks for more memory than the limit to decompress")
        decompressor = pool.take()
        plain = decompressor.decompress(
            frame, max_output_size=body_plain_size_bytes_max, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise BodyError("body does not decompress") from error
    pool.put_back(decompressor)
    return plain


@cache
def _compressors(identity: int) -> _Pool[zstandard.ZstdCompressor]:
    prepared = _prepared(identity)
    return _Pool(
        lambda: zstandard.ZstdCompressor(
            level=COMPRESSION_LEVEL, dict_data=prepared, write_dict_id=False
        )
    )


@cache
def _decompressors(identity: int) -> _Pool[zstandard.ZstdDecompressor]:
    prepared = _prepared(identity)
    return _Pool(
        lambda: zstandard.ZstdDecompressor(
            dict_data=prepared, max_window_size=body_window_size_bytes_max
        )
    )


@cache
def _prepared(identity: int) -> zstandard.ZstdCompressionDict | None:
    if identity == DICTIONARY_NONE:
        return None
    prepared = zstandard.ZstdCompressionDict(
        dictionary(identity), dict_type=zstandard.DICT_TYPE_FULLDICT
    )
    prepared.precompute_compress(level=COMPRESSION_LEVEL)
    return prepared
