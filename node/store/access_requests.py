"""Who asked for access to charts, and what became of it; `consent requests` shows it."""

from dataclasses import dataclass

from node.store.charts import Charts
from node.store.database import Database, Row
from sync.identifiers import ChartId, DeviceKey
from sync.note import Note, parse_note

WAITING = "waiting"
GRANTED = "granted"
DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A request that came as a note."""

    id: bytes
    chart: ChartId
    asker: DeviceKey
    note: Note
    received_at_milliseconds: int
    state: str
    why: str
    """Why it waits, or on what ground it was decided: ours, never the asker's words."""
    policy: bytes | None
    decided_at_milliseconds: int | None


class AccessRequests:
    """Requests by chart."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def add(self, note: Note, at_milliseconds: int) -> bool:
        """Keep a new request as waiting; False where it was kept before."""
        return bool(
            self._database.write(
                "INSERT INTO access_requests (id, n, asker, note, received_at, state, why)"
                " VALUES (?, ?, ?, ?, ?, ?, '') ON CONFLICT DO NOTHING",
                (
                    note.id,
                    self._charts.number(note.chart),
                    note.author,
                    note.encoded(),
                    at_milliseconds,
                    WAITING,
                ),
            )
        )

    def decide(
        self, request: bytes, state: str, why: str, policy: bytes | None, at_milliseconds: int
    ) -> None:
        """Say what became of a request."""
        decided = None if state == WAITING else at_milliseconds
        self._database.write(
            "UPDATE access_requests SET state = ?, why = ?, policy = ?, decided_at = ?"
            " WHERE id = ?",
            (state, why, policy, decided, request),
        )

    def all(self) -> list[AccessRequest]:
        """Every request, the oldest first."""
        return [
            _request(row) for row in self._database.rows(f"{_SELECT} ORDER BY r.received_at, r.id")
        ]

    def waiting(self, asker: DeviceKey | None = None) -> list[AccessRequest]:
        """Those that wait, of anybody or of one."""
        rows = self._database.rows(
            f"{_SELECT} WHERE r.state = ? ORDER BY r.received_at, r.id", (WAITING,)
        )
        return [found for row in rows if asker in (None, (found := _request(row)).asker)]


_SELECT = (
    "SELECT r.id, c.chart, r.asker, r.note, r.received_at, r.state, r.why, r.policy,"
    " r.decided_at FROM access_requests r JOIN charts c USING (n)"
)


def _request(row: Row) -> AccessRequest:
    identity, chart, asker, note, received, state, why, policy, decided = row
    return AccessRequest(
        identity,
        ChartId(chart),
        DeviceKey(asker),
        parse_note(note),
        received,
        state,
        why,
        policy,
        decided,
    )
