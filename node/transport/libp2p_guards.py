"""What py-libp2p 0.8.1 leaves open, closed by subclasses of its own classes; `libp2p_host` uses it.

Each guard names the behaviour that it guards against and has a test that fails without it.
"""

import logging
from typing import Any, Final, cast

import trio
from libp2p.abc import IMuxedStream, INetStream, IRawConnection, ISecureConn
from libp2p.custom_types import StreamHandlerFn, THandler, TProtocol
from libp2p.host.basic_host import BasicHost
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.trio import TrioTCPStream
from libp2p.network.auto_connector import AutoConnector
from libp2p.network.connection import swarm_connection
from libp2p.peer.id import ID
from libp2p.stream_muxer.muxer_multistream import MuxerMultistream
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX_ID
from libp2p.stream_muxer.yamux.yamux import Yamux
from libp2p.transport.tcp.tcp import TCP, TCPListener

from node.limits import connection_streams_max, connection_unread_bytes_max

_log: Final = logging.getLogger(__name__)


def quiet_libp2p() -> None:
    """Keep libp2p's own lines out of our output.

    Its logger has no handler, so its warnings (with tracebacks) would reach stderr; and
    `swarm_connection` logs to the root logger, which installs a handler there by itself.
    """
    logger = logging.getLogger("libp2p")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logger.setLevel(logging.CRITICAL)
    logging.getLogger("libp2p.network.auto_connector").setLevel(logging.NOTSET)  # it sets its own
    cast(Any, swarm_connection).logging = logger


class BoundedYamux(Yamux):
    """Yamux that cuts a connection whose peer ignores the windows, and limits its streams.

    Yamux only logs when a peer sends beyond its window, and keeps all of it in memory; it accepts
    any number of streams.
    """

    async def _read_data_body(self, length: int) -> bytes:
        unread = sum(len(buffer) for buffer in self.stream_buffers.values())
        if unread + length > connection_unread_bytes_max:
            raise trio.TooSlowError  # what ends the connection in the loop that calls this
        return await super()._read_data_body(length)

    async def accept_stream(self) -> IMuxedStream:
        """The peer's next stream; those beyond the limit are reset."""
        while True:
            stream = await super().accept_stream()
            if len(self.streams) <= connection_streams_max:
                return stream
            await stream.reset()


class BoundedMuxer(MuxerMultistream):
    """A muxer that makes `BoundedYamux`; libp2p's own ignores the class that it was given."""

    def __init__(self) -> None:
        super().__init__({TProtocol(YAMUX_ID): BoundedYamux})

    async def new_conn(self, conn: ISecureConn, peer_id: ID) -> BoundedYamux:
        """Agree on Yamux over a secured connection, and speak it."""
        await self.select_transport(cast(IRawConnection, conn))
        return BoundedYamux(conn, peer_id, is_initiator=conn.is_initiator)


class _WatchedTCPStream(TrioTCPStream):
    """A TCP stream that tells when it was closed."""

    def __init__(self, stream: trio.SocketStream) -> None:
        super().__init__(stream)
        self.closed = trio.Event()

    async def close(self) -> None:
        self.closed.set()
        await super().close()


class ReleasingTCP(TCP):
    """TCP whose accepted connections end their task when they end.

    The swarm parks each accepted connection's task until the whole swarm stops, and its place
    among the connections allowed with it: after enough visits it accepts nobody any more.
    """

    def create_listener(self, handler_function: THandler) -> TCPListener:
        """A listener that hands `handler_function` each connection for as long as it is open."""

        async def serve(stream: ReadWriteCloser) -> None:
            assert isinstance(stream, TrioTCPStream), "TCP accepts TCP streams"
            watched = _WatchedTCPStream(stream.stream)
            async with trio.open_nursery() as nursery:

                async def end_with_connection() -> None:
                    await watched.closed.wait()
                    nursery.cancel_scope.cancel()

                nursery.start_soon(end_with_connection)
                await handler_function(watched)
                nursery.cancel_scope.cancel()

        return super().create_listener(serve)


class PassiveConnector(AutoConnector):
    """A connector that connects to nobody: a node reaches only whom it is told to reach.

    The swarm's own dials known peers by itself, whatever its watermarks say.
    """

    async def maybe_connect(self) -> None:
        """Connect to nobody."""


class QuietHost(BasicHost):
    """A host that asks its peers nothing by itself.

    The identify protocols would tell every peer our other addresses, and take addresses from it.
    """

    def _schedule_identify(self, peer_id: ID, *, reason: str) -> None:
        """Ask a new peer nothing."""


def guarded(handler: StreamHandlerFn) -> StreamHandlerFn:
    """Wrap the handler that negotiates a stream's protocol, before ours is reached.

    Text that is not UTF-8 in a negotiation, or a reset in its middle, raises out of it and would
    take the whole host down.
    """

    async def handle(stream: INetStream) -> None:
        try:
            await handler(stream)
        except Exception as error:  # noqa: BLE001 -- anything that leaves would stop the whole host
            _log.info("a peer broke the negotiation of a stream: %s", type(error).__name__)
            with trio.move_on_after(1):
                await stream.reset()

    return handle
