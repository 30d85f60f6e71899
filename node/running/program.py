"""The event loop's program of one node: the API on its socket, and under `serve` the transport.

`serve` runs it in the main thread, other commands beside themselves (node/running/reach.py).
"""

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import trio

from node.api.service import Service
from node.api.serving import listen_privately, serve_api
from node.application.node import Node
from node.home.layout import Home
from node.home.lock import HomeLock
from node.home.socket_path import choose_socket_path
from node.limits import registry_meet_seconds, shred_look_seconds, thread_switch_seconds
from node.running.errors import SocketFailed, first_of
from node.running.exchange import Exchange

_log = logging.getLogger(__name__)

Ready = Callable[[Path, list[str]], None]
"""Hears when the node can be asked: its socket, and the multiaddrs that it listens on."""

_LAST_ARRIVALS_SECONDS = 0.05
"""How long connections that were made before the socket's name went get to send their request."""


class Program:
    """Runs an open node until `stop` is set; the caller closes the node afterwards."""

    def __init__(self, node: Node, home: Home, lock: HomeLock) -> None:
        """Take a node whose home is locked by `lock`."""
        self._node = node
        self._home = home
        self._lock = lock

    async def run(self, stop: trio.Event, ready: Ready, listen: list[str] | None = None) -> None:
        """Serve until `stop`; requests that are being answered then are answered still.

        Raises SocketFailed, SocketPathTooLong, ListenFailed, AddressError.
        """
        # A worker thread keeps the interpreter for as long as this; the network waits meanwhile.
        sys.setswitchinterval(thread_switch_seconds)
        try:
            await self._run(stop, ready, listen)
        except BaseExceptionGroup as group:
            raise first_of(group) from None

    async def _run(self, stop: trio.Event, ready: Ready, listen: list[str] | None) -> None:
        work = trio.Lock()
        exchange = Exchange(self._node, work)
        service = Service(self._node, exchange.dial, work)
        with contextlib.closing(exchange):
            await exchange.settle()  # what a process that was killed left undone
            await self._serve(exchange, service, stop, ready, listen)

    async def _serve(
        self,
        exchange: Exchange,
        service: Service,
        stop: trio.Event,
        ready: Ready,
        listen: list[str] | None,
    ) -> None:
        async with trio.open_nursery() as nursery:
            addresses: list[str] = []
            if listen is not None:
                addresses = await nursery.start(exchange.serve, listen)
                nursery.start_soon(_settle_now_and_then, exchange)
                if self._node.registry_desk.has_endpoints:
                    nursery.start_soon(_meet_chain_now_and_then, self._node)
            path, listener = self._listen()
            with contextlib.closing(listener):
                ended = trio.Event()
                try:
                    await nursery.start(serve_api, service, listener, ended.wait)
                    self._lock.announce(path)
                    ready(path, addresses)
                    await stop.wait()
                finally:
                    path.unlink(missing_ok=True)
                await trio.sleep(_LAST_ARRIVALS_SECONDS)
                await service.wait_idle()
                ended.set()
                nursery.cancel_scope.cancel()

    def _listen(self) -> tuple[Path, socket.socket]:
        path = choose_socket_path(self._home, os.environ)
        try:
            return path, listen_privately(path)
        except OSError as error:
            raise SocketFailed(path, (error.strerror or "unknown").lower()) from error


async def _settle_now_and_then(exchange: Exchange) -> None:
    """Look at what falls due by time alone: a shred whose hold ends while nobody syncs."""
    while True:
        await trio.sleep(shred_look_seconds)
        await exchange.settle()


async def _meet_chain_now_and_then(node: Node) -> None:
    """Take facts of the registry while its chain answers, and vouch for it where this node may.

    In a thread that nobody waits for: a chain that hangs delays neither the loop nor the end.
    """
    while True:
        failure = await trio.to_thread.run_sync(
            node.registry_desk.meet_by_itself,
            abandon_on_cancel=True,  # type: ignore[call-arg]  # stubs that come with libp2p are older than trio
        )
        if failure is not None:
            _log.warning("%s", failure)
        await trio.sleep(registry_meet_seconds)
