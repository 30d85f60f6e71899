"""Drives one session over one stream: reading, the session's work and writing go on side by side.

    stream ──read──► frames read ahead ──receive──► session ──next_frame──► write──► stream

The socket is read while the disk works, and written in a task of its own, so that two peers that
both send can never wait for each other's windows (DESIGN section 9). The session's methods run in
worker threads under one lock. `serve` and the node's sync command use it.
"""

from collections.abc import Awaitable, Callable

import trio

from node.errors import NodeError
from node.limits import farewell_seconds_max, pause_seconds, read_ahead_frames_max
from node.replicator.errors import (
    PeerBrokeProtocol,
    PeerRefuses,
    SessionCutShort,
    SessionFailed,
)
from node.replicator.interface import Session
from node.transport.errors import StreamError
from node.transport.interface import Stream
from node.transport.peer_id import peer_id
from sync.errors import RefusedError, SyncError


async def drive(
    stream: Stream,
    session: Session,
    *,
    work: trio.Lock | None = None,
    read_ahead_max: int = read_ahead_frames_max,
) -> None:
    """Run a session to its end, then close the stream; after any error the stream is reset.

    `work` is held while the session works; sessions that share a store share it. Raises StreamError
    when the stream fails or stalls, ReplicationError when the session does, and passes a NodeError
    from the session's store. A cancellation waits for the worker thread that is at work.
    """
    drive = _Drive(stream, session, work or trio.Lock(), read_ahead_max)
    try:
        await drive.run()
    except BaseException:
        await stream.reset()
        raise
    await stream.close()


class _Drive:
    """The state of one `drive`."""

    def __init__(
        self, stream: Stream, session: Session, work: trio.Lock, read_ahead_max: int
    ) -> None:
        self._stream = stream
        self._session = session
        self._work = work
        self._ahead, self._arrived = trio.open_memory_channel[bytes](read_ahead_max)
        self._something_new = trio.Event()
        self._peer_ended = False
        self._loss: StreamError | None = None
        self._failure: Exception | None = None
        self._scope = trio.CancelScope()

    async def run(self) -> None:
        """Read, work and write until all three are done or one fails."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                for part in (self._read, self._take, self._write):
                    nursery.start_soon(self._run_part, part)
        if isinstance(self._failure, StreamError) and self._loss is not None:
            raise self._loss  # the first to go wrong; the other direction followed
        if self._failure is not None:
            self._raise_clean(self._failure)

    async def _run_part(self, part: Callable[[], Awaitable[None]]) -> None:
        try:
            await part()
        except Exception as error:  # noqa: BLE001 -- kept, and raised by `run` under a clean name
            if self._failure is None:
                self._failure = error
            self._scope.cancel()

    async def _read(self) -> None:
        async with self._ahead:
            while (frame := await self._read_frame()) is not None:
                try:
                    await self._ahead.send(frame)
                except trio.BrokenResourceError:
                    return  # the session failed at an earlier frame, and that is what is raised

    async def _read_frame(self) -> bytes | None:
        try:
            return await self._stream.read_frame()
        except StreamError as error:
            # What came before is worked off first: when that ended the session, nothing is lost.
            self._loss = error
            return None

    async def _take(self) -> None:
        async with self._arrived:
            while (frame := await self._next_arrived()) is not None:
                async with self._work:
                    await trio.to_thread.run_sync(self._session.receive, frame)
                self._wake_writer()
        async with self._work:
            await trio.to_thread.run_sync(self._session.receive_end)
        self._peer_ended = True
        self._wake_writer()

    async def _next_arrived(self) -> bytes | None:
        """The next frame, or None at the end. The session hears of a pause that comes before it."""
        with trio.move_on_after(pause_seconds) as waiting:
            frame = await self._next_or_end()
        if not waiting.cancelled_caught:
            return frame
        async with self._work:
            await trio.to_thread.run_sync(self._session.receive_pause)
        self._wake_writer()
        return await self._next_or_end()

    async def _next_or_end(self) -> bytes | None:
        try:
            return await self._arrived.receive()
        except trio.EndOfChannel:
            return None

    async def _write(self) -> None:
        while True:
            self._something_new = trio.Event()
            ended = self._peer_ended
            async with self._work:
                frame = await trio.to_thread.run_sync(self._session.next_frame)
                finished = self._session.finished
            if frame is not None:
                await self._stream.write_frame(frame)
            elif finished:
                break
            elif ended:
                raise self._loss or SessionCutShort(peer_id(self._stream.peer_device))
            else:
                await self._something_new.wait()
        await self._say_farewell()

    async def _say_farewell(self) -> None:
        """Finish, and give the peer a while to do so too.

        A connection that closes throws away what the peer has not read yet, so the one who is done
        first must not leave before the other.
        """
        try:
            await self._stream.finish()
        except StreamError:
            return  # the peer, which is done as well, has gone already
        with trio.move_on_after(farewell_seconds_max) as waiting:
            while not self._peer_ended:
                self._something_new = trio.Event()
                await self._something_new.wait()
        if waiting.cancelled_caught:
            await self._stream.reset()
            self._scope.cancel()

    def _wake_writer(self) -> None:
        self._something_new.set()

    def _raise_clean(self, error: Exception) -> None:
        peer = peer_id(self._stream.peer_device)
        if isinstance(error, NodeError):
            raise error
        if isinstance(error, RefusedError):
            raise PeerRefuses(peer) from error
        if isinstance(error, SyncError):
            raise PeerBrokeProtocol(peer) from error
        raise SessionFailed(peer, type(error).__name__) from error
