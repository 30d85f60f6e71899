"""`satchel chart`: the list of charts, one chart, and its history."""

from typing import Any

import click

from node.client import calls
from node.command.break_glass import print_glass
from node.command.linked import show_linked_head, show_linked_resources
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

chart = group(
    "chart",
    help="List charts, show one, tell its history.",
    example="satchel chart list\nsatchel chart show 5kq3zr",
)


@chart.command("list", example="satchel chart list --json")
def list_charts() -> None:
    """List the charts that this node holds, by name."""
    with node() as reach:
        charts = reach.ask(calls.charts())
    print_charts(charts, "no charts yet: `satchel import` makes them")


@chart.command("show", example="satchel chart show 5kq3zr")
@click.argument("chart")
@click.option("--linked", is_flag=True, help="With all that linked charts of this person say.")
def show(chart: str, linked: bool) -> None:
    """Show one chart, by its id or the beginning of it.

    Shows what must be seen first (allergies of linked charts too), its resources, who has access
    and what waits for a person.
    """
    with node() as reach:
        page = reach.ask(calls.chart_show(chart, linked=linked))
    if wants_json():
        print_json(page)
        return
    _show_head(page)
    if page["resources"]:
        print_line()
        print_table(
            ("lane", "resource", "versions", "labels"),
            [
                (one["lane"], f"{one['type']}/{one['id']}", one["versions"], one["labels"])
                for one in page["resources"]
            ],
            flexible=1,
        )
    for other in page["linked"]:
        show_linked_resources(other)
    print_line()
    print_line("access")
    for one in page["access"]:
        _show_access(one)


@chart.command("history", example="satchel chart history 5kq3zr")
@click.argument("chart")
def history(chart: str) -> None:
    """Tell everything that was written in a chart, causes before effects."""
    with node() as reach:
        lines = reach.ask(calls.chart_history(chart))
    if wants_json():
        print_json(lines)
        return
    if not lines:
        note("nothing was written in it yet")
    for line in lines:
        labels = f"  [{cell(line['labels'])}]" if line["labels"] else ""
        print_wrapped(f"{cell(line['at'])}  {cell(line['author'])}  {cell(line['lane'])}{labels}")
        print_line(f"  {cell(line['operation'])}")
        for change in line["changes"]:
            kind, resource = cell(change["kind"]), cell(change["resource"])
            print_wrapped(f"{kind} {resource}: {cell(change['elements'])}", "  ")


def print_charts(charts: list[dict[str, Any]], none: str) -> None:
    """A line a chart; `none` is said where there are none."""
    if wants_json():
        print_json(charts)
    elif not charts:
        note(none)
    else:
        print_table(
            ("chart", "name", "born", "resources", "waiting"),
            [
                (
                    short(one["chart"]),
                    one["name"],
                    one["birth_date"],
                    one["resources"],
                    _waiting(one),
                )
                for one in charts
            ],
            flexible=1,
        )


def strongest(rights: list[str]) -> str:
    """The last of cumulative rights, which includes the others."""
    return cell(rights[-1]) if rights else ""


def _show_access(one: dict[str, Any]) -> None:
    print_wrapped(f"{cell(one['state']):<9}{cell(one['to'])}", "  ")
    parts = [strongest(one["rights"]), cell(one["lanes"])]
    if one["basis"]:
        parts.append(f"basis {cell(one['basis'])}")
    if one["given_by"] and one["given_by"] != "none":
        parts.append(f"given by {cell(one['given_by'])}, {cell(one['how'])}")
    if one["until"]:
        parts.append(f"until {cell(one['until'])}")
    print_wrapped("; ".join(parts), "           ")


def shred_text(mark: dict[str, Any]) -> str:
    """What a person must know of a chart with a shred."""
    if mark["on"] is None:
        return "shredded"
    return f"to be shredded on {cell(mark['on'])[:10]}"


def _waiting(one: dict[str, Any]) -> str:
    parts = ["linked"] if one.get("linked") else []
    if one.get("conflicts"):
        parts.append(f"{one['conflicts']} conflict{'s' if one['conflicts'] != 1 else ''}")
    if one.get("quarantined"):
        parts.append(f"{one['quarantined']} quarantined")
    if one.get("shred"):
        parts.append(shred_text(one["shred"]))
    return ", ".join(parts)


def _show_head(page: dict[str, Any]) -> None:
    print_line(f"chart      {cell(page['chart'])}")
    for title, key in (
        ("name", "name"),
        ("born", "birth_date"),
        ("gender", "gender"),
        ("custodian", "custodian"),
        ("registry", "registry"),
    ):
        if page.get(key):
            print_line(f"{title:<11}{cell(page[key])}")
    if page["shred"]:
        print_wrapped(f"! {shred_text(page['shred'])}: {cell(page['shred']['lanes'])}")
    for line in page["banner"]:
        print_wrapped(
            f"! {cell(line['why'])} {cell(line['resource'])}, "
            f"{cell(line['author'])}, {cell(line['at'])}"
        )
    for line in page["glass"]:
        print_glass(line)
    for line in page["overrides"]:
        print_wrapped(
            f"given to {cell(line['to'])} on {cell(line['at'])} in spite of old proofs: "
            f"{cell(line['reason'])}"
        )
    show_linked_head(page["linked"])
    if page["conflicts"]:
        print_wrapped(f"! {len(page['conflicts'])} in conflict: {cell(page['conflicts'])}")
    if page["quarantined"]:
        print_line(f"! {len(page['quarantined'])} in quarantine: `satchel quarantine list`")
    for act in page["incomplete"]:
        print_line(
            f"! an entry is incomplete: {act['operations']} of its {act['of']} parts are here"
        )
    if page["unreadable"]:
        print_line(f"  {page['unreadable']} operations here are for other readers")
