"""How a command reaches its node: it joins the one that runs in the home, or starts one here.

A node that is started here runs in a thread beside the command, socket included, so that there is
one way to ask it and others can join; it ends with the command (DESIGN section 3).
"""

import os
import socket
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from node.client import Call, Client, NodeGone
from node.client.calls import Result, ResultT
from node.home.layout import Home
from node.home.lock import Holder, read_holder, wait_for_lock
from node.limits import lock_wait_seconds

if TYPE_CHECKING:
    from node.running.beside import BesideNode

Progress = Callable[[str, int, int | None], None]

_ATTEMPTS_MAX: Final = 5
"""How often a call looks for a node anew when the one that it had joined has ended."""
_KNOCK_SECONDS_MAX: Final = 5.0
"""How long a running node may take to answer a knock: its loop does, whatever its threads do."""
_KNOCK: Final = b"GET /v1/knock HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"


class Reach:
    """A command's way to its node, between `with` and its end."""

    def __init__(
        self,
        home: Home,
        passphrase: Callable[[], bytes],
        wait_seconds: float = lock_wait_seconds,
    ) -> None:
        """Keep how to begin; `passphrase` is asked for only where no node runs already."""
        self._home = home
        self._passphrase = passphrase
        self._wait_seconds = wait_seconds
        self._client: Client | None = None
        self._own: BesideNode | None = None

    def ask(self, call: Call[ResultT], progress: Progress | None = None) -> ResultT:
        """Perform a call, on another node where the joined one ended before it took the call.

        Raises HomeInUse, errors of passphrase, keystore and store, and what `Client.ask` raises.
        """
        for _ in range(_ATTEMPTS_MAX - 1):
            try:
                return self._ask(call, progress)
            except NodeGone:
                self._let_go()
        return self._ask(call, progress)

    def pieces(
        self, call: Call[Iterator[bytes]], progress: Progress
    ) -> Generator[bytes, None, Result]:
        """Perform an export; see `ask`."""
        for _ in range(_ATTEMPTS_MAX - 1):
            try:
                return (yield from self._reached().pieces(call, progress))
            except NodeGone:
                self._let_go()
        return (yield from self._reached().pieces(call, progress))

    def _ask(self, call: Call[ResultT], progress: Progress | None) -> ResultT:
        client = self._reached()
        return client.ask(call) if progress is None else client.ask(call, progress)

    def _reached(self) -> Client:
        if self._client is None:
            self._client = Client(self._joined() or self._started())
        return self._client

    def _joined(self) -> Path | None:
        """The socket of a node that runs already and answers."""
        path = read_holder(self._home).socket
        return path if path is not None and answers(path) else None

    def _started(self) -> Path:
        """The socket of a node of our own, or of one that was quicker."""
        passphrase = self._passphrase()
        found: list[Path] = []

        def joinable(holder: Holder) -> bool:
            if holder.socket is not None and answers(holder.socket):
                found.append(holder.socket)
            return bool(found)

        lock = wait_for_lock(self._home, self._wait_seconds, joinable=joinable)
        if lock is None:
            return found[0]
        # Late: whoever joins a running node needs neither a store nor an event loop.
        from node.running.beside import BesideNode

        self._own = BesideNode(self._home, passphrase, lock)
        return self._own.socket

    def _let_go(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._own is not None:
            self._own.end()
            self._own = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._let_go()


def answers(path: Path) -> bool:
    """Whether a node answers at a socket: any answer to a request for nothing will do.

    A process that was killed refuses; one that was stopped lets connect, and says nothing.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        knock.settimeout(_KNOCK_SECONDS_MAX)
        try:
            knock.connect(os.fspath(path))
            knock.sendall(_KNOCK)
            return knock.recv(1) != b""
        except OSError:
            return False
