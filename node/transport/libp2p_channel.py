"""The bytes of one libp2p stream, as a `ByteChannel`; made by `libp2p_host` alone."""

from contextlib import suppress
from typing import Final

import trio
from libp2p.abc import INetStream
from libp2p.exceptions import BaseLibp2pError
from libp2p.network.stream.exceptions import StreamEOF
from libp2p.network.stream.net_stream import NetStream
from libp2p.stream_muxer.yamux.yamux import HEADER_SIZE, MAX_MESSAGE_SIZE, YamuxStream

from node.limits import stream_goodbye_seconds_max
from node.transport.errors import ChannelLost

_WINDOW_POLL_SECONDS: Final = 0.002
_PIECE_BYTES_MAX: Final = MAX_MESSAGE_SIZE - HEADER_SIZE
"""What Yamux puts into one of its frames."""

_FAILURES: Final = (BaseLibp2pError, OSError, trio.BrokenResourceError, trio.ClosedResourceError)


class Libp2pChannel:
    """A `ByteChannel` over a libp2p stream on Yamux."""

    def __init__(self, stream: INetStream) -> None:
        assert isinstance(stream, NetStream), "the swarm opens its own streams"
        assert isinstance(stream.muxed_stream, YamuxStream), "Yamux is the only muxer offered"
        self._stream = stream
        self._muxed = stream.muxed_stream

    async def receive_some(self, size_max: int) -> bytes:
        """See `ByteChannel`."""
        try:
            data: bytes = await self._stream.read(size_max)
        except StreamEOF as error:
            # A reset, and a connection that broke, are also read as an end (py-libp2p 0.8.1).
            if self._muxed.reset_received or self._muxed.conn.event_shutting_down.is_set():
                raise ChannelLost from error
            return b""
        except _FAILURES as error:
            raise ChannelLost from error
        return data

    async def send_all(self, data: bytes) -> None:
        """See `ByteChannel`.

        Yamux gives a stream up 5 s after its window has closed. Waiting here until it is open
        leaves the patience to the caller.
        """
        rest = memoryview(data)
        while rest:
            while self._muxed.send_window <= 0 and not self._broken:  # noqa: ASYNC110 -- Yamux tells nobody
                await trio.sleep(_WINDOW_POLL_SECONDS)
            if self._broken:
                raise ChannelLost
            piece = rest[: min(self._muxed.send_window, _PIECE_BYTES_MAX)]
            await self._send(bytes(piece))
            rest = rest[len(piece) :]

    async def send_end(self) -> None:
        """See `ByteChannel`."""
        try:
            await self._stream.close_write()
        except _FAILURES as error:
            raise ChannelLost from error
        except trio.Cancelled:
            await self.cut_connection()
            raise

    async def release(self) -> None:
        """See `ByteChannel`."""
        await self._within_goodbye_time(reset=False)

    async def abandon(self) -> None:
        """See `ByteChannel`."""
        await self._within_goodbye_time(reset=True)

    async def cut_connection(self) -> None:
        """Close the socket beneath at once, without a word through it."""
        with trio.CancelScope(shield=True), suppress(*_FAILURES):
            await self._muxed.conn.secured_conn.close()

    @property
    def _broken(self) -> bool:
        return self._muxed.send_closed or self._muxed.closed or self._muxed.reset_received

    async def _send(self, piece: bytes) -> None:
        try:
            await self._stream.write(piece)
        except _FAILURES as error:
            raise ChannelLost from error
        except trio.Cancelled:
            # Part of an encrypted message may be out, and nothing readable can follow it.
            await self.cut_connection()
            raise

    async def _within_goodbye_time(self, *, reset: bool) -> None:
        with trio.move_on_after(stream_goodbye_seconds_max) as scope, suppress(*_FAILURES):
            if reset:
                await self._stream.reset()
            else:
                await self._stream.close()
        if scope.cancelled_caught:
            await self.cut_connection()
