"""`satchel duplicates`, `link` and `unlink` as people type them, in real processes."""

import json
from pathlib import Path

from satchel_process import Satchel

from node.exits import ExitCode


def patient_file(folder: Path, identity: str, family: str, born: str) -> Path:
    path = folder / f"{identity}.json"
    patient = {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": family, "given": ["Amara"]}],
        "birthDate": born,
    }
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": f"a-{identity}",
        "patient": {"reference": f"Patient/{identity}"},
        "code": {"text": "Penicillin"},
    }
    path.with_suffix(".ndjson").write_text(f"{json.dumps(patient)}\n{json.dumps(allergy)}\n")
    return path.with_suffix(".ndjson")


def test_a_person_who_is_here_twice_is_found_linked_and_taken_apart(
    riverside: Satchel, tmp_path: Path
) -> None:
    first = riverside.done("import", patient_file(tmp_path, "p1", "Okafor", "1984-03-12"))
    again = riverside.done("import", patient_file(tmp_path, "p2", "Okaofr", "1984-12-03"))
    assert "may be here already" not in first.out
    assert "1 person may be here already: `satchel duplicates list`" in again.out

    told = riverside.done("duplicates", "list")
    assert told.lines[0].startswith("likely, ")
    assert "family names differ by a slip" in told.out
    assert "birth dates differ by swapped day and month" in told.out

    [pair] = riverside.done("duplicates", "list", "--json").json
    one, other = (each["chart"] for each in pair["charts"])
    [of_other] = riverside.done("duplicates", "list", "--chart", other[:12], "--json").json
    assert [each["chart"] for each in of_other["charts"]] == [other, one]

    linked = riverside.done("link", one[:12], other[:12], "--reason", "same card")
    assert linked.lines[0] == "linked"
    assert riverside.done("duplicates", "list").out == ""
    shown = riverside.done("chart", "show", one[:12])
    assert "! linked with " in shown.out
    assert "! allergy there: Penicillin" in shown.out
    assert "from linked chart" not in shown.out
    whole = riverside.done("chart", "show", one[:12], "--linked")
    assert f"from linked chart {other[:16]}" in whole.out
    assert "linked" in riverside.done("chart", "list").out
    assert riverside.done("link", one, other).lines == ["they are linked already"]

    assert riverside.done("unlink", one, other).lines[0] == "no longer linked"
    assert "linked" not in riverside.done("chart", "show", one).out
    apart = riverside.run("unlink", one, other)
    assert apart.code == ExitCode.NOT_FOUND
    assert "are not linked" in apart.err


def test_a_pair_is_dismissed_and_listed_again(riverside: Satchel, tmp_path: Path) -> None:
    for identity in ("p1", "p2"):
        riverside.done("import", patient_file(tmp_path, identity, "Okafor", "1984-03-12"))
    [pair] = riverside.done("duplicates", "list", "--json").json
    one, other = (each["chart"] for each in pair["charts"])

    riverside.done("duplicates", "dismiss", one, other)
    assert riverside.done("duplicates", "list", "--json").json == []
    riverside.done("duplicates", "dismiss", other, one, "--undo")
    assert len(riverside.done("duplicates", "list", "--json").json) == 1
    assert riverside.run("duplicates", "dismiss", one, one).code == ExitCode.USAGE
    assert riverside.run("duplicates", "list", "--chart", "aaaaaa").code == ExitCode.NOT_FOUND
