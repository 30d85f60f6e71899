"""Where the development chain's blocks and state lie: an SQLite file, or memory. For the chain.

A block is one SQLite transaction, committed before anybody is told of it, so that a process that is
killed at any moment leaves a chain that ends with a whole block.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from eth.abc import AtomicWriteBatchAPI
from eth.db.backends.base import BaseAtomicDB
from lru import LRU

from contracts.development.errors import StateFileRefused
from contracts.development.limits import node_cache_items_max

APPLICATION_ID: Final = 0x5A7C4A1E
"""In the file's header: says that it is a development chain's."""

_MAGIC: Final = b"SQLite format 3\0"

SCHEMA: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE nodes (hash BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL);
CREATE TABLE transactions (
    hash BLOB PRIMARY KEY, block INTEGER NOT NULL UNIQUE, encoded BLOB NOT NULL,
    sender BLOB NOT NULL, status INTEGER NOT NULL, gas_used INTEGER NOT NULL, created BLOB
) WITHOUT ROWID;
CREATE TABLE logs (
    block INTEGER NOT NULL, position INTEGER NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
    PRIMARY KEY (block, position)
) WITHOUT ROWID;
CREATE INDEX logs_by_address ON logs (address, block);
"""


class ChainDatabase(BaseAtomicDB):
    """Content-addressed nodes, as py-evm wants them, beside the chain's own tables.

    Only inside `block()` may anything be written. Not safe for threads: the chain has a lock.
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; raises StateFileRefused where it is something else."""
        # SQLite takes a file of a few bytes for an empty one, and would write over it.
        if path is not None and path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                if file.read(len(_MAGIC)) != _MAGIC:
                    raise StateFileRefused("it is no database")
        if path is not None and path.exists() and not path.is_file():
            raise StateFileRefused("it is no file")
        self.connection = sqlite3.connect(
            ":memory:" if path is None else path, isolation_level=None, check_same_thread=False
        )
        self._nodes: LRU[bytes, bytes] = LRU(node_cache_items_max)
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.connection.close()
            raise StateFileRefused(f"it is no development chain's state file: {error}") from None
        except StateFileRefused:
            self.connection.close()
            raise

    def _prepare(self) -> None:
        run = self.connection.execute
        marked = run("PRAGMA application_id").fetchone()[0]
        tables = run("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and marked != APPLICATION_ID:
            raise StateFileRefused("it is another program's database")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        if not tables:
            with self.block():
                for statement in SCHEMA.split(";\n"):
                    run(statement)
                run(f"PRAGMA application_id = {APPLICATION_ID}")

    @contextmanager
    def block(self) -> Iterator[None]:
        """One transaction of the database: all that a block writes, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            self._nodes.clear()
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __getitem__(self, key: bytes) -> bytes:
        found = self._nodes.get(key)
        if found is None:
            row = self.connection.execute(
                "SELECT content FROM nodes WHERE hash = ?", (key,)
            ).fetchone()
            if row is None:
                raise KeyError(key)
            found = bytes(row[0])
            self._nodes[key] = found
        return found

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.connection.execute(
            "INSERT OR REPLACE INTO nodes (hash, content) VALUES (?, ?)", (key, value)
        )
        self._nodes[key] = value

    def __delitem__(self, key: bytes) -> None:
        """Nothing is ever deleted: a past block's state can be asked for."""

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    @contextmanager
    def atomic_batch(self) -> Iterator[AtomicWriteBatchAPI]:
        """The block's transaction is the batch."""
        yield self  # type: ignore[misc]  # py-evm only reads and writes items of it
