"""`satchel chain deploy`: puts the registry's contracts on a chain and writes its network file."""

import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from node.command.chain_status import is_for_development
from node.command.errors import DeploymentFailed, NotForDevelopment, OutputFailed
from node.command.files import read_text
from node.command.shape import command
from node.command.telling import note, print_json, print_line, wants_json, warn

if TYPE_CHECKING:
    from node.registry.chain import Chain
    from node.registry.deploying import Plan
    from node.registry.network import Network
    from node.registry.payer import Payer

_KEY_FILE_LENGTH_CHARS_MAX: Final = 256
_COUNCIL_MAX: Final = 16


@dataclass(frozen=True)
class _Asked:
    """The options, as they were given."""

    name: str | None
    council: tuple[str, ...]
    threshold: int | None
    signers: tuple[str, ...]
    signers_threshold: int | None
    payer: Path | None


@command(
    "deploy",
    example="satchel chain deploy --url http://127.0.0.1:8545 --network network.json",
)
@click.option("--url", metavar="URL", required=True, help="The chain.")
@click.option(
    "--network",
    "network_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="Where to write the network file, which nodes are made with.",
)
@click.option("--name", metavar="NAME", help="What people call the network.")
@click.option(
    "--council",
    multiple=True,
    metavar="ADDRESS",
    help="A member of the council: organisation of `satchel id --json`. May be repeated.",
)
@click.option(
    "--threshold",
    type=click.IntRange(1, _COUNCIL_MAX),
    help="So many members decide; more than half where left away.",
)
@click.option(
    "--checkpoint-signer",
    "signers",
    multiple=True,
    metavar="KEY",
    help="Who vouches for blocks: checkpoint_key of `satchel id --json`. May be repeated.",
)
@click.option(
    "--checkpoint-threshold",
    "signers_threshold",
    type=click.IntRange(1),
    help="So many signers make a checkpoint; more than half where left away.",
)
@click.option("--development", is_flag=True, help="Mark the network as one for trying out.")
@click.option(
    "--payer",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file with the payer's key, 64 hexadecimal digits; on a development chain not needed.",
)
def deploy(url: str, network_file: Path, development: bool, **options: Any) -> None:
    """Put the registry's three contracts on a chain, and write its network file.

    A key that is made for it deploys them, and is forgotten: whoever runs this has no power over
    the contracts afterwards, the council has. The network file's words are what people compare.

    On a development chain --url and --network are enough: what is not given is chosen, from keys
    that everybody has, and said. On any other chain nothing is chosen.
    """
    from node.registry.chain import Chain
    from node.registry.deploying import Deployment
    from node.registry.http_provider import HttpProvider, host_of

    if network_file.exists():
        raise DeploymentFailed("the network file is there already")
    if not os.access(network_file.parent, os.W_OK | os.X_OK):  # before anything is paid for
        raise OutputFailed(network_file, "its folder is not there, or cannot be written to")
    provider = HttpProvider(url)
    try:
        chain = Chain(provider, host_of(url))
        answer = provider.make_request("web3_clientVersion", [])
        software = str(answer.get("result") if isinstance(answer, dict) else None)
        tried_out = development or is_for_development(chain.chain_id(), software)
        asked = _Asked(**options)
        plan, chosen = _planned(asked, url, chain.chain_id(), development=tried_out)
        payer = _payer(asked.payer, chain, development=tried_out)
        for line in chosen:
            note(line)
        deployment = Deployment(
            provider, chain, payer, secrets.token_bytes(32), pause=time.sleep, told=note
        )
        network = deployment.run(plan)
    finally:
        provider.close()
    _write(network_file, network)
    _tell(network_file, network, plan, chosen)


def _planned(
    asked: _Asked, url: str, chain_id: int, *, development: bool
) -> "tuple[Plan, list[str]]":
    """What is deployed, and what was chosen that nobody asked for."""
    from node.registry.deploying import Plan
    from node.registry.development_signer import development_signer
    from node.registry.signers import SignerSet
    from sync.identifiers import did_key

    chosen: list[str] = []
    council = tuple(sorted({_address(text) for text in asked.council}))
    if not council:
        _require(development, "--council")
        council = (_development_address(),)
        chosen.append(f"council: 0x{council[0].hex()}, the first development account")
    signers = tuple(sorted({_signer(text) for text in asked.signers}))
    if not signers:
        _require(development, "--checkpoint-signer")
        signers = (development_signer().public,)
        chosen.append(f"checkpoint signer: {did_key(signers[0])}, whose key everybody has")
    name = asked.name
    if name is None:
        _require(development, "--name")
        name = f"development {chain_id}"
        chosen.append(f"name: {name}")
    threshold = asked.threshold or len(council) // 2 + 1
    if threshold > len(council) or len(council) > _COUNCIL_MAX:
        raise click.UsageError(
            f"--threshold and --council: {threshold} of {len(council)} different members, at most "
            f"{_COUNCIL_MAX}"
        )
    signers_threshold = asked.signers_threshold or len(signers) // 2 + 1
    try:
        signer_set = SignerSet(signers, signers_threshold)
    except ValueError as error:
        raise click.UsageError(f"--checkpoint-signer: {error}") from None
    urls = _shareable(url)
    if not urls:
        chosen.append("no endpoint in the network file: this one may hold somebody's key")
    return Plan(name, council, threshold, signer_set, development, urls), chosen


def _shareable(url: str) -> tuple[str, ...]:
    """The endpoint as the network file may name it: whoever has the file would have its key."""
    parts = urlsplit(url)
    return (url,) if parts.path in ("", "/") and not parts.query else ()


def _require(development: bool, option: str) -> None:
    if not development:
        raise NotForDevelopment(option)


def _development_address() -> bytes:
    from contracts.development_accounts import development_accounts

    return development_accounts()[0].address


def _address(text: str) -> bytes:
    from sync.errors import IdentifierError
    from sync.identifiers import parse_did_ethr

    try:
        return parse_did_ethr(text if text.startswith("did:") else f"did:ethr:{text}")
    except IdentifierError:
        raise click.UsageError("--council is an address: 0x and 40 hexadecimal digits") from None


def _signer(text: str) -> Any:
    from sync.errors import IdentifierError
    from sync.identifiers import parse_did_key

    try:
        return parse_did_key(text)
    except IdentifierError:
        raise click.UsageError("--checkpoint-signer is a did:key of an Ed25519 key") from None


def _payer(file: Path | None, chain: "Chain", *, development: bool) -> "Payer":
    from node.registry.errors import CannotPay
    from node.registry.payer import Payer, address_of, parse_payer_key

    if file is not None:
        secret = parse_payer_key(read_text(file, _KEY_FILE_LENGTH_CHARS_MAX))
        return Payer(address_of(secret), "key file", secret)
    _require(development, "--payer")
    accounts: Sequence[bytes] = chain.accounts()
    if not accounts:
        raise CannotPay("the chain has no account of its own")
    return Payer(accounts[0], "development account")


def _write(path: Path, network: "Network") -> None:
    try:
        with path.open("xb") as file:
            file.write(network.to_json())
    except OSError as error:
        raise OutputFailed(path, (error.strerror or "unknown").lower()) from None


def _tell(path: Path, network: "Network", plan: "Plan", chosen: list[str]) -> None:
    if wants_json():
        print_json(
            {
                "network": str(path),
                "name": network.name,
                "chain": network.chain,
                "fingerprint": network.fingerprint.hex(),
                "words": list(network.words),
                "development": network.development,
                "contracts": {
                    str(name): "0x" + deployed.address.hex()
                    for name, deployed in network.contracts.items()
                },
                "council": ["0x" + member.hex() for member in plan.council],
                "threshold": plan.threshold,
                "genesis": network.genesis.block,
                "chosen": chosen,
            }
        )
        return
    print_line(f"{'network':<14}{network.name} (chain {network.chain})")
    for name, deployed in network.contracts.items():
        print_line(f"{name:<15} 0x{deployed.address.hex()}")
    print_line(f"{'council':<14}{plan.threshold} of {len(plan.council)}")
    print_line(f"{'checkpoints':<14}{network.threshold} of {len(network.signers)}")
    print_line(f"{'words':<14}{' '.join(network.words[:6])}")
    print_line(f"{'':<14}{' '.join(network.words[6:])}")
    print_line(f"{'written to':<14}{path}")
    if network.development:
        warn("this network is for development: nothing on it protects anybody")
