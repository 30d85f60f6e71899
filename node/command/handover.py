"""`satchel handover`: gives a patient's own key root standing in their chart."""

import sys
from pathlib import Path

import click

from node.client import patients_calls
from node.command.files import read_text
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import cell, note, print_json, print_line, print_wrapped, wants_json
from node.command.words import read_words, recovery_option
from node.limits import card_length_chars_max

_BEFORE = (
    "the patient's recovery words will do in this chart what a root does: give and end anybody's "
    "access, yours too, and have it shredded",
    "only the recovery words that sign this can take it back; what was ended meanwhile stays ended",
)


@command(
    "handover",
    example="satchel handover 5kq3zr --to amara --recovery words.txt",
)
@click.argument("chart")
@click.option(
    "--to",
    required=True,
    metavar="CARD|NAME",
    help="The patient's node: the file of its card, or its name where it is paired.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@recovery_option
def handover(chart: str, to: str, yes: bool, recovery: Path | None) -> None:
    """Hand CHART over to its patient: root standing for the patient's own key.

    TO is a node that `satchel init --kind patient` made. It is given everything that the chart
    holds, with admin rights; its recovery words then act as a root. Only this organisation's root
    can do it: the words go in a file for --recovery. Your own access stays until the patient ends
    it.
    """
    if recovery is None:
        raise click.UsageError("only the root hands over: give its words with --recovery FILE")
    words = read_words(recovery)
    if not wants_json():
        for line in _BEFORE:
            note(line)
    if not yes:
        if wants_json() or not sys.stdin.isatty():
            raise click.UsageError("nobody is there to ask: say --yes")
        click.confirm("Hand the chart over?", abort=True, err=True)
    with node() as reach:
        told = reach.ask(patients_calls.handover(chart, to=_card_or_name(to), recovery=words))
    if wants_json():
        print_json(told)
        return
    print_line(f"handed over to {cell(told['to'])}")
    print_wrapped(f"roots of the chart now: {cell(told['roots'])}")
    note("sync with their node to bring it there")


def _card_or_name(to: str) -> str:
    path = Path(to)
    return read_text(path, card_length_chars_max) if path.is_file() else to
