"""`satchel grant`: gives access."""

from pathlib import Path
from typing import Final

import click

from node.client import calls
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import cell, plural, print_json, print_line, wants_json
from node.command.words import recovery_option, words_or_none
from node.exits import ExitCode

ALL: Final = "all"


@command("grant", example="satchel grant --all --to hilltop --lanes summary,care --history")
@click.argument("chart", required=False)
@click.option("--all", "every", is_flag=True, help="Every chart now, and later ones when made.")
@click.option("--to", "who", required=True, metavar="WHO", help="Peer, device or organisation.")
@click.option(
    "--lanes", required=True, metavar="LANE,…", help="Some of summary, care and sensitive; or all."
)
@click.option(
    "--rights",
    type=click.Choice(["relay", "read", "append", "admin"]),
    default="append",
    show_default=True,
    help="Each includes those before it.",
)
@click.option(
    "--basis",
    type=click.Choice(["care", "consent", "vital-interest", "public-health", "legal"]),
    default="care",
    show_default=True,
    help="Why it is lawful.",
)
@click.option(
    "--given-by",
    type=click.Choice(["none", "patient", "guardian", "proxy"]),
    default="none",
    show_default=True,
    help="Who gave it.",
)
@click.option(
    "--how",
    type=click.Choice(["none", "signed", "spoken", "thumb"]),
    default="none",
    show_default=True,
    help="How it was given; spoken means before a witness.",
)
@click.option("--until", metavar="TIME", help="When it ends: 2027-01-31 or 2027-01-31T12:00:00Z.")
@click.option("--history", is_flag=True, help="With what was written before.")
@click.option(
    "--override",
    metavar="REASON",
    help="Why to release keys by facts of the registry that are too old; recorded.",
)
@recovery_option
def grant(
    chart: str | None,
    every: bool,
    who: str,
    lanes: str,
    rights: str,
    basis: str,
    given_by: str,
    how: str,
    until: str | None,
    history: bool,
    override: str | None,
    recovery: Path | None,
) -> int:
    """Give WHO access to CHART, or with --all to all that this node administers.

    WHO is a peer's name, a device's did:key, or an organisation's did:ethr (all its devices). Its
    pairing card must be held: `satchel peer add`.
    """
    call = calls.grant(
        one_chart(chart, every),
        to=who,
        lanes=[lane.strip() for lane in lanes.split(",") if lane.strip()],
        rights=rights,
        basis=basis,
        given_by=given_by,
        how=how,
        until=until,
        history=history,
        recovery=words_or_none(recovery),
        override=override,
    )
    with node() as reach, progress_bar("grant") as progress:
        result = reach.ask(call, progress)
    if wants_json():
        print_json(result)
        return ExitCode.ALL_TAKEN
    print_line(
        f"{cell(result['to'])} may {rights} {lanes} in {plural(len(result['charts']), 'chart')}"
    )
    print_line(f"registry: {cell(result['registry'])}")
    if result["override"]:
        print_line("given in spite of that; the reason is recorded here")
    if result["rule"]:
        print_line("and in charts that are made later, until `satchel revoke --all`")
    return ExitCode.ALL_TAKEN


def one_chart(chart: str | None, every: bool) -> str:
    """The chart that was named, or `all`."""
    if (chart is None) != every:
        raise click.UsageError("name a chart, or give --all")
    return ALL if chart is None else chart
