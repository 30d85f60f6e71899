"""The demo as a person runs it: all checks hold; and however it ends, nothing of it is left."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.home.layout import Home
from scenarios.demo.checks import (
    keys_do_not_open,
    relay_holds_no_words,
    unreadable_after_revocation,
)
from scenarios.demo.evidence import export_lines
from scenarios.demo.narration import COMMANDS_TOTAL
from scenarios.demo.opened_home import open_home_copy
from scenarios.demo.papers import read_back, reference
from scenarios.demo.plaintext_search import files_in, search_for, telling_words
from scenarios.demo.processes import Processes, plain_environment
from scenarios.demo.together import together

SATCHEL = [sys.executable, "-P", "-c", "from node.command.main import main; main()"]
FOR_ANYBODY = {".card", ".network", ".checkpoint", ".proposal", ".outbox", ".request", ".answer"}
"""Papers that people hand over; none holds a secret that is not sealed to its reader."""
SECONDS_MAX = 200
"""The demo takes a third of a minute on two idle cores; the tests run beside others."""


def processes_naming(folder: Path) -> list[str]:
    """The command lines of processes that name a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and int(path.parent.name) != os.getpid():
            found.append(line)
    return found


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    stage = tmp_path_factory.mktemp("a demo") / "kept here"
    done = subprocess.run(
        [*SATCHEL, "demo", "--json", "--patients", "2", "--seed", "5", "--keep", str(stage)],
        capture_output=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stdout
    yield stage, json.loads(done.stdout)
    shutil.rmtree(stage)


@pytest.mark.timeout(SECONDS_MAX)
def test_every_check_of_the_demo_holds(kept: tuple[Path, dict[str, Any]]) -> None:
    stage, outcome = kept
    assert outcome["ok"] is True
    assert [check for check in outcome["checks"] if not check["passed"]] == []
    assert len({check["name"] for check in outcome["checks"]}) == len(outcome["checks"]) == 20
    assert outcome["seconds"] > 0
    assert outcome["commands"] == COMMANDS_TOTAL
    assert processes_naming(stage) == []


@pytest.mark.timeout(SECONDS_MAX)
def test_what_is_kept_is_its_owners_alone(kept: tuple[Path, dict[str, Any]]) -> None:
    stage, _ = kept
    assert {path.name for path in stage.iterdir()} == {
        *("agency", "chain", "evidence", "hilltop", "ministry", "riverside", "tablet", "truck"),
        *("newest.checkpoint", "three.proposal"),
        *("valley.network", "valley without endpoints.network"),
    }
    for path in stage.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert path.suffix in FOR_ANYBODY or "chain" in path.parts or mode & 0o077 == 0, path


@pytest.mark.timeout(SECONDS_MAX)
def test_on_real_files_too_a_planted_name_or_key_is_found(
    kept: tuple[Path, dict[str, Any]],
) -> None:
    stage, _ = kept
    here = export_lines(stage / "evidence" / "riverside revoked history.ndjson")
    there = export_lines(stage / "evidence" / "hilltop revoked history.ndjson")
    (after,) = read_back(stage / "riverside" / "after")
    patient = next(read_back(stage / "riverside" / "apart"))

    words = telling_words(here)
    assert relay_holds_no_words(search_for(words, files_in(stage / "truck"))).passed
    planted = stage / "truck" / "home" / "core"
    planted.write_bytes(b"\x00" * 99 + str(patient["id"]).encode("utf-16-le"))
    assert not relay_holds_no_words(search_for(words, files_in(stage / "truck"))).passed
    planted.unlink()

    mark = reference(after)
    assert unreadable_after_revocation(here, there, mark).passed
    assert not unreadable_after_revocation(here, here, mark).passed

    homes = [
        open_home_copy(Home(stage / name / "home"), stage / name / "passphrase")
        for name in ("riverside", "truck", "hilltop")
    ]
    writer, carrier, shut_out = homes
    assert keys_do_not_open(mark, writer, carrier, shut_out).passed
    assert not keys_do_not_open(mark, writer, carrier, writer).passed


@pytest.mark.timeout(SECONDS_MAX)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_stopped_leaves_no_process_and_no_folder(
    tmp_path: Path, number: signal.Signals
) -> None:
    demo = subprocess.Popen(
        [*SATCHEL, "demo", "--patients", "1"],
        env=plain_environment() | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # A suite that runs in the background hands down an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with demo:
        try:
            until = time.monotonic() + SECONDS_MAX / 2
            while not any("serve" in line for line in processes_naming(tmp_path)):
                assert demo.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            demo.send_signal(number)
            _, said = demo.communicate(timeout=SECONDS_MAX / 2)
        finally:
            demo.kill()
    assert demo.returncode == 128 + number
    assert b"Traceback" not in said
    assert processes_naming(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_used_is_not_played_in(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"")
    for folder in (tmp_path, tmp_path / "mine"):
        done = subprocess.run(
            [*SATCHEL, "demo", "--keep", str(folder)],
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        assert done.returncode == 2
        assert b"new or empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_first_failure_ends_what_works_beside_it(tmp_path: Path) -> None:
    processes = Processes()

    def sleep() -> None:
        command = [sys.executable, "-c", "import time; time.sleep(600)", str(tmp_path)]
        process = processes.start(
            command, folder=tmp_path, environment=plain_environment(), stderr=subprocess.PIPE
        )
        process.communicate()

    def fail() -> None:
        while not processes_naming(tmp_path):
            time.sleep(0.01)
        raise RuntimeError("this part failed")

    with pytest.raises(RuntimeError, match="this part failed"):
        together(processes, sleep, fail)
    assert processes_naming(tmp_path) == []
