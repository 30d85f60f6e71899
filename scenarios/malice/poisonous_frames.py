"""Frames that no honest session says: garbage, absurd counts, names of nothing; for `poisoning`."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from sync.codec import encode
from sync.identifiers import InstanceId
from sync.wire.message import (
    SHORT_SIZE_BYTES,
    Ack,
    Compare,
    Difference,
    End,
    Hello,
    LogVector,
    PlaceVector,
    Reply,
)
from sync.wire.message_codec import decode_message, encode_message

_HUGE_SIZE_BYTES: Final = 1024 * 1024
_DEPTH: Final = 5_000
_NAMES: Final = 2_000


def _garbage(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    return (draws.randbytes(draws.randrange(1, 4000)),)


def _flipped(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    place = draws.randrange(len(frame))
    changed = frame[place] ^ 1 << draws.randrange(8)
    return (frame[:place] + bytes([changed]) + frame[place + 1 :],)


def _cut_short(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    return (frame[: draws.randrange(len(frame))],)


def _huge(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    return (bytes(_HUGE_SIZE_BYTES),)


def _deep(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    return (b"\x81" * _DEPTH + b"\x00",)


def _long_array(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    return (b"\x9b" + b"\xff" * 8 + frame,)


def _counts(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    short = draws.randbytes(SHORT_SIZE_BYTES)
    log = LogVector(InstanceId(draws.randbytes(16)), (1 << 48) - 1, short)
    vector = PlaceVector(short, (log,), draws.randbytes(SHORT_SIZE_BYTES * 100))
    said = draws.choice(
        (
            Ack((1 << 63) - 1),
            Compare((vector,), b"", False, False),
            Reply((vector,), False),
            End(True),
        )
    )
    return (encode_message(said), frame)


def _names_of_nothing(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    """A list of thousands of places that nobody has, so that the peer asks for all of them."""
    if not isinstance(decode_message(frame), Difference):
        return (frame,)
    names = sorted({draws.randbytes(SHORT_SIZE_BYTES) for _ in range(_NAMES)})
    listed = b"".join(name + draws.randbytes(SHORT_SIZE_BYTES) for name in names)
    return (encode_message(Difference(listed, True)),)


def _mad_hello(draws: random.Random, frame: bytes) -> Iterable[bytes]:
    hello = decode_message(frame)
    if not isinstance(hello, Hello):
        return (frame,)
    said = draws.choice(
        (
            replace(hello, versions=(255,)),
            replace(hello, frame_size_bytes=0),
            replace(hello, credit_bytes=(1 << 63) - 1, frame_size_bytes=(1 << 63) - 1),
            replace(hello, facts=bytes(24)),
        )
    )
    low_order = encode_message(said).replace(bytes(hello.sealing), bytes(32))
    return (draws.choice((encode_message(said), low_order, encode([0] * 11))),)


FRAMES: Final[Mapping[str, Callable[[random.Random, bytes], Iterable[bytes]]]] = {
    "garbage": _garbage,
    "a flipped bit": _flipped,
    "half a frame": _cut_short,
    "a huge frame": _huge,
    "a deep frame": _deep,
    "an endless array": _long_array,
    "counts that cannot be": _counts,
    "names of nothing": _names_of_nothing,
    "a mad hello": _mad_hello,
}
"""By what they are; each makes of a frame that was due what is sent instead."""
