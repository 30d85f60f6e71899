"""`satchel serve`: answers peers and local clients until it is stopped."""

import logging
import sys
from typing import Final

import click

from node.command.reaching import home_path, passphrase
from node.command.shape import command
from node.command.telling import note, print_json, print_line, wants_json
from node.failure import account_of
from node.home.creation import open_home

LISTEN_DEFAULT: Final = "/ip4/0.0.0.0/tcp/26411"
"""A fixed port, so that a card's addresses stay true and a firewall can name it."""


@command("serve", example="satchel serve --listen /ip4/0.0.0.0/tcp/26411")
@click.option(
    "--listen",
    multiple=True,
    metavar="MULTIADDR",
    default=[LISTEN_DEFAULT],
    show_default=True,
    help="Where to listen; port 0 takes a free one. May be repeated.",
)
def serve_node(listen: tuple[str, ...]) -> None:
    """Answer peers, and commands on this machine, until SIGTERM or SIGINT.

    Prints one line when it is ready: the full multiaddr that peers give to `satchel sync`.
    Interfaces' own addresses stand for 0.0.0.0; with --json all of them are printed.
    """
    from node.running.serve import serve

    home = open_home(home_path())
    secret = passphrase().read()
    as_json = wants_json()
    _log_to_stderr()

    def ready(addresses: list[str]) -> None:
        if as_json:
            peer_id = addresses[0].rpartition("/")[2] if addresses else None
            print_json({"addresses": addresses, "peer_id": peer_id})
        else:
            print_line(addresses[0])

    serve(home, secret, list(listen), ready)
    note("stopped")


class _Discreet(logging.Formatter):
    """Shows a message and, of an exception, what may be told; never a traceback with its values."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = f"satchel: {record.levelname.lower()}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" ({account_of(record.exc_info[1]).message})"
        return line


def _log_to_stderr() -> None:
    """Our own warnings go to stderr; other packages' texts could quote what they were given."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Discreet())
    ours = logging.getLogger("node")
    ours.addHandler(handler)
    ours.setLevel(logging.WARNING)
    ours.propagate = False
    logging.lastResort = None
