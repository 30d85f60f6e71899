"""`satchel conflicts`: the worklist of what was written apart."""

from pathlib import Path
from typing import Any

import click

from node.api.events import json_text
from node.client import Upload, calls
from node.command.files import open_file
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import (
    cell,
    note,
    print_json,
    print_line,
    print_table,
    print_wrapped,
    short,
    wants_json,
)

conflicts = group(
    "conflicts",
    help="Settle what was written apart.",
    example="satchel conflicts list\nsatchel conflicts resolve 7xq2 --choose 1",
)


@conflicts.command("list", example="satchel conflicts list --chart 5kq3zr")
@click.option("--chart", metavar="ID", help="Those of one chart only.")
def list_conflicts(chart: str | None) -> None:
    """List what a clinician should decide. Until then the safe side shows."""
    with node() as reach:
        found = reach.ask(calls.conflicts(chart))
    if wants_json():
        print_json(found)
    elif not found:
        note("no conflicts")
    else:
        print_table(
            ("conflict", "chart", "resource", "elements"),
            [
                (one["conflict"], short(one["chart"])[:12], one["resource"], one["elements"])
                for one in found
            ],
            flexible=2,
        )


@conflicts.command("show", example="satchel conflicts show 7xq2")
@click.argument("conflict")
def show(conflict: str) -> None:
    """Show the values that disagree, each with its number for `resolve --choose`."""
    with node() as reach:
        found = reach.ask(calls.conflict_show(conflict))
    if wants_json():
        print_json(found)
        return
    print_line(f"conflict  {cell(found['conflict'])}")
    print_line(f"chart     {cell(found['chart'])}")
    print_line(f"resource  {cell(found['resource'])}")
    for value in found["values"]:
        doubtful = ", clock doubtful" if value.get("doubtful") else ""
        print_line()
        print_line(f"{value['choice']}. {cell(value['author'])}, {cell(value['at'])}{doubtful}")
        for said in value["says"].values():
            for name, element in said.items():
                print_wrapped(f"{cell(name)}: {cell(json_text(element))}", "   ")


@conflicts.command("resolve", example="satchel conflicts resolve 7xq2 --choose 1")
@click.argument("conflict")
@click.option("--choose", type=click.IntRange(min=1), metavar="N", help="One of the values.")
@click.option(
    "--file", type=click.Path(path_type=Path), metavar="F", help="The resource as it should be."
)
def resolve(conflict: str, choose: int | None, file: Path | None) -> None:
    """Close a conflict by one of its values, or by a resource that you wrote."""
    if file is not None and choose is None:
        with open_file(file) as content, node() as reach:
            _show_result(reach.ask(calls.conflict_answer(conflict, Upload(content))))
    elif choose is not None and file is None:
        with node() as reach:
            _show_result(reach.ask(calls.conflict_choose(conflict, choose)))
    else:
        raise click.UsageError("give one of --choose and --file")


def _show_result(result: dict[str, Any]) -> None:
    if wants_json():
        print_json(result)
        return
    state = "still open" if result.get("open") else "resolved"
    print_line(f"conflict {cell(result['conflict'])} is {state}")
    print_line(f"operation {cell(result['operation'])}")
