"""What lies in all the stores at rest, taken apart without the code that is checked.

Rows are read as they are, headers by a general CBOR reader, bodies opened by PyNaCl with every key
that anybody holds. Only the dictionary of the compression and the codec of access acts are
production's own. Checkers ask `evidence_of`; large runs are looked at by a sample of charts.
"""

import hashlib
import json
import random
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from weakref import WeakKeyDictionary

import cbor2
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.exceptions import CryptoError

from scenarios.engine.member import Member
from scenarios.world.entries import canonical
from scenarios.world.world import World
from sync.act_codec import parse_deed
from sync.acts import Act
from sync.compression import decompress
from sync.errors import BodyError
from sync.identifiers import chart_text, parse_chart_text

OPERATIONS_MAX: Final = 12_000
"""So many operations are taken apart, some seconds' work; of larger runs as many whole charts."""
RESOLVE: Final = 1
"""The kind of a change that a person closed a conflict with."""
_CID: Final = b"\x01\x71\x12\x20"
_NONCE: Final = 24
_READ: Final = """
    SELECT o.id, o.header, o.signature, b.body, l.name
    FROM charts c JOIN operations o ON o.n = c.n
    JOIN lanes l ON l.n = o.n AND l.lane = o.lane
    LEFT JOIN bodies b ON b.row = o.row
    WHERE c.chart = ? ORDER BY o.row"""


@dataclass(frozen=True)
class Version:
    """A version of a resource, as its author signed it."""

    kind: int
    type: str
    id: str
    content: str
    """Canonical JSON."""
    touched: frozenset[str]
    """The elements that its author says were changed."""


@dataclass(eq=False)
class Found:
    """One operation that some store holds."""

    id: bytes
    header: bytes
    signature: bytes
    body: bytes | None
    chart: str
    lane: str
    """By name."""
    device: bytes
    author: str | None
    """The member whose device it is; None for a root's paper or a stranger."""
    epoch: bytes
    holders: set[str]
    plain: bytes | None = None

    @property
    def prefix(self) -> bytes:
        """What the body's cipher authenticates: the header before the body's hash and size."""
        size = cbor2.loads(self.header)[13]
        return self.header[: -34 - len(cbor2.dumps(size))]

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """What it says of resources; nothing where nobody can open it, or it makes no sense."""
        if self.plain is None or self.lane == "access":
            return ()
        try:
            return tuple(
                Version(
                    change[0], change[2], change[3], _canonical(change[4]), frozenset(change[5])
                )
                for change in cbor2.loads(self.plain)[5]
            )
        except (cbor2.CBORDecodeError, TypeError, LookupError):
            return ()

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """The acts of an access operation."""
        if self.plain is None or self.lane != "access":
            return ()
        try:
            return parse_deed(self.plain).acts
        except BodyError:
            return ()


@dataclass
class Evidence:
    """All operations of the charts that are looked at."""

    charts: list[str]
    of_all: int
    """How many charts there are."""
    operations: dict[bytes, Found] = field(default_factory=dict)
    by_chart: dict[str, list[Found]] = field(default_factory=dict)
    keys: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    """By chart: the keys of epochs that anybody holds."""

    @property
    def whole(self) -> bool:
        """Whether every chart is looked at."""
        return len(self.charts) == self.of_all

    @property
    def extent(self) -> str:
        """How much was looked at, in words."""
        if self.whole:
            return f"all {self.of_all} charts"
        return f"{len(self.charts)} of {self.of_all} charts, drawn by lot"

    @cached_property
    def written(self) -> dict[tuple[str, str, str, str, str], Found]:
        """Operations by chart, author, type, id and content of what they say; the first of each."""
        found: dict[tuple[str, str, str, str, str], Found] = {}
        for operation in self.operations.values():
            for version in operation.versions:
                key = (operation.chart, operation.author or "", version.type, version.id)
                found.setdefault((*key, version.content), operation)
        return found


_kept: WeakKeyDictionary[World, Evidence] = WeakKeyDictionary()


def evidence_of(world: World) -> Evidence:
    """What lies in the stores of a world at rest; gathered once."""
    if world not in _kept:
        _kept[world] = _gather(world)
    return _kept[world]


def forget(world: World) -> None:
    """Look anew when asked next."""
    _kept.pop(world, None)


def hashed(domain: str, *parts: bytes) -> bytes:
    """SHA-256 over a domain, a zero byte and the parts, as PROTOCOL.md says."""
    return hashlib.sha256(b"satchel/" + domain.encode() + b"\x00" + b"".join(parts)).digest()


def identity_of(header: bytes) -> bytes:
    """An operation's id: CIDv1, dag-cbor, sha2-256."""
    return _CID + hashlib.sha256(header).digest()


def unsealed(body: bytes, prefix: bytes, key: bytes) -> bytes | None:
    """What a body holds, or None where the key does not open it."""
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(body[_NONCE:], prefix, body[:_NONCE], key)
    except (CryptoError, ValueError, TypeError):
        return None


def rows_of(member: Member, statement: str, *parameters: object) -> list[Any]:
    """Rows of a member's store as they lie there."""
    return member.running.context.store.database.rows(statement, parameters)


def _gather(world: World) -> Evidence:
    charts = sorted(world.ledger.charts)
    total = sum(
        rows_of(member, "SELECT count(*) FROM operations")[0][0]
        for member in world.members.values()
    )
    chosen = charts
    if total > OPERATIONS_MAX:
        draws = random.Random(f"checking/{world.begins}/{len(world.ledger.written)}")
        count = max(1, len(charts) * OPERATIONS_MAX // total)
        chosen = sorted(draws.sample(charts, min(count, len(charts))))
    evidence = Evidence(chosen, len(charts))
    authors = {bytes(member.device): name for name, member in world.members.items()}
    for chart in chosen:
        _gather_chart(world, evidence, chart, authors)
    return evidence


def _gather_chart(world: World, evidence: Evidence, chart: str, authors: dict[bytes, str]) -> None:
    raw = parse_chart_text(chart)
    keys = evidence.keys[chart] = {}
    listed = evidence.by_chart[chart] = []
    for name, member in world.members.items():
        for row in rows_of(member, _READ, raw):
            found = evidence.operations.get(bytes(row[0]))
            if found is None:
                found = _found(row, authors)
                evidence.operations[found.id] = found
                listed.append(found)
            elif found.body is None:
                found.body = row[3]
            found.holders.add(name)
        statement = "SELECT epoch, key FROM epoch_keys JOIN charts USING (n) WHERE chart = ?"
        keys |= {bytes(epoch): bytes(key) for epoch, key in rows_of(member, statement, raw)}
    for found in listed:
        found.plain = _opened(found, keys)


def _found(row: tuple[bytes, bytes, bytes, bytes | None, str], authors: dict[bytes, str]) -> Found:
    identity, header, signature, body, lane = row
    fields = cbor2.loads(header)
    device = bytes(fields[3])
    return Found(
        id=bytes(identity),
        header=bytes(header),
        signature=bytes(signature),
        body=body,
        chart=chart_text(fields[1]),
        lane=lane,
        device=device,
        author=authors.get(device),
        epoch=bytes(fields[8]),
        holders=set(),
    )


def _opened(found: Found, keys: dict[bytes, bytes]) -> bytes | None:
    if found.body is None:
        return None
    named = keys.get(found.epoch)
    for key in ([] if named is None else [named]) + list(keys.values()):
        padded = unsealed(found.body, found.prefix, key)
        if padded is not None:
            try:
                return decompress(padded[4 : 4 + int.from_bytes(padded[:4], "big")])
            except BodyError:
                return b""  # it opens, and what its author sealed says nothing
    return None


def _canonical(content: bytes) -> str:
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    return canonical(read) if isinstance(read, dict) else ""
