"""What had arrived where, as the simulator saw it; checkers ask, `World` lets it follow all.

Every store numbers what it keeps in the order in which it came. So a look at the new rows after
each session and incident is enough to say, of two operations at one node, which was there first:
what somebody who wrote the second had seen.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scenarios.engine.history import Event
from scenarios.engine.member import Member

_LOOK_AT: Final = {"met": ("a", "b"), "incident": ("node",), "reopened": ("node",)}
"""After which events whose store is looked at."""
_SHORT: Final = 12
"""Bytes of an operation's id that are remembered."""


@dataclass(frozen=True)
class Arrived:
    """When a node had something, and from whom."""

    at: int
    """True time, in milliseconds since 1970: the end of the session that brought it."""
    peer: str | None
    """None for what it wrote itself, or what was found when it came on again."""
    began_at: int
    """When that session began."""


@dataclass
class _Store:
    """What is known of one node's store."""

    last_row: int = 0
    last_id: bytes = b""

    def __post_init__(self) -> None:
        """Nothing was seen."""
        self.ticks: dict[bytes, int] = {}
        self.lost: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        self.marks: list[int] = []
        self.arrived: list[Arrived] = []


class Watch:
    """Follows every store of a run."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        """Nothing has come."""
        self._members = members
        self._stores: dict[str, _Store] = defaultdict(_Store)
        self._tick = 0
        self._began: dict[tuple[str, str], int] = {}

    def note(self, event: Event) -> None:
        """Take an event of the history: what it may have brought is looked at."""
        kind = event["kind"]
        if kind == "meet":
            self._began[event["a"], event["b"]] = event["at"]
        for side in _LOOK_AT.get(kind, ()):
            name = event[side]
            if kind == "reopened":
                self._settle(name)
            peer = event["b" if side == "a" else "a"] if kind == "met" else None
            began = self._began.get((event["a"], event["b"]), 0) if kind == "met" else event["at"]
            self.look(name, Arrived(event["at"], peer, began))

    def look(self, name: str, arrived: Arrived) -> None:
        """Take the rows of a node's store that are new."""
        rows = self._rows(name, "SELECT row, id FROM operations WHERE row > ? ORDER BY row")
        if not rows:
            return
        store = self._stores[name]
        for _, identity in rows:
            self._tick += 1
            store.ticks.setdefault(bytes(identity[-_SHORT:]), self._tick)
        store.last_row, store.last_id = rows[-1][0], bytes(rows[-1][1])
        store.marks.append(self._tick)
        store.arrived.append(arrived)

    def _rows(self, name: str, statement: str) -> list[tuple[int, bytes]]:
        member = self._members.get(name)
        if member is None or member.node is None:
            return []
        database = member.node.context.store.database
        return database.rows(statement, (self._stores[name].last_row,))

    def _settle(self, name: str) -> None:
        """A store was opened again: what its disk lost was never there from now on."""
        store = self._stores[name]
        last = self._rows(name, "SELECT row, id FROM operations WHERE row = ?")
        if last and bytes(last[0][1]) == store.last_id:
            return
        store.last_row = 0
        rows = self._rows(name, "SELECT row, id FROM operations WHERE row > ? ORDER BY row")
        left = {bytes(identity[-_SHORT:]) for _, identity in rows}
        self._tick += 1
        for identity in [one for one in store.ticks if one not in left]:
            store.lost[identity].append((store.ticks.pop(identity), self._tick))
        # What is left keeps its place; what came after the last look is new.
        for row, identity in rows:
            if bytes(identity[-_SHORT:]) not in store.ticks:
                break
            store.last_row, store.last_id = row, bytes(identity)

    # -- what checkers ask

    def had(self, name: str, operation: bytes, when: int) -> bool:
        """Whether a node had an operation at a tick of its own."""
        short, store = operation[-_SHORT:], self._stores[name]
        if store.ticks.get(short, when) < when:
            return True
        return any(begin < when < end for begin, end in store.lost.get(short, ()))

    def tick(self, name: str, operation: bytes) -> int | None:
        """When a node first had an operation; None where it lost it meanwhile or never had it."""
        short, store = operation[-_SHORT:], self._stores[name]
        return None if short in store.lost else store.ticks.get(short)

    def arrived(self, name: str, operation: bytes) -> Arrived | None:
        """When and from whom a node had an operation."""
        store = self._stores[name]
        tick = store.ticks.get(operation[-_SHORT:])
        return None if tick is None else store.arrived[bisect_left(store.marks, tick)]

    def figures(self) -> dict[str, Any]:
        """How many operations were seen arriving, by node."""
        return {name: len(store.ticks) for name, store in self._stores.items()}
