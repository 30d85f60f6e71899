"""Imports by the real command: compressed files, folders, stdin, files larger than is held."""

import gzip
import json
import subprocess
from pathlib import Path

from satchel_process import SATCHEL, Satchel

PATIENTS = 300


def observation(patient: int, number: int) -> str:
    return json.dumps(
        {
            "resourceType": "Observation",
            "id": f"o{patient}-{number}",
            "status": "final",
            "code": {"text": "weight"},
            "subject": {"reference": f"Patient/p{patient}"},
            "valueQuantity": {"value": 70 + number / 10, "unit": "kg"},
            "note": [{"text": "x" * 400}],
        }
    )


def patient(number: int) -> str:
    name = [{"family": f"Family{number}", "given": ["Given"]}]
    birth = f"19{number % 90 + 10}-0{number % 9 + 1}-1{number % 7}"
    made = {"resourceType": "Patient", "id": f"p{number}", "name": name, "birthDate": birth}
    return json.dumps(made)


def bulk_folder(folder: Path) -> None:
    """A Bulk Data folder whose observations would come before its patients by name."""
    (folder / "within").mkdir(parents=True)
    lines = [observation(one, number) for one in range(PATIENTS) for number in range(3)]
    (folder / "A.ndjson.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    patients = "\n".join(patient(one) for one in range(PATIENTS))
    (folder / "within" / "Patient.ndjson").write_text(patients)


def test_a_folder_of_compressed_lines_is_taken_and_again_is_nothing_new(
    riverside: Satchel, tmp_path: Path
) -> None:
    bulk_folder(tmp_path / "bulk")
    (tmp_path / "bulk" / "cut.json.gz").write_bytes(gzip.compress(patient(1).encode())[:-4])

    taken = riverside.run("import", tmp_path / "bulk", "--json")
    again = riverside.run("import", tmp_path / "bulk", "--json")

    assert taken.code == again.code == 3
    assert taken.json["accepted"] == 4 * PATIENTS
    assert taken.json["charts"] == PATIENTS
    assert [one["reason"] for one in taken.json["rejected"]] == ["the compressed file is cut off"]
    assert again.json["unchanged"] == 4 * PATIENTS
    lines = riverside.done("export", "--all").lines
    assert sum("Observation" in line for line in lines) == 3 * PATIENTS


def test_a_pipe_is_taken_as_stdin(riverside: Satchel) -> None:
    given = "\n".join([patient(1), observation(1, 1), "{", patient(2)])

    taken = riverside.run("import", "-", "--json", given=given)
    twice = riverside.run("import", "-", "-", given=given)

    assert taken.code == 3
    assert taken.json["accepted"] == 3
    assert [one["source"] for one in taken.json["rejected"]] == ["- line 3"]
    assert twice.code == 8


def test_a_pipe_that_goes_on_is_taken_in_as_it_comes(riverside: Satchel) -> None:
    """40 MB through a pipe: more than a client or a node holds of a file."""
    process = subprocess.Popen(
        [SATCHEL, "import", "-", "--json"],
        env=riverside.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    filler = b" " * 100_000 + b"\n"
    process.stdin.write(patient(1).encode() + b"\n")
    for _ in range(400):
        process.stdin.write(filler)
    process.stdin.write(b"rubbish\n" * 5000 + observation(1, 1).encode())
    process.stdin.close()
    told = json.loads(process.stdout.read())
    process.stdout.close()

    assert process.wait(60) == 3
    assert told["accepted"] == 2
    assert told["rejected_count"] == 5000
    assert len(told["rejected"]) == 1000
