"""`satchel registry sync`: meets the chain; what it would cost is shown before it is spent."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from node.client import chain_calls
from node.command.files import read_text
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.registry import check_asked
from node.command.shape import command
from node.command.telling import (
    cell,
    note,
    plural,
    print_json,
    print_line,
    print_table,
    print_wrapped,
    wants_json,
    warn,
)

_KEY_LENGTH_CHARS_MAX: Final = 200
_WEI_IN_ETHER: Final = Decimal(10) ** 18


@command(
    "sync",
    example="satchel registry sync\nsatchel registry sync --url http://127.0.0.1:8545 --pay --yes",
)
@click.option("--url", metavar="URL", help="The chain's endpoint; else the network file's.")
@click.option("--pay", is_flag=True, help="Send what waits, after showing what it costs.")
@click.option(
    "--payer",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file with the key that pays, 64 hexadecimal digits; - for stdin.",
)
@click.option("--yes", is_flag=True, help="Do not ask before paying.")
def sync(url: str | None, pay: bool, payer: Path | None, yes: bool) -> None:
    """Meet the registry's chain: take facts with proofs, and send what was written offline.

    Nothing is spent without --pay. What is sent is signed by its owners already: who pays decides
    nothing but the bill. A development chain's own account pays there; elsewhere this
    organisation's address, or the key in --payer.
    """
    if pay:
        check_asked(yes=yes)
    key = None if payer is None else read_text(payer, _KEY_LENGTH_CHARS_MAX)
    with node() as reach, progress_bar("meeting the chain") as progress:
        found = reach.ask(chain_calls.registry_sync(url, payer_key=key), progress)
        planned = found["plan"]
        if pay and planned is not None and planned["transactions"]:
            if not wants_json():
                tell_plan(planned)
            if not yes:
                click.confirm("Pay for it?", abort=True, err=True)
            paying = chain_calls.registry_sync(
                url, pay=True, payer_key=key, wei_max=planned["wei_max"]
            )
            paid = reach.ask(paying, progress)
            found = {**paid, "agreed": planned}
    if wants_json():
        print_json(found)
        return
    _tell(found, paid=pay)


def _tell(found: dict[str, Any], *, paid: bool) -> None:
    development = " (for development)" if found["development"] else ""
    print_wrapped(f"{cell(found['chain'])}, block {cell(found['block'])}{development}")
    if found["stale_blocks"]:
        warn(
            f"this chain is {plural(found['stale_blocks'], 'block')} behind what signers vouch for",
            "nothing older was taken; ask another endpoint",
        )
    if found["vouched_block"] is None:
        warn(
            "no checkpoint: nothing that a chain says is taken until enough signers vouch for it",
            "sync with a peer that has one, or `satchel checkpoint combine`",
        )
    else:
        print_wrapped(
            f"{plural(found['facts'], 'fact')} taken as of block {cell(found['vouched_block'])}, "
            f"{cell(found['changed'])} of them changed"
        )
    if found["alarms"]:
        warn(plural(found["alarms"], "alarm"), "see `satchel registry status`")
    if paid:
        print_line(f"{plural(found['sent'], 'transaction')} sent")
    _tell_waiting(found, paid=paid)


def _tell_waiting(found: dict[str, Any], *, paid: bool) -> None:
    counts = found["outbox"]
    if counts["done"] or counts["seen"]:
        print_line(f"on chain: {counts['done']:,} for good, {counts['seen']:,} not final yet")
    if counts["sent"]:
        print_line(f"under way: {counts['sent']:,}")
    if counts["failed"]:
        warn(f"{counts['failed']:,} failed for good", "see `satchel registry outbox`")
    if counts["waiting"]:
        print_line(f"waiting: {counts['waiting']:,}")
        if found["unpayable"]:
            note(cell(found["unpayable"]))
        planned = found["plan"]
        if planned is not None and not paid and planned["transactions"]:
            tell_plan(planned)
            note("nothing was spent: `satchel registry sync --pay` sends them")
        if planned is not None and (paid or len(planned["transactions"]) < counts["waiting"]):
            note("`satchel registry outbox` says why what still waits does")


def tell_plan(planned: dict[str, Any]) -> None:
    """What would be sent and what that costs, before it is."""
    rows = [
        (
            one["number"],
            one["kind"],
            ("about " if one["about"] else "") + f"{one['gas']:,}",
            one["label"],
        )
        for one in planned["transactions"]
    ]
    if not rows:
        return
    print_table(("number", "kind", "gas", "what"), rows, flexible=3)
    print_wrapped(
        f"{planned['gas']:,} gas, {_ether(planned['wei'])} now and {_ether(planned['wei_max'])} at "
        f"most, paid by {cell(planned['payer_kind'])} {cell(planned['payer'])}"
    )


def _ether(wei: str) -> str:
    amount = Decimal(wei) / _WEI_IN_ETHER
    return f"{amount.normalize():f} ETH"
