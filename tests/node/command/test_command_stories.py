"""Whole-process stories: the real command, what it prints, its exit code."""

import json
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

from satchel_process import FAMILY_NAME, Satchel, Serving

from node.command.reference import RESULT_KEYS

Serve = Callable[[Satchel], Serving]


def test_init_shows_the_words_once_and_they_confirm(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("words")
    satchel = Satchel(tmp_path / "home", tmp_path / "passphrase")

    made = satchel.done("init", "--name", "riverside")
    words = "\n".join(made.out.partition("recovery words\n")[2].splitlines())

    assert "24. " in words
    assert "satchel recovery confirm" in made.err
    assert "not been confirmed" in satchel.done("doctor").out
    wrong = satchel.run("recovery", "confirm", given="abandon " * 24)
    assert wrong.code == 8
    assert "abandon" not in wrong.err
    satchel.done("recovery", "confirm", given=words)
    assert "not been confirmed" not in satchel.done("doctor").out
    again = satchel.run("init", "--name", "riverside")
    assert again.code == 8
    assert again.err.startswith("satchel: error: there is a satchel home at")


def test_what_is_imported_is_listed_found_shown_and_exported(
    riverside: Satchel, patient_file: Path
) -> None:
    taken = riverside.done("import", patient_file.parent, "--json").json
    listed = riverside.done("chart", "list", "--json").json
    patient = next(one for one in listed if one["name"].endswith(FAMILY_NAME))

    assert taken["accepted"] == 4
    assert taken["rejected"] == []
    assert taken["charts"] == 2
    assert patient["birth_date"] == "1984-03-01"
    assert patient["resources"] == 3
    found = {**patient, "match": "begins with"}
    assert riverside.done("search", "quillon", "--json").json == [found]
    assert riverside.done("search", "nobody like that", "--json").json == []
    page = riverside.done("chart", "show", patient["chart"][:8]).out
    assert FAMILY_NAME in page
    assert "AllergyIntolerance/a1" in page
    lines = riverside.done("export", "--all").lines
    given = [entry["resource"] for entry in json.loads(patient_file.read_text())["entry"]]
    assert sorted(lines) == sorted(json.dumps(one, ensure_ascii=False) for one in given)
    bundle = riverside.done("export", "--chart", patient["chart"], "--format", "bundle").json
    assert len(bundle["entry"]) == 3
    riverside.done("audit", "verify")


def test_two_nodes_meet_and_then_export_the_same(
    riverside: Satchel, hilltop: Satchel, patient_file: Path, serving: Serve
) -> None:
    riverside.done("import", patient_file)
    riverside.pair(hilltop)
    hilltop.pair(riverside)
    granted = riverside.done(
        "grant", "--all", "--to", "hilltop", "--lanes", "summary,care,sensitive", "--history"
    )
    service = serving(riverside)

    first = hilltop.done("sync", service.line, "--json").json
    again = hilltop.done("sync", service.line, "--json").json
    card = riverside.home.with_suffix(".later")
    riverside.done("id", "--card", card)
    hilltop.done("peer", "add", card)
    by_name = hilltop.done("sync", "riverside", "--json").json

    assert granted.out.startswith("hilltop may append")
    assert first["received"] == 4
    assert first["ops_received"] > 4
    assert (again["sent"], again["received"], again["ops_sent"], again["ops_received"]) == (0,) * 4
    assert by_name["ops_received"] == 0
    ours, theirs = riverside.done("export", "--all"), hilltop.done("export", "--all")
    assert sorted(ours.lines) == sorted(theirs.lines)
    assert len(theirs.lines) == 4
    stopped = service.stop()
    assert stopped.code == 0
    unreachable = hilltop.run("sync", "riverside")
    assert unreachable.code == 9
    assert "cannot be reached" in unreachable.err


def test_serve_prints_one_line_joins_commands_and_ends_at_a_signal(
    riverside: Satchel, patient_file: Path, serving: Serve
) -> None:
    service = serving(riverside)
    peer_id = riverside.done("id", "--json").json["peer_id"]

    assert service.line.startswith("/ip4/127.0.0.1/tcp/")
    assert service.line.endswith(f"/p2p/{peer_id}")
    assert stat.S_IMODE((riverside.home / "node.sock").lstat().st_mode) == 0o600
    # Who joins needs no passphrase: the socket is this user's own.
    riverside.passphrase_file.write_text("another one")
    assert riverside.done("import", patient_file, "--json").json["accepted"] == 4
    second = riverside.run("serve", "--listen", "/ip4/127.0.0.1/tcp/0")
    assert second.code == 6
    assert f"process {service.process.pid}" in second.err
    stopped = service.stop(signal.SIGINT)
    assert (stopped.code, stopped.out) == (0, "")
    assert FAMILY_NAME not in stopped.err
    assert not (riverside.home / "node.sock").exists()


def test_serve_as_json_names_all_its_addresses(riverside: Satchel) -> None:
    service = Serving(riverside.start("serve", "--listen", "/ip4/127.0.0.1/tcp/0", "--json"))
    ready = json.loads(service.line)

    assert service.stop().code == 0
    assert tuple(ready) == RESULT_KEYS["serve"]
    assert ready["addresses"][0].endswith(ready["peer_id"])


def test_a_node_that_was_killed_leaves_nobody_locked_out(
    riverside: Satchel, patient_file: Path, serving: Serve
) -> None:
    service = serving(riverside)
    riverside.done("import", patient_file)
    service.stop(signal.SIGKILL)

    assert (riverside.home / "node.sock").exists()
    assert len(riverside.done("export").lines) == 4
    assert riverside.done("audit", "verify", "--json").json["ok"]


def test_commands_at_once_on_one_home_all_end_well(riverside: Satchel, patient_file: Path) -> None:
    riverside.done("import", patient_file)

    started = [riverside.start("chart", "list", "--json") for _ in range(4)]
    ended = [process.communicate(timeout=120) for process in started]

    assert [process.returncode for process in started] == [0] * 4, ended
    assert len({out for out, _ in ended}) == 1


def test_a_home_that_is_held_without_a_socket_is_named_with_its_process(
    riverside: Satchel,
) -> None:
    import fcntl

    with (riverside.home / "node.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(f"{os.getpid()}\n\n")
        held.flush()
        refused = riverside.run("chart", "list", "--json")

    assert refused.code == 6
    assert refused.out == ""
    assert f"process {os.getpid()}" in json.loads(refused.err)["error"]["message"]


def test_a_wrong_passphrase_ends_with_five_and_changes_nothing(riverside: Satchel) -> None:
    right = riverside.passphrase_file.read_text()
    riverside.passphrase_file.write_text("wrong")
    before = {path.name: path.read_bytes() for path in riverside.home.iterdir()}

    refused = riverside.run("chart", "list")

    assert refused.code == 5
    assert refused.out == ""
    assert refused.err.startswith("satchel: error: the passphrase does not open")
    assert {path.name: path.read_bytes() for path in riverside.home.iterdir()} == before
    riverside.passphrase_file.write_text(right)
    riverside.done("chart", "list")


def test_what_is_rejected_is_listed_with_its_reason_and_code(
    riverside: Satchel, patient_file: Path
) -> None:
    folder = patient_file.parent
    (folder / "broken.json").write_text('{"resourceType": "Patient", "name": "Mbeki')
    outside = folder.parent / "outside.json"
    outside.write_text("{}")
    (folder / "link.json").symlink_to(outside)
    os.mkfifo(folder / "pipe.ndjson")

    some = riverside.run("import", folder, "--json")
    none = riverside.run("import", folder / "broken.json")
    missing = riverside.run("import", folder / "missing.json")
    device = riverside.run("import", "/dev/zero")

    assert some.code == 3
    assert some.json["accepted"] == 4
    assert [Path(one["source"]).name.split()[0] for one in some.json["rejected"]] == [
        "broken.json",
        "link.json",
        "pipe.ndjson",
    ]
    assert none.code == 4
    assert "Mbeki" not in none.out + none.err + some.out + some.err
    assert missing.code == 7
    assert device.code == 8


def test_conflicts_quarantine_and_revocation_speak_when_there_is_nothing(
    riverside: Satchel, serving: Serve
) -> None:
    serving(riverside)
    assert riverside.done("conflicts", "list", "--json").json == []
    assert riverside.done("quarantine", "list", "--json").json == []
    assert riverside.run("conflicts", "resolve", "abcdef", "--choose", "1").code == 7
    assert riverside.run("quarantine", "accept", "bafyreih").code == 7
    assert riverside.run("chart", "show", "abcdefgh").code == 7
    unknown = riverside.run("grant", "--all", "--to", "hilltop", "--lanes", "care")
    assert unknown.code == 7
    assert "satchel peer add" in unknown.err


def test_results_have_the_keys_that_the_reference_names(
    riverside: Satchel,
    hilltop: Satchel,
    made_homes: Path,
    patient_file: Path,
    tmp_path: Path,
    serving: Serve,
) -> None:
    card = tmp_path / "hilltop.card"
    hilltop.done("id", "--card", card)
    service = serving(riverside)
    found = {
        "init": json.loads((made_homes / "riverside.init").read_text()),
        "id": riverside.done("id", "--json").json,
        "peer add": riverside.done("peer", "add", card, "--json").json,
        "import": riverside.done("import", patient_file, "--json").json,
        "export": riverside.done("export", "-o", tmp_path / "out", "--json").json,
        "grant": riverside.done(
            "grant", "--all", "--to", "hilltop", "--lanes", "care", "--json"
        ).json,
        "sync": hilltop.done("sync", service.line, "--json").json,
        "revoke": riverside.done("revoke", "--all", "--from", "hilltop", "--json").json,
        "audit verify": riverside.done("audit", "verify", "--json").json,
        "doctor": riverside.done("doctor", "--json").json,
        "version": riverside.done("version", "--json").json,
    }
    lists = {
        "peer list": riverside.done("peer", "list", "--json").json,
        "chart list": riverside.done("chart", "list", "--json").json,
        "search": riverside.done("search", FAMILY_NAME, "--json").json,
    }
    chart = lists["search"][0]["chart"]
    found["chart show"] = riverside.done("chart", "show", chart, "--json").json
    lists["chart history"] = riverside.done("chart", "history", chart, "--json").json
    found["record add"] = riverside.done("record", "add", chart, patient_file, "--json").json
    found["peer remove"] = riverside.done("peer", "remove", "hilltop", "--json").json
    found |= {name: values[0] for name, values in lists.items()}

    assert {name: sorted(value) for name, value in found.items()} == {
        name: sorted(RESULT_KEYS[name]) for name in found
    }
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600
    assert service.stop().code == 0


def test_what_people_read_fits_80_columns_and_no_name_is_on_stderr(
    riverside: Satchel, hilltop: Satchel, patient_file: Path, serving: Serve
) -> None:
    riverside.pair(hilltop)
    serving(riverside)
    ended = [
        riverside.done("import", patient_file),
        riverside.done("grant", "--all", "--to", "hilltop", "--lanes", "care"),
        riverside.done("chart", "list"),
        riverside.done("search", FAMILY_NAME),
        riverside.done("doctor"),
        riverside.done("peer", "list"),
        riverside.done("revoke", "--all", "--from", "hilltop"),
    ]
    chart = riverside.done("search", FAMILY_NAME, "--json").json[0]["chart"]
    ended += [
        riverside.done("chart", "show", chart),
        riverside.done("chart", "history", chart),
        riverside.run("search", "Quillonbury", "Amara"),
    ]

    assert [line for one in ended for line in one.out.splitlines() if len(line) > 80] == []
    assert [one.err for one in ended if FAMILY_NAME in one.err or "Amara" in one.err] == []
