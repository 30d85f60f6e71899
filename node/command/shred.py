"""`satchel shred`: destroys a chart or lanes of it, after a hold in which it can be taken back."""

import sys
from pathlib import Path
from typing import Any

import click

from node.client import calls
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import (
    cell,
    note,
    plural,
    print_json,
    print_line,
    print_table,
    print_wrapped,
    short,
    wants_json,
)
from node.command.words import read_words, recovery_option
from node.limits import shred_hold_days_max, shred_hold_days_usual

_WHAT_WILL_BE = (
    "what this node holds of it now will be destroyed here, and at every node that syncs, when "
    "the hold is over: texts, attachments, and the keys to them",
    "until then it is read and written as before, and `satchel shred CHART --cancel` takes it back",
    "what is written meanwhile, or elsewhere by who does not know yet, stays",
    "not guaranteed: nodes that never come back, backups, what somebody copied or printed, and "
    "traces that flash memory keeps",
)


@command(
    "shred",
    example="satchel shred 5kq3zr --lane sensitive --recovery words.txt\n"
    "satchel shred --list\n"
    "satchel shred 5kq3zr --cancel --recovery words.txt",
)
@click.argument("chart", required=False)
@click.option(
    "--lane",
    "lanes",
    multiple=True,
    type=click.Choice(("summary", "care", "sensitive")),
    help="Only this lane. May be said again.",
)
@click.option(
    "--hold-days",
    type=click.IntRange(shred_hold_days_usual, shred_hold_days_max),
    default=shred_hold_days_usual,
    show_default=True,
    help="How long it can be taken back.",
)
@click.option("--cancel", is_flag=True, help="Take back every shred of CHART.")
@click.option("--list", "listing", is_flag=True, help="Tell what is on hold, and what is done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@recovery_option
def shred(
    chart: str | None,
    lanes: tuple[str, ...],
    hold_days: int,
    cancel: bool,
    listing: bool,
    yes: bool,
    recovery: Path | None,
) -> None:
    """Destroy CHART, or lanes of it, everywhere, after a hold of 30 days or more.

    Only the root can, from its paper: the words go in a file for --recovery. Headers stay, so that
    logs can be checked, and the order itself stays, with who gave it and when.
    """
    if listing:
        if chart is not None or cancel:
            raise click.UsageError("--list goes alone")
        _list()
        return
    if chart is None:
        raise click.UsageError("name a chart, or say --list")
    if recovery is None:
        raise click.UsageError("only the root shreds: give its words with --recovery FILE")
    words = read_words(recovery)
    if cancel:
        _cancel(chart, words)
        return
    if not wants_json():
        for line in _WHAT_WILL_BE:
            note(line)
    if not yes:
        _ask()
    with node() as reach:
        call = calls.shred(chart, lanes=lanes, hold_days=hold_days, recovery=words)
        result = reach.ask(call)
    if wants_json():
        print_json(result)
        return
    print_line(
        f"to be shredded on {cell(result['until'])}: {plural(result['operations'], 'operation')} "
        f"in {cell(result['lanes'])}"
    )


def _ask() -> None:
    if wants_json() or not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask: say --yes")
    click.confirm("Have it destroyed?", abort=True, err=True)


def _cancel(chart: str, words: list[str]) -> None:
    with node() as reach:
        result = reach.ask(calls.shred_cancel(chart, recovery=words))
    if wants_json():
        print_json(result)
        return
    print_line(f"{plural(result['cancelled'], 'shred')} cancelled")
    if result["too_late"]:
        print_wrapped(
            f"too late at this node: {plural(result['too_late'], 'text')} destroyed already; "
            "nodes that still hold them keep them"
        )


def _list() -> None:
    with node() as reach:
        found = reach.ask(calls.shreds())
    if wants_json():
        print_json(found)
    elif not found:
        note("no chart was ever to be shredded")
    else:
        print_table(
            ("chart", "lanes", "state", "on", "destroyed"),
            [
                (
                    short(one["chart"]),
                    one["lanes"],
                    one["state"],
                    one["destroyed_at"] or one["until"],
                    _figures(one),
                )
                for one in found
            ],
            flexible=4,
        )


def _figures(one: dict[str, Any]) -> str:
    if one["destroyed_at"] is None:
        return ""
    parts = [plural(one["bodies"], "text"), plural(one["keys"], "key")]
    if one["waiting"]:
        parts.append(f"keys wait for {plural(one['waiting'], 'operation')}")
    if one["pages"]:
        parts.append(f"{one['found']} traces in {plural(one['pages'], 'page')}")
    return ", ".join(parts)
