"""A transport inside the process: the tests and the simulator connect nodes with it.

Its addresses look like `/memory/7/p2p/<peer id>`. Streams have small windows and can be reset, so
what works here meets the same delays and the same cuts as over a network.
"""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

import trio

from node.limits import (
    incoming_streams_max,
    incoming_streams_per_peer_max,
    stream_idle_seconds_max,
)
from node.transport.errors import AddressError, ChannelLost, ListenFailed, PeerUnreachable
from node.transport.framed_stream import FramedStream
from node.transport.incoming import serve_incoming
from node.transport.interface import StreamHandler
from node.transport.peer_id import peer_id, split_peer_address
from node.transport.quota import StreamQuota
from sync.identifiers import DeviceKey

_WINDOW_BYTES: Final = 256 * 1024


class MemoryNetwork:
    """The transports that can reach each other."""

    def __init__(self) -> None:
        self.listening: dict[str, MemoryTransport] = {}


class _Pipe:
    """One direction of a channel: a window's worth of bytes, an end, or a reset."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._ended = False
        self._lost = False
        self._changed = trio.Event()

    async def take(self, size_max: int) -> bytes:
        while not self._held and not self._ended and not self._lost:
            await self._changed.wait()
        await trio.lowlevel.checkpoint()
        if self._lost:
            raise ChannelLost
        data = bytes(self._held[:size_max])
        del self._held[:size_max]
        self._wake()
        return data

    async def put(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            while len(self._held) >= _WINDOW_BYTES and not self._lost:
                await self._changed.wait()
            await trio.lowlevel.checkpoint()
            if self._lost or self._ended:
                raise ChannelLost
            room = _WINDOW_BYTES - len(self._held)
            self._held += rest[:room]
            rest = rest[room:]
            self._wake()

    def end(self) -> None:
        self._ended = True
        self._wake()

    def lose(self) -> None:
        self._lost = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class _MemoryChannel:
    """A `ByteChannel` over two pipes."""

    def __init__(self, incoming: _Pipe, outgoing: _Pipe) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    async def receive_some(self, size_max: int) -> bytes:
        return await self._incoming.take(size_max)

    async def send_all(self, data: bytes) -> None:
        await self._outgoing.put(data)

    async def send_end(self) -> None:
        self._outgoing.end()
        await trio.lowlevel.checkpoint()

    async def release(self) -> None:
        await trio.lowlevel.checkpoint()

    async def abandon(self) -> None:
        self._incoming.lose()
        self._outgoing.lose()
        await trio.lowlevel.checkpoint()


class MemoryTransport:
    """A `Transport` among those of one `MemoryNetwork`."""

    def __init__(
        self,
        network: MemoryNetwork,
        device: DeviceKey,
        listen: list[str] | None = None,
        *,
        idle_seconds_max: float = stream_idle_seconds_max,
        streams_per_peer_max: int = incoming_streams_per_peer_max,
        streams_max: int = incoming_streams_max,
    ) -> None:
        self.device = device
        self._network = network
        self._listen = listen or []
        self._idle_seconds_max = idle_seconds_max
        self._quota = StreamQuota(streams_per_peer_max, streams_max)
        self._handler: StreamHandler | None = None
        self._stack = AsyncExitStack()
        self._nursery: trio.Nursery | None = None

    def addresses(self) -> list[str]:
        """See `Transport.addresses`."""
        return [f"{address}/p2p/{peer_id(self.device)}" for address in self._listen]

    def handle(self, handler: StreamHandler | None) -> None:
        """See `Transport.handle`."""
        self._handler = handler

    async def dial(self, multiaddr: str) -> FramedStream:
        """See `Transport.dial`."""
        where, device = split_peer_address(multiaddr)
        if device == self.device:
            raise AddressError(multiaddr, "that is this node itself")
        await trio.lowlevel.checkpoint()
        peer = self._network.listening.get(where)
        if peer is None or peer.device != device:
            reason = "nobody listens there" if peer is None else "another peer answers there"
            raise PeerUnreachable(peer_id(device), where, reason)
        there, back = _Pipe(), _Pipe()
        peer.accept(_MemoryChannel(there, back), self.device)
        return self._stream(_MemoryChannel(back, there), device)

    def accept(self, channel: _MemoryChannel, device: DeviceKey) -> None:
        """Serve a channel that the transport of `device` opened."""
        assert self._nursery is not None, "the transport is not open"
        stream = self._stream(channel, device)
        self._nursery.start_soon(serve_incoming, stream, self._handler, self._quota)

    async def __aenter__(self) -> Self:
        """Start to listen."""
        for address in self._listen:
            if address in self._network.listening:
                raise ListenFailed(address, "address in use")
            self._network.listening[address] = self
        self._nursery = await self._stack.enter_async_context(trio.open_nursery())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening and cancel what is served."""
        for address in self._listen:
            del self._network.listening[address]
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()
        # The nursery would wrap the caller's own error in a group: it passes by it.
        await self._stack.aclose()

    def _stream(self, channel: _MemoryChannel, device: DeviceKey) -> FramedStream:
        return FramedStream(channel, device, idle_seconds_max=self._idle_seconds_max)
