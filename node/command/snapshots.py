"""`satchel registry snapshot`: the registry's facts with their proofs, in a file."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from node.command.files import open_file, write_file
from node.command.network import read_network
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import note, plural, print_json, print_line, wants_json
from node.registry.limits import snapshot_file_size_bytes_max

if TYPE_CHECKING:
    from node.registry.network import Network
    from node.registry.snapshot import Verified

snapshot = group(
    "snapshot",
    help="Keep the registry's facts with their proofs in a file.",
    example="satchel registry snapshot save clinics.snapshot",
)


@snapshot.command("save", example="satchel registry snapshot save clinics.snapshot")
@click.argument("file", type=click.Path(path_type=Path))
def save(file: Path) -> None:
    """Write every fact that is held here, with its proof, to FILE (- for stdout)."""
    from node.client import checkpoint_calls

    with node() as reach:
        found = reach.ask(checkpoint_calls.snapshots())
    content = base64.b64decode(found.pop("file"))
    write_file(file, content)
    if str(file) == "-":
        return
    if wants_json():
        print_json({**found, "bytes": len(content)})
    else:
        print_line(f"{plural(found['facts'], 'fact')} in {plural(len(content), 'byte')}")


@snapshot.command("verify", example="satchel registry snapshot verify clinics.snapshot")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--network",
    "network_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Judge by this network file, without a home.",
)
def verify(file: Path, network_file: Path | None) -> None:
    """Check every signature and proof in FILE, without any chain.

    Says for each snapshot in it which block it is of, how old that is by this machine's clock, how
    many facts it proves, and which signers vouched.
    """
    from node.application.context import system_clock
    from node.registry.snapshot_file import decode_snapshot_file

    network = _home_network() if network_file is None else read_network(network_file)
    with open_file(file) as opened:
        snapshots = decode_snapshot_file(opened.read(snapshot_file_size_bytes_max + 1))
    now_seconds = system_clock() // 1000
    told = [_told(one.verify(network), now_seconds) for one in snapshots]
    if wants_json():
        print_json({"ok": True, "network": network.fingerprint.hex(), "snapshots": told})
        return
    for one in told:
        print_line(f"block {one['block']}, {_age(one['age_seconds'])}")
        print_line(f"  {plural(one['facts'], 'fact')}, {one['revocations']} of them revocations")
        print_line(f"  vouched for by set {one['set']} of signers, {one['threshold']} of")
        for signer in one["signers"]:
            print_line(f"    {signer}")
    if not told:
        note("the file holds no snapshot: nothing was gathered yet")


def _told(verified: "Verified", now_seconds: int) -> dict[str, Any]:
    from node.registry.fact import is_revocation
    from sync.identifiers import did_key

    return {
        "block": verified.block,
        "hash": "0x" + verified.block_hash.hex(),
        "age_seconds": now_seconds - verified.timestamp_seconds,
        "facts": len(verified.facts),
        "revocations": sum(is_revocation(key, word) for key, word in verified.facts.items()),
        "set": len(verified.signer_sets),
        "signers": [did_key(signer) for signer in verified.signers.keys],
        "threshold": verified.signers.threshold,
    }


def _age(seconds: int) -> str:
    if seconds < 0:
        return f"{-seconds} s ahead of this machine's clock: one of both is wrong"
    days, rest = divmod(seconds, 24 * 3600)
    return f"{days} d {rest // 3600} h old" if days else f"{rest} s old"


def _home_network() -> "Network":
    from node.client import checkpoint_calls
    from node.registry.network import parse_network

    with node() as reach:
        return parse_network(reach.ask(checkpoint_calls.network())["file"].encode())
