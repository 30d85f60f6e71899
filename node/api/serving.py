"""Puts the API on a Unix socket that this user alone can open; called by node/running.

Hypercorn serves it on the node's trio loop. It writes no access log: a request's path and query are
nobody's business.
"""

import os
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, cast

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from hypercorn.typing import ASGIFramework

from node.api.limits import sends_waiting_seconds_max
from node.api.service import Service

_BACKLOG = 128


class TaskStatus(Protocol):
    """How a task tells `nursery.start` that it is ready; trio's own, by the part that is used."""

    def started(self, value: list[str]) -> None:
        """Let the caller of `start` go on with this value."""


def listen_privately(path: Path) -> socket.socket:
    """A listening socket at `path` with mode 0600. The caller holds the home's lock.

    A socket that a killed process left there is replaced; anything else is in the way: OSError.
    """
    if path.is_socket():
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(stat.S_IXUSR | stat.S_IRWXG | stat.S_IRWXO)
        try:
            listener.bind(os.fspath(path))
        finally:
            os.umask(before)
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


async def serve_api(
    service: Service,
    listener: socket.socket,
    stop: Callable[[], Awaitable[None]],
    *,
    task_status: TaskStatus = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer requests until `stop` returns; those that are running then are answered still."""
    config = Config()
    # Hypercorn's own binding would leave a moment in which others can connect. It closes its copy.
    config.bind = [f"fd://{os.dup(listener.fileno())}"]
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    config.graceful_timeout = sends_waiting_seconds_max
    config.keep_alive_timeout = 1.0
    config.h11_max_incomplete_size = 64 * 1024
    await serve(
        cast(ASGIFramework, service.asgi),
        config,
        shutdown_trigger=stop,
        task_status=task_status,
        mode="asgi",
    )
