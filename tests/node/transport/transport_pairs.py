"""Two transports that can reach each other, of either kind; the transport's tests share it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nacl.signing import SigningKey

from node.transport.interface import Transport
from node.transport.memory_transport import MemoryNetwork, MemoryTransport
from node.transport.opening import libp2p_transport
from sync.identifiers import DeviceKey

SERVER_SEED = b"s" * 32
CLIENT_SEED = b"c" * 32
LOOPBACK = "/ip4/127.0.0.1/tcp/0"


def device_of(seed: bytes) -> DeviceKey:
    """The public key of a seed."""
    return DeviceKey(bytes(SigningKey(seed).verify_key))


def make_pair(kind: str, **options: float) -> tuple[Transport, Transport]:
    """One transport that listens and one that only dials, not yet open."""
    idle = options.get("idle_seconds_max", 10.0)
    per_peer = int(options.get("streams_per_peer_max", 4))
    if kind == "libp2p":
        return (
            libp2p_transport(
                SERVER_SEED, [LOOPBACK], idle_seconds_max=idle, streams_per_peer_max=per_peer
            ),
            libp2p_transport(CLIENT_SEED, idle_seconds_max=idle),
        )
    network = MemoryNetwork()
    return (
        MemoryTransport(
            network,
            device_of(SERVER_SEED),
            ["/memory/1"],
            idle_seconds_max=idle,
            streams_per_peer_max=per_peer,
        ),
        MemoryTransport(network, device_of(CLIENT_SEED), idle_seconds_max=idle),
    )


@asynccontextmanager
async def open_pair(kind: str, **options: float) -> AsyncIterator[tuple[Transport, Transport]]:
    """The two of `make_pair`, open."""
    server, client = make_pair(kind, **options)
    async with server, client:
        yield server, client
