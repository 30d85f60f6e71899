"""`satchel chain`: a development chain on this machine, the registry's contracts, what is there.

None of it needs a node or a home. The chain itself is loaded when it is served.
"""

import signal
import threading
import time
from pathlib import Path

import click

from node.command.errors import ChainStateInUse, ChainStateRefused, PortRefused
from node.command.shape import Lazy, SatchelGroup, command
from node.command.telling import note, print_json, print_line, wants_json

PORT_DEFAULT = 8545
"""Where tools look for a chain on this machine."""

IDLE_BLOCK_SECONDS = 60
"""A real chain goes on when nobody writes; facts read from a chain that stands still would age."""

chain = SatchelGroup(
    "chain",
    lazy={
        "serve": Lazy("node.command.chain:serve_chain", "Run a chain for development here."),
        "deploy": Lazy("node.command.chain_deploying:deploy", "Put the registry on a chain."),
        "status": Lazy("node.command.chain_status:status", "Say what a chain is and has."),
    },
    help="The chain that the shared registry is on.",
    example="satchel chain serve --state chain.sqlite\n"
    "satchel chain deploy --url http://127.0.0.1:8545 --network network.json",
)


@command("serve", example="satchel chain serve --state chain.sqlite --port 8545")
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="The chain's file; made where there is none.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT_DEFAULT,
    show_default=True,
    help="Where to listen on this machine; 0 takes a free port.",
)
@click.option(
    "--chain-id",
    type=click.IntRange(1, (1 << 53) - 1),
    help="The chain's id; 31337, or the file's own, where this is left away.",
)
@click.option(
    "--idle-block",
    type=click.IntRange(0),
    metavar="SECONDS",
    default=IDLE_BLOCK_SECONDS,
    show_default=True,
    help="Add an empty block when asked after so long a silence; 0 never does.",
)
@click.option(
    "--finality",
    type=click.IntRange(0),
    metavar="BLOCKS",
    default=0,
    show_default=True,
    help="How far the final block stays behind the newest.",
)
def serve_chain(
    state: Path, port: int, chain_id: int | None, idle_block: int, finality: int
) -> None:
    """Run a chain for development, until SIGTERM or SIGINT.

    Prints its http:// address when it is ready. It speaks Ethereum's JSON-RPC to programs on this
    machine alone. A block is on disk before anybody is told of it.

    For development only: its funded accounts have keys that everybody knows, and it is whatever
    its one file says. Nothing on it protects anybody.
    """
    from contracts.development.chain import DevelopmentChain
    from contracts.development.claim import claimed
    from contracts.development.errors import StateFileInUse, StateFileRefused
    from contracts.development.rpc import JsonRpc
    from contracts.development.server import ChainServer

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    try:
        with claimed(state):
            served = DevelopmentChain(
                chain_id, clock=time.time, database=state, finality_blocks=finality
            )
            rpc = JsonRpc(served, idle_block_seconds=idle_block or None)
            try:
                server = ChainServer(rpc, port)
            except OSError as error:
                served.close()
                raise PortRefused(port, (error.strerror or "unknown").lower()) from None
            _tell_ready(server.url, served.chain_id, state)
            ended.wait()
            server.close()
            served.close()
    except StateFileInUse as error:
        raise ChainStateInUse(state, error.pid) from None
    except StateFileRefused as error:
        raise ChainStateRefused(state, str(error)) from None
    except OSError as error:
        raise ChainStateRefused(state, (error.strerror or "unknown").lower()) from None
    note("stopped")


def _tell_ready(url: str, chain_id: int, state: Path) -> None:
    if wants_json():
        print_json({"url": url, "chain": chain_id, "development": True, "state": str(state)})
        return
    print_line(url)
    note(f"chain {chain_id}, for development only: everybody knows the keys of its accounts")
