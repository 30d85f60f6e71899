"""Large resources with real processes over libp2p: `kill -9` amid their pieces, and after."""

import base64
import json
import random
import signal
import time
from pathlib import Path

from satchel_process import Satchel

from node.exits import ExitCode

SCAN_SIZE_BYTES = 9_000_000


def letter() -> dict[str, object]:
    scan = random.Random(1).randbytes(SCAN_SIZE_BYTES)
    return {
        "resourceType": "DocumentReference",
        "id": "letter-1",
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "content": [{"attachment": {"data": base64.b64encode(scan).decode()}}],
    }


def size_bytes(satchel: Satchel) -> int:
    return sum(path.stat().st_size for path in satchel.home.glob("satchel.db*"))


def killed_amid_a_sync(satchel: Satchel, address: str) -> None:
    """Begin a sync, and lose the process when some megabytes are on its disk."""
    before = size_bytes(satchel)
    process = satchel.start("sync", address)
    while size_bytes(satchel) < before + SCAN_SIZE_BYTES // 4 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_killed_sync_goes_on_from_its_last_piece_and_an_export_says_what_is_missing(
    riverside: Satchel, hilltop: Satchel, tmp_path: Path
) -> None:
    file = tmp_path / "letter.ndjson"
    original = letter()
    person = {"resourceType": "Patient", "id": "p1", "birthDate": "1980-01-01"}
    file.write_text(f"{json.dumps(person)}\n{json.dumps(original)}\n")
    riverside.done("import", file)
    riverside.pair(hilltop)
    hilltop.pair(riverside)
    riverside.done(
        "grant", "--all", "--to", "hilltop", "--lanes", "summary,care,sensitive", "--history"
    )
    serving = riverside.serve()
    try:
        killed_amid_a_sync(hilltop, serving.line)
        doctor = hilltop.done("doctor")
        assert "pieces of large resources are not here yet" in doctor.out + doctor.err
        output = tmp_path / "out.ndjson"
        ended = hilltop.run("export", "--all", "-o", output)
        assert ended.code == ExitCode.INCOMPLETE
        assert "not here yet: DocumentReference/letter-1 in chart" in ended.err
        assert [json.loads(line) for line in output.read_text().splitlines()] == [person]
        again = hilltop.done("sync", serving.line, "--json").json
        pieces = -(-len(json.dumps(original)) // (256 * 1024))
        assert 0 < again["pieces_received"] < pieces
    finally:
        serving.stop()
    assert original in [json.loads(line) for line in hilltop.done("export", "--all").lines]
