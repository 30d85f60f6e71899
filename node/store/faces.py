"""What lists and search show of each chart: derived, so it can be made again from operations."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from node.limits import search_results_max
from node.search.spelling import folded
from node.store.charts import Charts
from node.store.database import Database, Row
from node.store.face_search import FaceSearch
from node.store.search_index import Searched, SearchIndex
from sync.identifiers import ChartId


@dataclass(frozen=True, slots=True)
class Face:
    """What a chart looks like, to be shown and searched. The repr shows counts only."""

    name: str = field(default="", repr=False)
    """The name to show."""
    names: tuple[str, ...] = field(default=(), repr=False)
    """Every name to search; the shown one need not be among them."""
    birth_date: str = field(default="", repr=False)
    """A FHIR date, or empty."""
    gender: str = field(default="", repr=False)
    identifiers: tuple[str, ...] = field(default=(), repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    former_names: tuple[str, ...] = field(default=(), repr=False)
    """Names in use no more: found after the others."""
    tags: tuple[str, ...] = field(default=(), repr=False)
    """What a wristband or a triage tag says, beside the identifiers."""
    resources: int = 0
    conflicts: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class ListedChart:
    """One line of a list. The repr shows no name."""

    chart: ChartId
    name: str = field(repr=False)
    birth_date: str = field(repr=False)
    gender: str = field(repr=False)
    resources: int
    conflicts: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class FoundChart:
    """One result of a search. The repr shows no name."""

    listed: ListedChart
    match: str
    """Why it was found: `name`, `sounds alike, birth date`, …"""


_COLUMNS = (
    "c.chart, f.name, f.birth_date, f.gender, f.resources, f.conflicts, f.quarantined"
    " FROM faces f JOIN charts c USING (n)"
)
_SELECT = f"SELECT {_COLUMNS}"


class Faces:
    """The faces of the charts, and the search over them."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts
        self._index = SearchIndex(database)

    def replace(self, chart: ChartId, face: Face) -> None:
        """Show a chart like this from now on."""
        self.replace_many([(chart, face)])

    def replace_many(self, faces: Iterable[tuple[ChartId, Face]]) -> None:
        """Show charts like this from now on, in one transaction; of a chart the last counts."""
        shown = {self._charts.number(chart): face for chart, face in faces}
        with self._database.transaction():
            self._database.write_many(
                "INSERT INTO faces (n, name, sorts_as, birth_date, gender, resources,"
                " conflicts, quarantined) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET name = excluded.name, sorts_as = excluded.sorts_as,"
                " birth_date = excluded.birth_date, gender = excluded.gender,"
                " resources = excluded.resources, conflicts = excluded.conflicts,"
                " quarantined = excluded.quarantined",
                [
                    (
                        n,
                        face.name,
                        folded(face.name),
                        face.birth_date,
                        face.gender,
                        face.resources,
                        face.conflicts,
                        face.quarantined,
                    )
                    for n, face in shown.items()
                ],
            )
            self._index.put({n: _searched(face) for n, face in shown.items()})

    def holds(self, chart: ChartId) -> bool:
        """Whether a chart is shown."""
        n = self._charts.number(chart)
        return self._database.row("SELECT 1 FROM faces WHERE n = ?", (n,)) is not None

    def show(self, chart: ChartId, face: Face) -> None:
        """Show a chart like this from now on, with the counts that it has."""
        kept = self.of_chart(chart)
        if kept is not None:
            face = replace(
                face,
                resources=kept.resources,
                conflicts=kept.conflicts,
                quarantined=kept.quarantined,
            )
        self.replace(chart, face)

    def add_resources(self, counts: Mapping[ChartId, int]) -> None:
        """Move the counts of resources of charts that are shown."""
        self._database.write_many(
            "UPDATE faces SET resources = resources + ? WHERE n = ?",
            [(count, self._charts.number(chart)) for chart, count in counts.items() if count],
        )

    def add_conflicts(self, chart: ChartId, count: int) -> None:
        """Move the count of conflicts of a chart that is shown."""
        self._database.write(
            "UPDATE faces SET conflicts = conflicts + ? WHERE n = ?",
            (count, self._charts.number(chart)),
        )

    def remove(self, chart: ChartId) -> None:
        """Show and find a chart no more."""
        with self._database.transaction():
            n = self._charts.number(chart)
            self._database.write("DELETE FROM faces WHERE n = ?", (n,))
            self._index.remove([n])

    def clear(self) -> None:
        """Show and find nothing: before everything is made anew."""
        with self._database.transaction():
            self._database.write("DELETE FROM faces")
            self._index.clear()

    def findings(self) -> list[str]:
        """Where the search index disagrees with the faces; nothing when all is well."""
        return self._index.findings()

    def of_chart(self, chart: ChartId) -> ListedChart | None:
        """A chart's line, or None."""
        row = self._database.row(f"{_SELECT} WHERE f.n = ?", (self._charts.number(chart),))
        return None if row is None else _listed(row)

    def all(self) -> list[ListedChart]:
        """Every line, by name."""
        return [_listed(row) for row in self._database.rows(f"{_SELECT} ORDER BY sorts_as, f.n")]

    def count(self) -> int:
        """How many charts are shown."""
        return int(self._database.value("SELECT count(*) FROM faces"))

    def search(
        self, text: str, today: date, count_max: int = search_results_max
    ) -> list[FoundChart]:
        """The charts that fit a text as of a day, the best first, each with why.

        Names are found by their beginning, their sound and with typos, in other scripts too;
        numbers with or without what parts them; days of birth in many spellings, and by age.
        """
        hits = FaceSearch(self._database, text, today, count_max).hits()
        rows = self._database.rows(
            f"SELECT f.n, {_COLUMNS}"  # noqa: S608 (no part comes from outside)
            " WHERE f.n IN (SELECT value FROM json_each(?))",
            (json.dumps([hit.n for hit in hits]),),
        )
        lines = {n: _listed(tuple(row)) for n, *row in rows}
        return [FoundChart(lines[hit.n], hit.match) for hit in hits]


def _searched(face: Face) -> Searched:
    return Searched(
        names=(face.name, *face.names),
        former_names=face.former_names,
        identifiers=face.identifiers,
        phones=face.phones,
        tags=face.tags,
    )


def _listed(row: Row) -> ListedChart:
    return ListedChart(ChartId(row[0]), *row[1:])
