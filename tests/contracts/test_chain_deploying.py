"""`satchel chain deploy` and `chain status`: on our own chain and on anvil, and what is refused."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anvil import ask, running_anvil

from contracts.development.chain import DevelopmentChain
from contracts.development.rpc import JsonRpc
from contracts.development.server import ChainServer
from contracts.development_accounts import development_accounts
from contracts.loader import Name
from node.command import main
from node.exits import ExitCode
from node.registry.development_signer import development_signer, signing_key
from node.registry.network import parse_network
from sync.identifiers import did_key
from sync.signing import Signer

ACCOUNTS = development_accounts()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A served development chain."""
    chain = DevelopmentChain(clock=time.time)
    server = ChainServer(JsonRpc(chain), 0)
    yield server.url
    server.close()
    chain.close()


@pytest.fixture
def other_url() -> Iterator[str]:
    """A chain that does not look like one for development."""
    chain = DevelopmentChain(5, clock=time.time)
    rpc = JsonRpc(chain)
    answer = rpc.answer_bytes
    server = ChainServer(rpc, 0)
    rpc.answer_bytes = lambda request: answer(request).replace(b"satchel-development", b"Geth")  # type: ignore[method-assign]
    yield server.url
    server.close()
    chain.close()


Run = Any


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives its exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main.run([str(argument) for argument in arguments])
        return (code, *capfd.readouterr())

    return run


def test_an_address_and_a_file_are_enough_on_a_development_chain(
    run: Run, url: str, tmp_path: Path
) -> None:
    file = tmp_path / "network.json"

    code, out, err = run("chain", "deploy", "--url", url, "--network", file, "--json")

    assert code == ExitCode.ALL_TAKEN, err
    told = json.loads(out)
    network = parse_network(file.read_bytes())
    assert told["words"] == list(network.words)
    assert (network.development, network.urls, network.chain) == (True, (url,), 31337)
    assert told["council"] == ["0x" + ACCOUNTS[0].address.hex()]
    assert [line.partition(":")[0] for line in told["chosen"]] == [
        *("council", "checkpoint signer", "name")
    ]
    # A node of this network can vouch for blocks with the key that everybody has.
    own = Signer(bytes(32))
    assert signing_key(network, network.signers, own) == development_signer()
    assert signing_key(network, [own.public], own) is own
    code, out, _ = run("chain", "status", "--network", file, "--json")
    status = json.loads(out)
    assert code == ExitCode.ALL_TAKEN
    assert status["matches_network"] is True
    assert status["proofs"] is True
    assert status["development"] is True
    assert [found["code_as_named"] for found in status["contracts"].values()] == [True] * 3


def test_two_deployments_never_share_an_address(run: Run, url: str, tmp_path: Path) -> None:
    networks = []
    for name in ("one", "other"):
        run("chain", "deploy", "--url", url, "--network", tmp_path / name)
        networks.append(parse_network((tmp_path / name).read_bytes()))

    addresses = [set(found.address for found in each.contracts.values()) for each in networks]
    assert not addresses[0] & addresses[1]
    assert networks[0].fingerprint != networks[1].fingerprint


def test_everything_that_is_asked_for_is_on_the_chain(run: Run, url: str, tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    council = ["0x" + of.address.hex() for of in ACCOUNTS[3:6]]
    signers = [Signer(bytes([place] * 32)).public for place in range(3)]
    options = [item for member in council for item in ("--council", member)]
    options += [item for key in signers for item in ("--checkpoint-signer", did_key(key))]
    key_file = tmp_path / "payer.key"
    key_file.write_text(ACCOUNTS[9].secret.hex() + "\n")
    before = int(
        ask(url, "eth_getBalance", "0x" + ACCOUNTS[9].address.hex(), "latest")["result"], 16
    )

    code, _, err = run(
        *(
            "chain",
            "deploy",
            "--url",
            url,
            "--network",
            file,
            "--name",
            "valley",
            "--payer",
            key_file,
        ),
        *(*options, "--threshold", "3", "--checkpoint-threshold", "1"),
    )

    assert code == ExitCode.ALL_TAKEN, err
    assert ACCOUNTS[9].secret.hex() not in err
    network = parse_network(file.read_bytes())
    assert (network.name, network.threshold) == ("valley", 1)
    assert network.signers == tuple(sorted(signers))
    accreditation = "0x" + network.contracts[Name.ACCREDITATION].address.hex()
    words = [
        ask(url, "eth_getStorageAt", accreditation, slot, "latest")["result"]
        for slot in ("0x4", "0x8")
    ]
    assert int(words[0], 16) == 3 << 8 | 3
    assert words[1] == "0x" + network.signer_set.hash.hex()
    after = int(
        ask(url, "eth_getBalance", "0x" + ACCOUNTS[9].address.hex(), "latest")["result"], 16
    )
    assert after < before


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ([], "--council"),
        (["--council", "0x" + "11" * 20], "--checkpoint-signer"),
        (
            [
                "--council",
                "0x" + "11" * 20,
                "--checkpoint-signer",
                did_key(Signer(bytes(32)).public),
            ],
            "--name",
        ),
        (["--development"], None),
    ],
)
def test_nothing_is_chosen_on_a_chain_that_is_not_for_development(
    run: Run, other_url: str, tmp_path: Path, options: list[str], missing: str | None
) -> None:
    file = tmp_path / "network.json"

    code, _, err = run("chain", "deploy", "--url", other_url, "--network", file, *options)

    if missing is None:
        assert code == ExitCode.ALL_TAKEN
        assert parse_network(file.read_bytes()).development is True
    else:
        assert code == ExitCode.USAGE
        assert f"{missing} must be given" in err
        assert not file.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--council", "0x12"], "--council is an address"),
        (["--council", "0x" + "11" * 20, "--threshold", "2"], "2 of 1"),
        (["--checkpoint-signer", "did:key:zNothing"], "--checkpoint-signer is a did:key"),
        (["--checkpoint-threshold", "2"], "threshold"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_sent(
    run: Run, url: str, tmp_path: Path, options: list[str], said: str
) -> None:
    before = ask(url, "eth_blockNumber")["result"]

    code, _, err = run("chain", "deploy", "--url", url, "--network", tmp_path / "n", *options)

    assert code == ExitCode.USAGE
    assert said in err
    assert ask(url, "eth_blockNumber")["result"] == before


def test_an_endpoint_that_holds_a_key_stays_out_of_the_network_file(
    run: Run, url: str, tmp_path: Path
) -> None:
    file = tmp_path / "network.json"

    code, _, err = run("chain", "deploy", "--url", f"{url}/v3/somebodys-key", "--network", file)

    assert code == ExitCode.ALL_TAKEN, err
    assert parse_network(file.read_bytes()).urls == ()
    assert "somebodys-key" not in file.read_text() + err


def test_a_network_file_is_never_written_over(run: Run, url: str, tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    file.write_text("somebody's")

    code, _, err = run("chain", "deploy", "--url", url, "--network", file)

    assert code == ExitCode.REFUSED
    assert "there already" in err
    assert file.read_text() == "somebody's"


def test_a_chain_that_nobody_serves_is_told_so(run: Run, tmp_path: Path) -> None:
    for command in (["deploy", "--network", tmp_path / "n"], ["status"]):
        code, _, err = run("chain", *command, "--url", "http://127.0.0.1:9")
        assert code == ExitCode.NETWORK
        assert "nobody listens there" in err


def test_status_tells_another_chain_and_other_code_apart(
    run: Run, url: str, other_url: str, tmp_path: Path
) -> None:
    file, swapped = tmp_path / "network.json", tmp_path / "swapped.json"
    run("chain", "deploy", "--url", url, "--network", file)
    value = json.loads(file.read_text())
    value["contracts"]["DIDRegistry"]["code_hash"] = "0x" + "11" * 32
    swapped.write_text(json.dumps(value))

    code, out, _ = run("chain", "status", "--network", swapped, "--json")
    told = json.loads(out)
    assert (code, told["matches_network"]) == (ExitCode.REFUSED, False)
    assert [found["code_as_named"] for found in told["contracts"].values()] == [False, True, True]

    code, out, _ = run("chain", "status", "--network", file, "--url", other_url, "--json")
    told = json.loads(out)
    assert (code, told["matches_network"]) == (ExitCode.REFUSED, False)
    assert "its id is not 31337" in told["reason"]


def test_the_registry_is_deployed_on_anvil_once_anvil_holds_it_for_final(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "network.json"
    with running_anvil() as anvil:
        code, _, err = run("chain", "deploy", "--url", anvil.url, "--network", file)
        assert code == ExitCode.ALL_TAKEN, err
        code, out, err = run("chain", "status", "--network", file, "--json")

    assert code == ExitCode.ALL_TAKEN, err
    assert json.loads(out)["software"].startswith("anvil")
    assert parse_network(file.read_bytes()).development is True
