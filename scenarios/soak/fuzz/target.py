"""What a fuzz target is: one decoder, or a few that go together, judged by one input at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

INPUT_SIZE_BYTES_MAX: Final = 64 * 1024
"""An input larger than this is cut: limits of size have tests of their own."""


class Form(Enum):
    """How a target's inputs are built, so that a changed one still gets past the first check."""

    BYTES = "bytes"
    CBOR = "cbor"
    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to feed.

    `fuzz_one` raises for what must not happen: whatever a decoder raises that it does not
    document, and AssertionError where what it gives is wrong. `seeds` are valid inputs, made by
    our own writers. `covers` names the decoders that it feeds, as `module:name`. `weight` is its
    part of a run: how many of 100 inputs or so.
    """

    name: str
    fuzz_one: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    form: Form
    covers: tuple[str, ...]
    weight: float = 4.0
    head: int = 0
    """How many bytes at the beginning of an input are choices, and not part of what is fed."""
    finish: Callable[[], None] | None = None
    """What is checked every `finish_every` inputs and at the end, and may take its time."""
    finish_every: int = 0


def under(data: bytes, count: int) -> tuple[int, bytes]:
    """A choice from 0 below `count` by the first byte, and the rest."""
    return (data[0] % count, data[1:]) if data else (0, b"")


def says_why(error: Exception) -> None:
    """A refusal is documented, and says what is wrong."""
    assert str(error), f"{type(error).__name__} says nothing"
