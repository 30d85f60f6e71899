"""The API as an ASGI application: one route, an act's name in its path.

`serving` puts it on the socket. Arguments come as a JSON body, or in the query where the body is a
file. The node opens no path that it is told: clients send contents.
"""

from collections.abc import Awaitable, Callable
from contextlib import aclosing

import trio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from node.api.acts import ACTS, INTAKES
from node.api.answering import EventResponse, PieceResponse, Work
from node.api.arguments import Arguments
from node.api.chain_acts import UNHURRIED
from node.api.errors import BadArgument, UnknownAct, UploadTooLarge
from node.api.events import ARGUMENTS_PARAMETER, parse_json
from node.api.facade import Facade, Intake, Progress
from node.api.limits import request_size_bytes_max, upload_size_bytes_max
from node.api.uploading import take_in
from node.errors import NodeError

Dial = Callable[[str], Awaitable[dict[str, object]]]
"""Syncs with a peer, by name or multiaddr; returns what `satchel sync` prints."""


class Service:
    """The acts of one node, in worker threads and one at a time under `work`."""

    def __init__(self, node: Facade, dial: Dial, work: trio.Lock) -> None:
        """Serve this node; sessions with peers share `work` with the acts."""
        self._node = node
        self._dial = dial
        self._work = work
        self._running = 0
        self._idle = trio.Event()
        self._idle.set()
        self._routes = Starlette(routes=[Route("/v1/{act}", self._answer, methods=["POST"])])

    async def wait_idle(self) -> None:
        """Return when no request is being answered."""
        while self._running:
            await self._idle.wait()

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What a server calls; it counts the requests that are being answered."""
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        self._running += 1
        if self._idle.is_set():
            self._idle = trio.Event()
        try:
            await self._routes(scope, receive, send)
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def _answer(self, request: Request) -> Response:
        try:
            name = request.path_params["act"]
            if name in INTAKES:
                return EventResponse(self._intake(name, request))
            arguments, upload = await _read(request)
            return self._response(name, arguments, upload)
        except NodeError as error:
            return EventResponse(_failing(error))

    def _response(self, name: str, arguments: Arguments, upload: bytes) -> Response:
        if name == "export":
            return self._export(arguments)
        if name == "sync":
            to = arguments.text("to")
            arguments.done()
            return EventResponse(lambda _progress: self._dial(to))
        act = ACTS.get(name)
        if act is None:
            raise UnknownAct

        async def work(progress: Progress) -> object:
            if name in UNHURRIED:
                return await trio.to_thread.run_sync(act, self._node, arguments, upload, progress)
            async with self._work:
                return await trio.to_thread.run_sync(act, self._node, arguments, upload, progress)

        return EventResponse(work)

    def _intake(self, name: str, request: Request) -> Work:
        """Takes a file in; wrong arguments are told like any error, when the file was sent."""

        def open_intake() -> Intake:
            text = request.query_params.get(ARGUMENTS_PARAMETER, "")
            return INTAKES[name](self._node, _arguments(text))

        return lambda progress: take_in(request, open_intake, self._work, progress)

    def _export(self, arguments: Arguments) -> Response:
        chart = arguments.text_or_none("chart")
        form, history = arguments.text("format"), arguments.flag("history")
        arguments.done()
        return PieceResponse(
            lambda progress: self._node.export(
                chart, form=form, history=history, progress=progress
            ),
            self._work,
        )


async def _read(request: Request) -> tuple[Arguments, bytes]:
    """The arguments of a request, and its file where it has one."""
    text = request.query_params.get(ARGUMENTS_PARAMETER)
    if text is None:
        content = await _body(request, request_size_bytes_max)
        return _arguments(content), b""
    return _arguments(text), await _body(request, upload_size_bytes_max)


async def _body(request: Request, size_bytes_max: int) -> bytes:
    content = bytearray()
    async with aclosing(request.stream()) as pieces:
        async for piece in pieces:
            content += piece
            if len(content) > size_bytes_max:
                raise UploadTooLarge(size_bytes_max // (1024 * 1024))
    return bytes(content)


def _arguments(text: str | bytes) -> Arguments:
    try:
        values = parse_json(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise BadArgument("the request", "a JSON object")
    return Arguments(values)


def _failing(error: NodeError) -> Work:
    async def work(_progress: Progress) -> object:
        raise error

    return work
