"""Original bytes out again, as lines or as a Bundle; the export of the node calls it."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

_STRING_OR_SPACE: Final = re.compile(rb'("(?:[^"\\]++|\\.)*+")|[ \t\n\r]++', re.DOTALL)
_URN_REFERENCE: Final = re.compile(rb'"reference"\s*+:\s*+"urn:uuid:([A-Za-z0-9\-.]{1,64})"')

full_url_base: Final = "https://satchel.invalid/fhir"
"""Addresses in an exported Bundle start here; .invalid belongs to nobody (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A resource to be exported."""

    type: str
    id: str
    original: bytes = field(repr=False)


def ndjson_line(original: bytes) -> bytes:
    """A resource on one line, newline included: its original bytes where they are one line already.

    Otherwise only the white space between tokens goes; texts and numbers stay as they were written.
    """
    if b"\n" not in original and b"\r" not in original:
        return original + b"\n"
    return _STRING_OR_SPACE.sub(rb"\1", original) + b"\n"


def urn_targets(originals: Iterable[bytes]) -> set[str]:
    """The ids that these resources refer to as `urn:uuid:…`; see `bundle`."""
    return {found[1].decode() for text in originals for found in _URN_REFERENCE.finditer(text)}


def bundle(
    resources: Iterable[Outgoing], *, named_by_urn: Collection[str] = frozenset()
) -> Iterator[bytes]:
    """A Bundle of type collection around original bytes, piece by piece.

    References are never rewritten, so what an entry is called decides whether they resolve: those
    in `named_by_urn` (from `urn_targets`) are called `urn:uuid:<id>`, all others by an address
    that relative references fit.
    """
    yield b'{"resourceType":"Bundle","type":"collection"'
    mark = b',"entry":[\n'
    for resource in resources:
        name = (
            f"urn:uuid:{resource.id}"
            if resource.id in named_by_urn
            else f"{full_url_base}/{resource.type}/{resource.id}"
        )
        url = json.dumps(name).encode()
        yield b'%b{"fullUrl":%b,"resource":%b}' % (mark, url, resource.original)
        mark = b",\n"
    yield b"}\n" if mark.startswith(b',"') else b"\n]}\n"
