"""`satchel consent request|requests|approve|decline`: asking for access, and answering that."""

from typing import Any

import click

from node.client import patients_calls
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import (
    cell,
    note,
    print_json,
    print_line,
    print_wrapped,
    short,
    wants_json,
)


@command("request", example="satchel consent request CHART --from hilltop --lanes summary,care")
@click.argument("chart")
@click.option(
    "--from",
    "holders",
    multiple=True,
    metavar="PEER",
    help="Who is asked; every paired node where it is left away.",
)
@click.option(
    "--lanes",
    default="summary,care",
    show_default=True,
    metavar="LANE,…",
    help="What is asked for.",
)
@click.option(
    "--rights",
    type=click.Choice(["relay", "read", "append"]),
    default="read",
    show_default=True,
    help="Each includes those before it.",
)
@click.option("--reason", default="", metavar="TEXT", help="For the person who decides.")
def request(chart: str, holders: tuple[str, ...], lanes: str, rights: str, reason: str) -> None:
    """Ask for access to CHART, by its whole id, with the next `satchel sync`.

    Where the chart has a standing policy that this organisation is proven to match, the other node
    grants by itself; where more is asked for than the policy gives, or there is none, a person
    there decides. The answer is the access: that a chart is not there, is
    refused, or waits, looks the same. While one waits, another for that chart is not kept.
    """
    with node() as reach:
        told = reach.ask(
            patients_calls.access_request(
                chart,
                holders=holders,
                lanes=[lane for lane in lanes.split(",") if lane],
                rights=rights,
                reason=reason,
            )
        )
    if wants_json():
        print_json(told)
        return
    print_wrapped(f"request {cell(told['request'])} waits for {cell(told['asked'])}")
    note("`satchel sync PEER` brings it there, and again brings what was granted")


@command("requests", example="satchel consent requests --json")
@click.option("--all", "every", is_flag=True, help="Decided ones too.")
def requests(every: bool) -> None:
    """List who asks for access to charts of this node."""
    with node() as reach:
        found = reach.ask(patients_calls.access_requests())
    shown = [one for one in found if every or one["state"] == "waiting"]
    if wants_json():
        print_json(shown)
        return
    if not shown:
        note("nobody waits for an answer")
    for one in shown:
        _show(one)


def _show(one: dict[str, Any]) -> None:
    print_wrapped(
        f"{cell(one['request'])[:12]}  {cell(one['state']):<8} {cell(one['by'])} asks for "
        f"{cell(one['rights'])} on {cell(one['lanes'])} of {short(one['chart'])}"
    )
    if one["organisation"]:
        print_wrapped(f"{cell(one['organisation'])}: {cell(one['registry'])}", "    ")
    if one["reason"]:
        print_wrapped(f"they say: {cell(one['reason'])}", "    ")
    if one["why"]:
        print_wrapped(cell(one["why"]), "    ")


@command("approve", example="satchel consent approve 3f9c02 --until 2027-01-31")
@click.argument("request_id", metavar="REQUEST")
@click.option("--until", metavar="TIME", help="When it ends: 2027-01-31 or 2027-01-31T12:00:00Z.")
def approve(request_id: str, until: str | None) -> None:
    """Give what was asked for, with its history."""
    with node() as reach:
        told = reach.ask(patients_calls.access_approve(request_id, until=until))
    if wants_json():
        print_json(told)
        return
    print_wrapped(f"granted to {cell(told['to'])}; {cell(told['registry'])}")


@command("decline", example="satchel consent decline 3f9c02")
@click.argument("request_id", metavar="REQUEST")
def decline(request_id: str) -> None:
    """Decline a request. Who asked is not told."""
    with node() as reach:
        told = reach.ask(patients_calls.access_decline(request_id))
    if wants_json():
        print_json(told)
        return
    print_line("declined")
