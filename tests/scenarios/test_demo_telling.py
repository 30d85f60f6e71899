"""What a person sees of the demo fits 80 columns; what a program sees has the fixed keys."""

import json
from itertools import chain
from pathlib import Path

import pytest

from node.command.telling import width
from scenarios.demo.cast import last_line, write_private
from scenarios.demo.checks import Check
from scenarios.demo.errors import Unexpected
from scenarios.demo.narration import Narrator
from scenarios.demo.papers import Papers, lay_out, read_back, reference, write_papers
from scenarios.demo.story import ACTS, Outcome
from scenarios.demo.worklist import choices_told, choose
from scenarios.population.coding import Resource

HOLDS = Check("the relay carries, and reads nothing", True, "1,462 sealed, 0 readable")
FAILS = Check("the story goes to its end", False, "`satchel sync` at riverside ended " * 5)
CONFLICT = {
    "values": [
        {
            "choice": 1,
            "author": "riverside",
            "says": {"dosageInstruction": {"dosageInstruction": [{"text": "2 tablets\x1b[2J"}]}},
        },
        {
            "choice": 2,
            "author": "hilltop",
            "says": {
                "status": {"status": "stopped"},
                "statusReason": {"statusReason": {"text": "a rash"}},
            },
        },
    ]
}


def test_everything_told_fits_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    with Narrator(silent=False) as narrator:
        for act in ACTS:
            narrator.act(act.title)
        for line in choices_told(CONFLICT):
            narrator.tell(line)
        narrator.tell("word " * 40)
        narrator.conclude([HOLDS, FAILS], 31.4)
    told = capsys.readouterr().out
    assert all(width(line) <= 80 for line in told.splitlines())
    assert "FAILED" in told
    assert "1 of 2 failed, after 31 s" in told


def test_a_silent_narrator_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Narrator(silent=True) as narrator:
        narrator.act("An act")
        narrator.moved()
        narrator.conclude([HOLDS], 1)
    assert capsys.readouterr() == ("", "")


def test_the_outcome_is_bad_when_one_check_is() -> None:
    assert Outcome([HOLDS], 1.0, 1).as_json()["ok"] is True
    assert Outcome([HOLDS, FAILS], 1.0, 1).as_json()["ok"] is False
    found = Outcome([HOLDS], 1.26, 1).as_json()
    assert found["checks"] == [{"name": HOLDS.name, "passed": True, "detail": HOLDS.detail}]
    assert found["seconds"] == 1.3


def test_a_conflict_is_told_in_a_line_each_without_control_characters() -> None:
    assert choices_told(CONFLICT) == [
        "  1. riverside: 2 tablets[2J",
        "  2. hilltop: status stopped, a rash",
    ]


def test_a_clinician_chooses_by_what_a_value_says() -> None:
    assert choose(CONFLICT, {"status": "stopped"}) == 2
    with pytest.raises(Unexpected):
        choose(CONFLICT, {"status": "active"})


def test_of_a_command_that_failed_the_error_is_told() -> None:
    said = b"satchel: warning: one\nsatchel: error: the peer is gone\nsatchel: hint: again\n"
    assert last_line(said) == "the peer is gone"
    assert last_line(b"") == "it said nothing"


@pytest.mark.parametrize("patients", [1, 2, 3, 9])
def test_papers_disagree_about_the_same_two_resources(patients: int) -> None:
    papers = write_papers(3, patients)
    here = {reference(one): one for one in chain(*papers.riverside_apart)}
    there = {reference(one): one for one in chain(*papers.hilltop_apart)}
    assert set(here) & set(there) == {papers.prescription, papers.person}
    assert here[papers.prescription]["status"] == "active"
    assert there[papers.prescription]["status"] == "stopped"
    known = {reference(one): one for person in papers.registered for one in person.resources}
    dates = {one[papers.person]["birthDate"] for one in (here, there, known)}
    doses = {json.dumps(one[papers.prescription]) for one in (here, there, known)}
    assert (len(dates), len(doses)) == (3, 3)
    assert len(papers.registered) == patients
    new = {*here, *there, reference(papers.late), reference(papers.after_revocation)} - {*known}
    assert len(new) == 4
    subject = f"Patient/{papers.registered[0].id}"
    assert papers.late["patient"] == {"reference": subject}


@pytest.mark.parametrize("seed", range(12))
def test_the_same_seed_writes_the_same_papers(seed: int) -> None:
    assert _texts(write_papers(seed, 2)) == _texts(write_papers(seed, 2))
    assert _texts(write_papers(seed, 2)) != _texts(write_papers(seed + 1, 2))


def test_secrets_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    basic: Resource = {"resourceType": "Basic", "id": "b1"}
    lay_out(tmp_path / "papers", [[basic], []])
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "papers").iterdir()] == [0o600] * 2
    assert list(read_back(tmp_path / "papers")) == [basic]
    write_private(tmp_path / "00.json", b"once")
    assert (tmp_path / "00.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "00.json", b"again")


def _texts(papers: Papers) -> str:
    people = [person.resources for person in papers.registered]
    return json.dumps([people, papers.riverside_apart, papers.hilltop_apart, papers.late])
