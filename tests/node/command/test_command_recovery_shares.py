"""`satchel recovery create` and `combine`, as people use them."""

import json
import stat
from pathlib import Path

import pytest
from satchel_process import Satchel

from node.exits import ExitCode
from node.keystore.recovery import words_from_entropy


@pytest.fixture
def words(made_homes: Path) -> str:
    made = json.loads((made_homes / "riverside.init").read_text())
    return " ".join(made["recovery_words"])


def test_shares_bring_the_words_back_for_recovery(
    riverside: Satchel, words: str, tmp_path: Path
) -> None:
    folder = tmp_path / "shares"
    arguments = ("--shares", "3", "--threshold", "2", "--out", str(folder))
    made = riverside.done("recovery", "create", *arguments, "--json", given=words).json
    assert made["shares"] is None
    first, second, _third = (Path(file) for file in made["files"])
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    again = riverside.run("recovery", "create", *arguments, given=words)
    assert again.code != 0  # nothing is written over

    out = tmp_path / "words.txt"
    few = riverside.run("recovery", "combine", first, "--out", out)
    assert few.code == ExitCode.REFUSED
    assert "2 different ones are needed, and 1 came" in few.err
    assert not out.exists()

    done = riverside.done("recovery", "combine", second, first, "--out", out)
    assert not any(word in (done.out + done.err).split() for word in words.split()[:3])
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_text().split() == words.split()
    riverside.done("recovery", "confirm", "--words-file", out)


def test_words_of_another_home_make_no_shares(
    riverside: Satchel, words: str, tmp_path: Path
) -> None:
    other = " ".join(words_from_entropy(bytes(32)))
    ended = riverside.run("recovery", "create", "--shares", "3", "--threshold", "2", given=other)
    assert ended.code == ExitCode.REFUSED
    assert ended.out == ""
    bad = riverside.run("recovery", "create", "--shares", "2", "--threshold", "3", given=words)
    assert bad.code == ExitCode.USAGE
