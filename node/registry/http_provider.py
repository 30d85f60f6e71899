"""A web3 provider over HTTP that a hanging, dripping or babbling server cannot hold up.

Imports web3: `node.registry.chain.open_chain` loads it, in a worker thread, when a chain is asked.
web3's own provider bounds the pause between two bytes, neither the whole answer nor its size.
"""

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from contracts.recursion import recursion_limit_kept
from node.registry.errors import ChainUnreachable, ChainUntrusted, ChainUrlInvalid
from node.registry.limits import (
    chain_answer_seconds_max,
    chain_answer_size_bytes_max,
    chain_connect_seconds_max,
)

with recursion_limit_kept():
    from web3.providers.base import JSONBaseProvider


class HttpProvider(JSONBaseProvider):
    """One endpoint. Questions take turns; the connection is kept between them."""

    def __init__(
        self,
        url: str,
        *,
        seconds_max: float = chain_answer_seconds_max,
        size_bytes_max: int = chain_answer_size_bytes_max,
    ) -> None:
        """Ask nothing yet. Raises ChainUrlInvalid."""
        super().__init__()
        self._parts = urlsplit(url)
        self._place = host_of(url)
        self._seconds_max = seconds_max
        self._size_bytes_max = size_bytes_max
        self._turn = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self._asked = 0

    def make_request(self, method: Any, params: Any) -> Any:
        """Ask one question; the answer is whatever JSON came. Raises ChainError."""
        with self._turn:
            self._asked += 1
            question = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params}
            raw = self._ask(json.dumps(question).encode())
            try:
                return json.loads(raw)
            except (ValueError, RecursionError) as error:
                raise ChainUntrusted(self._place, "its answer is not JSON") from error

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, question: bytes) -> bytes:
        kept = self._connection is not None
        try:
            return self._exchange(question)
        except ChainUnreachable:
            if not kept:
                raise
        # A server closes idle connections; asking anew does nothing twice (see outbox.py).
        return self._exchange(question)

    def _exchange(self, question: bytes) -> bytes:
        expired = threading.Event()
        try:
            with self._deadline(expired):
                connection = self._connection = self._connection or self._connect()
                connection.request("POST", self._path(), question, _HEADERS)
                response = connection.getresponse()
                raw = response.read(self._size_bytes_max + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            late = expired.is_set() or isinstance(error, TimeoutError)
            raise ChainUnreachable(self._place, self._late() if late else _reason(error)) from error
        except BaseException:
            self.close()
            raise
        if len(raw) > self._size_bytes_max:
            self.close()
            raise ChainUntrusted(self._place, f"its answer is over {self._size_bytes_max} bytes")
        if expired.is_set() or not response.isclosed():
            self.close()
            raise ChainUnreachable(self._place, self._late())
        if response.status != http.HTTPStatus.OK and not raw.lstrip().startswith(b"{"):
            raise ChainUnreachable(self._place, f"it answers with HTTP status {response.status}")
        return raw

    @contextlib.contextmanager
    def _deadline(self, expired: threading.Event) -> Iterator[None]:
        """Cut the connection when the whole question takes too long, whatever it is doing."""

        def expire() -> None:
            expired.set()
            connection = self._connection
            if connection is not None and connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._seconds_max, expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        timeout = min(chain_connect_seconds_max, self._seconds_max)
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=timeout, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        self._connection = connection
        connection.connect()
        connection.sock.settimeout(self._seconds_max)
        return connection

    def _path(self) -> str:
        query = f"?{self._parts.query}" if self._parts.query else ""
        return (self._parts.path or "/") + query

    def _late(self) -> str:
        return f"no whole answer within {self._seconds_max:g} s"


_HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity"}


def host_of(url: str) -> str:
    """Scheme, host and port of an endpoint: its path may be somebody's key to it.

    Raises ChainUrlInvalid.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ChainUrlInvalid("it is no address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ChainUrlInvalid("it does not begin with http:// or https:// and a host")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ChainUrlInvalid("it has characters that no address has")
    if parts.username is not None:
        raise ChainUrlInvalid("names and passwords in it are not used")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _reason(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, ssl.SSLError):
        return "its certificate does not verify, or it speaks no TLS"
    return "the connection broke"
