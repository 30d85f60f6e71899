"""Attachments as a forger or withholder shows them: pieces changed, kept back, lists of nothing."""

import random
from collections.abc import Sequence

from sync.digest import Place
from sync.identifiers import DeviceKey
from sync.session.shelf import Shelf, Shelved


class FalseShelf:
    """A real shelf behind hands that change what is given out of it; taking is left as it is."""

    def __init__(self, real: Shelf, trick: str, draws: random.Random) -> None:
        """Change "pieces" or "manifests", or keep back the "pieces held" that are told of."""
        self._real = real
        self._trick = trick
        self._draws = draws

    def digest(self, place: Place) -> bytes | None:
        """The digest as it is."""
        return self._real.digest(place)

    def manifests(self, place: Place) -> Sequence[Shelved]:
        """The lists as they are."""
        return self._real.manifests(place)

    def manifest(self, place: Place, name: bytes) -> bytes | None:
        """A list, perhaps changed."""
        return self._changed("manifests", self._real.manifest(place, name))

    def piece(self, place: Place, name: bytes) -> bytes | None:
        """A piece, perhaps changed, perhaps not to be had."""
        if self._trick == "pieces held":
            return None
        return self._changed("pieces", self._real.piece(place, name))

    def take_manifests(self, peer: DeviceKey, place: Place, manifests: Sequence[bytes]) -> int:
        """Keep what comes."""
        return self._real.take_manifests(peer, place, manifests)

    def take_piece(self, peer: DeviceKey, place: Place, sealed: bytes) -> bool:
        """Keep what comes."""
        return self._real.take_piece(peer, place, sealed)

    def _changed(self, trick: str, content: bytes | None) -> bytes | None:
        if self._trick != trick or not content:
            return content
        place = self._draws.randrange(len(content))
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
