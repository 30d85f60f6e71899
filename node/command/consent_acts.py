"""`satchel consent policy`, `grant`, `revoke`, `list`: the patient's say in who reads the chart."""

from typing import Any

import click

from node.client import consent_calls
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import (
    cell,
    note,
    print_json,
    print_wrapped,
    wants_json,
)
from node.registry.roles import ROLES

_LANES = "Some of summary, care and sensitive; or all."


def _listed(lanes: str) -> list[str]:
    return [lane.strip() for lane in lanes.split(",") if lane.strip()]


@command(
    "policy",
    example="satchel consent policy 5kq3zr --role hospital --accredited-days 90 --lanes summary",
)
@click.argument("chart")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    metavar="ROLE",
    help=f"{', '.join(ROLES)}. May be said again; any of them will do.",
)
@click.option(
    "--accredited-days",
    type=click.IntRange(0, 36_500),
    default=0,
    show_default=True,
    help="Accredited without a break for so long.",
)
@click.option("--lanes", required=True, metavar="LANE,…", help=_LANES)
@click.option(
    "--rights",
    type=click.Choice(["read", "append"]),
    default="read",
    show_default=True,
    help="What they may do; append includes reading.",
)
@click.option("--until", metavar="TIME", help="When it ends: 2027-01-31.")
def policy(
    chart: str,
    roles: tuple[str, ...],
    accredited_days: int,
    lanes: str,
    rights: str,
    until: str | None,
) -> None:
    """Open CHART to whoever is accredited in a ROLE, once they ask.

    Nobody has to be at hand then: this node grants by itself, on proof, and lists it. The chain
    gets a salted commitment that tells nobody whose or what it is.
    """
    with node() as reach:
        told = reach.ask(
            consent_calls.consent_policy(
                chart,
                roles=roles,
                accredited_days=accredited_days,
                lanes=_listed(lanes),
                rights=rights,
                until=until,
            )
        )
    _tell(told)


@command(
    "grant",
    example="satchel consent grant 5kq3zr --to hilltop --lanes summary,care --how spoken",
)
@click.argument("chart")
@click.option("--to", required=True, metavar="WHO", help="Peer, device or organisation.")
@click.option("--lanes", required=True, metavar="LANE,…", help=_LANES)
@click.option(
    "--rights",
    type=click.Choice(["read", "append"]),
    default="append",
    show_default=True,
    help="What they may do; append includes reading.",
)
@click.option(
    "--given-by",
    type=click.Choice(["patient", "guardian", "proxy"]),
    default="patient",
    show_default=True,
    help="Who gave it.",
)
@click.option(
    "--how",
    type=click.Choice(["signed", "spoken", "thumb"]),
    default="spoken",
    show_default=True,
    help="How it was given; spoken means before a witness.",
)
@click.option("--until", metavar="TIME", help="When it ends: 2027-01-31.")
@click.option("--history", is_flag=True, help="With what was written before.")
@click.option(
    "--override", metavar="REASON", help="Although the registry's facts are too old; recorded."
)
def grant(
    chart: str,
    to: str,
    lanes: str,
    rights: str,
    given_by: str,
    how: str,
    until: str | None,
    history: bool,
    override: str | None,
) -> None:
    """Give WHO access to CHART because the patient said so, and keep that they did."""
    with node() as reach:
        told = reach.ask(
            consent_calls.consent_grant(
                chart,
                to=to,
                lanes=_listed(lanes),
                rights=rights,
                given_by=given_by,
                how=how,
                until=until,
                history=history,
                override=override,
            )
        )
    _tell(told)
    if not wants_json():
        print_wrapped(f"registry: {cell(told['registry'])}")
        if told["override"]:
            print_wrapped("given in spite of that; the reason is recorded here")


@command("revoke", example="satchel consent revoke 5kq3zr 3f2a9c01")
@click.argument("chart")
@click.argument("consent")
@click.option("--keep-access", is_flag=True, help="Whom a policy let in keep their access.")
def revoke(chart: str, consent: str, keep_access: bool) -> None:
    """End CONSENT, a policy or a grant of `consent list`, by the beginning of its id.

    Here it counts at once, with no network; the chain learns it when somebody reaches one. The
    access of those whom a policy let in ends with it. What was read stays read.
    """
    with node() as reach:
        told = reach.ask(consent_calls.consent_revoke(chart, consent, keep_access=keep_access))
    _tell(told)
    if not wants_json():
        for who in told["access_ended"]:
            print_wrapped(f"access ended: {cell(who)}")
        for who in told["access_stays"]:
            print_wrapped(f"still has access: {cell(who)}; `satchel consent list` says by what")


@command("list", example="satchel consent list 5kq3zr")
@click.argument("chart")
def list_consents(chart: str) -> None:
    """List everything that opens CHART now or did, and what ends it."""
    with node() as reach:
        found = reach.ask(consent_calls.consent_list(chart))
    if wants_json():
        print_json(found)
        return
    for one in found:
        _tell_one(one)
    if not found:
        note("nothing opens this chart")


def _tell(told: dict[str, Any]) -> None:
    if wants_json():
        print_json(told)
        return
    _tell_one(told)


def _tell_one(one: dict[str, Any]) -> None:
    head = cell(one["consent"])[:8] if one["consent"] else "-"
    stands = "" if one["stands"] else " (ended)"
    print_wrapped(f"{head:<10}{cell(one['kind'])}{stands}: {cell(one['who'])}")
    lanes = ", ".join(one["lanes"]) or "to carry"
    days = f", accredited for {one['accredited_days']} days" if one["accredited_days"] else ""
    until = f", until {cell(one['until'])}" if one["until"] else ""
    print_wrapped(f"{cell(one['rights'])}: {lanes}{days}{until}; {cell(one['basis'])}", " " * 10)
    if one["chain"]:
        print_wrapped(cell(one["chain"]), " " * 10)
    if one["stands"] and one["ends_with"]:
        print_wrapped(f"ends with: {cell(one['ends_with'])}", " " * 10)
