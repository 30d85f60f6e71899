"""Original bytes out again, as lines or as a Bundle; the export of the node calls it."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

_STRING_OR_SPACE: Final = re.compile(rb'("(?:[^"\\]++|\\.)*+")|[ \t\n\r]++', re.DOTALL)
_URN_REFERENCE: Final = re.compile(
    rb'"reference"\s*+:\s*+"(urn:(?:uuid|oid):[A-Za-z0-9\-.]{1,64})"'
)
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9\-.]")

full_url_base: Final = "https://satchel.invalid/fhir/"
"""Addresses in an exported Bundle start here; .invalid belongs to nobody (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class Written:
    """When a version was written, for a Bundle that tells history."""

    number: int
    """From 1, in causal order."""
    at: str
    """RFC 3339, in UTC."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A resource, or one version of it, to be exported."""

    source: str
    """The system that named it: two systems' `Patient/1` have two addresses."""
    type: str
    id: str
    original: bytes = field(repr=False)
    urn: str | None = None
    """The `urn:uuid:` or `urn:oid:` name by which others of the export refer to it."""
    written: Written | None = None


def one_line(original: bytes) -> bytes:
    """A resource on one line: its original bytes where they are one line already.

    Otherwise only the white space between tokens goes; texts and numbers stay as they were written.
    """
    if b"\n" not in original and b"\r" not in original:
        return original
    return _STRING_OR_SPACE.sub(rb"\1", original)


def ndjson_line(original: bytes) -> bytes:
    """A resource as a line of NDJSON, newline included."""
    return one_line(original) + b"\n"


def source_base(source: str) -> str:
    """The address below which all resources of one source stand; references between them fit it."""
    quoted = _UNSAFE.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode(errors="replace")), source
    )
    return f"{full_url_base}{quoted or '-'}/"


def urn_targets(original: bytes) -> Iterator[str]:
    """The `urn:uuid:` and `urn:oid:` names that a resource refers to; see `bundle`."""
    return (found[1].decode() for found in _URN_REFERENCE.finditer(original))


def urns_of(id: str) -> tuple[str, str]:
    """The names by which others may refer to a resource of this id."""
    return f"urn:uuid:{id}", f"urn:oid:{id}"


def bundle(resources: Iterable[Outgoing]) -> Iterator[bytes]:
    """A Bundle of type collection around original bytes, piece by piece.

    References are never rewritten, so what an entry is called decides whether they resolve: by
    its `urn` where it has one, otherwise by an address that relative references of its source fit.
    """
    yield from _bundle("collection", map(_entry, resources))


def history_bundle(versions: Iterable[Outgoing]) -> Iterator[bytes]:
    """A Bundle of type history, an entry a version, each resource's from its first to its last.

    A FHIR server lists the newest first; here causal order counts, and the ETags number it.
    """
    yield from _bundle("history", map(_version, versions))


def _bundle(kind: str, entries: Iterable[bytes]) -> Iterator[bytes]:
    yield f'{{"resourceType":"Bundle","type":"{kind}"'.encode()
    mark = b',"entry":[\n'
    for entry in entries:
        yield mark + entry
        mark = b",\n"
    yield b"}\n" if mark.startswith(b',"') else b"\n]}\n"


def _entry(resource: Outgoing, more: bytes = b"") -> bytes:
    address = f"{source_base(resource.source)}{resource.type}/{resource.id}"
    name = json.dumps(resource.urn or address).encode()
    return b'{"fullUrl":%b,"resource":%b%b}' % (name, resource.original, more)


def _version(version: Outgoing) -> bytes:
    written = version.written
    assert written is not None, "history is told of versions that say when they were written"
    request = {"method": "PUT", "url": f"{version.type}/{version.id}"}
    response = {
        "status": "201 Created" if written.number == 1 else "200 OK",
        "etag": f'W/"{written.number}"',
        "lastModified": written.at,
    }
    told = f',"request":{json.dumps(request)},"response":{json.dumps(response)}'
    return _entry(version, told.encode())
