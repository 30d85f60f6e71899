"""Frames over a transport's bytes: a length of four bytes (big-endian), then as many bytes.

Both transports build their streams with this class, so limits and timeouts are the same for both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import trio

from node.limits import (
    frame_length_size_bytes,
    frame_seconds_max,
    frame_size_bytes_max,
    stream_read_size_bytes,
    stream_write_size_bytes_max,
)
from node.transport.channel import ByteChannel
from node.transport.errors import (
    ChannelLost,
    FrameError,
    StreamError,
    StreamLost,
    StreamStalled,
)
from node.transport.peer_id import peer_id
from sync.identifiers import DeviceKey

_PREFIX: Final = frame_length_size_bytes


class FramedStream:
    """A `Stream` over a `ByteChannel`.

    Reading and writing fail with StreamStalled once no byte has moved in either direction for
    `idle_seconds_max`: a peer that takes our frames need not speak meanwhile. A frame that has
    begun to arrive must also be whole within `frame_seconds_max`.
    """

    def __init__(
        self, channel: ByteChannel, peer_device: DeviceKey, *, idle_seconds_max: float
    ) -> None:
        self.peer_device = peer_device
        self.bytes_in = 0
        self.bytes_out = 0
        self._channel = channel
        self._idle_seconds_max = idle_seconds_max
        self._waiting: set[trio.CancelScope] = set()
        self._buffer = bytearray()
        self._abandoned = False
        self._finished = False

    def __repr__(self) -> str:
        return f"<stream with {peer_id(self.peer_device)}>"

    async def read_frame(self) -> bytes | None:
        """See `Stream.read_frame`."""
        prefix = await self._read(_PREFIX)
        if prefix is None:
            return None
        size = int.from_bytes(prefix, "big")
        if size > frame_size_bytes_max:
            await self._fail(FrameError(self._peer, f"a frame of {size} bytes"))
        with trio.move_on_after(frame_seconds_max) as arriving:
            frame = await self._read(size)
        if arriving.cancelled_caught:
            await self._fail(StreamStalled(self._peer))
        if frame is None:
            await self._fail(FrameError(self._peer, "it stopped in the middle of a frame"))
        return frame

    async def write_frame(self, frame: bytes) -> None:
        """See `Stream.write_frame`; a frame over the limit is our own bug."""
        assert len(frame) <= frame_size_bytes_max, "a frame is over the limit"
        self._check_usable()
        data = memoryview(len(frame).to_bytes(_PREFIX, "big") + frame)
        for start in range(0, len(data), stream_write_size_bytes_max):
            chunk = bytes(data[start : start + stream_write_size_bytes_max])
            try:
                with self._within_idle_time() as scope:
                    await self._channel.send_all(chunk)
            except ChannelLost as error:
                await self._fail(StreamLost(self._peer), error)
            except trio.Cancelled:
                await self.reset()  # part of a frame may be out: nothing can follow it
                raise
            if scope.cancelled_caught:
                await self._fail(StreamStalled(self._peer))
            self.bytes_out += len(chunk)
            self._moved()

    async def finish(self) -> None:
        """See `Stream.finish`."""
        self._check_usable()
        if self._finished:
            return
        self._finished = True
        try:
            with self._within_idle_time() as scope:
                await self._channel.send_end()
        except ChannelLost as error:
            await self._fail(StreamLost(self._peer), error)
        except trio.Cancelled:
            await self.reset()
            raise
        if scope.cancelled_caught:
            await self._fail(StreamStalled(self._peer))

    async def close(self) -> None:
        """See `Stream.close`."""
        if self._abandoned:
            return
        try:
            await self.finish()
        except StreamError:
            return  # reset already, which is as good
        with trio.CancelScope(shield=True):
            await self._channel.release()
        self._abandoned = True

    async def reset(self) -> None:
        """See `Stream.reset`."""
        if self._abandoned:
            return
        self._abandoned = True
        with trio.CancelScope(shield=True):
            await self._channel.abandon()

    async def _read(self, size: int) -> bytes | None:
        """Exactly `size` bytes; None when the peer's end comes instead of the first of them."""
        while len(self._buffer) < size:
            self._check_usable()
            try:
                with self._within_idle_time() as scope:
                    data = await self._channel.receive_some(stream_read_size_bytes)
            except ChannelLost as error:
                await self._fail(StreamLost(self._peer), error)
            if scope.cancelled_caught:
                await self._fail(StreamStalled(self._peer))
            if not data and not self._buffer:
                return None
            if not data:
                await self._fail(FrameError(self._peer, "it stopped in the middle of a frame"))
            self._buffer += data
            self.bytes_in += len(data)
            self._moved()
        wanted = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return wanted

    @contextmanager
    def _within_idle_time(self) -> Iterator[trio.CancelScope]:
        with trio.move_on_after(self._idle_seconds_max) as scope:
            self._waiting.add(scope)
            try:
                yield scope
            finally:
                self._waiting.discard(scope)

    def _moved(self) -> None:
        """A byte moved: whoever waits on the other direction may wait that much longer."""
        for scope in self._waiting:
            scope.deadline = trio.current_time() + self._idle_seconds_max

    def _check_usable(self) -> None:
        if self._abandoned:
            raise StreamLost(self._peer)

    async def _fail(self, error: StreamError, cause: ChannelLost | None = None) -> NoReturn:
        await self.reset()
        raise error from cause

    @property
    def _peer(self) -> str:
        return peer_id(self.peer_device)
