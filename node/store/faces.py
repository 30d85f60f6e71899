"""What lists and search show of each chart: derived, so it can be made again from operations."""

from dataclasses import dataclass, field

from node.limits import search_matches_max
from node.store.charts import Charts
from node.store.database import Database, Row
from node.store.search_words import folded, search_expression, words_of, words_of_numbers
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


_SELECT = (
    "SELECT c.chart, f.name, f.birth_date, f.gender, f.resources, f.conflicts, f.quarantined"
    " FROM faces f JOIN charts c USING (n)"
)
_MATCH = "SELECT rowid FROM face_words WHERE face_words MATCH ? LIMIT ?"


class Faces:
    """The faces of the charts, and the search over them."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def replace(self, chart: ChartId, face: Face) -> None:
        """Show a chart like this from now on."""
        with self._database.transaction():
            n = self._charts.number(chart)
            self._database.write(
                "INSERT INTO faces (n, name, sorts_as, birth_date, gender, resources,"
                " conflicts, quarantined) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET name = excluded.name, sorts_as = excluded.sorts_as,"
                " birth_date = excluded.birth_date, gender = excluded.gender,"
                " resources = excluded.resources, conflicts = excluded.conflicts,"
                " quarantined = excluded.quarantined",
                (
                    n,
                    face.name,
                    folded(face.name),
                    face.birth_date,
                    face.gender,
                    face.resources,
                    face.conflicts,
                    face.quarantined,
                ),
            )
            self._index(n, face)

    def remove(self, chart: ChartId) -> None:
        """Show and find a chart no more."""
        with self._database.transaction():
            n = self._charts.number(chart)
            self._database.write("DELETE FROM faces WHERE n = ?", (n,))
            self._database.write("DELETE FROM face_words WHERE rowid = ?", (n,))

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

    def search(self, text: str, count_max: int = 50) -> list[ListedChart]:
        """The charts in which every word of a text begins a word, by name; at most so many.

        Words are looked for in names, identifiers, telephone numbers and dates of birth; a chart
        whose shown name begins with the text comes before the others.
        """
        whole, started = (search_expression(text, whole=whole) for whole in (True, False))
        if whole is None or started is None:
            return []
        start = folded(text).strip()
        rows = self._database.rows(
            f"{_SELECT} WHERE f.n IN"  # noqa: S608 (no part comes from outside)
            f" (SELECT * FROM ({_MATCH}) UNION SELECT * FROM ({_MATCH}))"
            " ORDER BY substr(f.sorts_as, 1, ?) <> ?, f.sorts_as, f.n LIMIT ?",
            (
                *(whole, search_matches_max),  # so that many beginnings crowd out no whole word
                *(started, search_matches_max),
                *(len(start), start, count_max),
            ),
        )
        return [_listed(row) for row in rows]

    def _index(self, n: int, face: Face) -> None:
        words = (
            words_of(" ".join((face.name, *face.names))),
            words_of_numbers(face.identifiers, face.phones),
            face.birth_date,
        )
        indexed = self._database.row(
            "SELECT names, numbers, birth_date FROM face_words WHERE rowid = ?", (n,)
        )
        if indexed != words:  # counts change with every operation, words hardly ever
            self._database.write("DELETE FROM face_words WHERE rowid = ?", (n,))
            self._database.write(
                "INSERT INTO face_words (rowid, names, numbers, birth_date) VALUES (?, ?, ?, ?)",
                (n, *words),
            )


def _listed(row: Row) -> ListedChart:
    return ListedChart(ChartId(row[0]), *row[1:])
