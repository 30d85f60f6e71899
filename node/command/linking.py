"""`satchel link` and `satchel unlink`: two charts of one person, together and apart again."""

from typing import Any

import click

from node.client import calls
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import cell, print_json, print_line, wants_json

_REASON = "Why; readers of either chart see it."


@command("link", example='satchel link 5kq3zr 7bwn2c --reason "same ration card"')
@click.argument("one", metavar="CHART")
@click.argument("other", metavar="CHART")
@click.option("--reason", default="", metavar="TEXT", help=_REASON)
def link(one: str, other: str, reason: str) -> None:
    """Say that two charts are of one person, in both of them.

    Who may read both sees them together, with the allergies of both. Nobody sees more than before,
    nothing is copied, and `satchel unlink` takes them apart again.
    """
    with node() as reach:
        _show(reach.ask(calls.link(one, other, reason=reason)))


@command("unlink", example="satchel unlink 5kq3zr 7bwn2c")
@click.argument("one", metavar="CHART")
@click.argument("other", metavar="CHART")
@click.option("--reason", default="", metavar="TEXT", help=_REASON)
def unlink(one: str, other: str, reason: str) -> None:
    """Take two linked charts apart: each is then as if they never were linked."""
    with node() as reach:
        _show(reach.ask(calls.unlink(one, other, reason=reason)))


def _show(result: dict[str, Any]) -> None:
    if wants_json():
        print_json(result)
        return
    if not result["changed"]:
        print_line("they are linked already")
        return
    print_line("linked" if result["linked"] else "no longer linked")
    for operation in result["operations"]:
        print_line(f"operation {cell(operation)}")
