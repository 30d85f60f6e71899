"""Commands where no node runs and nothing can be written: they show what there is, and say so."""

import json
import resource
from pathlib import Path

from satchel_process import Ended, Satchel

from node.exits import ExitCode


def run_without_room(satchel: Satchel, *arguments: str | Path) -> Ended:
    """A command of which no file may grow, as on a full disk; limits are inherited."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        return satchel.run(*arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def assert_said(ended: Ended) -> None:
    assert ended.code == ExitCode.FAILED, ended
    assert "cannot be used" in ended.err
    assert "unexpected" not in ended.err


def test_a_command_on_a_full_disk_shows_what_it_found_and_says_that_it_could_not_note_it(
    riverside: Satchel, tmp_path: Path
) -> None:
    file = tmp_path / "patient.json"
    name = [{"family": "Okafor"}]
    file.write_text(json.dumps({"resourceType": "Patient", "id": "p1", "name": name}))
    riverside.done("import", file)
    found = run_without_room(riverside, "search", "Okafor")
    assert "Okafor" in found.out
    assert_said(found)
    listed = run_without_room(riverside, "chart", "list", "--json")
    assert [line["name"] for line in listed.json] == ["Okafor"]
    assert_said(listed)
    assert_said(run_without_room(riverside, "import", file))
    assert len(riverside.done("chart", "list", "--json").json) == 1
    assert riverside.done("doctor", "--json").json["ok"]
