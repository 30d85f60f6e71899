"""What `satchel import` finds, opens, sends and lists, without a node."""

import gzip
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from node.command import finding
from node.command.errors import FileChanged, FileMissing, FileRefused, NothingToImport
from node.command.files import SentFile, open_file
from node.command.finding import Found, find_files
from node.command.importing import Sent, Tally, opened
from node.command.telling import cell
from node.exits import ExitCode
from node.limits import import_rejections_listed_max


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def names(found: list[Found], folder: Path) -> list[str]:
    return [str(one.path.relative_to(folder)) for one in found]


def test_files_that_bring_patients_come_first_whatever_they_are_called(tmp_path: Path) -> None:
    put(tmp_path, "b.json", "Observation.ndjson", "z/Patient.000.ndjson", "Patient.json", "a.txt")
    put(tmp_path, "Patient.ndjson.gz", "deep/er/still/c.json.gz", "X.NDJSON", "d.gz", "json")
    (tmp_path / "person.json").write_text('{"resourceType" :\n "Patient"}')
    (tmp_path / "z/Patient.000.ndjson").write_text('{"a":1}\n{"resourceType":"Patient"}\n')

    assert names(find_files([tmp_path]), tmp_path) == [
        "Patient.ndjson.gz",
        "person.json",
        "z/Patient.000.ndjson",
        "Observation.ndjson",
        "Patient.json",
        "X.NDJSON",
        "b.json",
        "d.gz",
        "deep/er/still/c.json.gz",
    ]
    named = [tmp_path / "b.json", Path("-"), tmp_path / "person.json"]
    assert [one.path for one in find_files(named)] == [named[2], named[0], named[1]]


def test_a_patient_is_seen_across_pieces_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_SOUGHT_SIZE_BYTES", 7)
    put(tmp_path, "a.json")
    (tmp_path / "b.json").write_text('{"id":"1","resourceType":"Patient","birthDate":"1984"}')
    assert names(find_files([tmp_path]), tmp_path) == ["b.json", "a.json"]


def test_files_that_are_named_stay_in_the_order_in_which_they_are(tmp_path: Path) -> None:
    put(tmp_path, "b.anything", "a.json")
    given = [tmp_path / "b.anything", Path("-"), tmp_path / "a.json"]

    found = find_files(given)

    assert [one.path for one in found] == given
    assert [one.size_bytes for one in found] == [2, None, 2]
    with pytest.raises(FileRefused, match="only once"):
        find_files([Path("-"), Path("-")])


def test_a_folder_cannot_make_us_read_what_is_outside_it_or_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    put(tmp_path, "outside/secret.json")
    put(folder, "real.json")
    (folder / "1.json").symlink_to(tmp_path / "outside" / "secret.json")
    (folder / "2.json").symlink_to("../outside/secret.json")
    (folder / "3.json").symlink_to(tmp_path / "outside", target_is_directory=True)
    (folder / "4.json").symlink_to(".", target_is_directory=True)
    (folder / "5.json").symlink_to("nowhere.json")
    (folder / "6.json").symlink_to("6.json")
    (folder / "7.json").symlink_to("/dev/zero")
    (folder / "within").symlink_to(tmp_path / "outside", target_is_directory=True)
    os.mkfifo(folder / "8.json")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(folder)  # a socket's name must be short
        try:
            listener.bind("9.json")
        finally:
            os.chdir(here)
        found = find_files([folder])
    (folder / "same.json").symlink_to("real.json")

    assert {one.path.name: one.refused for one in found} == {
        "1.json": "a link that leads out of the folder",
        "2.json": "a link that leads out of the folder",
        "3.json": "a link that leads out of the folder",
        "4.json": "a link to a folder",
        "5.json": "a link that leads nowhere",
        "6.json": "a link that leads nowhere",
        "7.json": "a link that leads out of the folder",
        "8.json": "not a file",
        "9.json": "not a file",
        "real.json": None,
    }
    again = {one.path.name: one for one in find_files([folder])}
    assert again["same.json"].refused is None
    with opened(again["same.json"]) as file:
        assert file.read() == b"{}"


def test_a_link_put_in_a_file_s_place_after_it_was_found_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "folder/a.json", "secret.json")
    (found,) = find_files([tmp_path / "folder"])
    found.path.unlink()
    found.path.symlink_to(tmp_path / "secret.json")

    with pytest.raises(FileRefused), opened(found):
        pass


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_devices_are_refused(device: str) -> None:
    with pytest.raises(FileRefused, match="not a file"):
        find_files([Path(device)])
    with pytest.raises(FileRefused, match="not a file"):
        open_file(Path(device))


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        find_files([tmp_path / "nothing"])
    with pytest.raises(NothingToImport):
        find_files([tmp_path])


def test_a_folder_that_cannot_be_listed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "closed/a.json", "b.json")
    listing = os.scandir

    def closed(folder: Path) -> Any:
        if folder.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listing(folder)

    monkeypatch.setattr(os, "scandir", closed)
    assert [(one.path.name, one.refused) for one in find_files([tmp_path])] == [
        ("b.json", None),
        ("closed", "permission denied"),
    ]


def test_names_with_any_bytes_have_a_label_and_cannot_steer_a_terminal(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff\x1b[2J\xe2\x80\xae.json"
    Path(os.fsdecode(odd)).write_text("{}")
    (found,) = find_files([tmp_path])

    found.label.encode()
    assert "\x1b" not in cell(found.label)
    assert "\u202e" not in cell(found.label)
    with opened(found) as file:
        assert file.read() == b"{}"


# -- while it is sent


Send = Callable[[Path, list[int]], SentFile]


@pytest.fixture
def sent() -> Iterator[Send]:
    with ExitStack() as files:
        yield lambda path, moved: SentFile(path, files.enter_context(open_file(path)), moved.append)


def read_all(file: SentFile) -> bytes:
    whole = b""
    while piece := file.read(1000):
        whole += piece
    return whole


def test_what_is_sent_is_counted_and_may_be_sent_again(tmp_path: Path, sent: Send) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(gzip.compress(os.urandom(5000)))
    moved: list[int] = []
    file = sent(path, moved)

    assert read_all(file) == path.read_bytes()
    assert sum(moved) == path.stat().st_size
    file.seek(0)
    assert read_all(file) == path.read_bytes()
    assert sum(moved) == path.stat().st_size


@pytest.mark.parametrize("change", ["longer", "shorter", "other"])
def test_a_file_that_changes_while_it_is_sent_is_noticed(
    tmp_path: Path, sent: Send, change: str
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * 10_000)
    file = sent(path, [])
    file.read(1000)
    if change == "longer":
        with path.open("ab") as more:
            more.write(b"y" * 5000)
    elif change == "shorter":
        os.truncate(path, 5000)
    else:
        path.write_bytes(b"z" * 10_000)
        os.utime(path, ns=(1, 1))

    with pytest.raises(FileChanged):
        read_all(file)


def test_a_file_that_vanishes_while_it_is_sent_is_sent_all_the_same(
    tmp_path: Path, sent: Send
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * 10_000)
    file = sent(path, [])
    file.read(1000)
    path.unlink()

    assert len(read_all(file)) == 9000


def test_a_pipe_is_sent_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        file = SentFile(Path("-"), pipe, lambda _size: None)
        file.seek(0)
        assert read_all(file) == b"{}"
        with pytest.raises(FileRefused, match="second time"):
            file.seek(0)


def test_progress_counts_bytes_of_all_files_where_their_sizes_are_known(tmp_path: Path) -> None:
    put(tmp_path, "a.json", "b.json")
    told: list[tuple[str, int, int | None]] = []
    found = find_files([tmp_path])

    one = Sent(lambda *progress: told.append(progress), found)
    one.moved(2)
    one.moved(2)
    Sent(lambda *progress: told.append(progress), [*found, Found(Path("-"))]).moved(5)

    assert told == [("import", 2, 4), ("import", 4, 4), ("import", 5, None)]


# -- what became of it


def result(accepted: int, rejected: int) -> dict[str, object]:
    listed = [{"source": "x", "reason": "y"}] * min(rejected, import_rejections_listed_max)
    return {
        "accepted": accepted,
        "unchanged": 0,
        "rejected": listed,
        "rejected_count": rejected,
        "charts": [],
        "duplicates": 0,
        "seconds": 0.1,
    }


def test_of_a_million_rejections_the_first_thousand_are_listed_and_all_are_counted() -> None:
    tally = Tally()
    for _ in range(20):
        tally.add(result(0, 50_000))
    for _ in range(5):
        tally.reject("file", "why")

    assert len(tally.rejected) == import_rejections_listed_max == 1000
    assert tally.rejected_count == 1_000_005
    assert tally.as_json()["rejected_count"] == 1_000_005


@pytest.mark.parametrize(
    ("accepted", "rejected", "code"),
    [
        (1, 0, ExitCode.ALL_TAKEN),
        (0, 0, ExitCode.ALL_TAKEN),
        (5, 1, ExitCode.SOME_REJECTED),
        (0, 1, ExitCode.NONE_TAKEN),
        (0, 2_000_000, ExitCode.NONE_TAKEN),
    ],
)
def test_the_exit_code_says_whether_all_some_or_none_was_taken(
    accepted: int, rejected: int, code: ExitCode
) -> None:
    tally = Tally()
    tally.add(result(accepted, rejected))
    assert tally.exit_code() is code
