"""The charts of a store: their local numbers, charters, lanes and clocks.

A chart's local number is small and begins every index; it never leaves the store. A chart without
a charter is one that is known only by letters kept for somebody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.errors import ChartMissing, LaneMissing
from node.store.columns import column_stamp, marks, portions, stamp_column
from node.store.database import Database
from sync.charter import Charter, Kind, parse_charter
from sync.clock import Stamp
from sync.errors import IdentifierError
from sync.identifiers import ChartId, LaneId, chart_span, chart_text

_NUMBERS_MAX: Final = 20_000
"""Local numbers that are remembered: a few hundred bytes each, with those of the lanes."""


@dataclass(frozen=True, slots=True)
class HeldChart:
    """A chart whose charter is here."""

    chart: ChartId
    kind: Kind
    held_since_milliseconds: int


class Charts:
    """Which charts there are."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database
        self._numbers: dict[ChartId, int] = {}
        self._lane_places: dict[tuple[ChartId, LaneId], int] = {}
        self._named_lanes: dict[int, dict[str, LaneId]] = {}
        self._remembered_at = 0

    def add(self, charter: Charter, at_milliseconds: int) -> bool:
        """Hold a chart by its charter. False when it was held already."""
        with self._database.transaction():
            chart = charter.chart
            n = self.know(chart)
            changed = self._database.write(
                "UPDATE charts SET charter = ?, kind = ?, held_since = ?"
                " WHERE n = ? AND charter IS NULL",
                (charter.encoded(), int(charter.kind), at_milliseconds, n),
            )
            if changed:
                self._database.changed.note([n])
                self._database.write_many(
                    "INSERT INTO lanes (n, lane, id, name) VALUES (?, ?, ?, ?)",
                    [(n, place, lane, name) for place, (name, lane) in enumerate(charter.lanes)],
                )
            return bool(changed)

    def know(self, chart: ChartId) -> int:
        """The local number of a chart, given now if it has none."""
        found = self._database.value("SELECT n FROM charts WHERE chart = ?", (chart,))
        if found is not None:
            return int(found)
        return self._database.insert(
            "INSERT INTO charts (chart, clock) VALUES (?, ?)", (chart, stamp_column(Stamp(0)))
        )

    def number(self, chart: ChartId) -> int:
        """The local number of a chart that is held, or raise ChartMissing."""
        self._forget_what_was_undone()
        known = self._numbers.get(chart)
        if known is not None:
            return known
        found = self._database.value(
            "SELECT n FROM charts WHERE chart = ? AND charter IS NOT NULL", (chart,)
        )
        if found is None:
            raise ChartMissing(chart_text(chart))
        self._numbers[chart] = int(found)
        return int(found)

    def holds(self, chart: ChartId) -> bool:
        """Whether a chart's charter is here."""
        try:
            self.number(chart)
        except ChartMissing:
            return False
        return True

    def number_or_none(self, chart: ChartId) -> int | None:
        """The local number of a chart, held or known by a letter; None for any other."""
        found = self._database.value("SELECT n FROM charts WHERE chart = ?", (chart,))
        return None if found is None else int(found)

    def lane_number(self, chart: ChartId, lane: LaneId) -> int:
        """A lane's place in its charter, or raise ChartMissing or LaneMissing."""
        self._forget_what_was_undone()
        known = self._lane_places.get((chart, lane))
        if known is not None:
            return known
        place = self._database.value(
            "SELECT lane FROM lanes WHERE n = ? AND id = ?", (self.number(chart), lane)
        )
        if place is None:
            raise LaneMissing(chart_text(chart), lane.hex())
        self._lane_places[chart, lane] = int(place)
        return int(place)

    def _forget_what_was_undone(self) -> None:
        """Numbers never change, but a chart that was added in vain has none any more."""
        if self._remembered_at != self._database.undone or len(self._numbers) > _NUMBERS_MAX:
            self._remembered_at = self._database.undone
            self._numbers.clear()
            self._lane_places.clear()
            self._named_lanes.clear()

    def charter(self, chart: ChartId) -> Charter | None:
        """A chart's charter, or None where it is not held."""
        encoded = self._database.value("SELECT charter FROM charts WHERE chart = ?", (chart,))
        return None if encoded is None else parse_charter(encoded, chart)

    def all(self) -> list[HeldChart]:
        """The charts that are held, the longest held first."""
        return [
            HeldChart(ChartId(chart), Kind(kind), held_since)
            for chart, kind, held_since in self._database.rows(
                "SELECT chart, kind, held_since FROM charts"
                " WHERE charter IS NOT NULL ORDER BY held_since, n"
            )
        ]

    def beginning_with(self, text: str) -> list[ChartId]:
        """The charts that are held whose id, as text, begins so; none where nothing can."""
        try:
            span = chart_span(text)
        except IdentifierError:
            return []
        found = self._database.rows(
            "SELECT chart FROM charts WHERE chart BETWEEN ? AND ? AND charter IS NOT NULL"
            " ORDER BY chart",
            span,
        )
        return [held for (chart,) in found if chart_text(held := ChartId(chart)).startswith(text)]

    def of_kind(self, kind: Kind) -> list[ChartId]:
        """The charts of one kind that are held, the longest held first."""
        return [held.chart for held in self.all() if held.kind is kind]

    def lanes(self, chart: ChartId) -> dict[str, LaneId]:
        """A held chart's lanes by name, in the charter's order."""
        n = self.number(chart)  # which also forgets what was undone
        known = self._named_lanes.get(n)
        if known is None:
            rows = self._database.rows("SELECT name, id FROM lanes WHERE n = ? ORDER BY lane", (n,))
            known = self._named_lanes[n] = {name: LaneId(lane) for name, lane in rows}
        return known.copy()

    def all_lanes(self) -> dict[ChartId, dict[str, LaneId]]:
        """The lanes of every held chart by name."""
        return self._lanes_of(
            "SELECT c.chart, l.name, l.id FROM lanes l JOIN charts c USING (n) ORDER BY n", ()
        )

    def lanes_of_numbers(self, numbers: Sequence[int]) -> dict[ChartId, dict[str, LaneId]]:
        """The same of the held charts that have these local numbers."""
        found: dict[ChartId, dict[str, LaneId]] = {}
        for few in portions(numbers):
            found |= self._lanes_of(
                "SELECT c.chart, l.name, l.id FROM lanes l JOIN charts c USING (n)"  # noqa: S608 (question marks)
                f" WHERE n IN ({marks(few)})",
                few,
            )
        return found

    def _lanes_of(
        self, statement: str, parameters: Sequence[object]
    ) -> dict[ChartId, dict[str, LaneId]]:
        found: dict[ChartId, dict[str, LaneId]] = {}
        for chart, name, lane in self._database.rows(statement, parameters):
            found.setdefault(ChartId(chart), {})[name] = LaneId(lane)
        return found

    def known_only_by_letter(self) -> list[ChartId]:
        """Charts that letters are kept for, and whose charter is not here."""
        rows = self._database.rows("SELECT chart FROM charts WHERE charter IS NULL ORDER BY n")
        return [ChartId(chart) for (chart,) in rows]

    def clock(self, chart: ChartId) -> Stamp:
        """The latest stamp of a held chart's operations whose clock was not doubtful."""
        n = self.number(chart)
        return column_stamp(self._database.value("SELECT clock FROM charts WHERE n = ?", (n,)))
