"""The search of the files for what was destroyed: it finds what is left, and only that."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.store.database import Database, create_database
from node.store.raw_pages import PAGE_SIZE_BYTES, PageReader
from node.store.remnants import SAMPLE_SIZE_BYTES, Remnants, samples_of, search_files

KEY = bytes(range(32))
SIZES = (300, 700, 3_000, 9_000, 60_000)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = create_database(tmp_path / "satchel.db", KEY)
    made.rows("CREATE TABLE bodies (row INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    yield made
    made.close()


def filled(database: Database, count: int = 200) -> list[bytes]:
    """Contents in rows from 1 on; small ones share pages, large ones have several."""
    rng = random.Random(count)
    contents = [rng.randbytes(rng.choice(SIZES)) for _ in range(count)]
    database.write_many("INSERT INTO bodies (body) VALUES (?)", [(one,) for one in contents])
    return contents


def destroy(database: Database, rows: list[int]) -> None:
    database.write_many("DELETE FROM bodies WHERE row = ?", [(row,) for row in rows])


def searched(database: Database, contents: list[bytes]) -> Remnants:
    samples = [sample for one in contents for sample in samples_of(one)]
    return search_files(database.path, KEY, samples)


def test_every_page_of_the_files_is_read_and_authenticates(database: Database) -> None:
    filled(database)
    reader = PageReader(database.path, KEY)
    assert any(page.content for page in reader.log())
    database.checkpoint()
    pages = list(reader.database())
    assert len(pages) * PAGE_SIZE_BYTES == database.path.stat().st_size
    assert all(page.content is not None for page in pages)
    assert list(reader.log()) == []
    assert b"CREATE TABLE bodies" in (pages[0].content or b"")


def test_what_was_destroyed_is_gone_after_a_checkpoint(database: Database) -> None:
    contents = filled(database)
    database.checkpoint()
    rows = list(range(1, 201, 3))
    destroy(database, rows)
    gone = [contents[row - 1] for row in rows]
    database.checkpoint()
    found = searched(database, gone)
    if found.found:  # cells that SQLite moved between pages
        database.compact()
        database.checkpoint()
        found = searched(database, gone)
    assert found.found == 0
    assert found.pages * PAGE_SIZE_BYTES == database.path.stat().st_size
    assert searched(database, contents).found > 0


def test_without_a_checkpoint_it_is_found_in_the_log_and_in_the_file(database: Database) -> None:
    contents = filled(database)
    destroy(database, list(range(1, 201)))
    assert searched(database, contents).found > 0
    database.checkpoint()
    assert searched(database, contents).found == 0


def test_a_skipped_checkpoint_leaves_the_old_pages_in_the_file(database: Database) -> None:
    contents = filled(database)
    database.checkpoint()
    destroy(database, list(range(1, 201)))
    assert searched(database, contents).found > 0


@pytest.mark.parametrize("size", [300, 700, 9_000, 60_000])  # SQLite fills the page of 3,000 anew
def test_without_secure_delete_it_is_found_in_free_pages(database: Database, size: int) -> None:
    content = random.Random(size).randbytes(size)
    others = [random.Random(f"{size}/{n}").randbytes(600) for n in range(30)]
    database.write_many("INSERT INTO bodies (body) VALUES (?)", [(one,) for one in others[:15]])
    row = database.insert("INSERT INTO bodies (body) VALUES (?)", (content,))
    database.write_many("INSERT INTO bodies (body) VALUES (?)", [(one,) for one in others[15:]])
    database.checkpoint()
    database.rows("PRAGMA secure_delete = OFF")
    destroy(database, [row])
    database.checkpoint()
    assert searched(database, [content]).found > 0


def test_a_piece_of_one_sample_is_enough_wherever_it_lies(database: Database) -> None:
    content = random.Random(5).randbytes(5_000)
    for shift in range(9):
        for start in range(0, 4_000, 768):
            piece = bytes(shift) + content[start : start + SAMPLE_SIZE_BYTES]
            database.write("INSERT INTO bodies (body) VALUES (?)", (piece,))
            database.checkpoint()
            assert searched(database, [content]).found == 1
            database.write("DELETE FROM bodies")
            database.checkpoint()
            assert searched(database, [content]).found == 0


def test_the_end_of_a_content_is_sampled_too() -> None:
    for size in (1, 63, 64, 65, 768, 769, 900, 4_096):
        content = random.Random(size).randbytes(size)
        samples = list(samples_of(content))
        assert content.startswith(samples[0])
        assert content.endswith(samples[-1])


def test_words_and_keys_behind_their_marks_are_found(database: Database) -> None:
    mark, key = bytes(range(100, 132)), bytes(range(32, 64))
    database.write("INSERT INTO bodies (body) VALUES (?)", (mark + bytes(32),))
    marks = {mark: lambda found: found == key}
    database.checkpoint()
    assert search_files(database.path, KEY, [], [], marks).found == 0
    database.write("INSERT INTO bodies (body) VALUES (?)", (b"x" + mark + key,))
    assert search_files(database.path, KEY, [], [], marks).found == 1
    database.write("INSERT INTO bodies (body) VALUES (?)", (b"Amara Okafor",))
    database.checkpoint()
    assert search_files(database.path, KEY, [], [b"Amara Okafor"]).found == 1
    assert search_files(database.path, KEY, [], [b"Amara Okafora"]).found == 0
    assert search_files(database.path, KEY, [], [b"Amara"]).found == 0  # too short to prove much


def test_a_page_that_does_not_authenticate_counts_as_found(database: Database) -> None:
    filled(database, 20)
    database.checkpoint()
    assert search_files(database.path, KEY, []).found == 0
    assert search_files(database.path, bytes(32), []).found > 0
    content = bytearray(database.path.read_bytes())
    content[2 * PAGE_SIZE_BYTES + 100] ^= 1
    database.path.write_bytes(content)
    assert search_files(database.path, KEY, []).found == 1
