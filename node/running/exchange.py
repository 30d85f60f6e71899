"""A node's sessions with peers: those it dials for `sync`, those that come in under `serve`."""

import logging

import trio

from node.api.serving import TaskStatus
from node.application.node import Node
from node.failure import account_of
from node.replicator.exchange import serve_sessions, synchronise
from node.replicator.interface import Role, SessionReport
from node.running.errors import NoAddress
from node.transport.errors import PeerUnreachable
from node.transport.interface import Transport
from node.transport.opening import libp2p_transport
from sync.identifiers import DeviceKey
from sync.session.session import Session

_log = logging.getLogger(__name__)

Report = SessionReport[Session]


class Exchange:
    """Meets peers for one node; everything that touches the store is done under `work`."""

    def __init__(self, node: Node, work: trio.Lock) -> None:
        """Begin without a transport: most commands need none."""
        self._node = node
        self._work = work
        self._transport: Transport | None = None

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
            await self._open_transport(listen) as transport,
            trio.open_nursery() as nursery,
        ):
            self._transport = transport
            addresses = transport.addresses()
            async with self._work:
                await trio.to_thread.run_sync(self._node.set_addresses, addresses)

            def settle_later() -> None:
                nursery.start_soon(self._settle_quietly)

            serve_sessions(transport, self._session, work=self._work, on_end=settle_later)
            task_status.started(addresses)
            try:
                await trio.sleep_forever()
            finally:
                self._transport = None

    async def _open_transport(self, listen: list[str] | None) -> Transport:
        seed = self._node.context.identity.secrets.device_seed
        return await trio.to_thread.run_sync(libp2p_transport, seed, listen)

    def _session(self, peer: DeviceKey, role: Role) -> Session:
        return self._node.session(peer, initiator=role is Role.INITIATOR)

    async def _addresses(self, who: str) -> list[str]:
        async with self._work:
            addresses = await trio.to_thread.run_sync(self._node.peer_addresses, who)
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
        finally:
            with trio.CancelScope(shield=True):
                await self._settle()
        return _figures(report)

    async def _settle(self) -> None:
        async with self._work:
            await trio.to_thread.run_sync(self._node.settle)

    async def _settle_quietly(self) -> None:
        try:
            await self._settle()
        except Exception as error:  # noqa: BLE001 -- one peer's duties must not end the service
            account = account_of(error)
            _log.error("what is owed after a session was not done: %s", account.message)


def _figures(report: Report) -> dict[str, object]:
    outcome = report.session.outcome
    return {
        "sent": outcome.resources_sent,
        "received": outcome.resources_received,
        "ops_sent": outcome.ops_sent,
        "ops_received": outcome.ops_received,
        "letters_sent": outcome.letters_sent,
        "letters_received": outcome.letters_received,
        "bytes_out": report.bytes_out,
        "bytes_in": report.bytes_in,
        "round_trips": outcome.round_trips,
        "refused": {reason: count for reason, count in outcome.refused.items() if count},
        "seconds": round(report.seconds, 3),
    }
