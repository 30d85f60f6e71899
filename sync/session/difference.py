"""Finding the places that differ: the interface, and the plain sorted list (DESIGN section 7.3).

The lister tells, the comparer finds. Below about 700 elements the sorted list is the method at
once; a scalable one joins it behind the same two Protocols.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from sync.errors import SessionError
from sync.limits import shared_places_max
from sync.session.places import SharedPlaces
from sync.wire.message import SHORT_SIZE_BYTES

ELEMENT_SIZE_BYTES = 2 * SHORT_SIZE_BYTES


@dataclass(frozen=True, slots=True)
class Found:
    """What differs, as short names of places in ascending order."""

    differing: list[bytes]
    only_there: list[bytes]
    only_here: list[bytes]


class Teller(Protocol):
    """The lister's side of a method."""

    def tell(self, frame_size_bytes: int) -> Iterator[tuple[bytes, bool]]:
        """Payloads to send, each with whether it is the last."""


class Finder(Protocol):
    """The comparer's side of a method."""

    def heard(self, payload: bytes, last: bool) -> Found | None:
        """Take a payload; the answer comes with the last. Raises SessionError."""


class SortedListTeller:
    """Tells every element: short name of the place, short form of its digest, ascending."""

    def __init__(self, places: SharedPlaces) -> None:
        self._places = places

    def tell(self, frame_size_bytes: int) -> Iterator[tuple[bytes, bool]]:
        """Give the list in pieces of at most a frame."""
        elements = sorted(place + digest for place, digest in self._places.elements())
        per_frame = max(1, (frame_size_bytes - 16) // ELEMENT_SIZE_BYTES)
        for start in range(0, max(1, len(elements)), per_frame):
            last = start + per_frame >= len(elements)
            yield b"".join(elements[start : start + per_frame]), last


class SortedListFinder:
    """Compares a peer's list with our own."""

    def __init__(self, places: SharedPlaces) -> None:
        self._own = dict(places.elements())
        self._differing: list[bytes] = []
        self._only_there: list[bytes] = []
        self._same: set[bytes] = set()
        self._before = b""
        self._count = 0

    def heard(self, payload: bytes, last: bool) -> Found | None:
        """Take a piece of the list: strictly ascending, within the limit, or SessionError."""
        if len(payload) % ELEMENT_SIZE_BYTES or (not payload and not last):
            raise SessionError("list of places is not whole")
        self._count += len(payload) // ELEMENT_SIZE_BYTES
        if self._count > shared_places_max:
            raise SessionError("list of places is over the limit")
        for start in range(0, len(payload), ELEMENT_SIZE_BYTES):
            place = payload[start : start + SHORT_SIZE_BYTES]
            if place <= self._before and self._before:
                raise SessionError("list of places is not ascending")
            self._before = place
            own = self._own.get(place)
            if own is None:
                self._only_there.append(place)
            elif own == payload[start + SHORT_SIZE_BYTES : start + ELEMENT_SIZE_BYTES]:
                self._same.add(place)
            else:
                self._differing.append(place)
        if not last:
            return None
        here = set(self._own) - self._same - set(self._differing)
        return Found(self._differing, self._only_there, sorted(here))
