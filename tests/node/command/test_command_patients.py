"""Stories of the command: broken glass, and a chart handed over."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from satchel_process import FAMILY_NAME, Satchel, Serving

from node.command.main import run
from node.command.reference import RESULT_KEYS

Serve = Callable[[Satchel], Serving]
REASON = "unconscious, brought in by a neighbour"


@pytest.fixture
def chart(riverside: Satchel, hilltop: Satchel, patient_file: Path) -> str:
    """Riverside's chart of one patient; hilltop is paired and has nothing of it."""
    riverside.done("import", patient_file)
    riverside.pair(hilltop)
    listed = riverside.done("chart", "list", "--json").json
    return str(next(one["chart"] for one in listed if one["name"].endswith(FAMILY_NAME)))


def test_a_glass_is_broken_from_the_printed_id_and_everybody_sees_why(
    riverside: Satchel, hilltop: Satchel, chart: str, serving: Serve
) -> None:
    serve = serving(riverside)
    hilltop.pair(riverside)
    told = hilltop.done("break-glass", chart, "--reason", REASON, "--json").json
    assert set(told) == set(RESULT_KEYS["break-glass"])
    assert (told["readable"], told["met"]) == (True, ["riverside"])
    assert [one["type"] for one in told["resources"]] == ["AllergyIntolerance", "Patient"]
    serve.stop()
    page = riverside.done("chart", "show", chart[:8]).out
    assert "glass broken by hilltop" in page
    assert REASON in " ".join(page.split())
    (line,) = riverside.done("break-glass", "list", "--json").json
    assert (line["why"], line["open"]) == (REASON, True)


@pytest.mark.parametrize(
    "given",
    [
        ["break-glass"],
        ["break-glass", "abcdefgh"],
        ["break-glass", "abcdefgh", "more", "--reason", "x"],
        ["break-glass", "list", "--reason", "x"],
        ["break-glass", "abcdefgh", "--reason", "x", "-o", "file"],
        ["break-glass", "abcdefgh", "--confirm-for", "x", "--reason", "x"],
        ["handover", "abcdefgh", "--to", "x"],
        ["consent", "request"],
    ],
)
def test_what_makes_no_sense_is_refused_with_the_usage(given: list[str]) -> None:
    assert run(given) == 2


def test_a_chart_is_handed_over_to_a_patient(
    riverside: Satchel, chart: str, made_homes: Path, tmp_path: Path
) -> None:
    amara = Satchel(tmp_path / "amara", tmp_path / "passphrase")
    amara.init("--name", "amara", "--kind", "patient")
    card = tmp_path / "amara.card"
    amara.done("id", "--card", card)
    own = json.loads((made_homes / "riverside.init").read_text())
    words = tmp_path / "words.txt"
    words.write_text(" ".join(own["recovery_words"]))

    told = riverside.done("handover", chart, "--to", card, "--recovery", words, "--yes", "--json")
    assert set(told.json) == set(RESULT_KEYS["handover"])
    assert len(told.json["roots"]) == 2
