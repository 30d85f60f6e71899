"""Ids of what a summary adds of its own, and the addresses of what it takes from a chart.

Everything is derived: the same chart at the same moment gives the same document.
"""

import hashlib
import uuid

from node.fhir.export import source_base
from node.ips.statement import Key


def derived_id(*parts: str) -> str:
    """A UUID (version 8, RFC 9562: of a hash of one's own) that these texts always give."""
    digest = bytearray(hashlib.sha256("\0".join(("satchel ips", *parts)).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(digest)))


def address(key: Key) -> str:
    """The full address of a resource."""
    return f"{source_base(key.source)}{key.type}/{key.id}"
