"""`satchel quarantine`: what is kept and carried, and waits for a person."""

from pathlib import Path

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
from node.command.words import recovery_option, words_or_none

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
@recovery_option
def accept(operation: str, recovery: Path | None) -> None:
    """Take OP in, after looking at it: it then counts on every node."""
    words = words_or_none(recovery)
    with node() as reach:
        result = reach.ask(calls.quarantine_accept(operation, recovery=words))
    if wants_json():
        print_json(result)
    else:
        print_line(f"accepted {cell(result['operation'])}")
