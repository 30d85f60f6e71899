"""What is said to be kept is flushed, and its name as well: a power cut loses neither."""

import os
from pathlib import Path

import pytest

from node.command.exporting import Pieces, _replace
from node.command.files import write_new_file
from node.home.replace import replace_file
from node.store.database import create_database

Flushed = list[tuple[int, int]]
"""Of each flush, the file's number and its size then."""


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> Flushed:
    seen: Flushed = []
    flush = os.fsync

    def fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        seen.append((status.st_ino, status.st_size))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def assert_lasts(path: Path, flushed: Flushed) -> None:
    """The whole content was flushed, and afterwards the folder that names it."""
    numbers = [number for number, _ in flushed]
    assert (path.stat().st_ino, path.stat().st_size) in flushed
    assert path.parent.stat().st_ino in numbers[numbers.index(path.stat().st_ino) :]


def test_a_file_of_the_home_that_was_replaced_lasts(tmp_path: Path, flushed: Flushed) -> None:
    replace_file(tmp_path / "network.json", b"network")
    assert_lasts(tmp_path / "network.json", flushed)


def test_recovery_words_in_a_new_file_last(tmp_path: Path, flushed: Flushed) -> None:
    write_new_file(tmp_path / "words", b"words")
    assert_lasts(tmp_path / "words", flushed)


def test_an_export_that_took_its_place_lasts(tmp_path: Path, flushed: Flushed) -> None:
    def pieces() -> Pieces:
        yield b"{}\n"
        return {}

    _replace(tmp_path / "export.ndjson", pieces())
    assert_lasts(tmp_path / "export.ndjson", flushed)


def test_a_log_that_was_emptied_stays_empty(tmp_path: Path, flushed: Flushed) -> None:
    """Else a power cut would bring back the bytes that a shred destroyed."""
    database = create_database(tmp_path / "satchel.db", bytes(32))
    database.write("CREATE TABLE bodies (body BLOB)")
    log = tmp_path / "satchel.db-wal"
    assert log.stat().st_size
    database.checkpoint()
    assert log.stat().st_size == 0
    assert flushed == [(log.stat().st_ino, 0)]
    database.close()
