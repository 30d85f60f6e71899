"""What every transport does; run over memory and over libp2p on loopback."""

import logging

import pytest
import trio
import trio.testing
from transport_pairs import CLIENT_SEED, SERVER_SEED, device_of, make_pair, open_pair

from node.limits import frame_size_bytes_max
from node.transport.errors import (
    AddressError,
    FrameError,
    PeerUnreachable,
    StreamError,
    StreamLost,
    StreamStalled,
)
from node.transport.framed_stream import FramedStream
from node.transport.interface import Stream
from node.transport.peer_id import peer_id

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "libp2p"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def echo(stream: Stream) -> None:
    while (frame := await stream.read_frame()) is not None:
        await stream.write_frame(frame)


def raw(stream: Stream) -> FramedStream:
    """A stream of which a test uses the bytes beneath, as a hostile peer would."""
    assert isinstance(stream, FramedStream)
    return stream


async def send_raw(stream: Stream, data: bytes) -> None:
    await raw(stream)._channel.send_all(data)


async def test_frames_come_back_whole_and_in_order(kind: str) -> None:
    async with open_pair(kind) as (server, client):
        server.handle(echo)
        stream = await client.dial(server.addresses()[0])
        frames = [b"", b"x", bytes(70_000), b"y" * frame_size_bytes_max]
        for frame in frames:
            await stream.write_frame(frame)
            assert await stream.read_frame() == frame
        await stream.close()


async def test_both_ends_know_each_other_by_their_proven_keys(kind: str) -> None:
    async with open_pair(kind) as (server, client):
        seen = []

        async def look(stream: Stream) -> None:
            seen.append(stream.peer_device)
            await stream.write_frame(b"seen")

        server.handle(look)
        stream = await client.dial(server.addresses()[0])
        assert await stream.read_frame() == b"seen"
        assert stream.peer_device == server.device == device_of(SERVER_SEED)
        assert seen == [device_of(CLIENT_SEED)]
        await stream.close()


async def test_addresses_name_the_peer(kind: str) -> None:
    async with open_pair(kind) as (server, client):
        assert all(one.endswith(f"/p2p/{peer_id(server.device)}") for one in server.addresses())
        assert len(server.addresses()) == 1
        assert client.addresses() == []


async def test_bytes_are_counted_with_their_length_prefixes(kind: str) -> None:
    async with open_pair(kind) as (server, client):
        server.handle(echo)
        stream = await client.dial(server.addresses()[0])
        await stream.write_frame(bytes(100))
        await stream.write_frame(b"")
        assert await stream.read_frame() == bytes(100)
        assert await stream.read_frame() == b""
        assert (stream.bytes_out, stream.bytes_in) == (108, 108)
        await stream.close()


async def test_a_finished_stream_still_reads_then_ends(kind: str) -> None:
    async with open_pair(kind) as (server, client):

        async def answer_after_the_end(stream: Stream) -> None:
            total = 0
            while (frame := await stream.read_frame()) is not None:
                total += len(frame)
            await stream.write_frame(str(total).encode())

        server.handle(answer_after_the_end)
        stream = await client.dial(server.addresses()[0])
        await stream.write_frame(bytes(10))
        await stream.write_frame(bytes(20))
        await stream.finish()
        assert await stream.read_frame() == b"30"
        assert await stream.read_frame() is None
        await stream.close()


async def test_a_reset_is_an_error_for_the_reader_and_no_end(kind: str) -> None:
    async with open_pair(kind) as (server, client):

        async def begin_then_reset(stream: Stream) -> None:
            await stream.write_frame(b"begun")
            assert await stream.read_frame() == b"go"
            await stream.reset()

        server.handle(begin_then_reset)
        stream = await client.dial(server.addresses()[0])
        assert await stream.read_frame() == b"begun"
        await stream.write_frame(b"go")
        with pytest.raises(StreamLost):
            await stream.read_frame()


async def test_a_peer_that_says_nothing_stalls(kind: str) -> None:
    async with open_pair(kind, idle_seconds_max=0.2) as (server, client):

        async def say_nothing(stream: Stream) -> None:
            await trio.sleep_forever()

        server.handle(say_nothing)
        stream = await client.dial(server.addresses()[0])
        with pytest.raises(StreamStalled):
            await stream.read_frame()


async def test_a_peer_that_takes_nothing_stalls(kind: str) -> None:
    async with open_pair(kind, idle_seconds_max=0.3) as (server, client):

        async def take_nothing(stream: Stream) -> None:
            await trio.sleep_forever()

        server.handle(take_nothing)
        stream = await client.dial(server.addresses()[0])

        async def write_without_end() -> None:
            for _ in range(1000):
                await stream.write_frame(bytes(64 * 1024))

        with pytest.raises(StreamStalled):
            await write_without_end()


async def test_a_reader_waits_as_long_as_the_peer_takes_our_frames(kind: str) -> None:
    async with open_pair(kind, idle_seconds_max=0.4) as (server, client):

        async def answer_at_the_end(stream: Stream) -> None:
            for _ in range(8):
                await stream.read_frame()
            await stream.write_frame(b"done")

        server.handle(answer_at_the_end)
        stream = await client.dial(server.addresses()[0])
        async with trio.open_nursery() as nursery:

            async def write_slowly() -> None:
                for _ in range(8):
                    await trio.sleep(0.1)
                    await stream.write_frame(b"word")

            nursery.start_soon(write_slowly)
            assert await stream.read_frame() == b"done"
        await stream.close()


async def test_a_frame_over_the_limit_is_refused_by_its_length_alone(kind: str) -> None:
    async with open_pair(kind) as (server, client):
        caught: list[StreamError] = []

        async def expect_refusal(stream: Stream) -> None:
            with pytest.raises(FrameError) as info:
                await stream.read_frame()
            caught.append(info.value)

        server.handle(expect_refusal)
        stream = await client.dial(server.addresses()[0])
        await send_raw(stream, (frame_size_bytes_max + 1).to_bytes(4, "big"))
        with pytest.raises(StreamLost):
            await stream.read_frame()
        assert str(frame_size_bytes_max + 1) in str(caught[0])


@pytest.mark.parametrize("begun", [b"\0\0", b"\0\0\0\x09", b"\0\0\0\x09half"])
async def test_a_peer_that_stops_inside_a_frame_broke_the_framing(kind: str, begun: bytes) -> None:
    async with open_pair(kind) as (server, client):
        caught: list[StreamError] = []
        done = trio.Event()

        async def expect_refusal(stream: Stream) -> None:
            with pytest.raises(FrameError) as info:
                await stream.read_frame()
            caught.append(info.value)
            done.set()

        server.handle(expect_refusal)
        stream = await client.dial(server.addresses()[0])
        await send_raw(stream, begun)
        await stream.finish()
        await done.wait()
        assert peer_id(device_of(CLIENT_SEED)) in str(caught[0])
        await stream.reset()


async def test_a_handler_that_raises_ends_its_own_stream_only(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_pair(kind) as (server, client):

        async def fail(stream: Stream) -> None:
            await stream.read_frame()
            raise RuntimeError("Amina Okafor")

        with caplog.at_level(logging.DEBUG, "node"):
            server.handle(fail)
            stream = await client.dial(server.addresses()[0])
            await stream.write_frame(b"fail now")
            with pytest.raises(StreamLost):
                await stream.read_frame()
        assert "RuntimeError" in caplog.text
        assert "Amina" not in caplog.text
        server.handle(echo)
        again = await client.dial(server.addresses()[0])
        await again.write_frame(b"still there")
        assert await again.read_frame() == b"still there"
        await again.close()


async def test_streams_of_one_peer_beyond_the_quota_are_refused(kind: str) -> None:
    async with open_pair(kind, streams_per_peer_max=2) as (server, client):
        server.handle(echo)
        streams = [await client.dial(server.addresses()[0]) for _ in range(2)]
        for stream in streams:
            await stream.write_frame(b"served")
            assert await stream.read_frame() == b"served"
        with pytest.raises((StreamLost, PeerUnreachable)):  # by who is faster
            await (await client.dial(server.addresses()[0])).read_frame()
        for stream in streams:
            await stream.finish()
            assert await stream.read_frame() is None
            await stream.close()
        freed = await client.dial(server.addresses()[0])
        await freed.write_frame(b"a place again")
        assert await freed.read_frame() == b"a place again"
        await freed.close()


async def test_nobody_at_the_address_is_told_as_unreachable(kind: str) -> None:
    server, client = make_pair(kind)
    async with server:
        address = server.addresses()[0]
    async with client:
        with pytest.raises(PeerUnreachable):
            await client.dial(address)


async def test_a_peer_that_comes_back_is_reached_at_once(kind: str) -> None:
    server, client = make_pair(kind)
    async with client:
        where = "/memory/1" if kind == "memory" else "/ip4/127.0.0.1/tcp/9"
        with pytest.raises(PeerUnreachable):
            await client.dial(f"{where}/p2p/{peer_id(device_of(SERVER_SEED))}")
        async with server:
            server.handle(echo)
            stream = await client.dial(server.addresses()[0])
            await stream.write_frame(b"back")
            assert await stream.read_frame() == b"back"
            await stream.close()


async def test_another_peer_at_the_address_is_refused(kind: str) -> None:
    async with open_pair(kind) as (server, client):
        server.handle(echo)
        where, _, _ = server.addresses()[0].rpartition("/p2p/")
        with pytest.raises(PeerUnreachable, match="another peer answers"):
            await client.dial(f"{where}/p2p/{peer_id(device_of(b'x' * 32))}")


async def test_dialling_oneself_or_nobody_is_an_error_of_the_address(kind: str) -> None:
    async with open_pair(kind) as (server, _):
        with pytest.raises(AddressError):
            await server.dial(server.addresses()[0])
        with pytest.raises(AddressError):
            await server.dial("/ip4/127.0.0.1/tcp/4001")


async def test_an_error_of_the_caller_leaves_the_transport_as_it_is(kind: str) -> None:
    server, _ = make_pair(kind)

    async def fail_inside() -> None:
        async with server:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_inside()


async def test_closing_a_transport_ends_what_it_serves(kind: str) -> None:
    server, client = make_pair(kind)
    cancelled = trio.Event()

    async def wait(stream: Stream) -> None:
        await stream.write_frame(b"waiting")
        try:
            await stream.read_frame()
        except trio.Cancelled:
            cancelled.set()
            raise

    async with client:
        async with server:
            server.handle(wait)
            stream = await client.dial(server.addresses()[0])
            assert await stream.read_frame() == b"waiting"
        assert cancelled.is_set()
        with pytest.raises(StreamLost):
            await stream.read_frame()


async def test_many_streams_one_after_another_leave_no_task_behind(kind: str) -> None:
    async with open_pair(kind) as (server, client):
        server.handle(echo)
        tasks = []
        for _ in range(20):
            stream = await client.dial(server.addresses()[0])
            await stream.write_frame(b"here")
            assert await stream.read_frame() == b"here"
            await stream.finish()
            assert await stream.read_frame() is None
            await stream.close()
            await trio.testing.wait_all_tasks_blocked(0.01)
            tasks.append(trio.lowlevel.current_statistics().tasks_living)
        assert tasks[-1] <= tasks[1]
