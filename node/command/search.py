"""`satchel search`: finds charts by what a patient is called, numbered, or how old they are."""

from typing import Any, Final

import click

from node.client import calls
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import (
    cell,
    fit,
    note,
    plural,
    print_json,
    print_table,
    short,
    terminal_width,
    wants_json,
    width,
)
from node.limits import search_results_max

_HEADINGS: Final = ("chart", "name", "born", "sex", "found by")
_OTHERS_WIDTH: Final = 58
"""Columns that the id, a name of some twenty letters, the birth date and the sex take."""
_WHY_WIDTH_MIN: Final = 12

_EXAMPLE: Final = """satchel search "nakato 1984"
satchel search garcia 42 f
satchel search 0612 345"""


@command("search", example=_EXAMPLE)
@click.argument("text", nargs=-1, required=True, metavar="TEXT\u2026")
def search(text: tuple[str, ...]) -> None:
    """Find charts by name, number, phone, birth date, age, gender or tag.

    Every word must fit. Names are found by their beginning, their sound, with typos and in other
    scripts, in any order; the last column says why. Dates and ages: 1984-03-02, 2/3/1984,
    2 March 1984, 1984, 42, ~40, 6m.
    """
    if not " ".join(text).strip():
        raise click.UsageError("say whom to look for: a name, a number or a date")
    with node() as reach:
        found = reach.ask(calls.search(" ".join(text)))
    if wants_json():
        print_json(found)
    elif not found:
        note("nobody found")
        note("hint: try fewer words, the beginning of a name, or a year of birth: 1984, ~40")
    else:
        marks = [_waiting(one) for one in found]
        lines = [_line(one) for one in found]
        if any(marks):
            print_table(
                (*_HEADINGS[:-1], "!", _HEADINGS[-1]),
                [(*line[:-1], mark, line[-1]) for line, mark in zip(lines, marks, strict=True)],
                flexible=1,
            )
        else:
            print_table(_HEADINGS, lines, flexible=1)
        if len(found) >= search_results_max:
            note(f"the first {plural(len(found), 'chart')}: add a word, a year of birth or an age")


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    why = cell(one["match"])
    room = max(_WHY_WIDTH_MIN, terminal_width() - _OTHERS_WIDTH)
    return (
        short(one["chart"]),
        one["name"],
        one["birth_date"],
        (one["gender"] or "")[:1],
        fit(why, room).rstrip() if width(why) > room else why,
    )


def _waiting(one: dict[str, Any]) -> str:
    """A mark where something waits for a person, and where the person has another chart here."""
    marks = ["!"] if one["conflicts"] or one["quarantined"] else []
    return " ".join([*marks, "linked"] if one["linked"] else marks)
