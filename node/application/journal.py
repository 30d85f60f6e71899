"""Writes acts down in the audit; a disk that takes nothing more does not stop reading.

Care goes on (DESIGN section 1, goal 3): who looks at an allergy on a full disk sees it. What could
not be written down then is written with the next act that can be, in its place and with its time.
"""

from typing import Final

from node.application.context import Context
from node.errors import StorageFailed
from sync.identifiers import ChartId

READING: Final = frozenset({"read", "search", "export"})


class Journal:
    """The audit of one open node. Used under its one lock."""

    def __init__(self, context: Context) -> None:
        """Owe nothing."""
        self._context = context
        self._owed: list[tuple[str, ChartId | None, int]] = []

    @property
    def owed(self) -> int:
        """Readings that wait to be written down."""
        return len(self._owed)

    def note(self, kind: str, chart: ChartId | None) -> None:
        """Write an act down, and what is owed. Raises StorageFailed, but not for a reading."""
        entry = (kind, chart, self._context.clock())
        try:
            self._write([*self._owed, entry])
        except StorageFailed:
            if kind not in READING:
                raise
            self._owed.append(entry)
        else:
            self._owed.clear()

    def settle(self) -> None:
        """Write down what is owed, when a node closes. Raises StorageFailed."""
        if self._owed:
            self._write(self._owed)
            self._owed.clear()

    def _write(self, entries: list[tuple[str, ChartId | None, int]]) -> None:
        person = self._context.identity.owner.public
        with self._context.store.transaction():
            for kind, chart, at_milliseconds in entries:
                self._context.store.audit.append(kind, chart, person, at_milliseconds)
