"""Why people did what they did, in their words, table by table; a shred makes the store forget it.

Reasons may speak of a patient. They lie beside charts, under no chart's key, so that destroying
keys does not destroy them; the shredder asks here what to search the files for.
"""

from node.store.charts import Charts
from node.store.database import Database
from node.store.shreds import Shreds
from sync.identifiers import ChartId
from sync.note import Note, NoteKind, parse_note, parse_request, parse_sealed_words


class Reasons:
    """Reasons of broken glass, of overrides and of requests for access."""

    def __init__(self, database: Database, charts: Charts, shreds: Shreds) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts
        self._shreds = shreds

    def held(self, chart: ChartId | None = None) -> set[str]:
        """The plain reasons that are held, of all charts or of one."""
        where, values = ("1", ()) if chart is None else ("n = ?", (self._charts.number(chart),))
        found = {
            reason
            for table in ("glass_broken", "registry_overrides")
            for (reason,) in self._database.rows(
                f"SELECT reason FROM {table} WHERE {where}",  # noqa: S608
                values,
            )
        }
        rows = self._database.rows(
            f"SELECT note FROM access_requests WHERE {where}",  # noqa: S608
            values,
        )
        asked = [parse_note(note) for (note,) in rows]
        asked += [note for _, note in self._own_requests(chart)]
        found |= {parse_request(note.payload).reason for note in asked}
        return found - {""}

    def sealed(self, chart: ChartId) -> list[bytes]:
        """Why a chart's glass was broken, sealed: bytes that stand nowhere else."""
        rows = self._database.rows(
            "SELECT note FROM glass_reasons WHERE n = ?", (self._charts.number(chart),)
        )
        return [parse_sealed_words(parse_note(note).payload).body for (note,) in rows]

    def forget(self, chart: ChartId) -> None:
        """Let go of a chart's reasons; that a glass was broken, by whom and when, stays."""
        n = (self._charts.number(chart),)
        write = self._database.write
        write("UPDATE glass_broken SET reason = '', reason_kept = 1 WHERE n = ?", n)
        for table in (
            *("glass_reasons", "glass_reasons_told"),
            *("registry_overrides", "access_requests", "consents"),
        ):
            write(f"DELETE FROM {table} WHERE n = ?", n)  # noqa: S608
        for number, _ in self._own_requests(chart):
            write("DELETE FROM notes_waiting WHERE id = ?", (number,))

    def forgotten(self, note: Note) -> bool:
        """Whether a note was written before a shred that was carried out here: it stays gone."""
        return any(
            shred.began_at_milliseconds is not None
            and note.at_milliseconds <= shred.began_at_milliseconds
            for shred in self._shreds.of_chart(note.chart)
        )

    def _own_requests(self, chart: ChartId | None) -> list[tuple[int, Note]]:
        """This node's own requests that wait for a peer."""
        rows = self._database.rows("SELECT id, note FROM notes_waiting")
        found = [(number, parse_note(note)) for number, note in rows]
        return [
            (number, note)
            for number, note in found
            if note.kind is NoteKind.REQUEST and chart in (None, note.chart)
        ]
