"""`satchel sync`: meets a peer."""

import click

from node.client import calls
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import note, plural, print_json, print_line, wants_json


@command("sync", example="satchel sync hilltop")
@click.argument("peer", metavar="MULTIADDR|PEER")
def sync(peer: str) -> None:
    """Send and take what both nodes may have.

    A paired node is tried at its card's addresses in turn. What was taken is kept when the
    connection breaks: sync again to go on.
    """
    with node() as reach:
        found = reach.ask(calls.sync(peer))
    if wants_json():
        print_json(found)
        return
    print_line(
        f"sent {plural(found['sent'], 'resource')} ({plural(found['ops_sent'], 'operation')}), "
        f"received {found['received']:,} ({found['ops_received']:,})"
    )
    if found["pieces_sent"] or found["pieces_received"]:
        print_line(
            f"sent {plural(found['pieces_sent'], 'piece')} of large resources, "
            f"received {found['pieces_received']:,}"
        )
    print_line(
        f"{found['bytes_out']:,} bytes out, {found['bytes_in']:,} in, "
        f"{plural(found['round_trips'], 'round trip')}, {found['seconds']:.1f} s"
    )
    for reason, count in found["refused"].items():
        note(f"{plural(count, 'operation')} of the peer refused: {reason}")
