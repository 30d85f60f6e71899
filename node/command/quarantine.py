"""`satchel quarantine`: what is kept and carried, and waits for a person."""

import click

from node.client import calls
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import (
    cell,
    note,
    print_json,
    print_line,
    print_wrapped,
    short,
    wants_json,
)

quarantine = group(
    "quarantine",
    help="Take in what waits for a person.",
    example="satchel quarantine list\nsatchel quarantine accept bafyreih",
)


@quarantine.command("list", example="satchel quarantine list")
def list_quarantine() -> None:
    """List what was written under a right that somebody had ended. Nothing of it is lost."""
    with node() as reach:
        found = reach.ask(calls.quarantine())
    if wants_json():
        print_json(found)
        return
    if not found:
        note("nothing in quarantine")
    for one in found:
        print_line(cell(one["operation"]))
        print_wrapped(
            f"{cell(one['at'])}  {cell(one['author'])}  "
            f"chart {short(one['chart'])}  {cell(one['lane'])}",
            "  ",
        )
        if one["resources"]:
            print_wrapped(cell(one["resources"]), "  ")
        for why in one["why"]:
            print_wrapped(cell(why), "  ")


@quarantine.command("accept", example="satchel quarantine accept bafyreih")
@click.argument("operation", metavar="OP")
def accept(operation: str) -> None:
    """Take OP in, after looking at it: it then counts on every node."""
    with node() as reach:
        result = reach.ask(calls.quarantine_accept(operation))
    if wants_json():
        print_json(result)
    else:
        print_line(f"accepted {cell(result['operation'])}")
