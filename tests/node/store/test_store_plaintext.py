"""What lies on the disk says nothing to whoever has no key, and little to the index itself."""

from pathlib import Path

from stored_charts import NOW_MILLISECONDS, Author, make_charter

from node.store.faces import Face
from node.store.resources import ResourceName, Version
from node.store.store import Store

CANARY = "Zebrafinkowska"
NUMBER = "987612345"
CHARTER = make_charter("chart")
CHART = CHARTER.chart
FACE = Face(
    name=f"Ana {CANARY}",
    names=(f"Ana {CANARY}",),
    birth_date="1944-03-17",
    identifiers=(NUMBER,),
    phones=("+48 " + NUMBER,),
)


def files_with(folder: Path, *texts: str) -> set[str]:
    found = set()
    for file in folder.iterdir():
        content = file.read_bytes().lower()
        for text in texts:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                if text.lower().encode(encoding) in content:
                    found.add(file.name)
    return found


def fill(store: Store) -> None:
    author = Author("a")
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    listed = [author.write(CHARTER, text=f"{CANARY} {n}") for n in range(50)]
    store.operations.append(listed)
    store.faces.replace(CHART, FACE)
    name = ResourceName("clinic", "Patient", CANARY)
    store.resources.set_homes(CHART, [name])
    row = store.operations.rows(CHART)[listed[0].id]
    content = store.resources.content_hash(CANARY.encode())
    store.resources.note([(CHART, name, Version(row, 0, content))])


def test_the_search_of_files_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(f"x{CANARY}x".encode())
    (tmp_path / "wide").write_bytes(f"x{CANARY}x".encode("utf-16-le"))
    (tmp_path / "nothing").write_bytes(b"nothing")
    assert files_with(tmp_path, CANARY) == {"plain", "wide"}


def test_no_file_of_a_store_holds_a_name_a_number_or_a_content(store: Store, path: Path) -> None:
    fill(store)
    texts = (CANARY, NUMBER, "Observation", "CREATE TABLE", "SQLite format", CHART.hex())
    assert {file.name for file in path.parent.iterdir()} == {
        path.name,
        path.name + "-wal",
        path.name + "-shm",
    }
    assert (path.parent / (path.name + "-wal")).stat().st_size > 0
    assert files_with(path.parent, *texts) == set()
    store.checkpoint()
    assert files_with(path.parent, *texts) == set()
    store.close()
    assert files_with(path.parent, *texts) == set()


def stored_values(store: Store) -> list[bytes]:
    """Every value of every table, as the key's owner sees them."""
    tables = store.database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return [
        value if isinstance(value, bytes) else str(value).encode()
        for (table,) in tables
        for row in store.database.rows(f'SELECT * FROM "{table}"')  # noqa: S608
        for value in row
    ]


def test_a_chart_taken_from_lists_leaves_no_word_in_the_index(store: Store) -> None:
    fill(store)
    words = (CANARY.lower().encode()[1:], NUMBER.encode())
    assert all(any(word in value.lower() for value in stored_values(store)) for word in words)
    store.faces.remove(CHART)
    assert not any(word in value.lower() for value in stored_values(store) for word in words)


def test_homes_and_versions_are_kept_as_hashes(store: Store) -> None:
    fill(store)
    store.faces.remove(CHART)
    assert not any(CANARY.encode() in value for value in stored_values(store))


def test_reprs_show_no_name(store: Store) -> None:
    fill(store)
    listed = store.faces.of_chart(CHART)
    assert listed is not None
    assert CANARY in listed.name
    assert CANARY not in repr(listed) + repr(FACE)
