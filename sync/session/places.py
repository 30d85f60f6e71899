"""The places shared with the peer in one stage, under their short names of this session."""

from collections.abc import Iterator

from sync.digest import Place, shared_root
from sync.identifiers import DeviceKey
from sync.limits import shared_places_max
from sync.session.replica import Replica, Stage
from sync.session.short import ShortNames


def stage_root(replica: Replica, peer: DeviceKey, stage: Stage) -> bytes:
    """The digest over all that is shared in a stage, 32 bytes."""
    return shared_root(replica.places(peer, stage))


class SharedPlaces:
    """What the replica shares with the peer in a stage, in the order of sending."""

    def __init__(self, replica: Replica, peer: DeviceKey, stage: Stage, names: ShortNames) -> None:
        """Read the places once.

        Of more than the limit it takes those with the smallest short names: others in each
        session, and largely the same at both ends.
        """
        self._places: dict[bytes, Place] = {}
        self._digests: dict[bytes, bytes] = {}
        for element in replica.places(peer, stage):
            short = names.place(element.place)
            self._places[short] = element.place
            self._digests[short] = names.digest(element.place, element.digest)
        for short in sorted(self._places)[shared_places_max:]:
            del self._places[short], self._digests[short]

    def elements(self) -> Iterator[tuple[bytes, bytes]]:
        """Short names of places with the short forms of their digests, in no order."""
        return iter(self._digests.items())

    def get(self, short: bytes) -> Place | None:
        """The place of a short name, if it is shared."""
        return self._places.get(short)

    def __contains__(self, short: bytes) -> bool:
        return short in self._places

    def __getitem__(self, short: bytes) -> Place:
        return self._places[short]

    def in_order(self, chosen: set[bytes]) -> list[bytes]:
        """The chosen short names, in the order of sending."""
        return [short for short in self._places if short in chosen]
