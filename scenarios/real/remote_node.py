"""A node in another process, with those acts that care and incidents ask of one in this."""

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from node.client import Client, Upload, calls
from node.client.patients_calls import break_glass, handover

Result = dict[str, Any]


class RemoteNode:
    """Acts go over the node's own socket, as a clinic's terminal asks them."""

    def __init__(self, client: Client) -> None:
        """Ask by this client."""
        self._client = client
        self.people = _People(client)
        self.patients = _Patients(client)

    def identity(self) -> Result:
        """See `Node.identity`."""
        return self._client.ask(calls.identity())

    def peers_add(self, card: str, name: str) -> Result:
        """See `Node.peers_add`."""
        return self._client.ask(calls.peers_add(card, name))

    def import_file(self, label: str, content: bytes) -> Result:
        """See `Node.import_file`."""
        return self._client.ask(calls.import_file(label, Upload(io.BytesIO(content))))

    def record_add(
        self, chart: str, label: str, content: bytes, *, source: str | None = None
    ) -> Result:
        """See `Node.record_add`."""
        assert source is None, "the client names no source"
        return self._client.ask(calls.record_add(chart, label, Upload(io.BytesIO(content))))

    def grant(self, chart: str, **terms: Any) -> Result:
        """See `Node.grant`."""
        return self._client.ask(calls.grant(chart, **terms))

    def revoke(self, chart: str, *, from_: str) -> Result:
        """See `Node.revoke`."""
        return self._client.ask(calls.revoke(chart, from_=from_))

    def charts(self) -> list[Result]:
        """See `Node.charts`."""
        return self._client.ask(calls.charts())

    def conflicts(self, chart: str | None = None) -> list[Result]:
        """See `Node.conflicts`."""
        return self._client.ask(calls.conflicts(chart))

    def conflict_resolve(self, conflict: str, *, choose: int) -> Result:
        """See `Node.conflict_resolve`."""
        return self._client.ask(calls.conflict_choose(conflict, choose))

    def resources(self, chart: str) -> Iterator[Result]:
        """What it shows of a chart."""
        content = b"".join(self._client.pieces(calls.export(chart)))
        for line in content.splitlines():
            if line.strip():
                yield json.loads(line)

    def sync(self, address: str) -> Result:
        """Meet a peer at an address."""
        return self._client.ask(calls.sync(address))


class _People:
    def __init__(self, client: Client) -> None:
        self._client = client

    def link(self, one: str, other: str, *, reason: str = "") -> Result:
        """See `PeopleDesk.link`."""
        return self._client.ask(calls.link(one, other, reason=reason))


class _Patients:
    def __init__(self, client: Client) -> None:
        self._client = client

    def break_glass(
        self, chart: str, *, reason: str, seconds: Sequence[str], holders: Sequence[str]
    ) -> Result:
        """See `PatientsDesk.break_glass`."""
        call = break_glass(chart, reason=reason, seconds=list(seconds), holders=list(holders))
        return self._client.ask(call)

    def handover(self, chart: str, *, to: str, recovery: Sequence[str]) -> Result:
        """See `PatientsDesk.handover`."""
        return self._client.ask(handover(chart, to=to, recovery=list(recovery)))
