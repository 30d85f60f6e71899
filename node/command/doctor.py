"""`satchel doctor`: what is amiss with this node; lists and indexes are made anew."""

import click

from node.client import calls
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import (
    cell,
    plural,
    print_json,
    print_line,
    print_wrapped,
    wants_json,
)
from node.exits import ExitCode


@command("doctor", example="satchel doctor\nsatchel doctor --thorough\nsatchel doctor --rebuild")
@click.option(
    "--rebuild",
    is_flag=True,
    help="First make lists, worklist and the search index anew from the operations.",
)
@click.option(
    "--thorough",
    is_flag=True,
    help="Look at the content of every operation and piece too, and compare all lists with it.",
)
def doctor(rebuild: bool, thorough: bool) -> int:
    """Say what is amiss, and what to do about it; exits with 10 where something is broken.

    What can be made again from the operations is repaired. A rebuild that is stopped goes on at
    the next start.
    """
    rebuilt: dict[str, int] = {}
    with node() as reach:
        if rebuild:
            with progress_bar("rebuild") as progress:
                rebuilt = {"rebuilt": reach.ask(calls.rebuild(), progress)["charts"]}
        with progress_bar("examine") as progress:
            found = reach.ask(calls.doctor(thorough=thorough), progress)
    if wants_json():
        print_json({**found, **rebuilt})
    else:
        for charts in rebuilt.values():
            print_line(f"{plural(charts, 'chart')} gone through anew")
        for finding in found["findings"]:
            print_wrapped(f"{cell(finding['level'])}: {cell(finding['what'])}")
            if finding["hint"]:
                print_wrapped(cell(finding["hint"]), "  ")
        print_line("in order" if found["ok"] else "not in order")
    return ExitCode.ALL_TAKEN if found["ok"] else ExitCode.INTEGRITY
