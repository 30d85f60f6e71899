"""Serves a development chain's JSON-RPC over HTTP to this machine alone. For `satchel chain serve`.

The standard library's server, a thread a connection: the chain answers one request at a time.
Whatever runs in a browser is refused, for a page must not spend from accounts that anybody owns.
"""

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from contracts.development.limits import (
    connection_idle_seconds,
    connections_max,
    request_size_bytes_max,
)
from contracts.development.rpc import JsonRpc

_END_POLL_SECONDS: Final = 0.1
"""How often the server looks whether it shall end."""

LOOPBACK: Final = "127.0.0.1"
_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")


class ChainServer:
    """A server in a thread of its own, from its making until `close`."""

    def __init__(self, rpc: JsonRpc, port: int) -> None:
        """Listen on the port (0 takes a free one); raises OSError where it is taken."""
        self._server = _Server((LOOPBACK, port), rpc)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_END_POLL_SECONDS,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def close(self) -> None:
        """Take no more requests; what is being answered may end."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Threads that wait for the next request of an idle connection must not hold the end up.
    block_on_close = False
    request_queue_size = connections_max

    def __init__(self, address: tuple[str, int], rpc: JsonRpc) -> None:
        self.rpc = rpc
        self._places = threading.BoundedSemaphore(connections_max)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the resolver what this machine is called."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection while there is room; close it otherwise."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one connection, and make room after it."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is its client's affair."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = connection_idle_seconds

    def do_POST(self) -> None:
        """One request or batch."""
        length = self._length()
        if length is None:
            return
        if not self._is_from_here():
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        self._say(HTTPStatus.OK, self.server.rpc.answer_bytes(body))

    def _length(self) -> int | None:
        """How long the body is; None where it was refused."""
        stated = self.headers.get("Content-Length", "")
        if self.headers.get("Transfer-Encoding") or not (stated.isascii() and stated.isdigit()):
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
            return None
        if len(stated) > 12 or int(stated) > request_size_bytes_max:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        return int(stated)

    def _is_from_here(self) -> bool:
        """Whether it comes from a program on this machine, and not from a page in a browser."""
        host = self.headers.get("Host", "").rpartition(":")
        name = host[0] if host[1] and not host[2].endswith("]") else host[2]
        return self.headers.get("Origin") is None and name in _HOSTS

    def _refuse(self, status: HTTPStatus) -> None:
        # The body was not read, so what follows is no request.
        self.close_connection = True
        self._say(status, b"")

    def _say(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: requests are the clients' own."""
