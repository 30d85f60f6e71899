"""`satchel council`, `org` and `credential`, told with real processes and a served chain."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from satchel_process import Ended, Satchel

from node.exits import ExitCode

OTHER_KEY = "did:key:z6MkeoYZ5WSykueqKBsef3szQcgEjZiZL5mzHthKevZyDpHh"
PAY = ("--pay", "--yes")


@dataclass(frozen=True)
class Valley:
    """A chain, two founding members of its council, and a clinic whose home is of its network."""

    ministry: Satchel
    association: Satchel
    clinic: Satchel
    network: Path
    folder: Path


@pytest.fixture(scope="module")
def founded(made_homes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a network file and a home of that network; its chain is served meanwhile."""
    folder = tmp_path_factory.mktemp("valley")
    clinic = Satchel(folder / "clinic", made_homes / "passphrase")
    process = clinic.start("chain", "serve", "--state", folder / "chain.db", "--port", "0")
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        members: list[str] = []
        for name in ("riverside", "hilltop"):
            made = json.loads((made_homes / f"{name}.init").read_text())
            members += ["--council", made["organisation"]]
        network = folder / "network.json"
        arguments = ("--url", url, "--network", network, "--threshold", "2")
        clinic.done("chain", "deploy", *arguments, *members)
        clinic.init("--name", "clinic", "--network", network)
        yield folder
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@pytest.fixture
def valley(riverside: Satchel, hilltop: Satchel, founded: Path, tmp_path: Path) -> Valley:
    shutil.copytree(founded / "clinic", tmp_path / "clinic")
    clinic = Satchel(tmp_path / "clinic", riverside.passphrase_file)
    return Valley(riverside, hilltop, clinic, founded / "network.json", tmp_path)


def decide(valley: Valley, *actions: str) -> Ended:
    """Two members who hold no chain and no network sign; the clinic, who is none, executes."""
    file = valley.folder / "decision.proposal"
    valley.clinic.done("council", "propose", *actions, "--out", file)
    for member in (valley.ministry, valley.association):
        member.done("council", "sign", file, "--network", valley.network, "--yes")
    return valley.clinic.done("council", "execute", file, *PAY, "--json")


def test_a_council_that_gathers_offline_accredits_a_clinic_which_vouches_for_itself(
    valley: Valley,
) -> None:
    clinic = valley.clinic
    done = decide(valley, "accredit", "self", "--role", "clinic", "--until", "2090-01-31")
    assert done.json["signatures"] == 2
    assert done.json["sent"] == 2  # the decision, and a root of the audit
    accredited = clinic.done("org", "show", "--json").json
    assert (accredited["state"], accredited["standing"]) == ("accredited", "allow")
    issued = clinic.done("credential", "issue", "--self", *PAY, "--json").json
    assert issued["sent"] == 2
    assert len(issued["keys"]) == 2
    shown = clinic.done("org", "show").out
    assert "allow: the organisation is accredited" in shown
    assert "roles: clinic" in shown
    assert "2090-02-01T00:00:00Z" in shown
    checked = clinic.done("credential", "check", "self", "--json").json
    assert (checked["state"], checked["kind"], checked["standing"]) == ("live", "device", "allow")
    (listed,) = clinic.done("council", "list", "--json").json
    assert listed["state"] == "executed or withdrawn"
    assert "(clinic (this organisation)) as clinic" in clinic.done("council", "list").out.replace(
        "\n    ", " "
    )
    file = valley.folder / "too-few.proposal"
    refused = clinic.run("council", "propose", "threshold", "3", "--out", file)
    assert refused.code == ExitCode.USAGE
    assert "3 would have to decide, and the council have 2" in refused.err
    alone = clinic.done("org", "suspend", "self", "--json").json
    assert (alone["state"], alone["signed_by"]) == ("signatures missing", [])  # it has no seat
    assert (alone["missing"], alone["queued"]) == (2, [])


def test_what_is_signed_is_told_and_a_stranger_to_the_network_signs_nothing(
    valley: Valley,
) -> None:
    file = valley.folder / "flood.proposal"
    valley.clinic.done("council", "propose", "disaster", "--until", "2090-03-01", "--out", file)
    seen = valley.ministry.done("council", "sign", file, "--look", "--network", valley.network)
    assert "declare disaster mode until 2090-03-02T00:00:00Z" in seen.out
    assert "0 signatures" in seen.out
    without = valley.ministry.run("council", "sign", file, "--yes")
    assert without.code == ExitCode.REFUSED
    assert "no shared registry" in without.err
    early = valley.clinic.run("council", "execute", file)
    assert early.code == ExitCode.REFUSED
    assert "registry sync" in early.err
    wrong = valley.clinic.run("council", "propose", "promote", "self", "--out", file)
    assert wrong.code == ExitCode.USAGE
    assert "promote is no action" in wrong.err


def test_a_key_is_rotated_and_a_credential_revoked_offline_then_both_reach_the_chain(
    valley: Valley,
) -> None:
    clinic = Satchel(valley.folder / "other", valley.clinic.passphrase_file)
    clinic.init("--name", "other", "--network", valley.network)  # its key is its own
    unasked = clinic.run("credential", "revoke", "--device", OTHER_KEY)
    assert unasked.code == ExitCode.USAGE
    rotated = clinic.done("org", "rotate", "--json").json
    assert rotated["state"] == "rotated"
    assert rotated["key"] != rotated["organisation"]
    revoked = clinic.done("credential", "revoke", "--device", OTHER_KEY, "--yes")
    assert "no chain has it yet" in revoked.err
    assert "for ever" in revoked.out
    kinds = [one["kind"] for one in clinic.done("registry", "outbox", "--json").json]
    assert kinds == ["change-owner", "follow", "revoke"]
    clinic.done("registry", "sync", *PAY)
    clinic.done("registry", "sync", *PAY)
    proven = clinic.done("credential", "check", OTHER_KEY, "--json").json
    assert (proven["state"], proven["standing"]) == ("revoked", "deny")


def test_what_was_asked_for_and_not_sent_is_told_with_where_it_waits(valley: Valley) -> None:
    clinic = Satchel(valley.folder / "stranger", valley.clinic.passphrase_file)
    clinic.init("--name", "stranger", "--network", valley.network)
    nowhere = clinic.run("credential", "issue", "--self", *PAY, "--url", "http://127.0.0.1:1")
    assert nowhere.code == ExitCode.NETWORK
    assert "it waits in the outbox" in nowhere.err
    refused = clinic.done("credential", "issue", "--self", *PAY)  # nobody accredited it
    assert "in the outbox not sent" in refused.err
    assert "registry outbox" in refused.err
    assert "the contract refuses" in clinic.done("registry", "outbox").out.replace("\n  ", " ")


def test_what_to_do_next_with_a_proposal_is_told(valley: Valley) -> None:
    file = valley.folder / "next.proposal"
    proposed = valley.clinic.done("council", "propose", "suspend", "self", "--out", file)
    assert f"carry {file} to the other members" in proposed.err
    signing = ("council", "sign", file, "--network", valley.network, "--yes")
    signed = valley.ministry.done(*signing)
    assert "signed as this organisation" in signed.out
