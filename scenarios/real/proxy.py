"""A TCP proxy on loopback that is as slow and as bad as a link: rate, delay, stalls and cuts.

Below libp2p's encryption nothing can be lost, doubled or overtaken, since TCP mends that: loss
shows as a stall, as it does over a radio. What is corrupt breaks the connection: Noise notices.
"""

import contextlib
import random
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from scenarios.network.link import Link

_CHUNK_BYTES: Final = 8192
_STALL_SECONDS: Final = 0.05
_RATE_LEAST: Final = 20_000
"""Bytes a second: in shortened time no link is slower, or no handshake would end."""
_DELAY_SECONDS_MAX: Final = 0.1
_POLL_SECONDS: Final = 0.2


class ShapedProxy:
    """Listens on a port of loopback, and passes on what comes to another, shaped by a link."""

    def __init__(
        self, target_port: int, link: Link, draws: random.Random, *, hurry: float = 1.0
    ) -> None:
        """Listen; `close` ends it and everything that it passes on.

        With a `hurry` of ten all is ten times as fast as over the link.
        """
        self._link = link
        self._hurry = hurry
        self._draws = draws
        self._target_port = target_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(_POLL_SECONDS)
        self.port: int = self._listening.getsockname()[1]
        self._over = threading.Event()
        self.breaks: list[str] = []
        """One for each connection that the link broke."""
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> "ShapedProxy":
        """Already listening."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def cut(self) -> None:
        """Break every connection; new ones are passed on."""
        for pair in self._pairs:
            for end in pair:
                _break(end)

    def close(self) -> None:
        """Stop listening and break what there is."""
        self._over.set()
        self._listening.close()
        self.cut()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                near, _ = self._listening.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target_port), timeout=5)
            except OSError:
                near.close()
                continue
            for end in (near, far):
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                own = random.Random(self._draws.getrandbits(64))
                shaped = _Direction(
                    self._link, source, sink, own, self._over, self._hurry, self.breaks
                )
                for work in (shaped.read, shaped.write):
                    thread = threading.Thread(target=work, daemon=True)
                    self._threads.append(thread)
                    thread.start()


@dataclass
class _Direction:
    """One direction of one connection: bytes wait until a link like this would bring them."""

    link: Link
    source: socket.socket
    sink: socket.socket
    draws: random.Random
    over: threading.Event
    hurry: float
    breaks: list[str]
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    something: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        """Take what comes, and say when it is to arrive."""
        free_at = time.monotonic()
        rate = max(self.link.bytes_per_second, _RATE_LEAST) * self.hurry
        delay = min(self.link.delay_milliseconds / 1000, _DELAY_SECONDS_MAX) / self.hurry
        while True:
            try:
                chunk = self.source.recv(_CHUNK_BYTES)
            except OSError:
                chunk = b""
            free_at = max(free_at, time.monotonic()) + len(chunk) / rate
            if self.link.loss and self.draws.random() < self.link.loss:
                free_at += _STALL_SECONDS / self.hurry
            breaks = self.draws.random() < self.link.cut + self.link.corrupt
            if chunk and breaks:
                self.breaks.append("cut")
                _break(self.source)
                _break(self.sink)
                chunk = b""
            self._put(free_at + delay, chunk)
            if not chunk:
                return

    def write(self) -> None:
        """Bring what is due."""
        while True:
            with self.something:
                while not self.waiting:
                    if self.over.is_set():
                        return
                    self.something.wait(_POLL_SECONDS)
                due, chunk = self.waiting.popleft()
            self.over.wait(max(0.0, due - time.monotonic()))
            try:
                if not chunk or self.over.is_set():
                    self.sink.shutdown(socket.SHUT_WR)
                    return
                self.sink.sendall(chunk)
            except OSError:
                _break(self.source)
                return

    def _put(self, due: float, chunk: bytes) -> None:
        with self.something:
            self.waiting.append((due, chunk))
            self.something.notify()


def _break(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()
