"""How much disk a resource takes: in all, by table, and beside the JSON alone.

`python -m scenarios.bench` calls `measure`. Baselines: the same lines in one plain table, as they
are and each compressed by zstd. The SQLite here has no `dbstat`: a table's share is the pages that
become free when it is dropped, in a transaction that is undone.
"""

import contextlib
import tempfile
from pathlib import Path
from random import Random
from typing import Final

import zstandard

from node.store.database import Database
from node.store.store import Store
from scenarios.bench.figure import Figure
from scenarios.bench.machine import memory_peak_mebibytes
from scenarios.bench.measured_node import measured_node, take_folder, wait_for_disk
from scenarios.bench.plain_tables import Line, lines_in, plain_size_bytes, row_of
from scenarios.bench.writes import encoded, observations_like
from scenarios.population.writing import Form, write_population

WANTED_BYTES_PER_RESOURCE: Final = 1_500.0
_SHOWN_TABLES: Final = 12


def measure(patients: int = 200, resources_each: int = 100, singly: int = 500) -> dict[str, object]:
    """Import made-up patients, and write so many observations one by one; bytes a resource."""
    with tempfile.TemporaryDirectory(prefix="satchel bench ") as name:
        folder = Path(name)
        given = folder / "given"
        written = write_population(
            given,
            patients=patients,
            resources_each=resources_each,
            form=Form.BULK,
            seed="bench",
        )
        count = written.resources
        with measured_node(folder / "home") as node:
            wait_for_disk(node, on=False)
            take_folder(node, given, count)
            store = node.context.store
            store.checkpoint()
            imported = _size_bytes(folder / "home")
            tables = _tables_bytes(store)
            chart = str(node.charts()[0]["chart"])
            before = _used_bytes(store.database)
            observations = observations_like(Random("disk"))
            for _ in range(singly):
                node.record_add(chart, "bench", encoded(next(observations)))
            one_by_one = (_used_bytes(store.database) - before) / singly
        rows = [row_of(line) for line in lines_in(given)]
        plain = plain_size_bytes(folder / "plain", rows)
        packed = plain_size_bytes(folder / "packed", map(_packed, rows))
    target = WANTED_BYTES_PER_RESOURCE
    raw = "JSON in a plain table"
    return {
        "figures": [
            Figure(
                "disk, imported",
                imported / count,
                "B/resource",
                target,
                baseline=plain / count,
                against=raw,
            ),
            Figure(
                "disk, written one by one",
                one_by_one,
                "B/resource",
                target,
                baseline=plain / count,
                against=raw,
            ),
        ],
        "patients": patients,
        "resources": count,
        "json_bytes_per_resource": round(written.size_bytes / count),
        "plain_table_bytes_per_resource": round(plain / count),
        "zstd_table_bytes_per_resource": round(packed / count),
        "tables_bytes_per_resource": {
            table: round(size / count, 1) for table, size in tables.items()
        },
        "memory_mebibytes_max": round(memory_peak_mebibytes(), 1),
    }


def _packed(row: Line) -> Line:
    kind, identity, content = row
    return kind, identity, zstandard.compress(content)


def _size_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _used_bytes(database: Database) -> int:
    page = int(database.value("PRAGMA page_size"))  # SQLCipher says it as a text
    pages = database.value("PRAGMA page_count") - database.value("PRAGMA freelist_count")
    return int(pages) * page


def _tables_bytes(store: Store) -> dict[str, int]:
    """What each table takes with its indexes, the largest first."""
    database = store.database
    tables = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
    sizes: dict[str, int] = {}
    database.rows("PRAGMA foreign_keys = OFF")
    try:
        with contextlib.suppress(_Undone), store.transaction():
            for (table,) in tables:
                if table.startswith("sqlite_"):
                    continue
                before = _used_bytes(database)
                database.write(f'DROP TABLE "{table}"')
                sizes[table] = before - _used_bytes(database)
            raise _Undone
    finally:
        database.rows("PRAGMA foreign_keys = ON")
    largest = sorted(sizes.items(), key=lambda each: -each[1])
    return dict(largest[:_SHOWN_TABLES])


class _Undone(Exception):
    """Undoes a transaction."""
