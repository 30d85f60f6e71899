"""The one wrapper round whatever serves an incoming stream; both transports use it.

py-libp2p takes its whole host down when a stream handler raises (DESIGN section 9), so nothing
but a cancellation leaves this function. A log line names the peer and the kind of error: texts of
foreign errors could quote what was being served.
"""

import logging

import trio

from node.errors import NodeError
from node.exits import ExitCode
from node.transport.interface import Stream, StreamHandler
from node.transport.peer_id import peer_id
from node.transport.quota import StreamQuota

_log = logging.getLogger(__name__)


async def serve_incoming(stream: Stream, handler: StreamHandler | None, quota: StreamQuota) -> None:
    """Serve one incoming stream; close it after success, reset it after anything else."""
    peer = peer_id(stream.peer_device)
    with quota.place(stream.peer_device) as granted:
        if handler is None or not granted:
            _log.info(
                "refused a stream of peer %s: %s", peer, "too many" if handler else "not serving"
            )
            await stream.reset()
            return
        try:
            await handler(stream)
            await stream.close()
        except trio.Cancelled:
            await stream.reset()
            raise
        except NodeError as error:
            level = logging.ERROR if error.exit_code is ExitCode.FAILED else logging.INFO
            _log.log(level, "a stream of peer %s failed: %s", peer, error)
            await stream.reset()
        except Exception as error:  # noqa: BLE001 -- anything that leaves would stop the whole host
            _log.error("a stream of peer %s failed: %s", peer, type(error).__name__)
            await stream.reset()
