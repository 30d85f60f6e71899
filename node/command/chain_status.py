"""`satchel chain status`: what a chain says it is, and whether it has the right registry."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from node.command.files import read_text
from node.command.shape import command
from node.command.telling import cell, print_json, print_line, wants_json, warn
from node.exits import ExitCode
from node.registry.answers import hexadecimal
from node.registry.limits import network_size_bytes_max

if TYPE_CHECKING:
    from node.registry.chain import Chain, Provider
    from node.registry.header import Header
    from node.registry.network import Deployed, Network


@command("status", example="satchel chain status --network network.json")
@click.option("--url", metavar="URL", help="The chain; the network file's first where left away.")
@click.option(
    "--network",
    "network_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare with this network file.",
)
def status(url: str | None, network_file: Path | None) -> int:
    """Say what a chain is: its id, its blocks, its software, whether it gives proofs.

    With --network also whether it is that network's chain, and whether the contracts there have
    the code that the file names, proven. Ends with 8 where they do not.
    """
    from node.registry.chain import Chain
    from node.registry.errors import NoChain
    from node.registry.http_provider import HttpProvider, host_of
    from node.registry.network import parse_network

    network = None
    if network_file is not None:
        network = parse_network(read_text(network_file, network_size_bytes_max).encode())
    if url is None:
        if network is None or not network.urls:
            raise NoChain
        url = network.urls[0]
    provider = HttpProvider(url)
    try:
        found = _look(Chain(provider, host_of(url)), provider, network)
    finally:
        provider.close()
    _tell(found)
    wrong = found["matches_network"] is False or found["proofs"] is False
    return int(ExitCode.REFUSED if wrong else ExitCode.ALL_TAKEN)


def _look(chain: "Chain", provider: "Provider", network: "Network | None") -> dict[str, Any]:
    from node.registry.chain import Tag
    from node.registry.errors import ChainForeign, ChainRefused, ChainUntrusted

    chain_id = chain.chain_id()
    head, final = chain.header(Tag.LATEST), chain.header(Tag.FINALIZED)
    answer = provider.make_request("web3_clientVersion", [])
    software = str(answer.get("result") if isinstance(answer, dict) else None)[:200]
    proofs, reason = True, None
    try:
        chain.proofs(head, bytes(20), ())
    except (ChainForeign, ChainRefused):
        proofs = False
    matches = None
    contracts: dict[str, Any] = {}
    if network is not None:
        try:
            chain.check(network)
        except (ChainForeign, ChainUntrusted) as error:
            reason = str(error)
        matches = reason is None
        for name, deployed in network.contracts.items():
            same = matches or _has_code(chain, head, deployed)
            contracts[str(name)] = {"address": hexadecimal(deployed.address), "code_as_named": same}
    development = is_for_development(chain_id, software)
    return {
        "chain": chain_id,
        "software": software,
        "head": head.number,
        "head_timestamp": head.timestamp_seconds,
        "finalized": final.number,
        "proofs": proofs,
        "development": development or (network is not None and network.development),
        "matches_network": matches,
        "reason": reason,
        "contracts": contracts,
    }


def _has_code(chain: "Chain", header: "Header", deployed: "Deployed") -> bool:
    from node.registry.errors import ChainForeign, ChainUntrusted

    try:
        chain.words(header, deployed.address, deployed.code_hash, ())
    except (ChainForeign, ChainUntrusted):
        # Of a contract that is not there, no code is proven.
        return False
    return True


def is_for_development(chain_id: int, software: str) -> bool:
    """Whether a chain is one of those that developers run on their own machines."""
    ours = software.lower().startswith(("satchel-development-chain", "anvil", "hardhat"))
    return ours or chain_id in (1337, 31337)


def _tell(found: dict[str, Any]) -> None:
    if wants_json():
        print_json(found)
        return
    yes = {True: "yes", False: "no", None: "not asked"}
    print_line(f"{'chain':<14}{found['chain']}")
    print_line(f"{'software':<14}{cell(found['software'])}")
    print_line(f"{'newest block':<14}{found['head']}")
    print_line(f"{'final block':<14}{found['finalized']}")
    print_line(f"{'gives proofs':<14}{yes[found['proofs']]}")
    if found["matches_network"] is not None:
        same = "as in the file" if found["matches_network"] else "not the one in the file"
        print_line(f"{'network':<14}{same}")
    for name, contract in found["contracts"].items():
        state = "code as named" if contract["code_as_named"] else "other code, or none"
        print_line(f"{name:<14} {contract['address']}  {state}")
    if found["reason"]:
        warn(str(found["reason"]))
    if found["development"]:
        warn("this chain is for development: nothing on it protects anybody")
