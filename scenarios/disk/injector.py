"""Lets the power go at a write, and refuses writes while the disk is full; every `Disk` has one.

It looks on at a database's statements (node/store/watcher.py). Once the power is gone no statement
that could change a file runs any more, whatever the node still tries.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.store.database import Database
from scenarios.disk.log_index import LogIndex, read_log_index
from scenarios.engine.power import PowerLost

_UNDOING: Final = ("ROLLBACK", "RELEASE")
_COMMITTING: Final = ("COMMIT", "VACUUM")
_MOVING: Final = "PRAGMA wal_checkpoint"
_IN_COMMIT: Final = ("before", "during", "during", "after", "moving")
_IN_CHECKPOINT: Final = ("before", "during", "after")


@dataclass(frozen=True)
class Moment:
    """Where in its work a database was when the power went."""

    statement: str
    """Its first word."""
    where: str
    """before, during or after it; moving: after it, in the checkpoint that it set off."""
    log: bytes = b""
    """The log as it was before the statement."""
    index: LogIndex | None = None


class Injector:
    """The watcher of one member's databases, across its restarts."""

    def __init__(self, draws: random.Random, closed: Callable[[], None]) -> None:
        """Nothing is to happen. `closed` is called when a store was closed in order."""
        self._draws = draws
        self._closed = closed
        self._database: Database | None = None
        self._left = 0
        self._commits_only = False
        self._changes = 0
        self.written = 0
        """Writes counted since the store was opened."""
        self.full = False
        self.moment: Moment | None = None
        self.lost = False
        """Whether the power went."""
        self.emptied: bytes | None = None
        """The log as it was before a checkpoint emptied it, until its new length is flushed."""

    def follow(self, database: Database) -> None:
        """Look on at a store that was opened."""
        self._database = database
        self.moment, self.emptied, self.lost, self.written = None, None, False, 0
        database.watcher = self
        if self.full:
            self.fill()

    def forget(self) -> None:
        """Look on no more: the store is closed. What was to happen does not; a full disk stays."""
        if self._database is not None:
            self._database.watcher = None
        self._database, self._left = None, 0
        self.moment, self.emptied, self.lost = None, None, False

    def crash_at(self, write: int, *, commits_only: bool = False) -> None:
        """Let the power go at the n-th write from here, or at the n-th commit or checkpoint."""
        self._left, self._commits_only = write, commits_only

    # -- a full disk

    def fill(self) -> None:
        """Let the database grow no more."""
        self.full = True
        if self._database is not None:
            connection = self._database.connection
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")

    def make_room(self) -> None:
        """Let it grow again."""
        self.full = False
        if self._database is not None:
            self._database.connection.execute(f"PRAGMA max_page_count = {2**32 - 2}")

    def _have_no_room(self) -> None:
        """Make SQLite itself fail for want of room, in the transaction that is to be committed."""
        assert self._database is not None
        connection = self._database.connection
        if connection.in_transaction and connection.total_changes != self._changes:
            pages = connection.execute("PRAGMA freelist_count").fetchone()[0]
            # SQLCipher answers this one in text.
            size = (pages + 2) * int(connection.execute("PRAGMA page_size").fetchone()[0])
            connection.execute("CREATE TABLE no_room (octets BLOB)")
            connection.execute("INSERT INTO no_room VALUES (zeroblob(?))", (size,))

    # -- what the database tells

    def before(self, statement: str) -> None:
        """Refuse a statement, or let the power go before it."""
        if self.lost:
            raise PowerLost
        if statement.startswith(_UNDOING):
            return
        self.count(statement)
        assert self._database is not None, "only a store that is followed tells"
        if statement.startswith(_MOVING):
            self.emptied = log_of(self._database.path)
        elif statement == "COMMIT":
            self.emptied = None  # what is written anew begins the log again
        if self.full:
            if statement.startswith("BEGIN"):
                self._changes = self._database.connection.total_changes
            elif statement == "COMMIT":
                self._have_no_room()

    def after(self, statement: str) -> None:
        """Let the power go after a statement, where it was to."""
        if self.moment is not None:
            self.lost = True
            raise PowerLost
        if statement == "CLOSE":
            self._closed()

    def flushed(self, name: str) -> None:
        """Told that a file of the home was flushed."""
        if name.endswith("-wal"):
            self.emptied = None

    def count(self, what: str) -> None:
        """Count a write of the database's or of another file. Raises PowerLost at the one."""
        if self.lost:
            raise PowerLost
        self.written += 1
        ends = what.startswith((*_COMMITTING, _MOVING))
        if not self._left or (self._commits_only and not ends):
            return
        self._left -= 1
        if self._left:
            return
        self.moment = self._drawn(what)
        if self.moment.where == "before" or (self.moment.statement, self.moment.where) == (
            "checkpoint",
            "during",
        ):
            self.lost = True
            raise PowerLost

    def _drawn(self, what: str) -> Moment:
        """Where in a statement the power goes."""
        name = what.split()[0]
        if what.startswith(_COMMITTING):
            where = self._draws.choice(_IN_COMMIT)
        elif what.startswith(_MOVING):
            where = self._draws.choice(_IN_CHECKPOINT)
            name = "checkpoint"
        else:
            return Moment(name, "before")
        if where == "before" or self._database is None:
            return Moment(name, "before")
        path = self._database.path
        return Moment(name, where, log_of(path), read_log_index(path))


def log_of(store: Path) -> bytes:
    """What is in the log beside a store."""
    try:
        return store.with_name(store.name + "-wal").read_bytes()
    except FileNotFoundError:
        return b""
