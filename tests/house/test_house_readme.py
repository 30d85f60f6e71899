"""The README's walk with two nodes does what it says, run as it stands there."""

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


def walk() -> str:
    """The shell commands under the mark."""
    found = re.search(
        re.escape(MARK) + r"\n```sh\n(.*?)\n```", (PROJECT / "README.md").read_text(), re.DOTALL
    )
    assert found, "the README has lost its walk"
    return found[1]


def test_the_walk_with_two_nodes_ends_with_the_chart_at_the_other(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(Path(sys.executable).parent)
    shell = subprocess.Popen(
        ["/bin/sh", "-e"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = shell.communicate(walk(), timeout=120)
    finally:
        with contextlib.suppress(ProcessLookupError):  # nothing that it started outlives the test
            os.killpg(shell.pid, signal.SIGKILL)

    assert shell.returncode == 0, err
    exported = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert [each["id"] for each in exported if each["resourceType"] == "Patient"] == ["amina"]
