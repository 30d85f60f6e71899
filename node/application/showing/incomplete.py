"""Transactions of which only some operations are here; the chart's page says so (DESIGN section 4).

What is here shows at once: nobody waits for the rest. But it is marked, as a part of an act may say
less than the whole: a visit without its prescription.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.change import Entry
from sync.identifiers import LaneId, OperationId
from sync.operation import Operation


@dataclass
class Incomplete:
    """Gathers the parts of transactions as entries are seen, and tells which are not whole."""

    _held: dict[tuple[bytes, LaneId], dict[int, OperationId]] = field(default_factory=dict)
    _totals: dict[tuple[bytes, LaneId], int] = field(default_factory=dict)

    def see(self, operation: Operation, entry: Entry) -> None:
        """Look at one entry."""
        if entry.part is None:
            return
        act = (entry.transaction, operation.prefix.lane)
        self._held.setdefault(act, {})[entry.part.place] = operation.id
        self._totals[act] = max(entry.part.total, self._totals.get(act, 0))

    @property
    def transactions(self) -> list[tuple[int, int]]:
        """Of each that is not whole: how many operations are here, of how many."""
        return [(len(self._held[act]), self._totals[act]) for act in self._open()]

    @property
    def operations(self) -> frozenset[OperationId]:
        """The operations here that are parts of something larger."""
        return frozenset(one for act in self._open() for one in self._held[act].values())

    def _open(self) -> Iterable[tuple[bytes, LaneId]]:
        return [act for act in sorted(self._totals) if len(self._held[act]) < self._totals[act]]
