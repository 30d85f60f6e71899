"""Digests of what a replica holds: of a lane, and of all that two replicas share.

The store keeps lane digests up to date; the sync session compares them (DESIGN section 7.3).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, overload

from sync.identifiers import ChartId, InstanceId, LaneId, OperationId, domain_bytes, hashed


class LogSummary(NamedTuple):
    """One log as a replica holds it.

    `length` is one more than the highest sequence. `heads` are the operations that no other
    names as its predecessor: one, or several of a forked log.
    """

    instance: InstanceId
    length: int
    heads: tuple[OperationId, ...]

    @property
    def forked(self) -> bool:
        """Whether two operations share a sequence here."""
        return len(self.heads) > 1


class Place(NamedTuple):
    """A lane of a chart."""

    chart: ChartId
    lane: LaneId


class PlaceDigest(NamedTuple):
    """A lane of a chart with the digest of what is held there."""

    chart: ChartId
    lane: LaneId
    digest: bytes

    @property
    def place(self) -> Place:
        """The pair without the digest."""
        return Place(self.chart, self.lane)


def lane_digest(logs: Iterable[LogSummary]) -> bytes:
    """The digest of a lane's logs, 32 bytes: the same for the same operations in any order."""
    digest = hashlib.sha256(domain_bytes("lane-digest"))
    for log in sorted(logs, key=lambda log: log.instance):
        digest.update(log.instance + log.length.to_bytes(8, "big"))
        digest.update(len(log.heads).to_bytes(4, "big") + b"".join(sorted(log.heads)))
    return digest.digest()


def with_attachments(digest: bytes, attachments: bytes | None) -> bytes:
    """A lane's digest together with that of its attachments; without any, as it is.

    So replicas of which one lacks pieces differ, and their sessions do not end with the hello.
    """
    return digest if attachments is None else hashed("lane-attachments", digest, attachments)


class KnownPlaces(Sequence[PlaceDigest]):
    """Lanes shared with a peer that stay as they are, so that their root is computed once."""

    def __init__(self, places: Iterable[PlaceDigest]) -> None:
        """Keep them in this order."""
        self._places = tuple(places)
        self._root: bytes | None = None

    @property
    def root(self) -> bytes:
        """`shared_root` of them."""
        if self._root is None:
            self._root = _root(self._places)
        return self._root

    def __len__(self) -> int:
        """How many lanes."""
        return len(self._places)

    def __iter__(self) -> Iterator[PlaceDigest]:
        """The lanes in their order."""
        return iter(self._places)

    @overload
    def __getitem__(self, index: int) -> PlaceDigest: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[PlaceDigest]: ...

    def __getitem__(self, index: int | slice) -> PlaceDigest | Sequence[PlaceDigest]:
        """One of them, or some."""
        return self._places[index]


def shared_root(places: Iterable[PlaceDigest]) -> bytes:
    """One digest over all lanes shared with a peer, 32 bytes: equal means nothing differs."""
    return places.root if isinstance(places, KnownPlaces) else _root(places)


def _root(places: Iterable[PlaceDigest]) -> bytes:
    elements = sorted([chart + lane + held for chart, lane, held in places])
    return hashlib.sha256(domain_bytes("shared-root") + b"".join(elements)).digest()
