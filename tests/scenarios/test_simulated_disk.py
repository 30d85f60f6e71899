"""What a simulated disk keeps of a store when power goes: all that was promised, at any write."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from simulated_disks import Ward

from node.errors import NodeError
from node.store import database as store_database
from node.store.database import Database
from scenarios.disk.log_index import LogIndex, Promise
from scenarios.engine.guard import nothing_of_the_system
from scenarios.engine.power import PowerLost

_POINTS = 20


@contextmanager
def ward(folder: Path, seed: int = 1) -> Iterator[Ward]:
    made = Ward(folder / "ward", seed)
    try:
        yield made
    finally:
        made.end()


def open_stores_with(monkeypatch: pytest.MonkeyPatch, promise: str) -> None:
    """A mutation of production: its stores wait less for the disk."""
    set_up = store_database._set_up

    def set_up_less(database: Database, key: bytes) -> None:
        set_up(database, key)
        database.rows(f"PRAGMA synchronous = {promise}")

    monkeypatch.setattr(store_database, "_set_up", set_up_less)


@pytest.mark.parametrize("seed", range(10))
def test_power_that_goes_at_any_write_costs_nothing_that_was_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    points = random.Random(seed)
    with ward(tmp_path, seed) as one:
        for number in range(_POINTS):
            if number % 3:
                one.cut_off(points.randint(1, 160), 1 + number % 2)
            else:
                one.cut_off(points.randint(1, 12), commits_only=True)
            one.assert_unbroken()
            if number % 5 == 4:  # what is lost stays lost: it is found later too
                one.assert_sound()
        assert one.acknowledged
        assert len({loss.moment for loss in one.losses}) > 4


def test_a_commit_that_was_under_way_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with ward(tmp_path) as one:
        lost = kept = 0
        for _ in range(20):
            loss = one.cut_off(1, 1, commits_only=True)
            one.assert_sound()
            if loss.moment == "during COMMIT":
                lost += loss.kept_bytes < loss.log_bytes
                kept += loss.kept_bytes == loss.log_bytes
        assert lost
        assert kept


def test_a_store_that_waits_only_for_checkpoints_loses_what_it_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_stores_with(monkeypatch, "NORMAL")
    with ward(tmp_path) as one:
        for _ in range(10):
            one.cut_off(10_000)
            if not one.acknowledged <= one.held():
                assert one.node.context.store.findings() == []
                return
    pytest.fail("nothing was lost")


def test_a_store_that_waits_for_nothing_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_stores_with(monkeypatch, "OFF")
    with ward(tmp_path) as one, pytest.raises((NodeError, AssertionError)):
        cut_off_again_and_again(one)


def cut_off_again_and_again(one: Ward) -> None:
    for _ in range(10):
        one.node.context.store.database.rows("PRAGMA wal_autocheckpoint = 5")
        one.cut_off(10_000)
        one.assert_sound()


def test_power_that_goes_while_the_log_is_moved_tears_pages_that_the_log_still_has(
    tmp_path: Path,
) -> None:
    with ward(tmp_path) as one:
        torn = 0
        for number in range(6):
            one.take()
            # Every commit moves the log into the database: what a long log does, at once.
            one.node.context.store.database.rows("PRAGMA wal_autocheckpoint = 1")
            one.cut_off(1 + number % 3, 1, commits_only=True)
            torn += one.losses[-1].pages_torn
            one.assert_sound()
            one.disk.crash_at(1, commits_only=True)
            with pytest.raises(PowerLost):
                one.node.context.store.checkpoint()
            one.lose_power()
            torn += one.losses[-1].pages_torn
            one.member.start()
            one.assert_sound()
        assert torn > 10


@pytest.mark.parametrize("flushes", [True, False])
def test_a_log_that_was_emptied_comes_back_unless_its_new_length_was_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flushes: bool
) -> None:
    if not flushes:
        monkeypatch.setattr(store_database, "flush_file", lambda _path: None)
    with ward(tmp_path) as one:
        back = 0
        for _ in range(10):
            one.take()
            one.node.context.store.checkpoint()
            back += one.lose_power().tail == "the log is back that was emptied"
            one.member.start()
            one.assert_sound()
        assert bool(back) is not flushes


def test_power_that_goes_while_a_node_starts_costs_nothing(tmp_path: Path) -> None:
    with ward(tmp_path) as one:
        one.take()
        for write in range(1, 12):
            one.lose_power()
            one.disk.crash_at(write)
            try:
                one.member.start()
            except PowerLost:
                one.disk.lose_power()
                one.member.start()
            one.disk.crash_at(0)
            one.assert_sound()


def test_nothing_is_written_once_the_power_is_gone(tmp_path: Path) -> None:
    with ward(tmp_path) as one:
        one.take()
        one.disk.crash_at(1)
        store = one.node.context.store
        for _ in range(3):
            with pytest.raises(PowerLost):
                store.database.write("DELETE FROM operations")
            with pytest.raises(PowerLost):
                store.close()
        one.lose_power()
        one.member.start()
        one.assert_sound()


# -- the same seed, the same losses


def losses(folder: Path) -> list[str]:
    with ward(folder, 5) as one:
        for number in range(12):
            one.cut_off(20 + 31 * number, commits_only=number % 4 == 3)
        return [str(loss) for loss in one.losses]


def test_the_same_seed_loses_the_same_whatever_the_ciphertext_is(tmp_path: Path) -> None:
    with nothing_of_the_system():
        first = losses(tmp_path / "first")
    program = (
        "import sys, pathlib; sys.path[:0] = sys.argv[2:];"
        "from test_simulated_disk import losses;"
        "print(chr(10).join(losses(pathlib.Path(sys.argv[1]))))"
    )
    here = Path(__file__).parent
    other = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "second", here, here.parents[1]],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.splitlines() == first
    assert len(set(first)) > 6


# -- what settings promise


@pytest.mark.parametrize(
    ("promise", "durable"),
    [("OFF", 0), ("NORMAL", 32 + 3 * 4120), ("FULL", 32 + 10 * 4120), ("EXTRA", 32 + 10 * 4120)],
)
def test_a_setting_promises_so_much_of_a_log(promise: str, durable: int) -> None:
    index = LogIndex(frames=10, moved=3, page_bytes=4096, generation=b"12345678")
    assert index.durable_bytes(Promise[promise]) == durable
