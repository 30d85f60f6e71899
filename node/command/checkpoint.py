"""`satchel checkpoint`: vouch for blocks, so that nodes without a chain can trust their state."""

from pathlib import Path
from typing import Any

import click

from node.command.files import read_text, write_file
from node.command.network import read_network
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import note, print_json, print_line, wants_json
from node.registry.limits import checkpoint_size_bytes_max

checkpoint = group(
    "checkpoint",
    help="Vouch for blocks of the registry's chain.",
    example="satchel checkpoint sign --out mine.checkpoint",
)
_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="Where to write it (- for stdout).",
)


@checkpoint.command("sign", example="satchel checkpoint sign --out mine.checkpoint")
@click.option("--url", help="The chain's endpoint; the network file's first where left away.")
@_OUT
def sign(url: str | None, out: Path) -> None:
    """Vouch for the newest final block that a chain shows.

    The network file must list this node's checkpoint key: `satchel id --json` shows it. A node
    vouches for one block of a number, and never for one before its last.
    """
    from node.client import checkpoint_calls

    with node() as reach:
        found = reach.ask(checkpoint_calls.checkpoint_sign(url))
    _write(found, out)


@checkpoint.command(
    "combine", example="satchel checkpoint combine *.checkpoint --out all.checkpoint"
)
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--network",
    "network_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Of this network, by its first signers; the home's where left away.",
)
@_OUT
def combine(files: tuple[Path, ...], network_file: Path | None, out: Path) -> None:
    """Make one checkpoint of FILES that enough signers signed.

    Signatures of strangers and doubled ones are refused. One number signed with two hashes is an
    alarm: tell the signers.
    """
    texts = [read_text(file, checkpoint_size_bytes_max) for file in files]
    if network_file is not None:
        from node.registry.combining import combined

        network = read_network(network_file)
        found = combined(network, network.signer_set, texts)
    else:
        from node.client import checkpoint_calls

        with node() as reach:
            found = reach.ask(checkpoint_calls.checkpoint_combine(texts))
    _write(found, out)


@checkpoint.command(
    "follow", example="satchel checkpoint follow did:key:z6Mk… did:key:z6Mk… --threshold 2"
)
@click.argument("signers", metavar="DID…", nargs=-1, required=True)
@click.option("--threshold", type=click.IntRange(1), required=True, help="How many must sign.")
def follow(signers: tuple[str, ...], threshold: int) -> None:
    """Take over the checkpoint signers that the council decided.

    The registry must name just these, proven by a checkpoint of the old ones: run `satchel registry
    sync` first. Other nodes learn it from this one's facts. The old ones vouch for nothing later.
    """
    from node.client import checkpoint_calls

    with node() as reach:
        found = reach.ask(checkpoint_calls.checkpoint_follow(signers, threshold))
    if wants_json():
        print_json(found)
    else:
        print_line(f"{threshold} of {len(found['signers'])} vouch from block {found['block']} on")


def _write(found: dict[str, Any], out: Path) -> None:
    write_file(out, found["checkpoint"].encode() + b"\n")
    if str(out) == "-":
        return
    if wants_json():
        print_json(found)
        return
    print_line(f"block {found['block']}")
    print_line(f"hash  {found['hash']}")
    signed, needed = len(found["signed"]), found["threshold"]
    print_line(f"{signed} signed, {needed} needed")
    if signed < needed:
        note("gather the others' and run `satchel checkpoint combine`")
