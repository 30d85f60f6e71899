"""`satchel network`: the network file that a home trusts, and its fingerprint in words."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from node.command.files import open_file
from node.command.reaching import home_path, node, passphrase
from node.command.shape import group
from node.command.telling import cell, plural, print_json, print_line, wants_json, warn
from node.registry.limits import network_size_bytes_max

if TYPE_CHECKING:
    from node.registry.network import Network

WORDS_A_LINE = 6
COMPARE = "compare the words by voice or on pairing cards with who runs the registry"
DEVELOPMENT = "this is a development network: nothing on it is worth anything to anybody"

network = group(
    "network",
    help="Show and check the registry's network file.",
    example="satchel network show\nsatchel network verify clinics.network",
)


@network.command("show", example="satchel network show clinics.network")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def show(file: Path | None) -> None:
    """Show a network FILE, or the one that this home was made with.

    Its fingerprint is told in words: compare them by voice or on pairing cards. Nodes share a
    registry only when their fingerprints agree.
    """
    found: dict[str, Any] = {}
    if file is None:
        from node.client import checkpoint_calls
        from node.registry.network import parse_network

        with node() as reach:
            found = reach.ask(checkpoint_calls.network())
        shown = parse_network(found["file"].encode())
    else:
        shown = read_network(file)
    told = network_told(shown)
    if found:
        told.update({key: found[key] for key in ("signers", "threshold", "signs", "replaced")})
    if wants_json():
        print_json(told)
        return
    for title in ("name", "chain"):
        print_line(f"{title:<14}{cell(told[title])}")
    for name, deployed in told["contracts"].items():
        print_line(f"{name:<17}{deployed['address']}")
    for signer in told["signers"]:
        print_line(f"{'signer':<14}{signer}")
    print_line(f"{'threshold':<14}{told['threshold']} of {len(told['signers'])}")
    print_line(f"{'genesis':<14}block {told['genesis']['block']}")
    for url in told["urls"]:
        print_line(f"{'endpoint':<14}{cell(url)}")
    if shown.development:
        print_line(f"{'development':<14}yes: for trying out only")
    show_words(shown)
    if told.get("replaced"):
        warn(
            "the registry names other checkpoint signers than these",
            "ask the council for them, then run `satchel checkpoint follow`",
        )


@network.command("join", example="satchel network join clinics.network")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask, once the words are compared.")
def join(file: Path, yes: bool) -> None:
    """Trust a network FILE from here on, for the life of this home.

    For who makes a network: its council's and signers' keys are in homes that came before it.
    Compare the words first: a home that trusted a wrong file, and its keys, cannot join another.
    No node may run here meanwhile. Charts that are here already never learn of revocations on the
    chain: their charters name no network.
    """
    from node.application.registry.joining_network import join_network
    from node.home.creation import open_home
    from node.home.guard import explained
    from node.home.lock import take_lock

    joined = read_network(file)
    home = open_home(home_path())
    if not (yes or wants_json()) and sys.stdin.isatty():
        print_line(f"{'name':<14}{cell(joined.name)}")
        show_words(joined)
        click.confirm("Are these the words, and join it for good?", abort=True, err=True)
    with take_lock(home), explained(home):
        charts = join_network(home, passphrase().read(), joined)
    if wants_json():
        print_json({**network_told(joined), "charts_before": charts})
        return
    print_line(f"{'joined':<14}{cell(joined.name)}")
    show_words(joined)
    if charts:
        warn(
            f"{plural(charts, 'chart')} opened before never learn of revocations on the chain",
            "import what they hold into a home that was made with the network",
        )


@network.command(
    "verify", example="satchel network verify clinics.network --url https://rpc.example"
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--url", help="Ask this endpoint whether its chain has these contracts.")
def verify(file: Path | None, url: str | None) -> None:
    """Check a network FILE, or the one of this home.

    It must be well-formed, and where there is a home, be the home's; with --url the chain must have
    its contracts, with their code, and answer with proofs.
    """
    home = _home_network()
    if file is None and home is None:
        from node.registry.errors import NoNetwork

        raise NoNetwork
    checked = read_network(file) if file is not None else home
    if checked is None:
        raise AssertionError("one of both is there")
    if home is not None and checked.fingerprint != home.fingerprint:
        from node.registry.errors import NetworkDiffers
        from node.registry.words import first_words

        raise NetworkDiffers(first_words(checked.fingerprint), first_words(home.fingerprint))
    block = None
    if url is not None:
        from node.registry.chain import open_chain

        chain = open_chain(url)
        block = chain.check(checked).number
        chain.close()
    if wants_json():
        told = {"well_formed": True, "home": home is not None, "block": block}
        print_json({**told, "fingerprint": checked.fingerprint.hex(), "words": checked.words})
        return
    print_line("well-formed")
    same, alone = "the same as this home's", "not compared: no home with a registry here"
    print_line(same if home is not None else alone)
    if block is not None:
        print_line(f"the chain has these contracts, as of block {block}")
    show_words(checked)


def read_network(path: Path) -> "Network":
    """The network of a file. Raises FileMissing, FileRefused, NetworkInvalid."""
    from node.registry.network import parse_network

    with open_file(path) as file:
        return parse_network(file.read(network_size_bytes_max + 1))


def network_told(shown: "Network") -> dict[str, Any]:
    """A network as `--json` has it."""
    from sync.identifiers import did_key

    return {
        "name": shown.name,
        "chain": shown.chain,
        "contracts": {
            name.value: {
                "address": "0x" + deployed.address.hex(),
                "code_hash": "0x" + deployed.code_hash.hex(),
            }
            for name, deployed in shown.contracts.items()
        },
        "signers": [did_key(signer) for signer in shown.signers],
        "threshold": shown.threshold,
        "genesis": {
            "block": shown.genesis.block,
            "hash": "0x" + shown.genesis.block_hash.hex(),
        },
        "development": shown.development,
        "urls": list(shown.urls),
        "fingerprint": shown.fingerprint.hex(),
        "words": list(shown.words),
    }


def show_words(shown: "Network") -> None:
    """The fingerprint in words, with what to do with them."""
    words = shown.words
    for start in range(0, len(words), WORDS_A_LINE):
        title = "words" if start == 0 else ""
        print_line(f"{title:<14}{' '.join(words[start : start + WORDS_A_LINE])}")
    if shown.development:
        warn(DEVELOPMENT)
    warn("a network file is trusted by its words alone", COMPARE)


def _home_network() -> "Network | None":
    """The network of the home, None where there is no home or it has none."""
    from node.client import NodeRefused, checkpoint_calls
    from node.errors import HomeMissing
    from node.registry.network import parse_network

    try:
        with node() as reach:
            return parse_network(reach.ask(checkpoint_calls.network())["file"].encode())
    except HomeMissing:
        return None
    except NodeRefused as refused:
        if refused.account.kind != "NoNetwork":
            raise
        return None
