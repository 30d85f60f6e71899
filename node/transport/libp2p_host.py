"""The transport between machines: libp2p over TCP, Noise and Yamux (DESIGN sections 7 and 9).

Only `opening` imports this module, because libp2p takes most of a second to import. What 0.8.1
leaves open is closed in `libp2p_guards` and `libp2p_channel`.
"""

import socket
from collections import OrderedDict, defaultdict
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Final, Self, cast

import trio
from libp2p import new_swarm
from libp2p.abc import INetConn, INetStream
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.custom_types import TProtocol
from libp2p.exceptions import BaseLibp2pError
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.security.noise.exceptions import PeerIDMismatchesPubkey
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE_ID
from libp2p.security.noise.transport import Transport as Noise
from libp2p.utils.address_validation import expand_wildcard_address
from multiaddr import Multiaddr  # type: ignore[import-untyped]  # it ships no types

from node.limits import (
    connections_max,
    connections_per_peer_max,
    dial_seconds_max,
    incoming_streams_max,
    incoming_streams_per_peer_max,
    reopen_seconds_max,
    stream_goodbye_seconds_max,
    stream_idle_seconds_max,
)
from node.transport.errors import AddressError, ListenFailed, PeerUnreachable
from node.transport.framed_stream import FramedStream
from node.transport.incoming import serve_incoming
from node.transport.interface import StreamHandler
from node.transport.libp2p_channel import Libp2pChannel
from node.transport.libp2p_guards import (
    BoundedMuxer,
    BoundedYamux,
    PassiveConnector,
    QuietHost,
    ReleasingTCP,
    guarded,
    quiet_libp2p,
)
from node.transport.peer_id import parse_peer_id, peer_id, split_peer_address
from node.transport.quota import StreamQuota
from sync.identifiers import DeviceKey

PROTOCOL: Final = TProtocol("/satchel/sync/1.0.0")

quiet_libp2p()


class Libp2pHost:
    """A `Transport` over libp2p, with the key of the device whose 32-byte Ed25519 seed it gets."""

    def __init__(
        self,
        seed: bytes,
        listen: list[str] | None = None,
        *,
        idle_seconds_max: float = stream_idle_seconds_max,
        streams_per_peer_max: int = incoming_streams_per_peer_max,
        streams_max: int = incoming_streams_max,
    ) -> None:
        assert len(seed) == 32, "a seed has 32 bytes"
        self._listen = listen or []
        self._idle_seconds_max = idle_seconds_max
        self._quota = StreamQuota(streams_per_peer_max, streams_max)
        self._handler: StreamHandler | None = None
        self._serving: set[trio.CancelScope] = set()
        self._nothing_served = trio.Event()
        self._nothing_served.set()
        self._dialling: defaultdict[DeviceKey, trio.Lock] = defaultdict(trio.Lock)
        self._stack = AsyncExitStack()
        keys = create_new_key_pair(seed)
        self.device = DeviceKey(keys.public_key.to_bytes())
        # The defaults would also accept connections in plain text.
        swarm = new_swarm(
            key_pair=keys,
            sec_opt={NOISE_ID: Noise(keys, create_noise_key_pair().private_key)},
            transports=[ReleasingTCP()],
            retry_config=RetryConfig(max_retries=0),
            connection_config=ConnectionConfig(
                max_connections=connections_max,
                high_watermark=connections_max,
                low_watermark=0,
                min_connections=0,
                max_connections_per_peer=connections_per_peer_max,
            ),
        )
        self._swarm = cast(Swarm, swarm)
        self._swarm.upgrader.muxer_multistream = BoundedMuxer()
        self._swarm.set_resource_manager(None)  # its rate limits refuse a clinic behind one address
        self._swarm.auto_connector = PassiveConnector(self._swarm)
        self._host = QuietHost(swarm, default_protocols=OrderedDict({PROTOCOL: self._incoming}))
        self._swarm.set_stream_handler(guarded(self._swarm.common_stream_handler))

    def addresses(self) -> list[str]:
        """See `Transport.addresses`; a wildcard stands for each interface's own address."""
        bound = [
            address
            for listener in self._swarm.listeners.values()
            for address in listener.get_addrs()
        ]
        expanded = {str(one) for address in bound for one in expand_wildcard_address(address)}
        return [f"{address}/p2p/{peer_id(self.device)}" for address in sorted(expanded)]

    def handle(self, handler: StreamHandler | None) -> None:
        """See `Transport.handle`."""
        self._handler = handler

    async def dial(self, multiaddr: str) -> FramedStream:
        """See `Transport.dial`."""
        where, device = split_peer_address(multiaddr)
        if device == self.device:
            raise AddressError(multiaddr, "that is this node itself")
        address = _parse_address(where)
        peer = ID.from_string(peer_id(device))
        with trio.move_on_after(dial_seconds_max):
            async with self._dialling[device]:
                try:
                    stream = await self._reopen(peer) or await self._connect(address, peer)
                except (BaseLibp2pError, OSError) as error:
                    reason = "it refuses our protocol now"
                    raise PeerUnreachable(peer_id(device), where, reason) from error
            return self._framed(stream)
        raise PeerUnreachable(peer_id(device), where, "no answer in time")

    async def __aenter__(self) -> Self:
        """Start to listen."""
        addresses = [_parse_address(text) for text in self._listen]
        for address in addresses:
            await _check_free(address)
        await self._stack.enter_async_context(self._host.run([]))
        for address in addresses:
            if not await self._swarm.listen(address):
                await self._stack.aclose()
                raise ListenFailed(str(address), "the system refuses it")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cancel what is served, say goodbye within limits, close every socket."""
        self._handler = None
        try:
            with trio.CancelScope(shield=True):
                await self._say_goodbye()
        finally:
            # The stack's nurseries would wrap the caller's own error in a group: it passes by them.
            await self._stack.aclose()

    async def _say_goodbye(self) -> None:
        for scope in self._serving:
            scope.cancel()
        with trio.move_on_after(2 * stream_goodbye_seconds_max):
            await self._nothing_served.wait()
        async with trio.open_nursery() as nursery:
            for connection in self._swarm.get_connections():
                nursery.start_soon(_close_connection, connection)

    async def _reopen(self, peer: ID) -> INetStream | None:
        """A stream on a connection that is open; one that no longer answers is cut."""
        connections = [one for one in self._swarm.get_connections(peer) if not one.is_closed]
        if not connections:
            return None
        with trio.move_on_after(reopen_seconds_max) as answering:
            try:
                return await self._host.new_stream(peer, [PROTOCOL])
            except (BaseLibp2pError, OSError):
                if not all(connection.is_closed for connection in connections):
                    raise  # the connection lives, other streams with it: the peer refuses
        if answering.cancelled_caught:
            for connection in connections:
                await _close_connection(connection)
        return None

    async def _connect(self, address: Multiaddr, peer: ID) -> INetStream:
        """A stream on a new connection to this address, and to no other that is known."""
        try:
            await self._swarm.dial_addr(address, peer)
        except (BaseLibp2pError, OSError) as error:
            reason = "another peer answers there" if _is_another_peer(error) else "no connection"
            raise PeerUnreachable(str(peer), str(address), reason) from error
        return await self._host.new_stream(peer, [PROTOCOL])

    async def _incoming(self, stream: INetStream) -> None:
        with trio.CancelScope() as scope:
            if not self._serving:
                self._nothing_served = trio.Event()
            self._serving.add(scope)
            try:
                await serve_incoming(self._framed(stream), self._handler, self._quota)
            finally:
                self._serving.discard(scope)
                if not self._serving:
                    self._nothing_served.set()

    def _framed(self, stream: INetStream) -> FramedStream:
        device = parse_peer_id(str(stream.muxed_conn.peer_id))
        return FramedStream(Libp2pChannel(stream), device, idle_seconds_max=self._idle_seconds_max)


def _is_another_peer(error: BaseException | None) -> bool:
    """Whether the handshake proved another key than the one dialled, somewhere down the causes."""
    while error is not None:
        if isinstance(error, PeerIDMismatchesPubkey):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _close_connection(connection: INetConn) -> None:
    """Close a connection in order, or cut its socket when the peer takes nothing."""
    with (
        trio.move_on_after(stream_goodbye_seconds_max) as scope,
        suppress(BaseLibp2pError, OSError),
    ):
        await connection.close()
    if scope.cancelled_caught:
        muxed = connection.muxed_conn
        assert isinstance(muxed, BoundedYamux), "Yamux is the only muxer offered"
        with trio.CancelScope(shield=True), suppress(BaseLibp2pError, OSError):
            await muxed.secured_conn.close()


def _parse_address(text: str) -> Multiaddr:
    try:
        address = Multiaddr(text)
    except ValueError as error:
        raise AddressError(text, "no multiaddr") from error
    names = [protocol.name for protocol in address.protocols()]
    if (
        len(names) != 2
        or names[0] not in ("ip4", "ip6", "dns", "dns4", "dns6")
        or names[1] != "tcp"
    ):
        raise AddressError(text, "only /ip4, /ip6 and /dns addresses with /tcp are supported")
    return address


async def _check_free(address: Multiaddr) -> None:
    """Raise ListenFailed when somebody listens there.

    libp2p binds with SO_REUSEPORT: a second node on the port would silently share its peers.
    """
    parts = {
        protocol.name: address.value_for_protocol(protocol.name) for protocol in address.protocols()
    }
    family = socket.AF_INET6 if "ip6" in parts else socket.AF_INET
    where = parts.get("ip4") or parts.get("ip6")
    if where is None:
        raise ListenFailed(str(address), "listening takes an /ip4 or /ip6 address")
    with trio.socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            await probe.bind((where, int(parts["tcp"] or 0)))
        except OSError as error:
            raise ListenFailed(str(address), error.strerror or "the system refuses it") from error
