"""The driver over the in-memory transport: every way that a session can go or end."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from toy_sessions import GOODBYE, PingPong, ToySession

from node.errors import NodeError
from node.limits import frame_size_bytes_max
from node.replicator import driver
from node.replicator.driver import drive
from node.replicator.errors import PeerBrokeProtocol, SessionCutShort, SessionFailed
from node.replicator.interface import Session
from node.transport.errors import FrameError, StreamError, StreamLost, StreamStalled
from node.transport.interface import Stream
from node.transport.memory_transport import MemoryNetwork, MemoryTransport
from node.transport.peer_id import peer_id
from sync.identifiers import DeviceKey

pytestmark = pytest.mark.anyio

PEER = DeviceKey(b"p" * 32)


@asynccontextmanager
async def stream_with(
    peer: Callable[[Stream], Awaitable[None]], idle_seconds_max: float = 5.0
) -> AsyncIterator[Stream]:
    """A stream whose other end `peer` handles."""
    network = MemoryNetwork()
    there = MemoryTransport(network, PEER, ["/memory/1"], idle_seconds_max=idle_seconds_max)
    here = MemoryTransport(network, DeviceKey(b"h" * 32), idle_seconds_max=idle_seconds_max)
    async with there, here:
        there.handle(peer)
        yield await here.dial(there.addresses()[0])


def driven(session: Session) -> Callable[[Stream], Awaitable[None]]:
    """A peer that drives a session of its own."""

    async def peer(stream: Stream) -> None:
        await drive(stream, session)

    return peer


async def read_to_the_end(stream: Stream) -> None:
    while await stream.read_frame() is not None:
        pass


async def wait_for_reset(stream: Stream) -> None:
    with pytest.raises(StreamError):
        await read_to_the_end(stream)


async def test_two_sessions_that_take_turns_both_finish() -> None:
    mine, theirs = PingPong(50, serves=True), PingPong(50, serves=False)
    async with stream_with(driven(theirs)) as stream:
        await drive(stream, mine)
        await trio.testing.wait_all_tasks_blocked()
    assert mine.finished
    assert theirs.finished
    assert (mine.received, theirs.received) == (49, 50)
    assert mine.end_seen
    assert theirs.end_seen


async def test_a_session_hears_of_a_pause_before_the_next_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "pause_seconds", 0.02)
    session = ToySession()

    async def peer(stream: Stream) -> None:
        assert await stream.read_frame() == GOODBYE
        while not session.pauses:  # noqa: ASYNC110 -- it is noticed in a worker thread
            await trio.sleep(0.005)
        await stream.write_frame(b"x" * 7)
        await stream.write_frame(GOODBYE)
        await stream.finish()
        await read_to_the_end(stream)

    async with stream_with(peer) as stream:
        await drive(stream, session)
    assert session.received == 7


async def test_both_sides_send_more_than_any_window_holds_at_once() -> None:
    mine, theirs = ToySession(200, 64 * 1024), ToySession(200, 64 * 1024)
    async with stream_with(driven(theirs)) as stream:
        await drive(stream, mine)
    assert mine.received == theirs.received == 200 * 64 * 1024


async def test_a_slow_disk_holds_the_peer_back_and_loses_nothing() -> None:
    mine, theirs = ToySession(100, 32 * 1024), ToySession(0, 0, work_seconds=0.005)
    async with stream_with(driven(theirs), idle_seconds_max=0.5) as stream:
        await drive(stream, mine)
    assert theirs.received == 100 * 32 * 1024


async def test_frames_are_read_ahead_while_the_session_works_and_no_more_than_allowed() -> None:
    release = trio.Event()

    async def send_many(stream: Stream) -> None:
        async with trio.open_nursery() as nursery:

            async def send() -> None:
                for _ in range(20):
                    await stream.write_frame(b"x" * 128 * 1024)
                    sent.append(1)
                await stream.write_frame(GOODBYE)
                await stream.finish()

            nursery.start_soon(send)
            while await stream.read_frame() is not None:
                pass

    class Stuck(ToySession):
        def receive(self, frame: bytes) -> None:
            trio.from_thread.run(release.wait)
            super().receive(frame)

    sent: list[int] = []
    session = Stuck()
    async with stream_with(send_many) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(lambda: drive(stream, session, read_ahead_max=4))
        with trio.fail_after(3):
            while len(sent) < 6:  # noqa: ASYNC110 -- counts what another task did
                await trio.sleep(0.01)
        await trio.sleep(0.05)
        # One at work, four ahead, one in the reader's hand, and what the window holds: two.
        assert 6 <= len(sent) <= 9
        release.set()
    assert session.received == 20 * 128 * 1024


async def test_garbage_is_named_as_the_peers_fault_and_resets_the_stream() -> None:
    reset = trio.Event()

    async def talk_garbage(stream: Stream) -> None:
        await stream.write_frame(b"Amina Okafor")
        while True:
            try:
                await stream.read_frame()
            except StreamLost:
                reset.set()
                raise

    async with stream_with(talk_garbage) as stream:
        with pytest.raises(PeerBrokeProtocol) as caught:
            await drive(stream, ToySession())
        with trio.fail_after(1):
            await reset.wait()
    assert peer_id(PEER) in str(caught.value)
    assert "Amina" not in str(caught.value)


async def test_a_frame_over_the_limit_ends_the_session() -> None:
    async def claim_too_much(stream: Stream) -> None:
        size = frame_size_bytes_max + 1
        await stream._channel.send_all(size.to_bytes(4, "big"))  # type: ignore[attr-defined]  # inside
        await wait_for_reset(stream)

    async with stream_with(claim_too_much) as stream:
        with pytest.raises(FrameError):
            await drive(stream, PingPong(5, serves=False))


async def test_a_peer_that_stops_inside_a_frame_ends_the_session() -> None:
    async def stop_inside(stream: Stream) -> None:
        await stream._channel.send_all(b"\0\0\0\x09ha")  # type: ignore[attr-defined]  # inside
        await stream.finish()
        await wait_for_reset(stream)

    async with stream_with(stop_inside) as stream:
        with pytest.raises(FrameError):
            await drive(stream, PingPong(5, serves=False))


async def test_a_peer_that_says_nothing_stalls_the_session() -> None:
    async with stream_with(lambda stream: wait_for_reset(stream), 0.2) as stream:
        with pytest.raises(StreamStalled):
            await drive(stream, PingPong(5, serves=False))


async def test_a_peer_that_takes_nothing_stalls_the_session() -> None:
    async def take_nothing(stream: Stream) -> None:
        await trio.sleep(2)

    async with stream_with(take_nothing, 0.2) as stream:
        with pytest.raises(StreamStalled):
            await drive(stream, ToySession(100, 64 * 1024))


async def test_a_peer_that_leaves_before_the_end_cut_the_session_short() -> None:
    async def leave_early(stream: Stream) -> None:
        await stream.write_frame(b"x")

    async with stream_with(leave_early) as stream:
        session = PingPong(50, serves=False)
        with pytest.raises(SessionCutShort):
            await drive(stream, session)
    assert not session.finished


async def test_a_peer_that_resets_is_told_as_lost() -> None:
    async def reset(stream: Stream) -> None:
        await stream.read_frame()
        await stream.reset()

    async with stream_with(reset) as stream:
        with pytest.raises(StreamLost):
            await drive(stream, PingPong(50, serves=True))


async def test_a_bug_in_the_session_comes_out_by_its_kind_alone() -> None:
    class Broken(ToySession):
        def next_frame(self) -> bytes | None:
            raise KeyError("Amina Okafor")

    async with stream_with(wait_for_reset) as stream:
        with pytest.raises(SessionFailed) as caught:
            await drive(stream, Broken())
    assert "KeyError" in str(caught.value)
    assert "Amina" not in str(caught.value)


async def test_an_error_of_the_store_comes_out_as_it_is() -> None:
    class DiskFull(NodeError):
        """the disk is full"""

    class Full(ToySession):
        def receive(self, frame: bytes) -> None:
            raise DiskFull

    async with stream_with(driven(ToySession(3, 10))) as stream:
        with pytest.raises(DiskFull):
            await drive(stream, Full(3, 10))


async def test_a_cancelled_session_waits_for_its_worker_and_resets_the_stream() -> None:
    done: list[str] = []

    class Slow(ToySession):
        def receive(self, frame: bytes) -> None:
            time.sleep(0.3)
            done.append("received")

    async def keep_waiting(stream: Stream) -> None:
        await stream.write_frame(b"x")
        await wait_for_reset(stream)
        done.append("reset")

    async with stream_with(keep_waiting) as stream:
        with trio.move_on_after(0.1) as scope:
            await drive(stream, Slow())
        assert scope.cancelled_caught
        assert done == ["received"]
        await trio.testing.wait_all_tasks_blocked()
    assert done == ["received", "reset"]


async def test_a_peer_that_never_finishes_does_not_undo_a_finished_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "farewell_seconds_max", 0.1)

    async def never_finish(stream: Stream) -> None:
        await stream.write_frame(GOODBYE)
        while await stream.read_frame() is not None:
            pass
        try:
            await trio.sleep_forever()
        finally:
            given_up.append(True)

    session = ToySession(2, 100)
    given_up: list[bool] = []
    async with stream_with(never_finish) as stream:
        with trio.fail_after(2):
            await drive(stream, session)
        assert not given_up
    assert session.finished


async def test_a_farewell_that_is_lost_does_not_undo_a_finished_session() -> None:
    async def vanish(stream: Stream) -> None:
        await stream.write_frame(GOODBYE)
        while await stream.read_frame() is not None:
            pass
        await stream.reset()

    session = ToySession(2, 100)
    async with stream_with(vanish) as stream:
        await drive(stream, session)
    assert session.finished


async def test_a_peer_that_resets_on_the_last_frame_does_not_undo_a_finished_session() -> None:
    """As who is refused does; it may be known before the session is asked whether it is done."""

    class Refusing(ToySession):
        @property
        def finished(self) -> bool:
            return self.said_goodbye

    async def reset_on_goodbye(stream: Stream) -> None:
        await stream.read_frame()
        await stream.reset()

    session, work = Refusing(), trio.Lock()

    async def hold_the_store() -> None:
        while not session.said_goodbye:
            await trio.lowlevel.checkpoint()
        async with work:
            await trio.testing.wait_all_tasks_blocked(0.05)

    async with stream_with(reset_on_goodbye) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(hold_the_store)
        await drive(stream, session, work=work)
    assert session.end_seen


async def test_frames_that_came_before_a_reset_are_taken_and_may_end_the_session() -> None:
    async def say_all_and_vanish(stream: Stream) -> None:
        assert await stream.read_frame() == GOODBYE
        for _ in range(3):
            await stream.write_frame(b"x" * 10)
        await stream.write_frame(GOODBYE)
        await trio.testing.wait_all_tasks_blocked(0.01)
        await stream.reset()

    session = ToySession(0, 0, work_seconds=0.03)
    async with stream_with(say_all_and_vanish) as stream:
        await drive(stream, session)
    assert session.received == 30
    assert session.finished


async def test_sessions_that_share_a_store_never_work_at_the_same_time() -> None:
    work = trio.Lock()
    busy: list[int] = []
    overlaps: list[int] = []

    class Sharing(ToySession):
        def receive(self, frame: bytes) -> None:
            busy.append(1)
            time.sleep(0.002)
            overlaps.append(len(busy))
            busy.pop()
            super().receive(frame)

    async def run_one() -> None:
        async with stream_with(driven(ToySession(20, 10))) as stream:
            await drive(stream, Sharing(), work=work)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(run_one)
    assert set(overlaps) == {1}
