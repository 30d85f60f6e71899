"""What py-libp2p leaves open stays closed: hostile peers, its defaults, and its leaks."""

from collections.abc import Callable

import pytest
import trio
import trio.testing
from libp2p import new_swarm
from libp2p.abc import INetConn, INetStream
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.custom_types import StreamHandlerFn, TProtocol
from libp2p.network.stream.net_stream import NetStream
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.security.insecure.transport import PLAINTEXT_PROTOCOL_ID, InsecureTransport
from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr  # type: ignore[import-untyped]  # it ships no types
from transport_pairs import CLIENT_SEED, LOOPBACK, SERVER_SEED

from node.limits import connection_streams_max, stream_idle_seconds_max
from node.transport import libp2p_channel, libp2p_guards, libp2p_host
from node.transport.errors import ListenFailed, StreamError, StreamLost
from node.transport.interface import Stream
from node.transport.libp2p_host import Libp2pHost
from node.transport.opening import libp2p_transport
from node.transport.peer_id import peer_id

pytestmark = pytest.mark.anyio


async def echo(stream: Stream) -> None:
    while (frame := await stream.read_frame()) is not None:
        await stream.write_frame(frame)


async def take_nothing(stream: Stream) -> None:
    await trio.sleep_forever()


async def become_true(condition: Callable[[], bool]) -> None:
    """Wait for what libp2p does in its own time and tells nobody."""
    with trio.fail_after(3):
        while not condition():  # noqa: ASYNC110 -- there is no event to wait for
            await trio.sleep(0.02)


async def assert_serves(server: Libp2pHost, seed: bytes = b"w" * 32) -> None:
    """A fresh peer is served."""
    server.handle(echo)
    async with libp2p_transport(seed) as witness:
        stream = await witness.dial(server.addresses()[0])
        await stream.write_frame(b"alive")
        assert await stream.read_frame() == b"alive"
        await stream.close()


async def open_raw(client: Libp2pHost, server: Libp2pHost) -> INetStream:
    """A stream on which nothing has been negotiated yet."""
    peer = ID.from_string(peer_id(server.device))
    if not client._swarm.get_connections(peer):
        where, _, _ = server.addresses()[0].rpartition("/p2p/")
        await client._swarm.dial_addr(Multiaddr(where), peer)
    return await client._swarm.new_stream(peer)


async def block_writing(connection: INetConn, blocked: trio.Event) -> None:
    """As if the kernel took no more of what is written to a connection."""
    assert isinstance(connection.muxed_conn, Yamux)
    async with connection.muxed_conn._write_lock:
        blocked.set()
        await trio.sleep_forever()


def yamux_of(stream: INetStream) -> YamuxStream:
    assert isinstance(stream, NetStream)
    assert isinstance(stream.muxed_stream, YamuxStream)
    return stream.muxed_stream


@pytest.fixture
def short_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (libp2p_channel, libp2p_host):
        monkeypatch.setattr(module, "stream_goodbye_seconds_max", 0.2)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"\x04\xff\xfe\xfd\n", id="text that is not UTF-8"),
        pytest.param(b"\xff" * 20, id="a length without end"),
        pytest.param(b"\x02\n\n", id="an empty protocol"),
        pytest.param(b"\x13/multistream/1.0.0\n\x04\xff\xfe\xfd\n", id="garbage after a greeting"),
    ],
)
async def test_a_garbled_negotiation_leaves_the_host_alive(said: bytes) -> None:
    async with (
        libp2p_transport(SERVER_SEED, [LOOPBACK]) as server,
        libp2p_transport(CLIENT_SEED) as client,
    ):
        stream = await open_raw(client, server)
        await stream.write(said)
        await trio.testing.wait_all_tasks_blocked(0.05)
        await assert_serves(server)


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.0\r\n\r\n", bytes(5000), b"\xff" * 5000])
async def test_a_stranger_on_the_port_leaves_the_host_alive(said: bytes) -> None:
    async with libp2p_transport(SERVER_SEED, [LOOPBACK]) as server:
        port = int(server.addresses()[0].split("/")[4])
        tcp = await trio.open_tcp_stream("127.0.0.1", port)
        async with tcp:
            if said:
                await tcp.send_all(said)
        await assert_serves(server)


async def test_a_connection_in_plain_text_is_refused() -> None:
    async with libp2p_transport(SERVER_SEED, [LOOPBACK]) as server:
        keys = create_new_key_pair(CLIENT_SEED)
        swarm = new_swarm(
            key_pair=keys, sec_opt={TProtocol(PLAINTEXT_PROTOCOL_ID): InsecureTransport(keys)}
        )
        assert isinstance(swarm, Swarm)
        where, _, _ = server.addresses()[0].rpartition("/p2p/")
        async with background_trio_service(swarm):
            with pytest.raises(Exception, match="security"):
                await swarm.dial_addr(Multiaddr(where), ID.from_string(peer_id(server.device)))
        assert server._swarm.get_total_connections() == 0


async def test_a_connection_that_ended_frees_its_place_among_the_accepted() -> None:
    async with libp2p_transport(SERVER_SEED, [LOOPBACK]) as server:
        for visitor in range(5):
            await assert_serves(server, bytes([visitor]) * 32)
        await become_true(lambda: server._swarm._inbound_limiter.borrowed_tokens == 0)


async def test_a_peer_that_ignores_its_window_loses_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(libp2p_guards, "connection_unread_bytes_max", 1024 * 1024)
    async with (
        libp2p_transport(SERVER_SEED, [LOOPBACK]) as server,
        libp2p_transport(CLIENT_SEED) as client,
    ):
        server.handle(take_nothing)
        stream = await client.dial(server.addresses()[0])
        yamux_of(stream._channel._stream).send_window = 10**9  # type: ignore[attr-defined]  # inside

        async def flood() -> None:
            for _ in range(1000):
                await stream.write_frame(bytes(64 * 1024))

        with pytest.raises(StreamLost):
            await flood()
        await assert_serves(server)


async def test_streams_beyond_a_connections_limit_are_reset() -> None:
    async with (
        libp2p_transport(SERVER_SEED, [LOOPBACK]) as server,
        libp2p_transport(CLIENT_SEED) as client,
    ):
        for _ in range(connection_streams_max + 20):
            await open_raw(client, server)
        await trio.testing.wait_all_tasks_blocked(0.05)
        (connection,) = server._swarm.get_connections()
        assert len(connection.get_streams()) <= connection_streams_max
        await assert_serves(server)


async def test_a_port_in_use_is_told_although_libp2p_would_share_it() -> None:
    async with libp2p_transport(SERVER_SEED, [LOOPBACK]) as server:
        where, _, _ = server.addresses()[0].rpartition("/p2p/")
        second = libp2p_transport(CLIENT_SEED, [where])
        with pytest.raises(ListenFailed):
            await second.__aenter__()


async def test_a_node_never_dials_a_peer_that_it_knows_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialled: list[object] = []

    async def note(swarm: Swarm, peer: ID) -> list[object]:
        dialled.append(peer)
        return []

    monkeypatch.setattr(Swarm, "dial_peer", note)
    async with libp2p_transport(SERVER_SEED, [LOOPBACK]) as server:
        client = libp2p_transport(CLIENT_SEED)
        known = ID.from_string(peer_id(server.device))
        # The connector takes routable addresses only; this one is, and belongs to documentation.
        client._swarm.peerstore.add_addrs(known, [Multiaddr("/dns4/clinic.example/tcp/1")], 100)
        async with client:
            await trio.testing.wait_all_tasks_blocked(0.2)
    assert dialled == []


async def test_a_connection_cut_at_its_socket_is_read_as_lost_and_made_again() -> None:
    async with (
        libp2p_transport(SERVER_SEED, [LOOPBACK]) as server,
        libp2p_transport(CLIENT_SEED) as client,
    ):
        server.handle(echo)
        stream = await client.dial(server.addresses()[0])
        await stream.write_frame(b"one")
        assert await stream.read_frame() == b"one"
        (connection,) = server._swarm.get_connections()
        await connection.muxed_conn.secured_conn.close()  # type: ignore[attr-defined]  # Yamux's
        with pytest.raises(StreamLost):
            await stream.read_frame()
        again = await client.dial(server.addresses()[0])
        await again.write_frame(b"two")
        assert await again.read_frame() == b"two"
        await again.close()


@pytest.mark.usefixtures("short_goodbye")
async def test_closing_does_not_wait_for_a_peer_that_takes_nothing() -> None:
    async with libp2p_transport(CLIENT_SEED) as client, trio.open_nursery() as nursery:
        async with libp2p_transport(SERVER_SEED, [LOOPBACK]) as server:
            server.handle(echo)
            stream = await client.dial(server.addresses()[0])
            await stream.write_frame(b"one")
            assert await stream.read_frame() == b"one"
            (connection,) = server._swarm.get_connections()
            blocked = trio.Event()
            nursery.start_soon(block_writing, connection, blocked)
            await blocked.wait()
            started = trio.current_time()
        assert trio.current_time() - started < 3
        with pytest.raises(StreamError):
            await stream.read_frame()
        nursery.cancel_scope.cancel()


async def test_a_write_cancelled_in_its_middle_cuts_the_connection() -> None:
    async with (
        libp2p_transport(SERVER_SEED, [LOOPBACK]) as server,
        libp2p_transport(CLIENT_SEED) as client,
        trio.open_nursery() as nursery,
    ):
        server.handle(take_nothing)
        stream = await client.dial(server.addresses()[0])
        (connection,) = client._swarm.get_connections()
        blocked = trio.Event()
        nursery.start_soon(block_writing, connection, blocked)
        await blocked.wait()
        with trio.move_on_after(0.1):
            await stream.write_frame(b"never")
        with pytest.raises(StreamLost):
            await stream.write_frame(b"after")
        await become_true(lambda: client._swarm.get_total_connections() == 0)
        nursery.cancel_scope.cancel()


async def test_one_dialled_stream_is_all_that_crosses_a_new_connection() -> None:
    async with (
        libp2p_transport(SERVER_SEED, [LOOPBACK]) as server,
        libp2p_transport(CLIENT_SEED) as client,
    ):
        streams: list[INetStream] = []
        for host in (server, client):
            served = host._swarm.common_stream_handler

            async def note(stream: INetStream, served: StreamHandlerFn = served) -> None:
                streams.append(stream)
                await served(stream)

            host._swarm.set_stream_handler(note)
        server.handle(echo)
        stream = await client.dial(server.addresses()[0])
        await trio.testing.wait_all_tasks_blocked(0.1)
        assert len(streams) == 1
        await stream.close()


async def test_a_closed_window_is_waited_for_longer_than_libp2p_does() -> None:
    patience = 6.0  # Yamux itself gives up after 5 s
    assert patience < stream_idle_seconds_max
    async with (
        libp2p_transport(SERVER_SEED, [LOOPBACK]) as server,
        libp2p_transport(CLIENT_SEED) as client,
    ):
        taken = 0

        async def begin_late(stream: Stream) -> None:
            nonlocal taken
            await trio.sleep(patience)
            while (frame := await stream.read_frame()) is not None:
                taken += len(frame)

        server.handle(begin_late)
        stream = await client.dial(server.addresses()[0])
        for _ in range(300):  # more than any window
            await stream.write_frame(bytes(64 * 1024))
        await stream.finish()
        assert await stream.read_frame() is None
        assert taken == 300 * 64 * 1024
        await stream.close()
