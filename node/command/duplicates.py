"""`satchel duplicates`: people who may be here twice."""

from typing import Any

import click

from node.client import calls
from node.command.progress import progress_bar
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

duplicates = group(
    "duplicates",
    help="Look at people who may be here twice.",
    example="satchel duplicates list\nsatchel duplicates dismiss 5kq3zr 7bwn2c",
)


@duplicates.command("list", example="satchel duplicates list --chart 5kq3zr")
@click.option("--chart", metavar="ID", help="Those of one chart only.")
def list_duplicates(chart: str | None) -> None:
    """List charts that may be of one person, the likeliest pairs first, with the reasons.

    Nothing is merged by itself: `satchel link` shows two charts together, `satchel duplicates
    dismiss` keeps a pair off this list. Pairs that are linked are not listed.
    """
    with node() as reach, progress_bar("duplicates") as progress:
        found = reach.ask(calls.duplicates(chart), progress)
    if wants_json():
        print_json(found)
        return
    if not found:
        note("nobody seems to be here twice")
    for place, pair in enumerate(found):
        if place:
            print_line()
        _show_pair(pair)


@duplicates.command("dismiss", example="satchel duplicates dismiss 5kq3zr 7bwn2c")
@click.argument("one", metavar="CHART")
@click.argument("other", metavar="CHART")
@click.option("--undo", is_flag=True, help="List the pair again.")
def dismiss(one: str, other: str, undo: bool) -> None:
    """Keep two charts off the list: they are two people. Other nodes are not told."""
    with node() as reach:
        result = reach.ask(calls.duplicates_dismiss(one, other, undo=undo))
    if wants_json():
        print_json(result)
    elif undo:
        print_line("the pair is listed again where it is alike")
    else:
        print_line("dismissed; `--undo` takes it back")


def _show_pair(pair: dict[str, Any]) -> None:
    print_line(f"{cell(pair['likelihood'])}, {pair['score']:.1f}")
    for one in pair["charts"]:
        said = [one["name"] or "(no name)", one["birth_date"], one["gender"]]
        print_wrapped(f"{short(one['chart'])}  {'  '.join(cell(part) for part in said)}", "  ")
    for sign, reasons in (("+", pair["reasons"]), ("-", pair["against"])):
        for reason in reasons:
            print_line(f"  {sign} {cell(reason)}")
