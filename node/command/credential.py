"""`satchel credential`: what this organisation vouches for on chain, and no longer does."""

import sys
from collections.abc import Callable
from typing import Any

import click

from node.client import governance_calls
from node.command.reaching import node
from node.command.sending import Payment, payment_options
from node.command.shape import group
from node.command.telling import (
    cell,
    plural,
    print_json,
    print_line,
    print_wrapped,
    wants_json,
    warn,
)

credential = group(
    "credential",
    help="Vouch for devices and practitioners, and end that.",
    example="satchel credential issue --self\nsatchel credential revoke --device tablet",
)


def _subjects(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--self", "own", is_flag=True, help="This node's device and its owner."),
        click.option(
            "--practitioner", "practitioners", multiple=True, metavar="KEY", help="A did:key."
        ),
        click.option(
            "--device", "devices", multiple=True, metavar="NAME", help="A peer or a did:key."
        ),
    ):
        command = option(command)
    return command


@credential.command(
    "issue", example="satchel credential issue --self\nsatchel credential issue --device tablet"
)
@_subjects
@click.option("--until", metavar="TIME", help="When it ends: 2028-01-31.")
@payment_options
def issue(
    own: bool,
    practitioners: tuple[str, ...],
    devices: tuple[str, ...],
    until: str | None,
    payment: Payment,
) -> None:
    """Vouch for devices and practitioners of this organisation, up to 64 at once.

    It counts while the organisation is accredited. Without --pay it waits in the outbox.
    """
    with node() as reach:
        result = reach.ask(
            governance_calls.credential_issue(
                devices=devices, practitioners=practitioners, own=own, until=until
            )
        )
        sent = payment.send(reach)
    _tell("vouched for", result, sent, payment)


@credential.command("revoke", example="satchel credential revoke --device tablet")
@_subjects
@payment_options
def revoke(
    own: bool, practitioners: tuple[str, ...], devices: tuple[str, ...], payment: Payment
) -> None:
    """End credentials for ever, issued or not. Works offline at once: it waits in the outbox."""
    with node() as reach:
        asked = governance_calls.credential_revoke(
            devices=devices, practitioners=practitioners, own=own
        )
        if not payment.yes:
            seen = reach.ask(asked)
            if wants_json() or not sys.stdin.isatty():
                raise click.UsageError("this is for ever, and nobody is there to ask: say --yes")
            for key in seen["keys"]:
                print_line(cell(key))
            for said in seen["follows"]:
                print_wrapped(f"- {cell(said)}")
            click.confirm("Revoke for ever?", abort=True, err=True)
        result = reach.ask(
            governance_calls.credential_revoke(
                devices=devices, practitioners=practitioners, own=own, confirmed=True
            )
        )
        sent = payment.send(reach)
    _tell("revoked", result, sent, payment)


@credential.command("check", example="satchel credential check hilltop")
@click.argument("who", metavar="KEY")
@click.option("--issuer", metavar="ORG", help="By whom; else the peer's own organisation.")
def check(who: str, issuer: str | None) -> None:
    """Say what is held of a credential, as of which block, and what that means.

    KEY is `self`, a peer's name or a did:key.
    """
    with node() as reach:
        found = reach.ask(governance_calls.credential_check(who, issuer))
    if wants_json():
        print_json(found)
        return
    print_wrapped(f"{cell(found['key'])} by {cell(found['issuer'])}")
    print_wrapped(cell(found["verdict"]))
    if found["as_of_block"] is not None:
        kind = f" ({cell(found['kind'])})" if found["kind"] else ""
        print_wrapped(
            f"{cell(found['state'])}{kind} as of block {cell(found['as_of_block'])}, "
            f"{cell(found['age'])} old"
        )
    for name in ("issued_at", "until", "revoked_at"):
        if found[name] is not None:
            print_line(f"{name.replace('_', ' ')}: {cell(found[name])}")


def _tell(verb: str, result: dict[str, Any], sent: dict[str, Any], payment: Payment) -> None:
    if wants_json():
        print_json(result | sent)
        return
    print_line(f"{verb}: {plural(len(result['keys']), 'key')}")
    for key in result["keys"]:
        print_line(f"  {cell(key)}")
    for said in result.get("follows", ()):
        print_wrapped(f"- {cell(said)}")
    if payment.pay:
        payment.tell(sent, queued=True)
    else:
        warn(cell(result["not_yet"]))
