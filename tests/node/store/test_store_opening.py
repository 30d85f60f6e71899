"""Opening a store: keys, foreign files, newer versions, damage, disks that refuse."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from stored_charts import KEY, NOW_MILLISECONDS, Author, make_charter, seeded_randomness

from node.errors import (
    DamagedDatabase,
    ForeignDatabase,
    NewerDatabase,
    StorageFailed,
    StoreExists,
    StoreMissing,
)
from node.store.database import create_database
from node.store.store import Store, create_store, open_store

CHARTER = make_charter("chart")


def files_of(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


def test_a_store_opens_under_its_key_again_and_again(store: Store, path: Path) -> None:
    store.settings.put("name", b"value")
    store.close()
    for _ in range(2):
        with open_store(path, KEY) as again:
            assert again.settings.get("name") == b"value"
            assert again.findings() == []


def test_another_key_opens_nothing_and_changes_nothing(store: Store, path: Path) -> None:
    store.close()
    before = files_of(path)
    with pytest.raises(ForeignDatabase) as refused:
        open_store(path, bytes(32))
    assert "does not open with the key" in str(refused.value)
    assert files_of(path) == before


def test_a_plain_sqlite_file_is_foreign_and_stays_as_it_is(path: Path) -> None:
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE things (thing)")
    plain.commit()
    plain.close()
    before = files_of(path)
    with pytest.raises(ForeignDatabase):
        open_store(path, KEY)
    assert files_of(path) == before


@pytest.mark.parametrize("content", [b"", b"hello", bytes(4096), os.urandom(20_000)])
def test_a_file_of_anything_else_is_foreign_and_stays_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ForeignDatabase):
        open_store(path, KEY)
    assert path.read_bytes() == content


def test_another_database_under_the_same_key_is_foreign(path: Path) -> None:
    database = create_database(path, KEY)
    database.rows("PRAGMA application_id = 7")
    database.write("CREATE TABLE things (thing)")
    database.close()
    with pytest.raises(ForeignDatabase):
        open_store(path, KEY)


def test_a_newer_store_is_refused_and_stays_as_it_is(store: Store, path: Path) -> None:
    store.database.write(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('satchel', 'm999_from_the_future', '2100-01-01')"
    )
    store.close()
    before = files_of(path)
    with pytest.raises(NewerDatabase):
        open_store(path, KEY)
    assert files_of(path) == before


def test_no_store_is_made_by_opening_one(path: Path) -> None:
    with pytest.raises(StoreMissing):
        open_store(path, KEY)
    assert not path.exists()


def test_no_store_is_made_over_a_file(path: Path) -> None:
    path.write_bytes(b"something")
    with pytest.raises(StoreExists):
        create_store(path, KEY, seeded_randomness())
    assert path.read_bytes() == b"something"


def test_a_store_is_its_owners_alone(store: Store, path: Path) -> None:
    store.settings.put("name", b"value")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {path.name: 0o600, path.name + "-wal": 0o600, path.name + "-shm": 0o600}


def test_a_store_whose_making_was_cut_off_is_damaged(path: Path) -> None:
    create_database(path, KEY).close()
    with pytest.raises(DamagedDatabase):
        open_store(path, KEY)


def test_a_key_of_another_length_is_a_mistake(path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        create_store(path, b"short", seeded_randomness())


def filled(store: Store) -> None:
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    store.operations.append(Author("a").write_many(CHARTER, 1000))
    store.close()


def test_damage_in_the_middle_is_told_where_it_is_read_and_by_a_check(
    store: Store, path: Path
) -> None:
    filled(store)
    content = bytearray(path.read_bytes())
    for place in range(len(content) * 9 // 10, len(content), 2000):
        content[place] ^= 1
    path.write_bytes(content)
    with open_store(path, KEY) as damaged:
        assert damaged.findings() == ["a page of the store does not authenticate"]
        with pytest.raises(DamagedDatabase):
            damaged.operations.of_chart(CHARTER.chart)


def test_a_file_that_was_cut_short_is_damaged(store: Store, path: Path) -> None:
    filled(store)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(DamagedDatabase), open_store(path, KEY) as damaged:
        damaged.operations.of_chart(CHARTER.chart)


def test_the_settings_that_durability_and_secrecy_need_are_on(store: Store) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "cell_size_check": 1,
        "trusted_schema": 0,
        "temp_store": 2,
        "busy_timeout": 5000,
    }
    assert {name: store.database.value(f"PRAGMA {name}") for name in wanted} == wanted


def test_no_index_begins_with_something_random_for_each_operation(store: Store) -> None:
    for table in ("operations", "bodies", "logs", "resources", "epoch_keys", "conflicts"):
        for _, index, *_ in store.database.rows(f"PRAGMA index_list({table})"):
            assert store.database.rows(f"PRAGMA index_info('{index}')")[0][2] == "n"


def test_where_sqlite_cannot_put_its_files_the_store_is_refused(store: Store, path: Path) -> None:
    store.close()
    path.with_name(path.name + "-wal").mkdir()
    with pytest.raises(StorageFailed), open_store(path, KEY) as opened:
        opened.settings.put("name", b"value")


def test_a_store_cannot_be_made_in_a_folder_that_is_not_there(path: Path) -> None:
    with pytest.raises(StorageFailed):
        create_store(path.parent / "absent" / "store.db", KEY, seeded_randomness())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(store: Store, path: Path) -> None:
    store.close()
    path.parent.chmod(0o500)
    path.chmod(0o400)
    try:
        with pytest.raises(StorageFailed), open_store(path, KEY) as opened:
            opened.settings.put("name", b"value")
    finally:
        path.parent.chmod(0o700)


def test_a_store_that_another_process_is_writing_is_refused(store: Store, path: Path) -> None:
    with open_store(path, KEY) as other:
        other.database.rows("PRAGMA busy_timeout = 1")
        with store.transaction(), pytest.raises(StorageFailed, match="another process"):
            other.settings.put("name", b"value")
