"""`satchel audit`: checks what is stored, and anchors the log of acts on the registry's chain."""

from collections import Counter
from typing import Any

import click

from node.client import audit_calls, calls
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import cell, plural, print_json, print_line, print_wrapped, wants_json
from node.exits import ExitCode

audit = group("audit", help="Check everything that is stored.", example="satchel audit verify")


@audit.command(
    "verify",
    example="satchel audit verify\n"
    "satchel audit verify --against-chain --url http://127.0.0.1:8545",
)
@click.option(
    "--against-chain", is_flag=True, help="Prove by the anchors on chain that no act was rewritten."
)
@click.option("--url", metavar="URL", help="Ask this chain now, not the proof held here.")
def verify(against_chain: bool, url: str | None) -> int:
    """Check every signature, hash and link; exits with 10 where one does not hold.

    With --against-chain the log of acts must also lead to what the registry's chain has of it, by
    the newest proof that this node holds, or by what the chain at --url proves now.
    """
    if url is not None and not against_chain:
        raise click.UsageError("--url goes with --against-chain")
    with node() as reach, progress_bar("verify") as progress:
        found = reach.ask(calls.audit_verify(), progress)
        if against_chain:
            found["chain"] = reach.ask(audit_calls.audit_prove(url), progress)
    holds = found["ok"] and (not against_chain or found["chain"]["ok"])
    if wants_json():
        print_json({**found, "ok": holds})
        return ExitCode.ALL_TAKEN if holds else ExitCode.INTEGRITY
    verified = "verified" if found["ok"] else "looked at"
    print_line(
        f"{plural(found['operations'], 'operation')} in "
        f"{plural(found['charts'], 'chart')} {verified}"
    )
    for finding in found["findings"]:
        print_wrapped(cell(finding))
    for author, count in Counter(one["author"] for one in found["senseless"]).items():
        written = plural(count, "operation")
        print_wrapped(f"{written} of {cell(author)}: signed, senseless and without effect")
    if against_chain:
        _tell_chain(found["chain"])
    return ExitCode.ALL_TAKEN if holds else ExitCode.INTEGRITY


def _tell_chain(told: dict[str, Any]) -> None:
    for finding in told["findings"]:
        print_wrapped(cell(finding))
    if not told["ok"]:
        print_wrapped("the log of acts is NOT what was anchored")
    elif told["proven_entry"]:
        print_wrapped(
            f"the log of acts is proven up to entry {cell(told['proven_entry'])}, of "
            f"{cell(told['proven_time'])}, by {plural(told['anchors'], 'anchor')}"
        )
    else:
        print_wrapped("nothing of the log of acts is anchored yet")
    asked = "the proof held here" if told["chain"] is None else cell(told["chain"])
    print_wrapped(
        f"as of block {cell(told['as_of_block'])} of {cell(told['as_of_time'])}, by {asked}"
    )
    if told["not_anchored"] and told["ok"]:
        waiting = plural(told["not_anchored"], "newer entry", "newer entries")
        print_wrapped(f"{waiting} not anchored there yet")


@audit.command("anchor", example="satchel audit anchor\nsatchel registry sync --pay")
def anchor() -> None:
    """Put a salted root of the log of acts in the outbox: it goes with the next `registry sync`.

    One anchor covers every act since the last. The chain learns neither what was done nor how much.
    """
    with node() as reach:
        found = reach.ask(audit_calls.audit_anchor())
    if wants_json():
        print_json(found)
    elif found["anchored"]:
        print_wrapped(
            f"a root of {plural(found['entry'], 'entry', 'entries')} waits in the outbox; send it: "
            "satchel registry sync --pay"
        )
    elif found["waits"]:
        print_wrapped(f"an anchor of entry {cell(found['entry'])} is on its way; nothing is newer")
    else:
        print_wrapped("nothing is new since the last anchor")
