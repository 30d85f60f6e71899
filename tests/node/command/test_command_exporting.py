"""`satchel export` as a process: files whole or not at all, pipes that close, patient summaries."""

import json
import os
import subprocess
import threading
from pathlib import Path

import pytest
from satchel_process import FAMILY_NAME, SATCHEL, Satchel

from node.fhir.schema import schema_flaw


@pytest.fixture
def filled(riverside: Satchel, tmp_path: Path) -> Satchel:
    """A node with two patients, one of them with a thousand observations."""
    patients = [
        {
            "resourceType": "Patient",
            "id": f"p{number}",
            "name": [{"given": ["Amara"], "family": FAMILY_NAME}],
            "birthDate": "1984-03-01",
        }
        for number in (1, 2)
    ]
    observations = [
        {
            "resourceType": "Observation",
            "id": f"o{number}",
            "status": "final",
            "subject": {"reference": "Patient/p1"},
            "code": {"text": "weight"},
            "note": [{"text": "x" * 500}],
        }
        for number in range(1000)
    ]
    file = tmp_path / "all.ndjson"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in [*patients, *observations]))
    riverside.done("import", file)
    return riverside


def test_a_file_that_was_there_is_replaced_whole_and_by_nobody_elses_eyes(
    filled: Satchel, tmp_path: Path
) -> None:
    output = tmp_path / "out.ndjson"
    output.write_text("what was there\n")
    told = filled.done("export", "--all", "-o", output, "--json").json
    assert told["lines"] == 1002
    assert told["bytes"] == output.stat().st_size
    assert output.stat().st_mode & 0o777 == 0o600
    assert len(output.read_text().splitlines()) == 1002
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".new")]


def test_a_refused_export_leaves_the_file_as_it_was(filled: Satchel, tmp_path: Path) -> None:
    output = tmp_path / "out.ndjson"
    output.write_text("what was there\n")
    ended = filled.run("export", "--chart", "nosuchchart", "-o", output)
    assert ended.code == 7
    assert output.read_text() == "what was there\n"
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".new")]


def test_a_link_stays_a_link_and_a_pipe_a_pipe(filled: Satchel, tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(target)
    filled.done("export", "-o", link)
    assert link.is_symlink()
    assert len(target.read_text().splitlines()) == 1002
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    filled.done("export", "-o", pipe)
    reader.join(60)
    assert read[0] == target.read_bytes()
    assert pipe.is_fifo()


def test_a_dash_is_stdout(filled: Satchel, tmp_path: Path) -> None:
    ended = filled.done("export", "-o", "-")
    assert len(ended.lines) == 1002
    assert ended.err == ""
    assert not (tmp_path / "-").exists()


def test_a_pipe_that_closes_ends_it_quietly(filled: Satchel) -> None:
    process = subprocess.Popen(
        [SATCHEL, "export", "--all"],
        env=filled.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b"{")
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141
    assert filled.done("audit", "verify", "--json").json["ok"] is True


def test_a_summary_a_patient_is_a_line_and_one_chart_is_one(filled: Satchel) -> None:
    lines = filled.done("export", "--all", "--format", "ips").lines
    documents = [json.loads(line) for line in lines]
    assert [one["type"] for one in documents] == ["document", "document"]
    assert [schema_flaw(one) for one in documents] == [None, None]
    (chart, *_) = (line["chart"] for line in filled.done("chart", "list", "--json").json)
    (line,) = filled.done("export", "--chart", chart, "--format", "ips").lines
    alone = json.loads(line)
    sections = [one["entry"][0]["resource"]["section"] for one in documents]
    assert alone["entry"][0]["resource"]["section"] in sections


def test_a_summary_has_no_history(filled: Satchel) -> None:
    ended = filled.run("export", "--format", "ips", "--history")
    assert ended.code == 2
    assert "--format ips and --history exclude each other" in ended.err
