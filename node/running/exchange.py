"""A node's sessions with peers: those it dials for `sync`, those that come in under `serve`."""

import logging
from collections.abc import Callable
from typing import TypeVar

import trio

from node.api.serving import TaskStatus
from node.application.errors import PeerDenied
from node.application.node import Node
from node.failure import account_of
from node.replicator.exchange import serve_sessions, synchronise
from node.replicator.helped_checker import HelpedChecker
from node.replicator.interface import Role, SessionReport
from node.running.errors import NoAddress
from node.store.meetings import Meeting
from node.transport.errors import PeerUnreachable
from node.transport.interface import Transport
from node.transport.opening import libp2p_transport
from sync.identifiers import DeviceKey, did_key
from sync.session.session import Session

T = TypeVar("T")

_log = logging.getLogger(__name__)

Report = SessionReport[Session]


class Exchange:
    """Meets peers for one node; everything that touches the store is done under `work`."""

    def __init__(self, node: Node, work: trio.Lock) -> None:
        """Begin without a transport: most commands need none."""
        self._node = node
        self._work = work
        self._transport: Transport | None = None
        self._checker = HelpedChecker()

    def close(self) -> None:
        """End what helps with sessions."""
        self._checker.close()

    async def dial(self, to: str) -> dict[str, object]:
        """Sync with a peer by name, DID, peer id or multiaddr; returns what `sync` prints.

        A peer's addresses are tried in turn. Raises PeerUnknown, NoAddress, and what the last
        address gave.
        """
        addresses = [to] if to.startswith("/") else await self._addresses(to)
        if self._transport is not None:
            return await self._dial_first(self._transport, addresses)
        async with await self._open_transport(None) as transport:
            return await self._dial_first(transport, addresses)

    async def serve(
        self,
        listen: list[str],
        *,
        task_status: TaskStatus = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Listen, and answer sessions until cancelled; starts with the full multiaddrs.

        Raises AddressError, ListenFailed.
        """
        async with (
            trio.open_nursery() as nursery,
            await self._open_transport(listen) as transport,
        ):
            self._transport = transport
            addresses = transport.addresses()
            await self._in_turn(lambda: self._node.set_addresses(addresses))
            serve_sessions(
                transport,
                self._session,
                work=self._work,
                on_report=lambda report: nursery.start_soon(self._remember, report),
                on_end=lambda: nursery.start_soon(self.settle),
            )
            task_status.started(addresses)
            try:
                await trio.sleep_forever()
            finally:
                self._transport = None

    async def _open_transport(self, listen: list[str] | None) -> Transport:
        seed = self._node.context.identity.secrets.device_seed
        return await trio.to_thread.run_sync(libp2p_transport, seed, listen)

    def _session(self, peer: DeviceKey, role: Role) -> Session:
        return self._node.session(peer, initiator=role is Role.INITIATOR, checker=self._checker)

    async def _addresses(self, who: str) -> list[str]:
        addresses = await self._in_turn(lambda: self._node.peer_addresses(who))
        if not addresses:
            raise NoAddress(who)
        return addresses

    async def _dial_first(self, transport: Transport, addresses: list[str]) -> dict[str, object]:
        for address in addresses[:-1]:
            try:
                return await self._meet(transport, address)
            except PeerUnreachable:
                continue
        return await self._meet(transport, addresses[-1])

    async def _meet(self, transport: Transport, address: str) -> dict[str, object]:
        try:
            report: Report = await synchronise(transport, address, self._session, work=self._work)
        except BaseException:
            with trio.CancelScope(shield=True):  # what it brought before it broke off is stored
                await self.settle()
            raise
        await self._in_turn(self._node.settle)
        denied = report.session.outcome.denied
        if denied is not None:
            raise PeerDenied(did_key(report.peer_device), denied)
        await self._in_turn(lambda: self._node.count_received(report.session))
        await self._remember(report)
        return _figures(report)

    async def settle(self) -> None:
        """Do what is owed after sessions; what fails is owed still, and is logged."""
        try:
            await self._in_turn(self._node.settle)
        except Exception as error:  # noqa: BLE001 -- duties must end neither a start nor a service
            account = account_of(error)
            _log.error("what is owed after a session was not done: %s", account.message)

    async def _remember(self, report: Report) -> None:
        outcome = report.session.outcome
        if outcome.denied is not None or report.session.refuses:
            return  # nobody who was refused is known by that
        meeting = Meeting(
            device=report.peer_device,
            ended_at_milliseconds=self._node.context.clock(),
            operations_sent=outcome.ops_sent,
            operations_received=outcome.ops_received,
            bytes_out=report.bytes_out,
            bytes_in=report.bytes_in,
            outcome="done",
        )
        await self._in_turn(lambda: self._node.remember_meeting(report.peer_device, meeting))

    async def _in_turn(self, act: Callable[[], T]) -> T:
        async with self._work:
            return await trio.to_thread.run_sync(act)


def _figures(report: Report) -> dict[str, object]:
    outcome = report.session.outcome
    return {
        "sent": outcome.resources_sent,
        "received": outcome.resources_received,
        "ops_sent": outcome.ops_sent,
        "ops_received": outcome.ops_received,
        "letters_sent": outcome.letters_sent,
        "letters_received": outcome.letters_received,
        "pieces_sent": outcome.pieces_sent,
        "pieces_received": outcome.pieces_received,
        "facts_sent": outcome.facts_sent,
        "facts_received": outcome.facts_received,
        "deposits_sent": outcome.deposits_sent,
        "deposits_received": outcome.deposits_received,
        "bytes_out": report.bytes_out,
        "bytes_in": report.bytes_in,
        "round_trips": outcome.round_trips,
        "refused": {reason: count for reason, count in outcome.refused.items() if count},
        "seconds": round(report.seconds, 3),
    }
