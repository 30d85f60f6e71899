"""Who was never accredited: a patient's own node, a clinic before the council met."""

from pathlib import Path

import pytest
from clinics import ALL_LANES, level, made_clinic, observation, pair, patient, synced
from registered_clinics import NETWORK, Chain, peer_verdict, registered

from node.application.errors import PeerDenied, ReleaseRefused
from node.keystore.secrets import NodeKind
from node.registry.verdict import State


def test_a_patient_s_node_is_given_a_chart_and_served_though_nobody_accredits_it(
    tmp_path: Path,
) -> None:
    chain = Chain()
    with registered(tmp_path, "A") as (a,):
        own = made_clinic(tmp_path / "amara", "amara", 7, NodeKind.PATIENT, network=NETWORK)
        pair(a, own)
        chain.enlist(a)
        chain.accredit(own.node.context.identity.organisation, 0)
        chain.seen_by(a, own)
        a.take(patient("p1"), observation("o1", "p1"))
        (chart,) = a.charts()
        done = a.node.grant(chart, to="amara", lanes=ALL_LANES, rights="read", history=True)
        assert "no registry knows patients" in str(done["registry"])
        level(a, own)
        assert own.exported() == a.exported()
        own.crash()


def test_a_patient_s_device_that_is_proven_revoked_is_given_nothing(tmp_path: Path) -> None:
    chain = Chain()
    with registered(tmp_path, "A") as (a,):
        own = made_clinic(tmp_path / "amara", "amara", 7, NodeKind.PATIENT, network=NETWORK)
        pair(a, own)
        chain.enlist(a, own)
        chain.revoke(own)
        chain.seen_by(a)
        a.take(patient("p1"))
        (chart,) = a.charts()
        with pytest.raises(ReleaseRefused):
            a.node.grant(chart, to="amara", lanes=ALL_LANES, rights="read")
        with pytest.raises(PeerDenied):
            a.node.session(own.device, initiator=True)
        own.crash()


def test_a_clinic_that_was_never_accredited_gets_no_key_and_may_still_be_met(
    tmp_path: Path,
) -> None:
    chain = Chain()
    with registered(tmp_path, "A", "B") as (a, b):
        pair(a, b)
        chain.enlist(a)
        chain.accredit(b.node.context.identity.organisation, 0)
        chain.seen_by(a)
        verdict = peer_verdict(a, b)
        assert verdict.state is State.DEGRADED
        assert "not accredited" in verdict.reason
        a.take(patient("p1"))
        (chart,) = a.charts()
        with pytest.raises(ReleaseRefused):
            a.node.grant(chart, to="B", lanes=ALL_LANES)
        with pytest.raises(ReleaseRefused):
            a.node.grant(chart, to="B", lanes=ALL_LANES, rights="relay", override="she is here")
        synced(a, b)
        assert b.charts() == []
