"""Notes that wait for one peer each, until it has them (sync/note.py)."""

from node.store.database import Database
from sync.identifiers import DeviceKey


class WaitingNotes:
    """Encoded notes by peer."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def put(self, peer: DeviceKey, note: bytes) -> None:
        """Keep a note for a peer; once, however often it is put."""
        self._database.write(
            "INSERT INTO notes_waiting (peer, note) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (peer, note),
        )

    def of_peer(self, peer: DeviceKey) -> list[bytes]:
        """What waits for a peer, the oldest first."""
        rows = self._database.rows(
            "SELECT note FROM notes_waiting WHERE peer = ? ORDER BY id", (peer,)
        )
        return [note for (note,) in rows]

    def drop(self, peer: DeviceKey, note: bytes) -> bool:
        """Let a note go that a peer has, or shall not have any more."""
        return bool(
            self._database.write(
                "DELETE FROM notes_waiting WHERE peer = ? AND note = ?", (peer, note)
            )
        )
