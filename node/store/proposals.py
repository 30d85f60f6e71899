"""The council's proposals that this home made, signed or was shown; `satchel council list`."""

from typing import NamedTuple

from node.registry.limits import proposals_kept_max
from node.store.database import Database


class KeptProposal(NamedTuple):
    """One proposal with the signatures that were seen here."""

    digest: bytes
    """32 bytes: what members sign."""
    text: str
    added_at_milliseconds: int


class Proposals:
    """Proposals by what is signed."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def put(self, digest: bytes, text: str, now_milliseconds: int) -> None:
        """Keep a proposal, in place of what was kept of it with fewer signatures."""
        with self._database.transaction():
            self._database.write(
                "INSERT INTO proposals (digest, text, added_at) VALUES (?, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET text = excluded.text",
                (digest, text, now_milliseconds),
            )
            self._database.write(
                "DELETE FROM proposals WHERE id NOT IN"
                " (SELECT id FROM proposals ORDER BY id DESC LIMIT ?)",
                (proposals_kept_max,),
            )

    def get(self, digest: bytes) -> KeptProposal | None:
        """One proposal, or None."""
        row = self._database.row(
            "SELECT digest, text, added_at FROM proposals WHERE digest = ?", (digest,)
        )
        return None if row is None else KeptProposal(*row)

    def all(self) -> list[KeptProposal]:
        """Every proposal, the oldest first."""
        rows = self._database.rows("SELECT digest, text, added_at FROM proposals ORDER BY id", ())
        return [KeptProposal(*row) for row in rows]
