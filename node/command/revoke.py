"""`satchel revoke`: ends access."""

from pathlib import Path

import click

from node.client import calls
from node.command.grant import one_chart
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
    warn,
)
from node.command.words import recovery_option, words_or_none


@command("revoke", example="satchel revoke --all --from hilltop")
@click.argument("chart", required=False)
@click.option("--all", "every", is_flag=True, help="Every chart, and the standing rule.")
@click.option("--from", "who", required=True, metavar="WHO", help="Peer, device or organisation.")
@click.option("--lost", is_flag=True, help="The device is lost or stolen: distrust it at once.")
@recovery_option
def revoke(chart: str | None, every: bool, who: str, lost: bool, recovery: Path | None) -> None:
    """End the access of WHO to CHART, or with --all to all.

    What was read stays read, and keys that were held stay held: what is written from now on is
    sealed to those who remain.
    """
    call = calls.revoke(
        one_chart(chart, every), from_=who, lost=lost, recovery=words_or_none(recovery)
    )
    with node() as reach, progress_bar("revoke") as progress:
        result = reach.ask(call, progress)
    if wants_json():
        print_json(result)
        return
    print_line(f"{cell(who)} is revoked in {plural(len(result['charts']), 'chart')}")
    if result.get("rules_ended"):
        print_line(f"{plural(result['rules_ended'], 'standing rule')} ended")
    for line in result["also_ended"]:
        print_wrapped(f"with it ended: {cell(line)}")
    for line in result["still"]:
        print_wrapped(cell(line))
    warn("what they held of earlier keys and records they keep")
