"""`satchel id`: who this node is, and its pairing card for others."""

from pathlib import Path

import click

from node.client import calls
from node.command.files import write_file
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import (
    cell,
    network_lines,
    note,
    print_json,
    print_line,
    wants_json,
)


@command("id", example="satchel id --card riverside.card")
@click.option(
    "--card",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the pairing card to a file (- for stdout).",
)
def show_identity(card: Path | None) -> None:
    """Show this node's names, keys and addresses.

    The card is signed and holds no secret: give it to whom this node shall pair with. Addresses are
    those of the last `satchel serve`.
    """
    with node() as reach:
        found = reach.ask(calls.identity())
    if card is not None:
        write_file(card, found["card"].encode() + b"\n")
        if str(card) == "-":
            return
    if wants_json():
        print_json(found)
        return
    for title, key in (
        ("name", "name"),
        ("kind", "kind"),
        ("did", "did"),
        ("peer id", "peer_id"),
        ("organisation", "organisation"),
    ):
        print_line(f"{title:<14}{cell(found[key])}")
    for address in found["addresses"]:
        print_line(f"{'address':<14}{cell(address)}")
    for line in network_lines(found["network"]):
        print_line(line)
    if found["development"]:
        print_line(f"{'development':<14}yes: the registry is for trying out only")
    if not found["addresses"]:
        note("no address yet: `satchel serve` learns them, and a card made after it has them")
