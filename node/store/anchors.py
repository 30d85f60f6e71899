"""Roots of the audit that were put on their way to a chain; anchoring makes and checks them.

Rows are added and never changed: one whose intent failed stays, as its signature may still be out.
"""

from dataclasses import dataclass

from node.store.database import Database


@dataclass(frozen=True, slots=True)
class AuditAnchor:
    """One root of the audit, as it was signed for the chain."""

    number: int
    """The last entry that it covers."""
    root: bytes
    """32 bytes: what the chain learns."""
    salt: bytes
    """32 bytes: without them a root tells nothing."""
    previous: bytes
    """32 bytes: the publisher's head that it follows."""
    head: bytes
    """32 bytes: the publisher's head after it."""
    at_seconds: int
    """When it was signed, by this node's clock."""


class Anchors:
    """Anchors in the order in which they were signed."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def add(self, anchor: AuditAnchor) -> None:
        """Keep one."""
        self._database.insert(
            "INSERT INTO anchors (entry, root, salt, previous, head, at) VALUES (?, ?, ?, ?, ?, ?)",
            (
                anchor.number,
                anchor.root,
                anchor.salt,
                anchor.previous,
                anchor.head,
                anchor.at_seconds,
            ),
        )

    def all(self) -> list[AuditAnchor]:
        """Every anchor, in order."""
        rows = self._database.rows(
            "SELECT entry, root, salt, previous, head, at FROM anchors ORDER BY id"
        )
        return [AuditAnchor(*row) for row in rows]
