"""`satchel registry`: the shared registry's facts, its chain, and what shall be written there."""

from pathlib import Path
from typing import Any

import click

from node.client import chain_calls
from node.client.calls import Upload
from node.command.files import open_file, write_file
from node.command.reaching import node
from node.command.shape import Lazy, SatchelGroup, command
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

registry = SatchelGroup(
    "registry",
    lazy={
        "sync": Lazy(
            "node.command.registry_sync:sync", "Meet the chain: take facts, send what waits."
        ),
        "status": Lazy(
            "node.command.registry:status", "Say what is held, how old, and what waits."
        ),
        "resolve": Lazy("node.command.registry_resolve:resolve", "Resolve a DID."),
        "outbox": Lazy("node.command.registry:outbox", "List what shall be done on chain."),
        "snapshot": Lazy("node.command.snapshots:snapshot", "Keep facts with proofs in a file."),
    },
    help="The shared registry, as far as it is known here.",
    example="satchel registry status\nsatchel registry sync --pay",
)


@command("status", example="satchel registry status")
def status() -> None:
    """Say what this node holds of the shared registry. No chain is asked."""
    with node() as reach:
        found = reach.ask(chain_calls.registry_status())
    if wants_json():
        print_json(found)
        return
    print_line(cell(found["summary"]))
    if found["registry"] is not None:
        _tell_registry(found)
    _tell_outbox(found["outbox"])


def _tell_registry(found: dict[str, Any]) -> None:
    shared, adopted, asked = found["registry"], found["adopted"], found["last_asked"]
    of = f"registry {cell(shared['name'])}, chain {cell(shared['chain_id'])}"
    print_wrapped(of + (" (for development)" if shared["development"] else ""))
    if adopted is not None:
        print_wrapped(f"block {cell(adopted['block'])} of {cell(adopted['time'])}")
    if asked is None:
        print_wrapped("no chain was asked by this node yet; peers bring facts too")
    elif asked["failure"]:
        print_wrapped(f"last asked {cell(asked['age'])}, in vain: {cell(asked['failure'])}")
    else:
        print_wrapped(f"last asked {cell(asked['age'])}: {cell(asked['chain'])}")
    if found["signer"]:
        print_wrapped("this node vouches for blocks")
    for pending in found["signatures"][-1:]:
        if pending["signed"] < pending["needed"]:
            print_wrapped(
                f"block {cell(pending['block'])} is signed by {cell(pending['signed'])} of "
                f"{cell(pending['needed'])} who must"
            )
    print_wrapped(plural(found["facts"], "fact") + " held with proof")
    for title in ("organisations", "peers"):
        if found[title]:
            print_line(title)
        for one in found[title]:
            print_wrapped(f"{cell(one['name'])}: {cell(one['verdict'])}", "  ")
    if found["disaster_until"] is not None:
        warn(
            f"disaster mode until {cell(found['disaster_until'])}",
            "the council lets nodes go by facts that are up to 7 days old",
        )
    for alarm in found["alarms"]:
        warn(
            f"alarm: {cell(alarm['kind'])}, block {cell(alarm['block'])}, "
            f"first seen {cell(alarm['first_seen'])}"
        )


def _tell_outbox(counts: dict[str, Any]) -> None:
    parts = [f"{count:,} {stage}" for stage, count in counts.items() if count]
    print_wrapped("outbox: " + (", ".join(parts) if parts else "empty"))


@command(
    "outbox",
    example="satchel registry outbox\nsatchel registry outbox --out ours.outbox\n"
    "satchel registry outbox --take theirs.outbox",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what waits to a file, for somebody who reaches a chain.",
)
@click.option(
    "--take",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take somebody's file over, to send it with the next `registry sync --pay`.",
)
def outbox(out: Path | None, take: Path | None) -> None:
    """List what shall be done on chain, and why it is not yet.

    What waits is signed already: whoever is given it can send it, pays for it, and changes nothing
    of it. The file names no patient.
    """
    if out is not None and take is not None:
        raise click.UsageError("--out or --take, not both")
    if out is not None:
        _write_out(out)
        return
    if take is not None:
        _take(take)
        return
    with node() as reach:
        found = reach.ask(chain_calls.registry_outbox())
    if wants_json():
        print_json(found)
        return
    if not found:
        note("nothing was ever to be done on chain")
        return
    print_table(
        ("number", "kind", "stage", "what"),
        [(one["number"], one["kind"], one["stage"], _what(one)) for one in found],
        flexible=3,
    )
    for one in found:
        if one["reason"]:
            print_wrapped(f"{cell(one['number'])}: {cell(one['reason'])}")


def _write_out(path: Path) -> None:
    with node() as reach:
        result = reach.ask(chain_calls.registry_outbox_file())
    write_file(path, str(result["text"]).encode() + b"\n")
    if wants_json():
        print_json({"intents": result["intents"]})
    elif str(path) != "-":
        note(f"{plural(result['intents'], 'intent')} in {path}")


def _take(path: Path) -> None:
    with open_file(path) as file, node() as reach:
        result = reach.ask(chain_calls.registry_outbox_take(Upload(file)))
    if wants_json():
        print_json(result)
        return
    print_line(f"{plural(result['taken'], 'intent')} taken over")
    note("`satchel registry sync --pay` sends them")


def _what(one: dict[str, Any]) -> str:
    return str(one["label"]) if one["block"] is None else f"{one['label']}; block {one['block']}"


def check_asked(*, yes: bool) -> None:
    """Refuse to spend where nobody can be asked. Raises UsageError."""
    import sys

    if not yes and (wants_json() or not sys.stdin.isatty()):
        raise click.UsageError("nobody is there to ask whether to pay: say --yes")
