"""`satchel lanes`: where resources go, and by which rule."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from node.client import Upload, calls
from node.command.files import STANDARD, SentFile, open_file, standard_input
from node.command.importing import LANES
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import (
    cell,
    fit,
    note,
    plural,
    print_json,
    print_line,
    print_wrapped,
    terminal_width,
    wants_json,
)
from node.exits import ExitCode

_LANE_COLUMNS: Final = len("sensitive")
_RULE_COLUMNS: Final = len("medication antiretrovirals")
_GAP: Final = "  "

lanes = group(
    "lanes",
    help="Say where resources go, and why.",
    example="satchel lanes list\nsatchel lanes explain patient.json",
)


@lanes.command("explain", example="satchel lanes explain patient.json")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lane", type=LANES, help="As `import --lane` would name it.")
def explain(file: Path, lane: str | None) -> int:
    """Say into which lane each resource of FILE would go, and by which rule; nothing is taken.

    FILE is what `import` takes. Shown are types, ids, rules and places, never contents. What a
    chart holds already stays in its lane, whatever the rules say of a newer version.
    """
    with _opened(file) as content, node() as reach, progress_bar("explain") as progress:
        upload = Upload(SentFile(file, content, lambda _size_bytes: None))
        told = reach.ask(calls.lanes_explain(str(file), upload, lane=lane), progress)
    if wants_json():
        print_json(told)
    else:
        _show(told)
    if not told["rejected_count"]:
        return ExitCode.ALL_TAKEN
    return ExitCode.SOME_REJECTED if sum(told["lanes"].values()) else ExitCode.NONE_TAKEN


@lanes.command("list", example="satchel lanes list --json")
def list_rules() -> None:
    """List the rules in the order in which they are asked, with their code lists and sources."""
    with node() as reach:
        rules = reach.ask(calls.lanes_list())
    if wants_json():
        print_json(rules)
        return
    for number, rule in enumerate(rules, start=1):
        print_wrapped(
            f"{number}. {cell(rule['rule'])}: {cell(rule['lane'])}, {cell(rule['meaning'])}"
        )
        for one in rule["lists"]:
            count = plural(one["codes"], "entry", "entries")
            print_wrapped(f"{cell(one['name'])}: {cell(one['title'])}, {count}", "   ")
            for source in one["sources"]:
                print_wrapped(cell(source), "     ")


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    """The file, or stdin, which stays open."""
    return nullcontext(standard_input()) if file == STANDARD else open_file(file)


def _show(told: dict[str, Any]) -> None:
    resources = told["resources"]
    room = terminal_width() - _LANE_COLUMNS - _RULE_COLUMNS - 2 * len(_GAP)
    if resources:
        _print_row("lane", "rule", "resource", room)
    for one in resources:
        rule = " ".join(part for part in (one["rule"], one["detail"]) if part)
        _print_row(one["lane"], rule, one["resource"], room)
        if one["place"]:
            print_wrapped(f"at {cell(one['place'])}", " " * (_LANE_COLUMNS + len(_GAP)))
    total = sum(told["lanes"].values())
    if total > len(resources):
        print_line(f"and {total - len(resources):,} more")
    counts = ", ".join(f"{count:,} {lane}" for lane, count in told["lanes"].items())
    note(f"{plural(total, 'resource')}: {counts}")
    if told["rejected_count"]:
        print_line(f"{told['rejected_count']:,} rejected:")
        for one in told["rejected"]:
            print_wrapped(f"{cell(one['source'])}: {cell(one['reason'])}", "  ")


def _print_row(lane: str, rule: str, resource: str, room: int) -> None:
    parts = (fit(lane, _LANE_COLUMNS), fit(rule, _RULE_COLUMNS), fit(cell(resource), room))
    print_line(_GAP.join(parts).rstrip())
