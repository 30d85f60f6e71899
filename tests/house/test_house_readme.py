"""The walks in the README and in docs/FOUNDING.md do what they say, run as they stand there."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tracked import PROJECT

MARK = "<!-- run by tests/house/test_house_readme.py -->"


def walks(document: str = "README.md", count: int = 2) -> list[str]:
    """The shell commands under each mark of a document that has so many."""
    text = (PROJECT / document).read_text()
    found = re.findall(re.escape(MARK) + r"\n```sh\n(.*?)\n```", text, re.DOTALL)
    assert len(found) == count, f"{document} has lost a walk"
    return [str(one) for one in found]


def walked(commands: str, folder: Path) -> str:
    """What a walk prints, from start to end without a failure."""
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    shell = subprocess.Popen(
        ["/bin/sh", "-e"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = shell.communicate(commands, timeout=300)  # an end, on any machine
    finally:
        with contextlib.suppress(ProcessLookupError):  # nothing that it started outlives the test
            os.killpg(shell.pid, signal.SIGKILL)

    assert shell.returncode == 0, err
    return out


def test_the_walk_with_two_nodes_ends_with_the_chart_at_the_other(tmp_path: Path) -> None:
    out = walked(walks()[0], tmp_path)
    exported = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert [each["id"] for each in exported if each["resourceType"] == "Patient"] == ["amina"]


def test_the_walk_with_a_registry_ends_with_a_proof(tmp_path: Path) -> None:
    out = walked(walks()[1], tmp_path)
    assert "allow: the organisation is accredited" in out
    assert out.count("riverside: allow") == 1
    assert re.search(r"^outbox: [0-9]+ done$", out, re.MULTILINE)


def test_no_walk_waits_without_an_end() -> None:
    for walk in [*walks(), *walks("docs/FOUNDING.md", 1)]:
        assert not re.search(r"\b(until|while)\b.*; do", walk)


def test_the_walk_that_founds_a_council_ends_with_a_clinic_that_two_of_three_accredited(
    tmp_path: Path,
) -> None:
    (walk,) = walks("docs/FOUNDING.md", 1)
    out = walked(walk, tmp_path)
    assert "council       2 of 3" in out
    assert "checkpoints   2 of 2" in out
    assert "allow: the organisation is accredited" in out
