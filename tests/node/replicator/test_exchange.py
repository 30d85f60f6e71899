"""Sessions over libp2p on loopback: bulk both ways, many in a row, failures that spread not."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing
from toy_sessions import PingPong, ToySession

from node.replicator.errors import PeerBrokeProtocol
from node.replicator.exchange import serve_sessions, synchronise
from node.replicator.interface import Role, SessionReport
from node.transport.errors import PeerUnreachable, StreamLost
from node.transport.interface import Transport
from node.transport.opening import libp2p_transport
from sync.identifiers import DeviceKey

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def two_hosts() -> AsyncIterator[tuple[Transport, Transport]]:
    async with (
        libp2p_transport(b"a" * 32, ["/ip4/127.0.0.1/tcp/0"]) as server,
        libp2p_transport(b"b" * 32) as client,
    ):
        yield server, client


def open_files() -> int:
    """Sockets, pipes and files that this process holds."""
    return len(list(Path("/dev/fd").iterdir()))


async def test_fifty_megabytes_cross_in_each_direction_at_once() -> None:
    frames, size = 200, 256 * 1024
    reports: list[SessionReport[ToySession]] = []
    async with two_hosts() as (server, client):
        serve_sessions(
            server, lambda peer, role: ToySession(frames, size), on_report=reports.append
        )
        address = server.addresses()[0]
        report = await synchronise(client, address, lambda peer, role: ToySession(frames, size))
        await trio.testing.wait_all_tasks_blocked(0.01)
    assert report.session.received == frames * size
    assert reports[0].session.received == frames * size
    assert report.bytes_in == report.bytes_out == frames * (size + 4) + 4 + len(b"goodbye")
    assert (reports[0].bytes_in, reports[0].bytes_out) == (report.bytes_out, report.bytes_in)


async def test_each_side_learns_whom_it_talks_to_and_in_which_role() -> None:
    made: list[tuple[DeviceKey, Role]] = []

    def make(peer: DeviceKey, role: Role) -> PingPong:
        made.append((peer, role))
        return PingPong(3, serves=role is Role.INITIATOR)

    async with two_hosts() as (server, client):
        serve_sessions(server, make)
        report = await synchronise(client, server.addresses()[0], make)
        assert report.peer_device == server.device
        assert set(made) == {(server.device, Role.INITIATOR), (client.device, Role.RESPONDER)}


async def test_twenty_sessions_in_a_row_leave_neither_tasks_nor_files() -> None:
    async with two_hosts() as (server, client):
        serve_sessions(server, lambda peer, role: PingPong(3, serves=False))
        held = []
        for _ in range(20):
            await synchronise(
                client, server.addresses()[0], lambda peer, role: PingPong(3, serves=True)
            )
            await trio.testing.wait_all_tasks_blocked(0.01)
            held.append((trio.lowlevel.current_statistics().tasks_living, open_files()))
        assert held[-1] <= held[1]
    assert open_files() < held[0][1]


async def test_a_failing_session_leaves_the_host_serving_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(ToySession):
        def receive(self, frame: bytes) -> None:
            raise KeyError("Amina Okafor")

        def next_frame(self) -> bytes | None:
            return None

    async with two_hosts() as (server, client):
        address = server.addresses()[0]
        serve_sessions(server, lambda peer, role: Broken())
        with caplog.at_level(logging.DEBUG, "node"), pytest.raises(StreamLost):
            await synchronise(client, address, lambda peer, role: PingPong(5, serves=True))
        assert "KeyError" in caplog.text
        assert "Amina" not in caplog.text
        serve_sessions(server, lambda peer, role: PingPong(5, serves=False))
        report = await synchronise(client, address, lambda peer, role: PingPong(5, serves=True))
        assert report.session.finished


async def test_a_session_that_cannot_be_made_refuses_the_peer_only() -> None:
    def refuse(peer: DeviceKey, role: Role) -> ToySession:
        raise ValueError("Amina Okafor")

    async with two_hosts() as (server, client):
        serve_sessions(server, refuse)
        # The reset may arrive with the answer to the negotiation, and be all that is read of it.
        with pytest.raises((StreamLost, PeerUnreachable)):
            await synchronise(
                client, server.addresses()[0], lambda peer, role: PingPong(5, serves=True)
            )


async def test_garbage_over_the_network_is_the_peers_fault() -> None:
    class Garbled(ToySession):
        def next_frame(self) -> bytes | None:
            return b"Amina Okafor"

    async with two_hosts() as (server, client):
        serve_sessions(server, lambda peer, role: Garbled())
        with pytest.raises(PeerBrokeProtocol):
            await synchronise(
                client, server.addresses()[0], lambda peer, role: PingPong(5, serves=False)
            )
