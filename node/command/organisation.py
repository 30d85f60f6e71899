"""`satchel org`: an organisation's accreditation and its key."""

from pathlib import Path
from typing import Any

import click

from node.client import governance_calls
from node.command.council import tell_proposal
from node.command.files import write_file
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.sending import Payment, payment_options
from node.command.shape import group
from node.command.telling import (
    cell,
    note,
    plural,
    print_json,
    print_line,
    print_wrapped,
    wants_json,
    warn,
)
from node.command.words import recovery_option, words_or_none

org = group(
    "org",
    help="Accredit organisations, suspend them, show them; change this one's key.",
    example="satchel org show hilltop\nsatchel org accredit hilltop --role clinic --pay",
)

_out = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the proposal goes, for other members to sign.",
)


@org.command("accredit", example="satchel org accredit hilltop --role clinic --until 2028-01-31")
@click.argument("who", metavar="ORG")
@click.option("--role", "roles", multiple=True, required=True, metavar="ROLE", help="As what.")
@click.option("--until", metavar="TIME", help="When it ends: 2028-01-31.")
@_out
@payment_options
def accredit(
    who: str, roles: tuple[str, ...], until: str | None, out: Path | None, payment: Payment
) -> None:
    """Propose to accredit ORG and sign that; execute it where that is enough.

    ORG is `self`, a peer's name or a did:ethr. Roles are clinic, hospital, emergency, laboratory,
    pharmacy, specialist, public-health and relay.
    """
    words = ["accredit", who]
    for role in roles:
        words += ["--role", role]
    if until is not None:
        words += ["--until", until]
    _decide(words, out, payment)


@org.command("suspend", example="satchel org suspend hilltop --pay")
@click.argument("who", metavar="ORG")
@_out
@payment_options
def suspend(who: str, out: Path | None, payment: Payment) -> None:
    """Propose to suspend ORG and sign that; execute it where that is enough.

    Its devices and practitioners count as not accredited until it is accredited anew.
    """
    _decide(["suspend", who], out, payment)


def _decide(words: list[str], out: Path | None, payment: Payment) -> None:
    with node() as reach:
        payment.learn(reach)
        result = reach.ask(governance_calls.council_propose(words, sign=True))
        ready = result["missing"] == 0
        sent: dict[str, Any] = {"sent": 0}
        if ready:
            result = reach.ask(governance_calls.council_execute(result["text"]))
            sent = payment.send(reach)
    if out is not None:
        write_file(out, str(result["text"]).encode() + b"\n")
    if wants_json():
        print_json({"queued": [], **result, **sent})
        return
    tell_proposal(result)
    if ready:
        payment.tell(sent, queued=True)
    elif out is None:
        print_line(cell(result["text"]))
        note("put this line into a file for the other members: `satchel council sign FILE`")
    else:
        note(f"carry {out} to the other members: `satchel council sign FILE`")


@org.command("show", example="satchel org show hilltop")
@click.argument("who", metavar="[ORG]", required=False, default="self")
def show(who: str) -> None:
    """Say what is held of ORG's accreditation, as of which block, and how old that is.

    ORG is a peer's name or a did:ethr; this organisation where it is left away.
    """
    with node() as reach:
        found = reach.ask(governance_calls.org_show(who))
    if wants_json():
        print_json(found)
        return
    print_wrapped(f"{cell(found['organisation'])} {cell(found['name'])}".rstrip())
    print_wrapped(cell(found["verdict"]))
    if found["roles"]:
        print_wrapped(f"roles: {cell(found['roles'])}")
    if found["since"] is not None:
        until = "no end" if found["until"] is None else f"until {cell(found['until'])}"
        print_wrapped(f"{cell(found['state'])} since {cell(found['since'])}, {until}")
    if found["member"]:
        print_line("has a seat on the council")
    if found["as_of_block"] is not None:
        print_wrapped(f"as of block {cell(found['as_of_block'])}, {cell(found['age'])} old")
    if found["disaster_until"] is not None:
        warn(
            f"disaster mode until {found['disaster_until']}",
            "facts up to 7 days old are taken until then",
        )


@org.command("rotate", example="satchel org rotate\nsatchel org rotate --recovery words.txt")
@recovery_option
@payment_options
def rotate(recovery: Path | None, payment: Payment) -> None:
    """Take this organisation's next key into use, and pledge one after it.

    Its address, its charts and its members stay. Whoever stole the old key can add nobody to a
    chart that has heard of this. With --recovery the root carries it, which settles what a thief
    may have written before.
    """
    words = words_or_none(recovery)
    with node() as reach:
        with progress_bar("rotate") as progress:
            result = reach.ask(governance_calls.org_rotate(words), progress)
        sent = payment.send(reach)
    if wants_json():
        print_json(result | sent)
        return
    said = {
        "rotated": "the next key is in use",
        "pledged": "a next key is pledged: rotate again to take it into use",
        "finished": "what an earlier rotation had left undone is done",
    }
    print_line(said[result["state"]])
    print_wrapped(f"{cell(result['organisation'])}, key {cell(result['key'])}")
    print_line(f"carried into {plural(len(result['charts']), 'chart')}")
    if result["without"]:
        warn(
            f"{plural(len(result['without']), 'chart')} could not be told: no standing there",
            "`satchel org rotate --recovery FILE` tells them as the root",
        )
    note("give peers a new card: `satchel id --card FILE`")
    payment.tell(sent, queued=result["queued"])
