"""`satchel consent` and `satchel audit`, told with real processes and a served chain."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from satchel_process import FAMILY_NAME, Satchel

from node.command.main import run
from node.command.reference import RESULT_KEYS
from node.exits import ExitCode

PAY = ("registry", "sync", "--pay", "--yes", "--json")


@pytest.fixture
def url(hilltop: Satchel, tmp_path: Path) -> Iterator[str]:
    """A chain that is served while the test runs."""
    process = hilltop.start("chain", "serve", "--state", tmp_path / "chain.db", "--port", "0")
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@pytest.fixture
def clinic(hilltop: Satchel, url: str, patient_file: Path, tmp_path: Path) -> Satchel:
    """A clinic of the chain's network, with one patient's chart."""
    network = tmp_path / "network.json"
    hilltop.done("chain", "deploy", "--url", url, "--network", network)
    made = Satchel(tmp_path / "clinic", tmp_path / "passphrase")
    made.init("--name", "clinic", "--network", network)
    made.done("import", patient_file)
    return made


def test_a_patient_opens_and_closes_the_chart_and_the_log_of_it_is_proven(
    clinic: Satchel, url: str
) -> None:
    listed = clinic.done("chart", "list", "--json").json
    chart = next(str(one["chart"]) for one in listed if one["name"].endswith(FAMILY_NAME))
    to = ("--role", "hospital", "--role", "clinic", "--accredited-days", "90")
    told = clinic.done("consent", "policy", chart, *to, "--lanes", "summary,care", "--json").json
    assert set(told) == set(RESULT_KEYS["consent policy"])
    assert (told["stands"], told["accredited_days"]) == (True, 90)
    assert told["chain"] == "waits to be sent"
    assert clinic.done(*PAY).json["sent"] == 2  # the commitment, and a root of the log of acts

    page = clinic.done("consent", "list", chart[:8]).out
    assert max(len(line) for line in page.splitlines()) <= 80
    words = " ".join(page.split())
    assert f"{told['consent'][:8]} policy: clinic, hospital" in words
    assert "read: summary, care, accredited for 90 days; consent" in words
    assert "on chain, as of block" in words
    assert "this chart's custodian" in words

    ended = clinic.done("consent", "revoke", chart, told["consent"][:8], "--json").json
    assert set(ended) == set(RESULT_KEYS["consent revoke"])
    assert (ended["stands"], ended["ended"], ended["access_ended"]) == (False, True, [])
    assert "its end waits to be sent" in ended["chain"]
    clinic.done("audit", "anchor")
    assert clinic.done(*PAY).json["sent"] == 2
    assert "ended on chain" in " ".join(clinic.done("consent", "list", chart).out.split())

    proven = clinic.done("audit", "verify", "--against-chain", "--url", url, "--json").json["chain"]
    assert (proven["ok"], proven["anchors"]) == (True, 2)
    assert "is proven up to entry" in clinic.done("audit", "verify", "--against-chain").out


def test_a_home_put_back_from_an_older_copy_is_told_by_the_chain(
    clinic: Satchel, url: str, tmp_path: Path
) -> None:
    older = Satchel(tmp_path / "older", clinic.passphrase_file)
    assert clinic.done(*PAY).json["sent"] == 1
    subprocess.run(["cp", "-r", clinic.home, older.home], check=True)
    clinic.done("chart", "show", clinic.done("chart", "list", "--json").json[0]["chart"])
    clinic.done("audit", "anchor")
    assert clinic.done(*PAY).json["sent"] == 1
    verified = older.run("audit", "verify", "--against-chain", "--url", url)
    assert verified.code == ExitCode.INTEGRITY
    assert "NOT what was anchored" in verified.out


@pytest.mark.parametrize(
    "given",
    [
        ["consent", "policy", "abcdefgh", "--lanes", "care"],
        ["consent", "policy", "abcdefgh", "--role", "clinic"],
        ["consent", "policy", "x", "--role", "clinic", "--lanes", "care", "--rights", "admin"],
        ["consent", "policy", "x", "--role", "c", "--lanes", "care", "--accredited-days", "-1"],
        ["consent", "grant", "abcdefgh", "--lanes", "care"],
        ["consent", "revoke", "abcdefgh"],
        ["consent", "list"],
        ["audit", "verify", "--url", "http://127.0.0.1:1"],
    ],
)
def test_what_makes_no_sense_of_consents_is_refused_with_the_usage(given: list[str]) -> None:
    assert run(given) == ExitCode.USAGE
