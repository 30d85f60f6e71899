"""Baselines: the same resources decoded, and put into one table that does nothing else."""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from node.store.database import create_database
from scenarios.bench.measured_node import Spent

_BATCH: Final = 1000
_TABLE: Final = "CREATE TABLE resources (row INTEGER PRIMARY KEY, type TEXT, id TEXT, json BLOB)"
_PUT: Final = "INSERT INTO resources (type, id, json) VALUES (?, ?, ?)"

Line = tuple[str, str, bytes]
"""A resource's type, id and bytes."""


def lines_in(folder: Path) -> list[bytes]:
    """Every line of a folder's NDJSON."""
    return [
        line
        for file in sorted(folder.rglob("*.ndjson"))
        for line in file.read_bytes().split(b"\n")
        if line
    ]


def fill_plain(file: Path, lines: Sequence[bytes]) -> Spent:
    """Decode lines and put them into an SQLite file that nothing protects."""
    connection = plain_table(file)
    wall, cpu = time.perf_counter(), time.process_time()
    for rows in _batches(lines):
        connection.execute("BEGIN")
        connection.executemany(_PUT, rows)
        connection.execute("COMMIT")
    spent = Spent(time.perf_counter() - wall, time.process_time() - cpu)
    connection.close()
    return spent


def fill_sealed(file: Path, lines: Sequence[bytes]) -> Spent:
    """The same into an SQLCipher file as the store opens it."""
    database = create_database(file, secrets.token_bytes(32))
    database.write(_TABLE)
    wall, cpu = time.perf_counter(), time.process_time()
    for rows in _batches(lines):
        database.write_many(_PUT, rows)
    spent = Spent(time.perf_counter() - wall, time.process_time() - cpu)
    database.close()
    return spent


def plain_size_bytes(file: Path, rows: Iterable[Line]) -> int:
    """What an SQLite file with these rows takes on the disk."""
    connection = plain_table(file)
    connection.execute("BEGIN")
    connection.executemany(_PUT, rows)
    connection.execute("COMMIT")
    connection.close()
    return file.stat().st_size


def sealed_writes(file: Path, lines: Sequence[bytes]) -> list[float]:
    """Put lines into an SQLCipher file one by one, each durable; milliseconds of each."""
    database = create_database(file, secrets.token_bytes(32))
    database.write(_TABLE)
    taken = []
    for line in lines:
        began = time.perf_counter()
        database.write(_PUT, row_of(line))
        taken.append((time.perf_counter() - began) * 1000)
    database.close()
    return taken


def plain_table(file: Path) -> sqlite3.Connection:
    """An SQLite file with the one table, as durable as the store is."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_TABLE)
    return connection


def _batches(lines: Sequence[bytes]) -> Iterator[list[Line]]:
    for start in range(0, len(lines), _BATCH):
        yield [row_of(line) for line in lines[start : start + _BATCH]]


def row_of(line: bytes) -> Line:
    """A resource as the table holds it."""
    decoded: Any = json.loads(line)
    return decoded["resourceType"], decoded["id"], line
