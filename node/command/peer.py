"""`satchel peer`: pairing with other nodes by their cards."""

from pathlib import Path
from typing import Any

import click

from node.client import calls
from node.command.files import read_text
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import (
    cell,
    network_lines,
    note,
    print_json,
    print_line,
    print_table,
    wants_json,
    warn,
)
from node.limits import card_length_chars_max

peer = group(
    "peer",
    help="Pair with other nodes by their cards.",
    example="satchel peer add hilltop.card\nsatchel peer list",
)


@peer.command("add", example="satchel peer add hilltop.card --name hilltop")
@click.argument("card", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it here; its own name where this is left away.")
def add(card: Path, name: str | None) -> None:
    """Pair with the node whose CARD this is (- for stdin).

    Compare its did, and the words of its network, with the people there. Pairing gives names, keys
    and addresses; access comes from `satchel grant`. Nodes share a registry only when their
    network's words agree.
    """
    text = read_text(card, card_length_chars_max)
    with node() as reach:
        found = reach.ask(calls.peers_add(text, name))
    _show(found)
    if not found["shares_network"]:
        warn(
            f"{cell(found['name'])} does not share this node's registry",
            "nothing of it can be verified here: compare `satchel network show` on both nodes",
        )


@peer.command("list", example="satchel peer list")
def list_peers() -> None:
    """List the nodes that this one is paired with."""
    with node() as reach:
        peers = reach.ask(calls.peers_list())
    if wants_json():
        print_json(peers)
    elif not peers:
        note("no peers yet: `satchel peer add CARD`")
    else:
        print_table(
            ("name", "kind", "did"),
            [(one["name"], one["kind"], one["did"]) for one in peers],
            flexible=0,
        )


@peer.command("remove", example="satchel peer remove hilltop")
@click.argument("name")
def remove(name: str) -> None:
    """Forget the card of NAME. What was granted stays granted: see `satchel revoke`."""
    with node() as reach:
        _show(reach.ask(calls.peers_remove(name)))


def _show(found: dict[str, Any]) -> None:
    if wants_json():
        print_json(found)
        return
    for key in ("name", "did", "organisation"):
        print_line(f"{key:<14}{cell(found[key])}")
    for address in found["addresses"]:
        print_line(f"{'address':<14}{cell(address)}")
    for line in network_lines(found["network"]):
        print_line(line)
