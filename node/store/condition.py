"""Where derived tables disagree with the operations, by statements alone; `doctor` repairs them.

Nothing is opened: that would take minutes where there are many charts. What only the contents of
operations tell, `node.application.upkeep.repairing` compares chart by chart.
"""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from node.store.columns import heads_column
from node.store.database import Database, Row
from node.store.search_index import spelling_and_flags, unpacked
from sync.header import parse_header
from sync.identifiers import ChartId, OperationId

DERIVED_TABLES: Final = (
    "faces",
    "face_terms",
    "named",
    "numbered",
    "versions",
    "sources",
    "noted",
    "conflicts",
    "quarantine",
    "matching_keys",
    "matching_people",
    "links",
    "entitlements",
    "unsettled",
)
"""Tables by chart of which every row can be made again."""

_LISTS: Final = (
    # Shown nowhere; but a chart that was opened for an import which was cut off holds nothing yet.
    "SELECT n FROM noted WHERE n NOT IN (SELECT n FROM faces)"
    " AND n NOT IN (SELECT n FROM unsettled)",
    "SELECT n FROM faces WHERE n IN (SELECT n FROM charts WHERE charter IS NULL)",
    # Counts of lists against what they count.
    "SELECT n FROM faces f WHERE conflicts <> (SELECT count(*) FROM conflicts c WHERE c.n = f.n)"
    " OR quarantined <> (SELECT count(*) FROM quarantine q WHERE q.n = f.n)",
    # Versions in operations that are another chart's, or nobody's.
    "SELECT v.n FROM versions v LEFT JOIN operations o ON o.row = v.row"
    " WHERE o.row IS NULL OR o.n <> v.n",
    "SELECT n FROM versions WHERE n NOT IN (SELECT n FROM noted)"
    " AND n NOT IN (SELECT n FROM unsettled)",
    "SELECT n FROM noted m WHERE row > (SELECT coalesce(max(row), 0) FROM operations)",
    "SELECT q.n FROM quarantine q LEFT JOIN operations o ON o.n = q.n AND o.id = q.operation"
    " WHERE o.row IS NULL",
    # Who may be there twice.
    "SELECT n FROM matching_keys WHERE n NOT IN (SELECT n FROM matching_people)",
    "SELECT low FROM matching_pairs WHERE low NOT IN (SELECT n FROM matching_people)"
    " OR high NOT IN (SELECT n FROM matching_people)",
)
"""Each gives the numbers of charts of which something in lists and indexes is not right."""

_CLOCKS: Final = (
    "SELECT c.n, o.believed FROM charts c JOIN"
    " (SELECT n, max(iif(doubtful, NULL, stamp)) believed, max(stamp) latest"
    "  FROM operations GROUP BY n) o USING (n)"
    " WHERE c.clock < o.believed OR (c.clock > o.latest AND o.believed IS NOT NULL)"
)
"""A clock may be later than what is believed, by what was believed once; than all it cannot."""

_PIECES: Final = (
    "SELECT p.id, c.id IS NOT NULL FROM attachment_pieces p"
    " LEFT JOIN attachment_contents c USING (id) WHERE p.held <> (c.id IS NOT NULL)"
)
_STRAY_HOMES: Final = "SELECT name FROM homes WHERE n <> 0 AND n NOT IN (SELECT n FROM charts)"


class LogEnd(NamedTuple):
    """A log as `logs` should have it."""

    n: int
    lane: int
    instance: int
    length: int
    heads: bytes


class Condition:
    """Looks at an open store's tables, and mends what needs no key."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def charts_amiss(self) -> list[ChartId]:
        """The charts whose lists or indexes disagree with themselves or with the operations."""
        amiss = {n for statement in _LISTS for (n,) in self._database.rows(statement)}
        named = self._database.rows("SELECT n, chart FROM charts WHERE charter IS NOT NULL")
        return [ChartId(chart) for n, chart in named if n in amiss]

    def mend_logs(self) -> list[ChartId]:
        """Write the ends of logs anew from the operations where they differ; their charts."""
        wrong = self._wrong_ends()
        stray = self._database.rows(
            "SELECT n, lane, instance FROM logs g WHERE NOT EXISTS (SELECT 1 FROM operations o"
            " WHERE o.n = g.n AND o.lane = g.lane AND o.instance = g.instance)"
        )
        if not wrong and not stray:
            return []
        with self._database.transaction():
            self._database.changed.note_all()
            self._database.write_many(
                "INSERT INTO logs (n, lane, instance, length, heads) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET length = excluded.length, heads = excluded.heads",
                wrong,
            )
            self._database.write_many(
                "DELETE FROM logs WHERE n = ? AND lane = ? AND instance = ?", stray
            )
        return self._named({n for n, *_ in (*wrong, *stray)})

    def _wrong_ends(self) -> list[LogEnd]:
        rows = self._database.rows(
            "SELECT o.n, o.lane, o.instance, o.count, o.length, g.length, g.heads FROM"
            " (SELECT n, lane, instance, count(*) count, max(sequence) + 1 length"
            "  FROM operations GROUP BY n, lane, instance) o"
            " LEFT JOIN logs g USING (n, lane, instance)"
        )
        tips = {
            tuple(place): operation
            for *place, operation in self._database.rows(
                "SELECT g.n, g.lane, g.instance, o.id FROM logs g JOIN operations o"
                " ON o.n = g.n AND o.lane = g.lane AND o.instance = g.instance"
                " AND o.sequence = g.length - 1"
            )
        }
        wrong = []
        for n, lane, instance, count, length, noted, heads in rows:
            place = (n, lane, instance)
            if count == length == noted and tips.get(place) == heads:
                continue
            end = LogEnd(*place, *self._end_of(place))
            if (end.length, end.heads) != (noted, heads):
                wrong.append(end)
        return wrong

    def _end_of(self, place: tuple[int, int, int]) -> tuple[int, bytes]:
        """How long a log is and its heads, from the headers: for those that forked or are wrong."""
        rows = self._database.rows(
            "SELECT id, sequence, header FROM operations WHERE n = ? AND lane = ? AND instance = ?",
            place,
        )
        named = {parse_header(header)[0].previous for _, _, header in rows}
        heads = frozenset(OperationId(one) for one, _, _ in rows if one not in named)
        return 1 + max(sequence for _, sequence, _ in rows), heads_column(heads)

    def mend_clocks(self) -> list[ChartId]:
        """Set charts' clocks to the latest believed stamp where they cannot be right."""
        wrong = self._database.rows(_CLOCKS)
        self._database.write_many(
            "UPDATE charts SET clock = ? WHERE n = ?", [(stamp, n) for n, stamp in wrong]
        )
        return self._named({n for n, _ in wrong})

    def mend_pieces(self) -> int:
        """Want pieces again that are marked as here and are not, and the other way; how many."""
        wrong = self._database.rows(_PIECES)
        lanes = self._database.rows(
            "SELECT DISTINCT n, lane FROM attachment_manifests EXCEPT"
            " SELECT n, lane FROM attachment_lanes"
        )
        if not wrong and not lanes:
            return 0
        with self._database.transaction():
            self._database.changed.note_all()
            self._database.write_many(
                "UPDATE attachment_pieces SET held = ? WHERE id = ?",
                [(held, piece) for piece, held in wrong],
            )
            self._database.write_many(
                "INSERT INTO attachment_lanes (n, lane, digest) VALUES (?, ?, x'')", lanes
            )
            self._database.write("UPDATE attachment_lanes SET digest = x''")
        return len(wrong) + len(lanes)

    def mend_homes(self) -> int:
        """Forget names whose chart is none; how many there were."""
        stray = self._database.rows(_STRAY_HOMES)
        self._database.write_many("DELETE FROM homes WHERE name = ?", stray)
        return len(stray)

    def mend_doubles(self) -> None:
        """Drop keys and pairs of people who are not known, before charts are noted anew."""
        with self._database.transaction():
            for statement in (
                "DELETE FROM matching_keys WHERE n NOT IN (SELECT n FROM matching_people)",
                "DELETE FROM matching_pairs WHERE low NOT IN (SELECT n FROM matching_people)"
                " OR high NOT IN (SELECT n FROM matching_people)",
            ):
                self._database.write(statement)

    def mend_orphans(self) -> int:
        """Drop derived rows of charts that are not here; how many there were."""
        with self._database.transaction():
            return sum(
                self._database.write(
                    f"DELETE FROM {table} WHERE n NOT IN (SELECT n FROM charts)"  # noqa: S608 (a name of ours)
                )
                for table in DERIVED_TABLES
            )

    def snapshot(self, chart: ChartId) -> list[list[Row]]:
        """All that is derived of a chart's contents: alike for what says the same."""
        n = self._database.value("SELECT n FROM charts WHERE chart = ?", (chart,))
        found = [self._database.rows(statement, (n,)) for statement in _SNAPSHOT]
        return [*found, *map(self._searched, self._database.rows(_TERMS, (n,)))]

    def _searched(self, terms: Row) -> list[Row]:
        """What a chart is found by: spellings by their texts, as their ids may be given anew."""
        flagged = dict(map(spelling_and_flags, unpacked(terms[0])))
        texts = self._database.rows(
            "SELECT spelling, text FROM spellings"
            " WHERE spelling IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(flagged)),),
        )
        return [*sorted((text, flagged[one]) for one, text in texts), (terms[1],)]

    def _named(self, numbers: set[int]) -> list[ChartId]:
        rows = self._database.rows("SELECT n, chart FROM charts")
        return [ChartId(chart) for n, chart in rows if n in numbers]


_TERMS: Final = "SELECT spellings, numbers FROM face_terms WHERE n = ?"
_SNAPSHOT: Final[Sequence[str]] = (
    "SELECT name, sorts_as, birth_date, gender, resources, conflicts, quarantined"
    " FROM faces WHERE n = ?",
    "SELECT resource, row, place, content, patient FROM versions WHERE n = ?"
    " ORDER BY resource, row, place",
    "SELECT source FROM sources WHERE n = ? ORDER BY source",
    "SELECT conflict, type, touches FROM conflicts WHERE n = ? ORDER BY conflict",
    "SELECT operation, banner FROM quarantine WHERE n = ? ORDER BY operation",
    "SELECT person FROM matching_people WHERE n = ?",
    "SELECT pair, disputed FROM links WHERE n = ? ORDER BY pair",
)
