"""Which charts changed, and in which order: what is kept of them in memory is mended by that.

Every part of the store that writes what peers' sessions compare (ends of logs, bodies that lack,
attachments, rights) notes it here, in the transaction of its write; a transaction that is undone
says so in `Database.undone`. Nothing of this is on the disk: a store that is opened knows nothing.
"""

from collections.abc import Iterable


class ChangedCharts:
    """Charts by their local numbers. One for each open database."""

    def __init__(self) -> None:
        """Nothing has changed yet."""
        self._order: dict[int, int] = {}
        """Each chart's latest change; the charts in the order of these."""
        self._count = 0
        self._all_at = 0

    @property
    def mark(self) -> int:
        """Grows with every change: what was read at one mark is good until the next."""
        return self._count

    def note(self, numbers: Iterable[int]) -> None:
        """These charts change."""
        for n in numbers:
            self._count += 1
            self._order.pop(n, None)
            self._order[n] = self._count

    def note_all(self) -> None:
        """Any chart may have changed."""
        self._count += 1
        self._all_at = self._count
        self._order.clear()

    def since(self, mark: int) -> list[int] | None:
        """The charts that changed after a mark; None where it may be any."""
        if mark < self._all_at:
            return None
        found = []
        for n, at in reversed(self._order.items()):
            if at <= mark:
                break
            found.append(n)
        return found
