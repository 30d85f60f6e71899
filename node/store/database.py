"""One connection to an encrypted SQLite database; the store's parts run their statements on it.

Opened by `store.py`. A raw 32-byte key, so no passphrase is stretched here: the keystore did that.
Every failure of the disk or the file comes out as one of the errors in `node.errors`.
"""

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2  # type: ignore[import-untyped]  # a C extension without stubs

from node.errors import (
    DamagedDatabase,
    ForeignDatabase,
    StorageFailed,
    StoreExists,
    StoreMissing,
)
from node.home.replace import flush_file
from node.limits import store_busy_milliseconds_max, store_cache_kibibytes
from node.store.changed_charts import ChangedCharts
from node.store.watcher import Watcher

KEY_SIZE_BYTES: Final = 32
_APPLICATION: Final = 0x5361_7443
"""SQLite's application id: "SatC". Says that what the key opens is a store of ours."""

_NOT_A_DATABASE: Final = 26
"""SQLITE_NOTADB: the first page does not authenticate under the key."""

_DAMAGED: Final = frozenset({11, _NOT_A_DATABASE})
"""SQLITE_CORRUPT too: another page does not authenticate, or makes no sense."""

_NO_ROOM: Final = frozenset({10, 13, 14})
"""SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN: what a file that cannot be made comes out as."""

_FAILED: Final = {
    3: "access is denied",  # SQLITE_PERM
    5: "another process is using it",  # SQLITE_BUSY
    6: "another process is using it",  # SQLITE_LOCKED
    7: "memory ran out",  # SQLITE_NOMEM
    8: "it cannot be written",  # SQLITE_READONLY
    10: "the disk does not read or write",  # SQLITE_IOERR
    13: "the disk is full",  # SQLITE_FULL
    14: "it cannot be opened",  # SQLITE_CANTOPEN
    22: "it is too large for this system",  # SQLITE_NOLFS
    23: "access is denied",  # SQLITE_AUTH
}

Row = tuple[Any, ...]


class Database:
    """Statements and transactions on one connection. Calls from several threads take turns."""

    def __init__(self, path: Path, connection: Any) -> None:
        """Take a connection that is keyed and set up; `open_database` makes one."""
        self.path = path
        self.connection = connection
        self._turn = threading.RLock()
        self._depth = 0
        self.undone = 0
        """Transactions that were undone: what was remembered of the database is as old as this."""
        self.changed = ChangedCharts()
        self.watcher: Watcher | None = None
        """Told of what is written; None but in a simulation."""

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        with self._turn:
            try:
                return self.connection.execute(statement, parameters).fetchall()  # type: ignore[no-any-return]  # untyped
            except dbapi2.Error as error:
                raise self._explained(error) from error

    def row(self, statement: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row of a query, or None."""
        with self._turn:
            try:
                return self.connection.execute(statement, parameters).fetchone()  # type: ignore[no-any-return]  # untyped
            except dbapi2.Error as error:
                raise self._explained(error) from error

    def value(self, statement: str, parameters: Sequence[object] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(statement, parameters)
        return None if found is None else found[0]

    def write(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run one writing statement; gives the number of rows it touched."""
        with self._whole():
            return self._execute(statement, parameters).rowcount  # type: ignore[no-any-return]  # untyped

    def insert(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run one INSERT; gives the new row's number."""
        with self._whole():
            return self._execute(statement, parameters).lastrowid  # type: ignore[no-any-return]  # untyped

    def write_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one writing statement for many rows, in one transaction."""
        rows = list(rows)
        if not rows:
            return
        with self._whole() if len(rows) == 1 else self.transaction():
            try:
                if self.watcher is None:
                    self.connection.executemany(statement, rows)
                else:
                    _watched(self.watcher, self.connection.executemany, statement, rows)
            except dbapi2.Error as error:
                raise self._explained(error) from error

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Around one statement, which is whole or nothing by itself within a transaction."""
        with self._turn:
            if self._depth:
                self._require_transaction()
                yield
            else:
                with self.transaction():
                    yield

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and durable when it ends; one within another undoes only itself.

        Other threads wait. A failed disk undoes the outermost one, whatever caught its error.
        """
        with self._turn:
            if self._depth:
                self._require_transaction()  # else a savepoint would commit by itself
            begin, keep, undo = _bracket(self._depth)
            self._execute(begin)
            self._depth += 1
            try:
                yield
                self._require_transaction()
                self._execute(keep)
            except BaseException:
                self.undone += 1
                # SQLite ends the whole transaction by itself on a full or broken disk.
                if self.connection.in_transaction:
                    for statement in undo:
                        self._execute(statement)
                raise
            finally:
                self._depth -= 1

    def checkpoint(self) -> None:
        """Move everything into the main file and empty the write-ahead log, durably.

        SQLite does not wait for the log's new length: a power cut would bring what was in it back.
        """
        with self._turn:
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            try:
                flush_file(self.path.with_name(self.path.name + "-wal"))
            except FileNotFoundError:
                pass  # nothing was ever written in it
            except OSError as error:
                raise StorageFailed(self.path, "the disk does not read or write") from error

    def compact(self) -> None:
        """Write the whole file anew; takes memory and disk as large as the file."""
        with self._turn:
            self._execute("VACUUM").fetchall()

    def findings(self) -> list[str]:
        """What SQLite and SQLCipher find wrong with the file; nothing when all is well."""
        return self.page_findings() or self.row_findings()

    def page_findings(self, *, thorough: bool = False) -> list[str]:
        """Pages and tables that cannot be trusted; `thorough` holds indexes against tables too.

        Indexes that differ are made anew.
        """
        with contextlib.suppress(StorageFailed):  # what is full or read-only is looked at as it is
            # The main file alone is checked: pages torn on their way there are whole in the log.
            self.checkpoint()
        if self.rows("PRAGMA cipher_integrity_check"):
            return ["a page of the store does not authenticate"]
        check = "PRAGMA integrity_check" if thorough else "PRAGMA quick_check"
        try:
            if thorough and self.rows(check) != [("ok",)]:
                self.write("REINDEX")
            sound = self.rows(check) == [("ok",)]
        except DamagedDatabase:
            sound = False
        return [] if sound else ["a table of the store is malformed"]

    def row_findings(self) -> list[str]:
        """Rows that name others which are not there."""
        lost = Counter(table for table, *_ in self.rows("PRAGMA foreign_key_check"))
        return [f"{count} rows of {table} belong to nothing" for table, count in lost.items()]

    def close(self) -> None:
        """Close the connection; SQLite empties the write-ahead log."""
        with self._turn:
            try:
                if self.watcher is not None:
                    self.watcher.before("CLOSE")
                self.connection.close()
                if self.watcher is not None:
                    self.watcher.after("CLOSE")
            except dbapi2.Error as error:
                raise self._explained(error) from error

    def _require_transaction(self) -> None:
        if not self.connection.in_transaction:
            raise StorageFailed(self.path, "the transaction was undone")

    def _execute(self, statement: str, parameters: Sequence[object] = ()) -> Any:
        try:
            if self.watcher is None:
                return self.connection.execute(statement, parameters)
            return _watched(self.watcher, self.connection.execute, statement, parameters)
        except dbapi2.Error as error:
            raise self._explained(error) from error

    def _explained(self, error: BaseException) -> BaseException:
        return explained(self.path, error)


def _watched(
    watcher: Watcher, run: Callable[[str, Any], Any], statement: str, values: object
) -> Any:
    watcher.before(statement)
    done = run(statement, values)
    watcher.after(statement)
    return done


def _bracket(depth: int) -> tuple[str, str, tuple[str, ...]]:
    """The statements that begin, keep and undo a transaction at a depth of nesting."""
    if depth == 0:
        return "BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",)
    name = f"depth_{depth}"
    return f"SAVEPOINT {name}", f"RELEASE {name}", (f"ROLLBACK TO {name}", f"RELEASE {name}")


def explained(path: Path, error: BaseException) -> BaseException:
    """What an error of SQLite means for the store; a statement's own mistake stays as it is."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return DamagedDatabase(path)
    if code in _FAILED:
        return StorageFailed(path, _FAILED[code])
    return error


def create_database(path: Path, key: bytes) -> Database:
    """Make a new database file, readable by its owner alone. Raises StoreExists, StorageFailed."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError as error:
        raise StoreExists(path) from error
    except OSError as error:
        raise StorageFailed(path, "it cannot be made") from error
    database = _connect(path, key)
    database.rows(f"PRAGMA application_id = {_APPLICATION}")
    return database


def open_database(path: Path, key: bytes) -> Database:
    """Open a database that was made by `create_database` under the same key.

    Raises StoreMissing, ForeignDatabase (the key does not open it, or it is no store),
    DamagedDatabase, StorageFailed.
    """
    try:
        empty = path.stat().st_size == 0
    except FileNotFoundError as error:
        raise StoreMissing(path) from error
    except OSError as error:
        raise StorageFailed(path, "it cannot be opened") from error
    if empty:
        raise ForeignDatabase(path, "it is empty")
    database = _connect(path, key)
    if database.value("PRAGMA application_id") != _APPLICATION:
        database.close()
        raise ForeignDatabase(path, "its content is not a store's")
    return database


def _connect(path: Path, key: bytes) -> Database:
    """A connection; on a full disk, which has no room for a shared index of the log, alone."""
    if len(key) != KEY_SIZE_BYTES:
        raise ValueError(f"a store's key has {KEY_SIZE_BYTES} bytes")
    try:
        return _connect_once(path, key)
    except StorageFailed as error:
        if _code(error) not in _NO_ROOM:
            raise
        return _connect_once(path, key, "locking_mode = EXCLUSIVE")  # the index is in memory


def _connect_once(path: Path, key: bytes, *settings: str) -> Database:
    address = path.absolute().as_uri() + "?mode=rw"
    try:
        connection = dbapi2.connect(
            address, uri=True, isolation_level=None, check_same_thread=False
        )
    except dbapi2.Error as error:
        raise explained(path, error) from error
    database = Database(path, connection)
    try:
        for setting in settings:
            database.rows(f"PRAGMA {setting}")
        _set_up(database, key)
    except BaseException:
        connection.close()
        raise
    return database


def _code(error: BaseException) -> int | None:
    """SQLite's own number, without what it adds to it, for what came out as one of our errors."""
    number = getattr(error.__cause__, "sqlite_errorcode", None)
    return None if number is None else number & 0xFF


def _set_up(database: Database, key: bytes) -> None:
    database.rows("PRAGMA cipher_log_level = NONE")  # it writes to stderr otherwise
    database.rows(f"PRAGMA key = \"x'{key.hex()}'\"")
    try:
        database.rows("SELECT count(*) FROM sqlite_schema")  # the first read tries the key
    except DamagedDatabase as error:
        if _code(error) != _NOT_A_DATABASE:
            raise
        raise ForeignDatabase(database.path, "its start does not open with the key") from error
    for setting in (
        f"busy_timeout = {store_busy_milliseconds_max}",
        "journal_mode = WAL",
        "synchronous = FULL",  # in WAL mode NORMAL could lose what was acknowledged
        "secure_delete = ON",
        "foreign_keys = ON",
        "cell_size_check = ON",
        "trusted_schema = OFF",
        "temp_store = MEMORY",
        f"cache_size = -{store_cache_kibibytes}",
        f"journal_size_limit = {64 * 1024 * 1024}",
    ):
        database.rows(f"PRAGMA {setting}")
