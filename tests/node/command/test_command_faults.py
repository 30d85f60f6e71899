"""Disks that are full or fail under real processes: said with a hint, nothing half, and it goes on.

A limit on the size of files, set and lifted while a node runs, fails its writes like a full disk.
"""

import json
import resource
import signal
import time
from pathlib import Path

from satchel_process import Ended, Satchel, Serving

from node.exits import ExitCode
from scenarios.population import Population, bundle

NOTHING_MORE = 0
A_LITTLE = 200_000
UNLIMITED = resource.RLIM_INFINITY


def limit_files(serving: Serving, size_bytes: int) -> None:
    """Let no file of a running node grow beyond a size."""
    resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (size_bytes, UNLIMITED))


def lines(satchel: Satchel) -> list[str]:
    return sorted(satchel.done("export", "--all", "--history").lines)


def assert_said(ended: Ended) -> None:
    assert ended.code == ExitCode.FAILED, ended
    assert "cannot be used" in ended.err
    assert "hint: free space" in ended.err


def written(folder: Path, name: str, seed: int, patients: int) -> Path:
    """A file of transactions of made-up patients."""
    file = folder / name
    file.write_bytes(b"\n".join(bundle(one) for one in Population(seed).patients(patients)))
    return file


def scan(folder: Path) -> Path:
    """A resource that is too large for an entry."""
    file = folder / "scan.ndjson"
    person = {"resourceType": "Patient", "id": "s1", "birthDate": "1980-01-01"}
    large = {
        "resourceType": "Observation",
        "id": "large",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/s1"},
        "note": [{"text": "x" * 900_000}],
    }
    file.write_text(f"{json.dumps(person)}\n{json.dumps(large)}\n")
    return file


def test_a_serving_node_whose_disk_is_full_says_so_and_goes_on_when_there_is_room(
    riverside: Satchel, hilltop: Satchel, tmp_path: Path
) -> None:
    riverside.done("import", written(tmp_path, "first.ndjson", 1, 2))
    riverside.pair(hilltop)
    hilltop.pair(riverside)
    chart = riverside.done("chart", "list", "--json").json[0]["chart"]
    note = tmp_path / "note.json"
    note.write_text('{"resourceType": "Basic", "code": {"text": "x"}}')
    before = lines(riverside)
    serving = riverside.serve()
    acts = (
        ("import", written(tmp_path, "more.ndjson", 2, 6)),
        ("import", scan(tmp_path)),
        ("record", "add", chart, note),
        ("grant", "--all", "--to", "hilltop", "--lanes", "summary,care,sensitive", "--history"),
    )
    try:
        for place, act in enumerate(acts):
            room = A_LITTLE if place == 0 else NOTHING_MORE
            limit_files(serving, room)
            ended = riverside.run(*act)
            if room == NOTHING_MORE or ended.code:
                assert_said(ended)
            assert serving.process.poll() is None, "the node died"
            limit_files(serving, UNLIMITED)
            riverside.done(*act)
            after = lines(riverside)
            assert set(before) <= set(after), "what was acknowledged is gone"
            before = after
        # The receiving side of a sync is full: its session ends, and the next one goes on.
        limit_files(serving, UNLIMITED)
        address = serving.line
        hilltop.done("sync", address)
        assert lines(hilltop) == before
        more = written(tmp_path, "later.ndjson", 3, 4)
        hilltop.done("import", more)
        hilltop.done("grant", "--all", "--to", "riverside", "--lanes", "summary,care", "--history")
        limit_files(serving, A_LITTLE)
        hilltop.run("sync", address)
        assert serving.process.poll() is None, "the node died"
        limit_files(serving, UNLIMITED)
        hilltop.done("sync", address)
        assert set(before) < set(lines(riverside))
        assert riverside.done("doctor", "--thorough", "--json").json["ok"]
        assert riverside.done("audit", "verify", "--json").json["ok"]
    finally:
        limit_files(serving, UNLIMITED)
        ended = serving.stop()
    assert ended.code == 0, ended


def killed(satchel: Satchel, seconds: float, *arguments: str | Path) -> bool:
    """Start a command and kill it after a while; whether that met it at work."""
    process = satchel.start(*arguments)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def test_a_rebuild_or_an_import_of_attachments_that_is_killed_goes_on_and_ends_right(
    riverside: Satchel, tmp_path: Path
) -> None:
    riverside.done("import", written(tmp_path, "first.ndjson", 1, 12))
    listed = riverside.done("chart", "list", "--json").json
    began = time.monotonic()
    riverside.done("doctor", "--rebuild")
    whole_seconds = time.monotonic() - began
    met = sum(
        killed(riverside, whole_seconds * part, "doctor", "--rebuild")
        for part in (0.85, 0.7, 0.55, 0.4)  # how long one takes changes with the machine's load
    )
    assert met > 0
    assert riverside.done("chart", "list", "--json").json == listed
    large = scan(tmp_path)
    for part in (0.6, 0.85):
        killed(riverside, whole_seconds * part, "import", large)
        held = [json.loads(line) for line in riverside.done("export", "--all").lines]
        kept = [len(one["note"][0]["text"]) for one in held if one.get("id") == "large"]
        assert kept in ([], [900_000]), "half of it is in"
    riverside.done("import", large)
    examined = riverside.done("doctor", "--thorough", "--json").json
    assert "repaired" not in [one["level"] for one in examined["findings"]]
    assert riverside.done("audit", "verify", "--json").json["ok"]
