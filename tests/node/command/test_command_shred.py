"""`satchel shred` as people and programs meet it: real processes, what they print, exit codes."""

import json
from pathlib import Path

import pytest
from satchel_process import FAMILY_NAME, Satchel


@pytest.fixture
def words(made_homes: Path, tmp_path: Path) -> Path:
    """The paper of riverside's root, as a file."""
    made = json.loads((made_homes / "riverside.init").read_text())
    path = tmp_path / "words.txt"
    path.write_text(" ".join(made["recovery_words"]))
    return path


@pytest.fixture
def chart(riverside: Satchel, patient_file: Path) -> str:
    riverside.done("import", patient_file)
    listed = riverside.done("chart", "list", "--json").json
    return next(str(one["chart"]) for one in listed if one["name"].endswith(FAMILY_NAME))


def test_a_shred_is_ordered_shown_and_taken_back(
    riverside: Satchel, chart: str, words: Path
) -> None:
    assert "no chart was ever" in riverside.done("shred", "--list").err
    ordered = riverside.done("shred", chart[:10], "--recovery", words, "--yes")
    assert ordered.out.startswith("to be shredded on 20")
    assert "not guaranteed: nodes that never come back, backups" in ordered.err
    (line,) = [one for one in riverside.done("chart", "list").lines if chart[:16] in one]
    assert "to be shredded on 20" in line
    assert "! to be shredded on 20" in riverside.done("chart", "show", chart).out
    assert "on hold" in riverside.done("shred", "--list").out
    assert "1 shred is on hold" in riverside.done("doctor").out
    assert FAMILY_NAME in riverside.done("export", "--all").out

    cancelled = riverside.done("shred", chart, "--cancel", "--recovery", words)
    assert cancelled.out == "1 shred cancelled\n"
    (told,) = riverside.done("shred", "--list", "--json").json
    assert (told["state"], told["bodies"], told["destroyed_at"]) == ("cancelled", 0, None)
    assert "shredded" not in riverside.done("chart", "list").out
    assert riverside.run("shred", chart, "--cancel", "--recovery", words).code == 7
    riverside.done("audit", "verify")


def test_lanes_and_a_longer_hold_are_said_as_json(
    riverside: Satchel, chart: str, words: Path
) -> None:
    result = riverside.done(
        *("shred", chart, "--lane", "sensitive", "--lane", "care", "--hold-days", "90"),
        *("--recovery", words, "--yes", "--json"),
    ).json
    assert sorted(result) == ["chart", "lanes", "operations", "until"]
    assert result["lanes"] == ["care", "sensitive"]
    assert result["chart"] == chart
    (told,) = riverside.done("shred", "--list", "--json").json
    assert told["lanes"] == ["care", "sensitive"]
    assert told["until"] >= result["until"]  # this node counts from when it learnt


def test_who_is_not_the_root_or_is_not_asked_shreds_nothing(
    riverside: Satchel, made_homes: Path, chart: str, words: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    made = json.loads((made_homes / "hilltop.init").read_text())
    other.write_text(" ".join(made["recovery_words"]))
    for arguments, code in (
        (("shred", chart), 2),
        (("shred",), 2),
        (("shred", chart, "--list"), 2),
        (("shred", chart, "--recovery", words), 2),  # nobody is there to be asked
        (("shred", chart, "--recovery", other, "--yes"), 8),
        (("shred", chart, "--recovery", words, "--hold-days", "29", "--yes"), 2),
        (("shred", chart, "--recovery", words, "--lane", "access", "--yes"), 2),
        (("shred", "zzzzzzzz", "--recovery", words, "--yes"), 7),
    ):
        ended = riverside.run(*arguments)
        assert ended.code == code, ended
        assert FAMILY_NAME not in ended.err
    assert riverside.done("shred", "--list", "--json").json == []
