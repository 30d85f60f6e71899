"""Network files, checkpoints and snapshots by the real command, with a chain and without."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from satchel_process import SATCHEL, Satchel

from contracts.loader import Name
from node.command.reference import RESULT_KEYS
from node.exits import ExitCode
from node.registry.network import CONTRACTS, Deployed, Genesis, Network
from node.registry.snapshot_file import decode_snapshot_file, encode_snapshot_file
from sync.identifiers import parse_did_key
from sync.signing import Signer


def made_network(name: str = "made") -> Network:
    return Network(
        name=name,
        chain=1337,
        contracts={
            contract: Deployed(bytes([number]) * 20, bytes([number]) * 32)
            for number, contract in enumerate(CONTRACTS, 1)
        },
        signers=(Signer(bytes(32)).public,),
        threshold=1,
        genesis=Genesis(1, b"\x01" * 32),
        development=True,
    )


@pytest.fixture
def bare(tmp_path: Path) -> Satchel:
    (tmp_path / "passphrase").write_text("a passphrase for tests\n")
    return Satchel(tmp_path / "home", tmp_path / "passphrase")


@pytest.fixture
def chain(bare: Satchel, tmp_path: Path) -> Iterator[str]:
    state = tmp_path / "chain.sqlite"
    process = bare.start("chain", "serve", "--state", state, "--port", "0")
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    return next(word for word in line.split() if word.startswith("http://"))


def test_a_home_is_made_for_a_network_and_refuses_to_start_with_another(
    bare: Satchel, tmp_path: Path
) -> None:
    file, other = tmp_path / "made.network", tmp_path / "other.network"
    file.write_bytes(made_network().to_json())
    other.write_bytes(made_network("other").to_json())
    words = list(made_network().words)

    made = bare.init("--name", "riverside", "--network", file, "--json").json
    shown = bare.done("network", "show", "--json").json

    assert made["network"]["words"] == shown["words"] == words
    assert made["network"]["development"] is True
    assert set(shown) - {"signs", "replaced"} == set(RESULT_KEYS["network show"])
    people = bare.done("network", "show", other)
    assert " ".join(made_network("other").words[:6]) in people.out
    assert "development network" in people.err
    assert bare.run("network", "verify", other).code == ExitCode.REFUSED

    kept = bare.home / "network.json"
    kept.write_bytes(other.read_bytes())
    swapped = bare.run("chart", "list")
    assert swapped.code == ExitCode.INTEGRITY
    assert "not the network file" in swapped.err


def test_a_home_without_a_network_says_so(made_homes: Path) -> None:
    riverside = Satchel(made_homes / "riverside", made_homes / "passphrase")
    ended = riverside.run("network", "show")

    assert json.loads((made_homes / "riverside.init").read_text())["network"] is None
    assert ended.code == ExitCode.REFUSED
    assert "no shared registry" in ended.err


def test_a_folder_that_is_not_there_is_told_before_anything_is_paid_for(
    bare: Satchel, tmp_path: Path
) -> None:
    file = tmp_path / "absent" / "net.json"
    ended = bare.run("chain", "deploy", "--url", "http://127.0.0.1:1", "--network", file)
    assert ended.code == ExitCode.FAILED  # no chain was asked
    assert "its folder is not there" in ended.err


def test_whoever_joins_at_a_terminal_is_asked_first_for_it_is_for_good(
    bare: Satchel, tmp_path: Path
) -> None:
    bare.init("--name", "founder")
    file = tmp_path / "net.json"
    file.write_bytes(made_network().to_json())
    terminal, theirs = pty.openpty()
    try:
        asked = subprocess.Popen(
            [SATCHEL, "network", "join", str(file)],
            env=bare.environment(),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.write(terminal, b"n\n")
        out, err = asked.communicate(timeout=60)
    finally:
        os.close(terminal)
        os.close(theirs)
    assert asked.returncode != 0
    assert " ".join(made_network().words[:6]) in out
    assert "for good?" in err
    assert bare.run("network", "show").code == ExitCode.REFUSED  # it has none still
    assert "joined" in bare.done("network", "join", file, "--yes").out


def test_a_malformed_network_file_makes_no_home(bare: Satchel, tmp_path: Path) -> None:
    broken = tmp_path / "broken.network"
    broken.write_text("{}")

    ended = bare.run("init", "--name", "riverside", "--network", broken)

    assert ended.code == ExitCode.REFUSED
    assert "lacks" in ended.err
    assert not bare.home.exists()


def test_a_chain_is_deployed_checked_signed_gathered_and_kept_in_a_file(
    bare: Satchel, chain: str, tmp_path: Path
) -> None:
    file, mine = tmp_path / "net.json", tmp_path / "mine.checkpoint"
    bare.done("chain", "deploy", "--url", chain, "--network", file)
    bare.init("--name", "riverside", "--network", file)
    verified = bare.done("network", "verify", file, "--url", chain, "--json").json
    assert set(verified) == set(RESULT_KEYS["network verify"])
    assert verified["block"] > 0

    signed = bare.done("checkpoint", "sign", "--out", mine, "--json").json
    assert set(signed) == set(RESULT_KEYS["checkpoint sign"])
    combine = ("checkpoint", "combine", "--network", file, "--out", tmp_path / "all")
    assert bare.done(*combine, mine, "--json").json["signed"] == signed["signed"]
    doubled = bare.run(*combine, mine, mine)
    assert doubled.code == ExitCode.REFUSED
    assert "twice" in doubled.err

    bare.done("registry", "sync")
    kept = tmp_path / "facts.snapshot"
    saved = bare.done("registry", "snapshot", "save", kept, "--json").json
    assert saved["facts"] > 0
    verify = ("registry", "snapshot", "verify", kept, "--network", file, "--json")
    (told,) = bare.done(*verify).json["snapshots"]
    assert told["facts"] == saved["facts"]
    assert [parse_did_key(signer) for signer in told["signers"]]
    content = kept.read_bytes()
    assert encode_snapshot_file(decode_snapshot_file(content)) == content
    assert Name.ACCREDITATION in {key.contract for key in decode_snapshot_file(content)[0].keys}
    middle = len(content) // 2
    kept.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    assert bare.run(*verify).code == ExitCode.REFUSED
