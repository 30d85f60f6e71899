"""The two clients of a node's socket: one that waits, one for an event loop; both perform `calls`.

Each request has a connection of its own, so that a node that is about to end is never asked over a
connection that it is closing.
"""

import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

from node.api.events import (
    ARGUMENTS_PARAMETER,
    LineSplitter,
    json_text,
    parse_json,
    piece_bytes,
)
from node.client.calls import Call, Result, ResultT
from node.client.errors import NodeBroke, NodeGone, NodeRefused
from node.failure import Account
from node.leaving_out import leaving_out

with leaving_out("httpx._main"):  # its own command, with all that colours a terminal
    import httpx

Progress = Callable[[str, int, int | None], None]
"""What is being done, how much of it is, and of how much (None: nobody knows)."""

_CONNECT_SECONDS_MAX: Final = 5.0
_TIMEOUT: Final = httpx.Timeout(None, connect=_CONNECT_SECONDS_MAX)
"""An answer takes as long as its act takes; a node that dies breaks the connection."""
_LIMITS: Final = httpx.Limits(max_keepalive_connections=0)
_BASE: Final = "http://node/v1/"


def _no_tls() -> ssl.SSLContext:
    """Trusts nobody. A socket's peer is known by its path, and httpx would read all authorities."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _quiet(_what: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


class Client:
    """Asks the node at a socket and waits. Close it, or leave its `with`."""

    def __init__(self, socket: Path) -> None:
        """Name the socket; nothing is opened yet."""
        self._socket = socket
        transport = httpx.HTTPTransport(uds=os.fspath(socket), limits=_LIMITS, verify=_no_tls())
        self._http = httpx.Client(transport=transport, timeout=_TIMEOUT, trust_env=False)

    def ask(self, call: Call[ResultT], progress: Progress = _quiet) -> ResultT:
        """Perform a call; `progress` hears how far it is.

        Raises NodeGone when nobody answers (the act was not begun), NodeBroke when the answer
        broke off, NodeRefused with the node's own error.
        """
        with (
            _explained(self._socket),
            self._http.stream("POST", **_request(call, sync=True)) as response,
        ):
            for event in _events(response):
                if "progress" in event:
                    progress(*event["progress"])
                else:
                    last = event
        result: ResultT = _result(last)
        return result

    def pieces(
        self, call: Call[Iterator[bytes]], progress: Progress = _quiet
    ) -> Generator[bytes, None, Result]:
        """Perform an export; gives its bytes as they come, returns what the node counted.

        Raises what `ask` raises.
        """
        with (
            _explained(self._socket),
            self._http.stream("POST", **_request(call, sync=True)) as response,
        ):
            for event in _events(response):
                if "line" in event:
                    yield piece_bytes(event["line"])
                elif "progress" in event:
                    progress(*event["progress"])
                else:
                    last = event
        result: Result = _result(last)
        return result

    @contextmanager
    def _events(self, call: Call[Any]) -> Iterator[Iterator[dict[str, Any]]]:
        request = _request(call, sync=True)
        with _explained(self._socket), self._http.stream("POST", **request) as response:
            yield _events(response)

    def close(self) -> None:
        """Let go of the socket."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient:
    """Asks the node at a socket under asyncio or trio. Leave its `async with` when done."""

    def __init__(self, socket: Path) -> None:
        """Name the socket; nothing is opened yet."""
        self._socket = socket
        transport = httpx.AsyncHTTPTransport(
            uds=os.fspath(socket), limits=_LIMITS, verify=_no_tls()
        )
        self._http = httpx.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False)

    async def ask(self, call: Call[ResultT], progress: Progress = _quiet) -> ResultT:
        """See `Client.ask`."""
        last: dict[str, Any] | None = None
        async with self._events(call) as events:
            async for event in events:
                if "progress" in event:
                    progress(*event["progress"])
                else:
                    last = event
        result: ResultT = _result(last)
        return result

    async def pieces(self, call: Call[Iterator[bytes]]) -> AsyncIterator[bytes]:
        """See `Client.pieces`."""
        last: dict[str, Any] | None = None
        async with self._events(call) as events:
            async for event in events:
                if "line" in event:
                    yield piece_bytes(event["line"])
                elif "progress" not in event:
                    last = event
        _result(last)

    @asynccontextmanager
    async def _events(self, call: Call[Any]) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        request = _request(call, sync=False)
        with _explained(self._socket):
            async with (
                self._http.stream("POST", **request) as response,
                aclosing(_async_events(response)) as events,
            ):
                yield events

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    splitter = LineSplitter()
    for data in response.iter_raw():
        for line in splitter.feed(data):
            yield parse_json(line)


async def _async_events(response: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    splitter = LineSplitter()
    async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_raw())) as pieces:
        async for data in pieces:
            for line in splitter.feed(data):
                yield parse_json(line)


def _request(call: Call[Any], *, sync: bool) -> dict[str, Any]:
    """What httpx is asked for; an upload is read while it is sent."""
    arguments = json_text(call.arguments)
    url = _BASE + call.act
    if call.upload is None:
        return {"url": url, "content": arguments.encode(errors="surrogateescape")}
    pieces = call.upload.pieces()
    return {
        "url": url,
        "params": {ARGUMENTS_PARAMETER: arguments},
        "content": pieces if sync else _async_pieces(pieces),
    }


async def _async_pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _result(last: dict[str, Any] | None) -> Any:
    """What the last event says, once the answer was read to its end."""
    if last is None:
        raise NodeBroke
    if "error" in last:
        raise NodeRefused(Account.from_json(last["error"]))
    return last["result"]


@contextmanager
def _explained(socket: Path) -> Iterator[None]:
    """Turn what httpx raises into what it means. Its texts could quote a query."""
    if not socket.exists():  # a node that ends takes its socket's name away first
        raise NodeGone
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise NodeGone from None
    except httpx.TransportError:
        raise NodeBroke from None
