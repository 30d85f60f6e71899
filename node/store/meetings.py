"""Sync sessions that took place, and the receipts that peers gave, by device (DESIGN 7.6)."""

from dataclasses import dataclass

from node.limits import sessions_remembered_per_device_max
from node.store.database import Database
from sync.identifiers import DeviceKey


@dataclass(frozen=True, slots=True)
class Meeting:
    """One session that ended."""

    device: DeviceKey
    ended_at_milliseconds: int
    operations_sent: int
    operations_received: int
    bytes_out: int
    bytes_in: int
    outcome: str
    """`done`, or the class of the error that ended it."""


class Meetings:
    """The last sessions with each device, and its last receipt."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def add(self, meeting: Meeting) -> None:
        """Remember a session, and forget the oldest one where there are too many."""
        with self._database.transaction():
            self._database.write(
                "INSERT INTO sessions (device, ended_at, sent, received, bytes_out, bytes_in,"
                " outcome) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    meeting.device,
                    meeting.ended_at_milliseconds,
                    meeting.operations_sent,
                    meeting.operations_received,
                    meeting.bytes_out,
                    meeting.bytes_in,
                    meeting.outcome,
                ),
            )
            self._database.write(
                "DELETE FROM sessions WHERE device = ? AND id <="
                " (SELECT id FROM sessions WHERE device = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (meeting.device, meeting.device, sessions_remembered_per_device_max),
            )

    def with_device(self, device: DeviceKey) -> list[Meeting]:
        """The sessions with a device, the newest first."""
        rows = self._database.rows(
            "SELECT device, ended_at, sent, received, bytes_out, bytes_in, outcome"
            " FROM sessions WHERE device = ? ORDER BY id DESC",
            (device,),
        )
        return [Meeting(DeviceKey(row[0]), *row[1:]) for row in rows]

    def keep_receipt(self, device: DeviceKey, receipt: bytes, at_milliseconds: int) -> None:
        """Keep a device's receipt, instead of the one before."""
        self._database.write(
            "INSERT INTO receipts (device, received_at, receipt) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET"
            " received_at = excluded.received_at, receipt = excluded.receipt",
            (device, at_milliseconds, receipt),
        )

    def receipt(self, device: DeviceKey) -> tuple[bytes, int] | None:
        """A device's last receipt and when it came, in milliseconds since 1970; or None."""
        row = self._database.row(
            "SELECT receipt, received_at FROM receipts WHERE device = ?", (device,)
        )
        return None if row is None else (row[0], row[1])
