"""`satchel break-glass`: reads a summary in an emergency, on the record; lists who did."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from node.client import calls, patients_calls
from node.client.errors import NodeRefused
from node.command.files import read_text, write_file
from node.command.reaching import node
from node.command.shape import command
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

if TYPE_CHECKING:
    from node.running.reach import Reach

LIST: Final = "list"
ROUNDS_MAX: Final = 6
"""How often the peers are met: for the letter, the operation, and the keys, one after the other."""
CONFIRMATION_LENGTH_CHARS_MAX: Final = 4096


@command(
    "break-glass",
    example="satchel break-glass 5kq3zr --reason 'unconscious, no papers'\n"
    "satchel break-glass list\n"
    "satchel break-glass 5kq3zr --confirm-for hilltop -o confirmed.txt",
)
@click.argument("chart", metavar="CHART|list")
@click.argument("of", required=False, metavar="[CHART]")
@click.option("--reason", metavar="TEXT", help="Why; those who read the chart are told.")
@click.option(
    "--second",
    "seconds",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A second person's confirmation: the sixth within an hour needs one.",
)
@click.option(
    "--from",
    "holders",
    multiple=True,
    metavar="PEER",
    help="Ask only this peer for a chart that is not here. May be said again.",
)
@click.option("--no-sync", is_flag=True, help="Meet no peer now.")
@click.option(
    "--confirm-for",
    metavar="PEER",
    help="Confirm, as a second person, that PEER breaks the glass.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the confirmation goes.",
)
def break_glass(
    chart: str,
    of: str | None,
    reason: str | None,
    seconds: tuple[Path, ...],
    holders: tuple[str, ...],
    no_sync: bool,
    confirm_for: str | None,
    output: Path | None,
) -> None:
    """Read a chart's summary in an emergency: for four hours, and on the record.

    CHART is the id on the patient's card, whole, or the beginning of one that is carried here.
    That you did, and why, is written down before anything is shown; everybody of the chart sees
    it, and it cannot be taken back. Five within an hour, then with a second person.

    `break-glass list` tells who broke the glass of the charts that are here, when and why.
    """
    if chart == LIST:
        if reason or seconds or holders or confirm_for or output:
            raise click.UsageError("the list takes a chart, and nothing else")
        _list(of)
        return
    if of is not None:
        raise click.UsageError("name one chart; put quotes round a reason that has spaces")
    if confirm_for is not None:
        if reason or seconds or holders:
            raise click.UsageError("--confirm-for goes with -o alone")
        _confirm(chart, confirm_for, output)
        return
    if output is not None:
        raise click.UsageError("-o goes with --confirm-for")
    if reason is None:
        raise click.UsageError("a glass is broken for a reason: give it with --reason TEXT")
    _break(
        chart,
        reason,
        [read_text(path, CONFIRMATION_LENGTH_CHARS_MAX) for path in seconds],
        holders,
        sync=not no_sync,
    )


def _break(
    chart: str, reason: str, seconds: list[str], holders: tuple[str, ...], *, sync: bool
) -> None:
    with node() as reach:
        call = patients_calls.break_glass(chart, reason=reason, seconds=seconds, holders=holders)
        told = reach.ask(call)
        met = _meet(reach, told) if sync else []
        told["readable"] = reach.ask(patients_calls.glass_state(told["chart"]))["readable"]
        told["met"] = met
        page = reach.ask(calls.chart_show(told["chart"])) if told["readable"] else None
    told["resources"] = [] if page is None else _summary(page)
    if wants_json():
        print_json(told)
        return
    _tell(told, page)


def _meet(reach: "Reach", told: dict[str, Any]) -> list[str]:
    """Sync with the peers until the summary can be read, or nothing more can come of it.

    One time more then: so that who has the chart learns why before this node is out of reach.
    """
    met: list[str] = []
    away: set[str] = set()
    last = False
    for _ in range(ROUNDS_MAX):
        for peer in told["peers"]:
            if peer in away:
                continue
            try:
                reach.ask(calls.sync(peer))
            except NodeRefused:
                away.add(peer)
                continue
            if peer not in met:
                met.append(peer)
        if last or len(away) == len(told["peers"]):
            break
        last = bool(reach.ask(patients_calls.glass_state(told["chart"]))["readable"])
    return met


def _summary(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in page["resources"] if one["lane"] == "summary"]


def _tell(told: dict[str, Any], page: dict[str, Any] | None) -> None:
    if told["state"] == "open":
        note(f"the glass of this chart was broken here at {cell(told['at'])}: it lasts")
    if page is None:
        print_wrapped(
            f"written down for chart {short(told['chart'])}; nothing of its summary can be read yet"
        )
        print_wrapped(
            "a node that reads it must hear of it first, and give its keys: "
            f"`satchel sync PEER` within four hours, until {cell(told['until'])}"
        )
        return
    print_line(f"chart      {cell(page['chart'])}")
    for title, key in (("name", "name"), ("born", "birth_date"), ("gender", "gender")):
        if page.get(key):
            print_line(f"{title:<11}{cell(page[key])}")
    print_wrapped(f"! glass broken until {cell(told['until'])}; everybody of the chart sees it")
    print_table(
        ("resource", "labels"),
        [(f"{one['type']}/{one['id']}", one["labels"]) for one in told["resources"]],
        flexible=0,
    )
    note("`satchel export --chart CHART --format ips` gives it as one document")


def _confirm(chart: str, who: str, output: Path | None) -> None:
    with node() as reach:
        told = reach.ask(patients_calls.glass_confirm(chart, who=who))
    if output is not None:
        write_file(output, told["confirmation"].encode() + b"\n")
        if str(output) == "-":
            return
    if wants_json():
        print_json(told)
    elif output is None:
        print_line(told["confirmation"])
    else:
        print_wrapped(f"confirmed until {cell(told['until'])}: give {output} to them")


def _list(of: str | None) -> None:
    with node() as reach:
        lines = reach.ask(patients_calls.glass_list(of))
    if wants_json():
        print_json(lines)
        return
    if not lines:
        note("nobody broke the glass of a chart that is here")
    for line in lines:
        print_glass(line, chart=True)


def print_glass(line: dict[str, Any], *, chart: bool = False) -> None:
    """One break-glass as people see it."""
    state = "open" if line["open"] else "over"
    if not line["counted"]:
        state = "without effect" if line["operation"] else "waits for the chart"
    where = f" {short(line['chart'])}" if chart else ""
    why = cell(line["why"]) if line["why"] else "(the reason is not for this node, or on its way)"
    print_wrapped(f"! glass broken{where} by {cell(line['by'])}, {cell(line['at'])}, {state}")
    print_wrapped(f"why: {why}", "    ")
