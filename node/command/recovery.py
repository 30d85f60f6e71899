"""`satchel recovery`: the words on paper."""

import sys
from pathlib import Path

import click

from node.client import calls
from node.command.files import STANDARD
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import note, print_json, print_line, wants_json
from node.command.words import read_words

recovery = group("recovery", help="Confirm the recovery words.", example="satchel recovery confirm")


@recovery.command("confirm", example="satchel recovery confirm < words.txt")
@click.option(
    "--words-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=STANDARD,
    help="Where the words are; stdin where it is left away.",
)
def confirm(words_file: Path) -> None:
    """Type the 24 recovery words back, numbered or not, to show that they are on paper.

    Nothing of them is kept. They are never an argument: other processes could read it.
    """
    if words_file == STANDARD and sys.stdin.isatty():
        note("type the 24 words, then press Enter and Ctrl-D")
    words = read_words(words_file)
    with node() as reach:
        result = reach.ask(calls.recovery_confirm(words))
    if wants_json():
        print_json(result)
    else:
        print_line("the recovery words are right")
