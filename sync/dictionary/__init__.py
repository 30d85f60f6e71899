"""The compression dictionaries of operation bodies, by id, each immutable; `sync.body` asks here.

A dictionary is a file beside this one and its digest. The file never changes once it was released:
a better one gets the next id, is shipped for reading first, and for writing in a later version.
Dictionary 1 is made by `make dictionary` (scenarios/population/training.py).
"""

import hashlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from sync.errors import DictionaryError, NewerBodyError

DICTIONARY_NONE: Final = 0
"""A body that was compressed without a dictionary."""

DICTIONARY_WRITTEN: Final = 1
"""What this version compresses with."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """A dictionary of this version: its file's name here, and the file's SHA-256 in hexadecimal."""

    name: str
    digest: str


SHIPPED: Final[Mapping[int, Shipped]] = {
    1: Shipped(
        "fhir-1.zstd-dictionary",
        "7cbca93a86246717b2f5ce0feca4fe7b382d6d054a41cfde1ac82ab909d10ba2",
    ),
}
"""Every dictionary that this version reads."""


@cache
def dictionary(identity: int) -> bytes:
    """A dictionary's bytes; empty for none.

    Raises NewerBodyError for an id that this version does not know, and DictionaryError where the
    shipped file is not the one that this version names.
    """
    if identity == DICTIONARY_NONE:
        return b""
    shipped = SHIPPED.get(identity)
    if shipped is None:
        raise NewerBodyError("body names a compression dictionary that is not known here")
    content = pkgutil.get_data("sync.dictionary", shipped.name) or b""
    if hashlib.sha256(content).hexdigest() != shipped.digest:
        raise DictionaryError
    return content
