"""Storage words that a call reads and may change; a call that is refused has changed nothing."""

from collections.abc import Callable, Iterator

from contracts.loader import Name

Place = tuple[Name, bytes]
"""A contract, and a slot of it of 32 bytes."""


class Words:
    """Words before a call, with what the call changed over them."""

    def __init__(self, before: Callable[[Place], int]) -> None:
        """Begin with nothing changed; `before` reads a word of the state."""
        self._before = before
        self._changed: dict[Place, int] = {}

    def __getitem__(self, place: Place) -> int:
        """The word as the call sees it."""
        found = self._changed.get(place)
        return self._before(place) if found is None else found

    def __setitem__(self, place: Place, word: int) -> None:
        """Change a word."""
        self._changed[place] = word

    def changed(self) -> Iterator[tuple[Place, int]]:
        """What was changed, in the order it came."""
        return iter(self._changed.items())
