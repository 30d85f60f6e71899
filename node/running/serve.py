"""`satchel serve`: a node in the main thread, until a signal ends it."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable

import trio

from node.application.node import Node
from node.application.starting import open_node
from node.home.guard import explained
from node.home.layout import Home
from node.home.lock import wait_for_lock
from node.limits import lock_wait_seconds
from node.running.errors import first_of
from node.running.program import Program


def serve(
    home: Home,
    passphrase: bytes,
    listen: list[str],
    ready: Callable[[list[str]], None],
    wait_seconds: float = lock_wait_seconds,
    opened: Callable[[Home, bytes], Node] = open_node,
) -> None:
    """Serve peers and clients until SIGTERM or SIGINT; `ready` hears the multiaddrs, best first.

    `opened` opens the node: a simulator's has another clock.
    Raises HomeInUse where another process goes on having the home, and what opening raises.
    """
    lock = wait_for_lock(home, wait_seconds)
    if lock is None:
        raise AssertionError("nothing was said to be joinable")
    with contextlib.closing(lock):
        with explained(home):
            node = opened(home, passphrase)
        with contextlib.closing(node):
            trio.run(_serve, Program(node, home, lock), listen, ready)


async def _serve(program: Program, listen: list[str], ready: Callable[[list[str]], None]) -> None:
    stop = trio.Event()
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_stop_at_signal, signals, stop)
                await program.run(stop, lambda _socket, found: ready(best_first(found)), listen)
                nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise first_of(group) from None


async def _stop_at_signal(signals: AsyncIterator[int], stop: trio.Event) -> None:
    async for number in signals:
        if stop.is_set():  # asked twice: what is unfinished is left, as after a power cut
            os._exit(128 + number)
        stop.set()


def best_first(addresses: list[str]) -> list[str]:
    """Addresses that other machines can reach before this machine's own."""
    return sorted(addresses, key=lambda address: address.startswith(("/ip4/127.", "/ip6/::1/")))
