"""Sessions with peers: one that this node opens, and those that come in.

The node's sync command and its background syncing call `synchronise`, `serve` `serve_sessions`.
"""

import logging
from collections.abc import Callable

import trio

from node.replicator.driver import drive
from node.replicator.interface import Role, SessionFactory, SessionReport, SessionT
from node.transport.interface import Stream, Transport
from node.transport.peer_id import peer_id

_log = logging.getLogger(__name__)


async def synchronise(
    transport: Transport,
    multiaddr: str,
    make_session: SessionFactory[SessionT],
    *,
    work: trio.Lock | None = None,
) -> SessionReport[SessionT]:
    """Run one session with the peer that the address names, and report it.

    Raises what `Transport.dial` and `drive` raise.
    """
    stream = await transport.dial(multiaddr)
    return await _run(stream, Role.INITIATOR, make_session, work or trio.Lock())


def serve_sessions(
    transport: Transport,
    make_session: SessionFactory[SessionT],
    *,
    work: trio.Lock | None = None,
    on_report: Callable[[SessionReport[SessionT]], None] | None = None,
    on_end: Callable[[], None] | None = None,
) -> None:
    """Answer the sessions that come in over an open transport from now on.

    The transport limits how many there are at once; failures end their own stream and are logged.
    `on_report` hears of each session that ended well, `on_end` that one ended, well or not: what it
    brought before it broke off is stored.
    """
    shared = work or trio.Lock()

    async def serve(stream: Stream) -> None:
        try:
            report = await _run(stream, Role.RESPONDER, make_session, shared)
        finally:
            if on_end is not None:
                on_end()
        _log.info("a session with peer %s ended well", peer_id(report.peer_device))
        if on_report is not None:
            on_report(report)

    transport.handle(serve)


async def _run(
    stream: Stream, role: Role, make_session: SessionFactory[SessionT], work: trio.Lock
) -> SessionReport[SessionT]:
    started = trio.current_time()
    try:
        async with work:
            session = await trio.to_thread.run_sync(make_session, stream.peer_device, role)
    except BaseException:
        await stream.reset()
        raise
    await drive(stream, session, work=work)
    return SessionReport(
        session=session,
        peer_device=stream.peer_device,
        bytes_in=stream.bytes_in,
        bytes_out=stream.bytes_out,
        seconds=trio.current_time() - started,
    )
