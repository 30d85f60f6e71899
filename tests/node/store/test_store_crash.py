"""A node that is killed: what was acknowledged is there, and nothing is there by half."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from crash_writer import OPERATIONS
from stored_charts import KEY

from node.store.store import Store, open_store

PROJECT = Path(__file__).resolve().parents[3]
WRITER = Path(__file__).with_name("crash_writer.py")


def run_until_killed(path: Path, ticks: int, acknowledgements: int | None) -> int:
    """Start a writer, kill it after so many acknowledgements, and give the last one that came."""
    writer = subprocess.Popen(
        [sys.executable, str(WRITER), str(path), str(ticks)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    assert writer.stdout is not None
    last = 0
    with writer.stdout as lines:
        for place, line in enumerate(lines, 1):
            last = int(line)
            if place == acknowledgements:
                writer.kill()
    assert writer.wait() == -signal.SIGKILL
    return last


def check_whole(path: Path, acknowledged: int) -> None:
    with open_store(path, KEY) as store:
        number = store.settings.get_number("transactions") or 0
        assert number >= acknowledged
        charts = store.charts.all()
        assert len(charts) == number
        assert store.faces.count() == number
        assert store.audit.root().number == number
        assert store.operations.count() == number * OPERATIONS
        for held in charts:
            operations = store.operations.of_chart(held.chart)
            (log,) = [log for lane in store.logs.all()[held.chart].values() for log in lane]
            assert (log.length, log.heads) == (OPERATIONS, (operations[-1].id,))
        assert store.findings() == []


@pytest.mark.parametrize("ticks", [40, 150, 400, 900, 1500, 2500, 4000, 9000])
def test_a_store_whose_writer_dies_within_a_transaction_holds_whole_ones(
    store: Store, path: Path, ticks: int
) -> None:
    store.close()
    check_whole(path, run_until_killed(path, ticks, None))


def test_a_store_whose_writer_is_killed_time_and_again_holds_what_was_acknowledged(
    store: Store, path: Path
) -> None:
    store.close()
    for acknowledgements in (1, 4, 2, 9):
        check_whole(path, run_until_killed(path, 0, acknowledgements))
