"""Virtual time: acts in the order of their moments; a month passes as fast as its acts do."""

import heapq
from collections.abc import Callable

Act = Callable[[], None]


class Timeline:
    """What is to happen, and the true time: milliseconds since 1970."""

    def __init__(self, begin: int) -> None:
        """Start at a moment with nothing to do."""
        self.now = begin
        self.acts_done = 0
        self._waiting: list[tuple[int, int, Act]] = []
        self._number = 0

    def at(self, milliseconds: int, act: Act) -> None:
        """Do an act at a moment, or now where that has passed; equals in the order they came."""
        self._number += 1
        heapq.heappush(self._waiting, (max(milliseconds, self.now), self._number, act))

    def after(self, milliseconds: int, act: Act) -> None:
        """Do an act so much later."""
        self.at(self.now + milliseconds, act)

    def run(self, until: int) -> None:
        """Let everything happen that is to happen before a moment, and stand there."""
        while self._waiting and self._waiting[0][0] < until:
            moment, _, act = heapq.heappop(self._waiting)
            self.now = moment
            self.acts_done += 1
            act()
        self.now = max(self.now, until)
