"""Answers as they are sent: events of one act while it is done, or an export piece by piece.

`service` makes them. Work is done in worker threads, one act at a time; an act that has begun goes
on to its end when its client goes away, an export ends.
"""

import time
from collections.abc import Awaitable, Callable, Generator
from typing import Final, TypeVar

import trio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from node.api.events import (
    EVENTS_MEDIA_TYPE,
    error_event,
    piece_event,
    progress_event,
    result_event,
)
from node.api.facade import Progress, Result
from node.api.limits import piece_size_bytes, progress_seconds_min
from node.failure import account_of

_HEADERS: Final = [
    (b"content-type", EVENTS_MEDIA_TYPE.encode()),
    (b"cache-control", b"no-store"),
    (b"connection", b"close"),
]

T = TypeVar("T")

Pieces = Generator[bytes, None, Result]

Work = Callable[[Progress], Awaitable[object]]
"""Does an act, tells how far it is, returns its result."""


class EventResponse(Response):
    """Runs an act and sends its events; the last one is its result or its error."""

    def __init__(self, work: Work) -> None:
        """Keep what is to be done; it begins when the response is sent."""
        super().__init__()
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the act, telling how far it is meanwhile."""
        await _begin(send)
        news = _News()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run, news)
            while (event := await news.next()) is not None:
                await _send_body(send, event)
        await _send_body(send, news.ending, more=False)

    async def _run(self, news: "_News") -> None:
        try:
            result = await self._work(news.tell)
            ending = result_event(result)
        except Exception as error:  # noqa: BLE001 -- told to the client in a form that quotes nothing
            ending = error_event(account_of(error).as_json())
        news.end(ending)


class PieceResponse(Response):
    """Sends an export; at most one piece is held at a time, whatever it is an export of."""

    def __init__(self, pieces: Callable[[Progress], Pieces], work: trio.Lock) -> None:
        """Keep what makes the pieces; `work` is held while one is made."""
        super().__init__()
        self._pieces = pieces
        self._work = work
        self._told: tuple[str, int, int | None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send pieces until there are none left, or the client goes away."""
        await _begin(send)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_when_gone, receive, nursery.cancel_scope)
            await _send_body(send, await self._send_pieces(send), more=False)
            nursery.cancel_scope.cancel()

    async def _send_pieces(self, send: Send) -> bytes:
        """Send the pieces; returns the last event."""
        try:
            pieces = await self._in_thread(lambda: self._pieces(self._tell))
            while True:
                piece, result = await self._in_thread(lambda: _next_piece(pieces))
                if piece:
                    await _send_body(send, piece_event(piece))
                if result is not None:
                    return result_event(result)
                told, self._told = self._told, None
                if told is not None:
                    await _send_body(send, progress_event(*told))
        except Exception as error:  # noqa: BLE001 -- told to the client in a form that quotes nothing
            return error_event(account_of(error).as_json())

    def _tell(self, what: str, done: int, total: int | None) -> None:
        """Called in the worker thread, while no piece is being sent."""
        self._told = (what, done, total)

    async def _in_thread(self, make: Callable[[], T]) -> T:
        async with self._work:
            return await trio.to_thread.run_sync(make)


class _News:
    """The newest progress of an act, told by its thread, read by its response."""

    def __init__(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._changed = trio.Event()
        self._latest: bytes | None = None
        self._told_at = 0.0
        self._ended = False
        self.ending = b""

    def tell(self, what: str, done: int, total: int | None) -> None:
        """Called in the worker thread, as often as it likes."""
        now = time.monotonic()
        if done == total or now - self._told_at >= progress_seconds_min:
            self._told_at = now
            self._token.run_sync_soon(self._keep, progress_event(what, done, total))

    def end(self, ending: bytes) -> None:
        """No more will be told."""
        self.ending = ending
        self._ended = True
        self._changed.set()

    async def next(self) -> bytes | None:
        """The newest progress that was not read yet; None when the act has ended."""
        while self._latest is None and not self._ended:
            await self._changed.wait()
            self._changed = trio.Event()
        latest, self._latest = self._latest, None
        return latest

    def _keep(self, event: bytes) -> None:
        self._latest = event
        self._changed.set()


def _next_piece(pieces: Pieces) -> tuple[bytes, Result | None]:
    """What comes until there is enough to send or to tell of; the result when that was all."""
    gathered: list[bytes] = []
    size_bytes = 0
    began = time.monotonic()
    while size_bytes < piece_size_bytes and time.monotonic() - began < progress_seconds_min:
        try:
            piece = next(pieces)
        except StopIteration as ended:
            return b"".join(gathered), ended.value or {}
        gathered.append(piece)
        size_bytes += len(piece)
    return b"".join(gathered), None


async def _begin(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})


async def _send_body(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _cancel_when_gone(receive: Receive, scope: trio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
