"""`satchel council`: what the council decides, as files that its members sign offline."""

from pathlib import Path
from typing import Any, Final

import click

from node.client import governance_calls
from node.command.files import read_text, write_file
from node.command.reaching import node
from node.command.sending import Payment, payment_options
from node.command.shape import CONTEXT_SETTINGS, group
from node.command.telling import (
    cell,
    note,
    plural,
    print_json,
    print_line,
    print_wrapped,
    wants_json,
)

_PROPOSAL_LENGTH_CHARS_MAX: Final = 256 * 1024

_NETWORK_LENGTH_CHARS_MAX: Final = 64 * 1024

council = group(
    "council",
    help="Decide as a council: propose, sign, execute.",
    example="satchel council propose accredit hilltop role clinic --out hilltop.proposal\n"
    "satchel council sign hilltop.proposal\nsatchel council execute hilltop.proposal --pay",
)

_out = click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Where the proposal goes."
)
_network = click.option(
    "--network",
    "network_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The network, for a home that was made before it.",
)
_file = click.argument("file", type=click.Path(path_type=Path))


@council.command(
    "propose",
    example="satchel council propose accredit hilltop role clinic --out hilltop.proposal\n"
    "satchel council propose disaster until 2027-03-01 --out flood.proposal",
    context_settings={**CONTEXT_SETTINGS, "ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, required=True, metavar="ACTION...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the proposal goes.",
)
@click.option("--before", metavar="TIME", help="Until when it can be executed; else 30 days.")
@click.option("--sign", is_flag=True, help="Sign it at once as this organisation.")
@_network
def propose(
    words: tuple[str, ...], out: Path, before: str | None, sign: bool, network_file: Path | None
) -> None:
    """Write a proposal of one or more ACTIONs, which happen together or not at all.

    \b
    accredit ORG role ROLE [role ROLE] [until TIME]
    suspend ORG
    add-member ORG            remove-member ORG
    threshold N               how many of the council decide
    disaster until TIME       disaster end
    signers K KEY,KEY         who vouches for blocks, K of them
    withdraw PROPOSAL         one that shall never be executed

    ORG is `self`, a peer's name or a did:ethr; `--role` and `--until` are taken as well. Carry
    the file to the other members.
    """  # noqa: D301 -- click looks for the character itself
    with node() as reach:
        asked = governance_calls.council_propose(
            words, until=before, sign=sign, network=_network_text(network_file)
        )
        result = reach.ask(asked)
    _write(out, result)
    tell_proposal(result)
    _tell_carry(out, result)


@council.command("sign", example="satchel council sign hilltop.proposal")
@_file
@_out
@click.option("--look", is_flag=True, help="Say what it is, and sign nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_network
def sign(file: Path, out: Path | None, look: bool, yes: bool, network_file: Path | None) -> None:
    """Sign the proposal in FILE as this organisation, after showing what it does.

    The file is written again with the signature, or --out is.
    """
    text = read_text(file, _PROPOSAL_LENGTH_CHARS_MAX)
    network = _network_text(network_file)
    with node() as reach:
        seen = reach.ask(governance_calls.council_look(text, network))
        if not look:
            if not wants_json():
                tell_proposal(seen, missing=False)
            _ask("Sign it?", yes=yes)
            seen = reach.ask(governance_calls.council_sign(text, network))
            _write(file if out is None else out, seen)
    if look or wants_json():
        tell_proposal(seen)
        return
    print_line("signed as this organisation")
    _tell_missing(seen)
    _tell_carry(file if out is None else out, seen)


@council.command("list", example="satchel council list")
def list_proposals() -> None:
    """List the proposals that this home made, signed or executed."""
    with node() as reach:
        found = reach.ask(governance_calls.council_list())
    if wants_json():
        print_json(found)
        return
    if not found:
        note("no proposal is known here")
        return
    for one in found:
        signed = f"{one['signatures']} of {'?' if one['needed'] is None else one['needed']}"
        print_line(f"{cell(one['proposal'])[:8]}  {cell(one['state'])}, {signed} signed")
        for action in one["actions"]:  # whole: what is cut off would be whom it is about
            print_wrapped(f"- {cell(action)}", "  ")


@council.command("execute", example="satchel council execute hilltop.proposal --pay")
@_file
@payment_options
def execute(file: Path, payment: Payment) -> None:
    """Do what enough members signed, in one transaction.

    Without --pay it waits in the outbox; whoever has the file can execute it.
    """
    text = read_text(file, _PROPOSAL_LENGTH_CHARS_MAX)
    with node() as reach:
        reach.ask(governance_calls.council_look(text))
        payment.learn(reach)
        result = reach.ask(governance_calls.council_execute(text))
        sent = payment.send(reach)
    if wants_json():
        print_json(result | sent)
        return
    tell_proposal(result)
    payment.tell(sent, queued=True)


def tell_proposal(result: dict[str, Any], *, missing: bool = True) -> None:
    """A proposal as a person is to read it, with how many signatures are missing."""
    if wants_json():
        print_json(result)
        return
    print_line(f"proposal {cell(result['proposal'])[:16]}: {cell(result['state'])}")
    for action in result["actions"]:
        print_wrapped(f"- {cell(action)}")
    print_wrapped(f"can be executed until {cell(result['until'])}")
    for one in result["signed_by"]:
        seat = {True: "", False: " (NOT a member of the council)", None: " (seat not proven here)"}
        who = cell(one["name"]) or "no card of it is held here"
        print_wrapped(f"signed by {cell(one['organisation'])}, {who}{seat[one['member']]}", "  ")
    if missing:
        _tell_missing(result)


def _tell_missing(result: dict[str, Any]) -> None:
    if result["needed"] is None:
        print_wrapped(
            f"{plural(result['signatures'], 'signature')}; how many are needed is not known here: "
            "`satchel registry sync`"
        )
    elif result["missing"]:
        print_wrapped(
            f"{plural(result['missing'], 'signature')} missing: {result['signatures']} of "
            f"{result['needed']} (the council has {plural(result['members'], 'member')})"
        )
    else:
        print_wrapped(
            f"signed by enough: {result['signatures']} of {result['needed']}; anybody may execute "
            "it"
        )


def _tell_carry(file: Path, result: dict[str, Any]) -> None:
    """What to do next with the file of a proposal."""
    if str(file) == "-":
        return
    if result["needed"] is None or result["missing"]:
        note(f"carry {file} to the other members: `satchel council sign FILE`")
    else:
        note(f"`satchel council execute {file} --pay` does it, from any home of the network")


def _network_text(path: Path | None) -> str | None:
    return None if path is None else read_text(path, _NETWORK_LENGTH_CHARS_MAX)


def _write(out: Path, result: dict[str, Any]) -> None:
    write_file(out, str(result["text"]).encode() + b"\n")


def _ask(question: str, *, yes: bool) -> None:
    import sys

    if yes:
        return
    if wants_json() or not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask: say --yes")
    click.confirm(question, abort=True, err=True)
