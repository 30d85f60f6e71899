"""Nodes meet a simulated chain: what it proves they take, what it lies they refuse."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from clinics import patient
from registered_ward import HOUR, RegisteredWard, random_life, registered_ward

from contracts.loader import Name
from node.application.access.affiliations import device_verdict
from node.registry.subjects import credential_key
from node.registry.verdict import State
from node.store.outbox import Stage
from scenarios.engine.guard import nothing_of_the_system
from scenarios.registry.model_ground import ModelGround

REFUSED_AS: Final = {
    "stale": "",
    "forged": "ChainUntrusted",
    "other-chain": "ChainForeign",
    "other-proof": "ChainUntrusted",
    "future": "",
    "other-hash": "ChainUntrusted",
}
"""What a node that has met the chain before answers to each lie."""


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[RegisteredWard]:
    with registered_ward(tmp_path / "ward", "model") as made:
        yield made


def state_of(ward: RegisteredWard, at: int, about: int) -> State:
    clinics = ward.clinics
    return device_verdict(clinics[at].node.context, clinics[about].device).state


def test_a_node_believes_what_is_proven_and_a_revocation_when_signers_vouched_for_it(
    ward: RegisteredWard,
) -> None:
    a, _, c = ward.clinics
    assert state_of(ward, 0, 2) is State.DEGRADED
    ward.later(HOUR)
    met = ward.visit(a)
    assert (met.error, met.alarms) == ("", 0)
    assert state_of(ward, 0, 2) is State.ALLOW
    ward.chain.revoke_device(c.node, ward.later(60_000))
    ward.visit(a)
    assert state_of(ward, 0, 2) is State.ALLOW, "no signer has vouched for the block yet"
    ward.later(2 * HOUR)
    assert ward.visit(a).error == ""
    assert state_of(ward, 0, 2) is State.DENY
    assert state_of(ward, 1, 2) is State.DEGRADED, "who has not met the chain knows nothing"


def test_what_was_written_offline_is_on_chain_once_also_when_blocks_are_taken_back(
    ward: RegisteredWard,
) -> None:
    a, b, c = ward.clinics
    ground = ward.chain.ground
    assert isinstance(ground, ModelGround)
    ward.later(HOUR)
    for one in ward.clinics:
        assert ward.visit(one).error == ""
    ward.chain.outage(ward.now, ward.now + 240 * HOUR)
    for day in range(10):
        a.take(patient(f"p{day}"))
        assert ward.visit(a).error == "ChainUnreachable"
        ward.later(24 * HOUR)
    ward.chain.revoke_device(c.node, ward.now, by=b.node)
    key = credential_key(c.node.context.identity.organisation, c.device)
    assert ward.visit(b).relayed >= 1
    assert ground.word(Name.ACCREDITATION, key.slot) >> 152 == 2
    assert ward.chain.reorganise(ward.now, 2) >= 1
    assert ground.word(Name.ACCREDITATION, key.slot) >> 152 == 1, "the chain took it back"
    for _ in range(3):  # the node sends it again, and what was lost comes back
        ward.later(HOUR)
        assert ward.visit(b).error == ""
        assert ward.visit(a).error == ""
    assert state_of(ward, 0, 2) is State.DENY
    for clinic in (a, b):
        kept = clinic.node.context.store.outbox.all()
        assert {each.stage for each in kept} == {Stage.DONE}, ward.outboxes()
        for each in kept:
            sent = [call for call in ground.calls() if call.calldata == each.intent.calldata]
            assert len(sent) == 1


def test_a_lie_changes_no_verdict_and_the_truth_is_taken_when_it_comes(
    ward: RegisteredWard,
) -> None:
    a, _, c = ward.clinics
    organisation = c.node.context.identity.organisation
    ward.later(HOUR)
    assert ward.visit(a).error == ""
    facts = a.node.context.store.registry_facts
    for number, (lie, error) in enumerate(REFUSED_AS.items()):
        before = {held.key: held.value for held in facts.all()}
        act = ward.chain.accredit if number % 2 else ward.chain.suspend
        act(organisation, ward.later(24 * HOUR))
        ward.chain.lie(lie, ward.now, ward.now + 2 * HOUR)
        ward.later(HOUR)
        met = ward.visit(a)
        assert (lie, met.error) == (lie, error)
        assert met.alarms == (lie == "future")
        assert {held.key: held.value for held in facts.all()} == before, lie
        assert state_of(ward, 0, 2) is (State.DENY if number % 2 else State.ALLOW), lie
        ward.later(3 * HOUR)
        assert ward.visit(a).error == ""
        assert {held.key: held.value for held in facts.all()} != before, "the truth came not"


def test_a_node_that_needs_nothing_new_asks_rarely_and_its_facts_stay_young(
    ward: RegisteredWard,
) -> None:
    (a, *_), asked = ward.clinics, 0
    for _ in range(72):
        ward.later(HOUR)
        met = ward.visit(a)
        asked += met.asked
        assert met.age_seconds is not None
        assert met.age_seconds < 20 * 3600
    assert 4 <= asked <= 7


def test_a_node_whose_disk_was_put_back_asks_again(ward: RegisteredWard) -> None:
    a, _, c = ward.clinics
    ward.later(HOUR)
    assert ward.visit(a).error == ""
    a.crash()
    kept = a.path.with_name("kept")
    shutil.copytree(a.path, kept)
    a.open()
    ward.chain.revoke_device(c.node, ward.later(HOUR))
    ward.later(2 * HOUR)
    ward.visit(a)
    assert state_of(ward, 0, 2) is State.DENY
    a.crash()
    shutil.rmtree(a.path)
    kept.rename(a.path)
    a.open()
    assert state_of(ward, 0, 2) is State.ALLOW
    assert ward.visit(a).asked
    assert state_of(ward, 0, 2) is State.DENY


def test_the_model_and_the_contracts_give_the_same_life_which_repeats_itself(
    tmp_path: Path,
) -> None:
    lives = []
    for number, kind in enumerate(("model", "evm", "model")):
        with registered_ward(tmp_path / str(number), kind) as ward, nothing_of_the_system():  # type: ignore[arg-type]  # a literal of a tuple
            lives.append(random_life(ward, 7, 24))
            head = ward.chain.ground.header(ward.chain.ground.head)
            lives[-1].append(str(head.timestamp_seconds))
            if kind == "model":
                lives[-1].append(head.hash.hex())
    assert lives[0] == lives[2]
    assert lives[0][:-1] == lives[1]
    assert {line.split()[1] for line in lives[0] if line[1] == "-"} == {"allow", "deny", "degraded"}
