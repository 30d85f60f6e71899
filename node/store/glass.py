"""Broken glass: what this node broke itself, and why others did, as sealed to whom it may concern.

The application's desk for patients writes it. Reasons are text here (the store is sealed) and never
in a chart's access lane.
"""

from dataclasses import dataclass

from node.store.charts import Charts
from node.store.database import Database, Row
from sync.codec import decode, encode
from sync.identifiers import ChartId, DeviceKey, OperationId
from sync.note import Note, parse_note


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """One break-glass of this node. `operation` is None while the chart's letter is awaited."""

    id: int
    chart: ChartId
    at_milliseconds: int
    reason: str
    seconds: tuple[bytes, ...]
    """Digests of the confirmations that were used with it."""
    verdict: str
    operation: OperationId | None
    giver: DeviceKey | None
    """Who gave the letter and does not have the operation yet."""
    reason_kept: bool
    tag: bytes | None
    intent: bytes | None
    """The call of the outbox that carries the tag."""

    def __repr__(self) -> str:
        """Show the number: the reason may be a patient's."""
        return f"BrokenGlass({self.id})"


class Glass:
    """Break-glasses and their reasons."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    # -- this node's own

    def broke(
        self,
        chart: ChartId,
        at_milliseconds: int,
        reason: str,
        seconds: tuple[bytes, ...],
        verdict: str,
    ) -> int:
        """Write a break-glass down before anything else is done; returns its number."""
        return self._database.insert(
            "INSERT INTO glass_broken (n, at, reason, seconds, verdict) VALUES (?, ?, ?, ?, ?)",
            (self._charts.know(chart), at_milliseconds, reason, encode(list(seconds)), verdict),
        )

    def wrote(self, number: int, operation: OperationId, giver: DeviceKey | None) -> None:
        """Its operation was written; `giver` is owed it."""
        self._database.write(
            "UPDATE glass_broken SET operation = ?, giver = ? WHERE id = ?",
            (operation, giver, number),
        )

    def delivered(self, giver: DeviceKey) -> None:
        """A giver has every operation that it was owed."""
        self._database.write("UPDATE glass_broken SET giver = NULL WHERE giver = ?", (giver,))

    def reason_kept(self, number: int) -> None:
        """Its reason was sealed to the chart's readers."""
        self._database.write("UPDATE glass_broken SET reason_kept = 1 WHERE id = ?", (number,))

    def tag(self, number: int, tag: bytes) -> None:
        """Its tag for the chain."""
        self._database.write("UPDATE glass_broken SET tag = ? WHERE id = ?", (tag, number))

    def untagged(self) -> list[BrokenGlass]:
        """Those whose tag is in no transaction yet, the oldest first."""
        return self._select("tag IS NOT NULL AND intent IS NULL", ())

    def any_tag(self) -> bool:
        """Whether this node ever broke a glass."""
        return bool(
            self._database.value("SELECT 1 FROM glass_broken WHERE tag IS NOT NULL LIMIT 1")
        )

    def tagged(self, numbers: list[int], intent: bytes) -> None:
        """Their tags went into a call."""
        for number in numbers:
            self._database.write(
                "UPDATE glass_broken SET intent = ? WHERE id = ?", (intent, number)
            )

    def untag(self, intent: bytes) -> None:
        """A call can never succeed: its tags go into another."""
        self._database.write("UPDATE glass_broken SET intent = NULL WHERE intent = ?", (intent,))

    def holds_intent(self, intent: bytes) -> bool:
        """Whether tags are in a call."""
        return bool(self._database.value("SELECT 1 FROM glass_broken WHERE intent = ?", (intent,)))

    def since(self, at_milliseconds: int) -> list[BrokenGlass]:
        """All of this node since a time."""
        return self._select("at > ?", (at_milliseconds,))

    def all(self) -> list[BrokenGlass]:
        """All of this node, the oldest first."""
        return self._select("1", ())

    def of_chart(self, chart: ChartId) -> list[BrokenGlass]:
        """Those of a chart, the oldest first."""
        return self._select("n = ?", (self._charts.number_or_none(chart),))

    def owed_to(self, giver: DeviceKey) -> list[BrokenGlass]:
        """Those whose operation a giver of a letter is owed."""
        return self._select("giver = ?", (giver,))

    def reasonless(self) -> list[BrokenGlass]:
        """Those that are written, and whose reason nobody else can read yet."""
        return self._select("operation IS NOT NULL AND reason_kept = 0", ())

    def _select(self, where: str, values: tuple[object, ...]) -> list[BrokenGlass]:
        rows = self._database.rows(f"{_BROKEN} WHERE {where} ORDER BY g.id", values)
        return [_broken(row) for row in rows]

    # -- why, of anybody's

    def keep_reason(self, operation: OperationId, note: Note) -> bool:
        """Keep why a glass was broken; False where that is known already."""
        return bool(
            self._database.write(
                "INSERT INTO glass_reasons (n, operation, author, note) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (self._charts.number(note.chart), operation, note.author, note.encoded()),
            )
        )

    def reasons(self, chart: ChartId) -> dict[OperationId, Note]:
        """The notes that say why, by the break-glass operation."""
        rows = self._database.rows(
            "SELECT operation, note FROM glass_reasons WHERE n = ?",
            (self._charts.number_or_none(chart),),
        )
        return {OperationId(operation): parse_note(note) for operation, note in rows}

    def reasons_untold(self, peer: DeviceKey) -> list[tuple[ChartId, bytes]]:
        """Charts' notes that a peer was not handed, encoded."""
        rows = self._database.rows(
            "SELECT c.chart, r.note FROM glass_reasons r JOIN charts c USING (n)"
            " WHERE r.author != ? AND NOT EXISTS (SELECT 1 FROM glass_reasons_told t"
            " WHERE t.n = r.n AND t.operation = r.operation AND t.peer = ?)"
            " ORDER BY r.n, r.operation",
            (peer, peer),
        )
        return [(ChartId(chart), note) for chart, note in rows]

    def told_reason(self, peer: DeviceKey, chart: ChartId, operation: OperationId) -> None:
        """A peer has a note."""
        self._database.write(
            "INSERT INTO glass_reasons_told (n, operation, peer) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (self._charts.number(chart), operation, peer),
        )

    # -- charts with broken glass, whoever broke it

    def watch(self, chart: ChartId, until_milliseconds: int) -> None:
        """A chart's glass is broken until a time."""
        self._database.write(
            "INSERT INTO glass_watched (n, until) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
            (self._charts.number(chart), until_milliseconds),
        )

    def watched(self, now_milliseconds: int) -> list[ChartId]:
        """The charts whose glass is broken now; those whose time is over are let go."""
        if self._database.value(
            "SELECT 1 FROM glass_watched WHERE until <= ?", (now_milliseconds,)
        ):
            self._database.write("DELETE FROM glass_watched WHERE until <= ?", (now_milliseconds,))
        rows = self._database.rows("SELECT chart FROM charts JOIN glass_watched USING (n)")
        return [ChartId(chart) for (chart,) in rows]

    # -- letters for who broke the glass

    def answered(self, peer: DeviceKey, at_milliseconds: int) -> None:
        """A letter was written for a peer."""
        self._database.insert(
            "INSERT INTO glass_answers (peer, at) VALUES (?, ?)", (peer, at_milliseconds)
        )

    def answers_since(self, peer: DeviceKey, at_milliseconds: int) -> int:
        """How many letters a peer was written since a time."""
        return int(
            self._database.value(
                "SELECT count(*) FROM glass_answers WHERE peer = ? AND at > ?",
                (peer, at_milliseconds),
            )
        )


_BROKEN = (
    "SELECT g.id, c.chart, g.at, g.reason, g.seconds, g.verdict, g.operation, g.giver,"
    " g.reason_kept, g.tag, g.intent FROM glass_broken g JOIN charts c USING (n)"
)


def _broken(row: Row) -> BrokenGlass:
    number, chart, at, reason, seconds, verdict, operation, giver, kept, tag, intent = row
    return BrokenGlass(
        number,
        ChartId(chart),
        at,
        reason,
        tuple(decode(seconds)),
        verdict,
        None if operation is None else OperationId(operation),
        None if giver is None else DeviceKey(giver),
        bool(kept),
        tag,
        intent,
    )
