"""A refusal over streams: who is refused is told what it is, and who refuses ends well."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import ALL_LANES, Clinic, level, observation, pair, patient
from registered_clinics import Chain, registered

from node.replicator.errors import PeerRefuses
from node.replicator.exchange import serve_sessions, synchronise
from node.replicator.interface import Role, SessionReport
from node.transport.memory_transport import MemoryNetwork, MemoryTransport
from sync.identifiers import DeviceKey
from sync.session import Session

pytestmark = pytest.mark.anyio


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[tuple[Chain, Clinic, Clinic]]:
    chain = Chain()
    with registered(tmp_path, "A", "tablet") as (a, tablet):
        pair(a, tablet)
        chain.enlist(a, tablet)
        chain.seen_by(a)
        a.take(patient("p1"))
        a.node.grant(a.charts()[0], to=tablet.organisation, lanes=ALL_LANES, history=True)
        level(a, tablet)
        yield chain, a, tablet


async def meet(one: Clinic, other: Clinic) -> SessionReport[Session]:
    """One session that `one` asks for."""
    network = MemoryNetwork()

    def of(clinic: Clinic, peer: DeviceKey, role: Role) -> Session:
        return clinic.node.session(peer, initiator=role is Role.INITIATOR)

    there = MemoryTransport(network, other.device, ["/memory/1"])
    here = MemoryTransport(network, one.device)
    async with there, here:
        serve_sessions(there, lambda peer, role: of(other, peer, role))
        report = await synchronise(
            here, there.addresses()[0], lambda peer, role: of(one, peer, role)
        )
        return report


async def test_who_is_known_as_revoked_gets_the_proof_and_is_told(
    ward: tuple[Chain, Clinic, Clinic],
) -> None:
    chain, a, tablet = ward
    chain.revoke(tablet)
    chain.seen_by(a)
    with pytest.raises(PeerRefuses, match="refuses this device"):
        await meet(tablet, a)
    assert tablet.node.context.store.registry_facts.revoked()


async def test_who_learns_of_it_in_the_session_ends_well_and_says_so(
    ward: tuple[Chain, Clinic, Clinic],
) -> None:
    chain, a, tablet = ward
    a.add(a.charts()[0], observation("later", "p1"))
    chain.revoke(tablet)
    chain.seen_by(tablet)
    report = await meet(a, tablet)
    assert report.session.outcome.denied is not None
    assert report.session.refuses
    assert "later" not in {each["id"] for each in tablet.resources()}
