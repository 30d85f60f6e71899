"""Writes transactions into a store until it is killed; started by test_store_crash.py.

    crash_writer.py STORE TICKS

Prints the number of each transaction once it is durable. After TICKS steps of SQLite's machine
(0: never) it kills itself, wherever it is then.
"""

import os
import signal
import sys
from pathlib import Path

from stored_charts import KEY, NOW_MILLISECONDS, Author, make_charter

from node.store.faces import Face
from node.store.store import open_store

OPERATIONS = 20


def kill_oneself() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


def main(path: Path, ticks: int) -> None:
    store = open_store(path, KEY)
    if ticks:
        store.database.connection.set_progress_handler(kill_oneself, ticks)
    number = store.settings.get_number("transactions") or 0
    while True:
        number += 1
        charter = make_charter(f"chart {number}")
        with store.transaction():
            store.charts.add(charter, NOW_MILLISECONDS)
            store.operations.append(Author("a").write_many(charter, OPERATIONS))
            store.faces.replace(charter.chart, Face(name=f"name {number}"))
            store.settings.put_number("transactions", number)
            store.audit.append("write", charter.chart, None, NOW_MILLISECONDS)
        os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
