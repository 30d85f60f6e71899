"""Access that is asked for: given by a standing policy on proven facts alone, else by a person."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clinics import (
    DAY_MILLISECONDS,
    Clinic,
    Wire,
    observation,
    pair,
    patient,
    synced,
)
from registered_clinics import NOW_SECONDS, Chain, accredited, registered, suspended

from contracts.packing import Commitment, Organisation, OrganisationState, State
from contracts.slots import commitment_id, commitment_slot, glass_slot
from contracts.typed_data import chained, policy_commitment
from node.application.errors import BadRequest, NotFound, ReleaseUnproven
from node.application.patients.standing_policies import Mismatch, StandingPolicy
from node.limits import requests_waiting_per_asker_max
from node.store.outbox import Stage
from sync.grantee import RIGHTS_BY_NAME, Basis
from sync.identifiers import chart_text

DAY_SECONDS = 24 * 3600
POLICY = StandingPolicy(
    id=b"p" * 16,
    roles=1,
    minimum_age_seconds=30 * DAY_SECONDS,
    lanes=frozenset({"summary", "care"}),
    rights=RIGHTS_BY_NAME["append"],
    owner=b"o" * 20,
    salt=b"s" * 32,
)
SLOT = commitment_slot(
    commitment_id(POLICY.owner, policy_commitment(1, 30 * DAY_SECONDS, b"s" * 32))
)
LIVE = Commitment(State.LIVE, 1_700_000_000, 0).to_word()
REVOKED = Commitment(State.REVOKED, 1_700_000_000, 1_700_000_001).to_word()

Ward = tuple[Chain, Clinic, Clinic, str]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """Clinic A has a chart with a standing policy; clinic B, accredited for long, has nothing."""
    chain = Chain()
    with registered(tmp_path, "A", "B") as (a, b):
        pair(a, b)
        chain.enlist(a, b)
        chain.consents[SLOT] = LIVE
        a.take(patient("p1"), observation("before", "p1"))
        (chart,) = a.charts()
        a.node.patients.policies = lambda _chart: (POLICY,)
        yield chain, a, b, chart


def asked(b: Clinic, chart: str, **terms: Any) -> None:
    given: dict[str, Any] = {"lanes": ["summary", "care"], "rights": "append", "reason": "referred"}
    b.node.patients.request_access(chart, holders=["A"], **{**given, **terms})


def ids(one: Clinic) -> set[str]:
    return {str(each["id"]) for each in one.resources()}


def request(a: Clinic) -> dict[str, object]:
    (found,) = a.node.patients.access_requests()
    return found


def test_who_matches_is_granted_by_the_device_itself_and_reads(ward: Ward) -> None:
    chain, a, b, chart = ward
    chain.seen_by(a, b)
    asked(b, chart)
    synced(b, a)
    assert (request(a)["state"], request(a)["policy"]) == ("granted", POLICY.id.hex())
    synced(b, a)
    assert ids(b) == {"p1", "before"}
    b.add(chart, observation("mine", "p1"))
    synced(b, a)
    assert "mine" in ids(a)
    (granted,) = [one for one in a.replica(chart).fold.grants.values() if one.act is not None]
    assert granted.act is not None
    assert (granted.act.policy, granted.act.basis) == (POLICY.id, Basis.CONSENT)
    assert granted.operation is not None
    operation = a.replica(chart).operations[granted.operation]
    assert operation.prefix.certificate is None, "no person wrote it"
    assert a.replica(chart).deeds[granted.operation].practitioner is None
    kinds = [entry.kind for entry in a.node.context.store.audit.entries()]
    assert "grant by policy" in kinds
    assert a.audit_ok()


def young(days: int) -> int:
    since = NOW_SECONDS - days * DAY_SECONDS
    return Organisation(1, since, 0, since, OrganisationState.ACCREDITED).to_word()


def other_role() -> int:
    return Organisation(2, 1_700_000_000, 0, 1_700_000_000, OrganisationState.ACCREDITED).to_word()


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (young(29), Mismatch.TOO_NEW),
        (other_role(), Mismatch.OTHER_ROLE),
        (suspended(), Mismatch.NOT_PROVEN),
        (accredited(until_seconds=NOW_SECONDS - 1), Mismatch.NOT_PROVEN),
        (0, Mismatch.NOT_PROVEN),
    ],
    ids=["too new", "another role", "suspended", "over", "never accredited"],
)
def test_who_does_not_match_waits_for_a_person(ward: Ward, word: int, why: Mismatch) -> None:
    chain, a, b, chart = ward
    asked(b, chart)
    synced(b, a)
    chain.accredit(b.node.context.identity.organisation, word)
    chain.seen_by(a)  # now, as who is proven not to be accredited is not even spoken with
    assert (request(a)["state"], request(a)["why"]) == ("waiting", str(why))
    assert not a.replica(chart).fold.was_granted(b.device)


def test_nothing_is_granted_on_facts_that_are_missing_or_old(ward: Ward) -> None:
    chain, a, b, chart = ward
    asked(b, chart)
    synced(b, a)
    assert request(a)["why"] == str(Mismatch.ENDED), "no commitment is proven"
    chain.seen_by(a, at_seconds=NOW_SECONDS - 2 * DAY_SECONDS)
    assert request(a)["why"] == str(Mismatch.ENDED), "it was, two days ago"
    assert request(a)["state"] == "waiting"
    chain.seen_by(a)
    assert request(a)["state"] == "granted", "what waits is looked at again when facts come"


def test_a_meeting_with_the_chain_asks_about_the_policies_that_stand(ward: Ward) -> None:
    _, a, _, _ = ward
    assert set(a.node.registry_desk.commitments()) == {POLICY.commitment_id}
    assert commitment_slot(POLICY.commitment_id) == SLOT
    assert "s" * 8 not in repr(POLICY)


def test_a_policy_that_ended_on_chain_grants_nothing(ward: Ward) -> None:
    chain, a, b, chart = ward
    chain.consents[SLOT] = REVOKED
    chain.seen_by(a)
    asked(b, chart)
    synced(b, a)
    assert (request(a)["state"], request(a)["why"]) == ("waiting", str(Mismatch.ENDED))


@pytest.mark.parametrize("terms", [{"lanes": ["summary", "sensitive"]}, {"lanes": ["sensitive"]}])
def test_more_than_the_policy_gives_waits(ward: Ward, terms: dict[str, Any]) -> None:
    chain, a, b, chart = ward
    chain.seen_by(a)
    asked(b, chart, **terms)
    synced(b, a)
    assert request(a)["why"] == str(Mismatch.MORE_ASKED)


def test_without_a_registry_a_person_decides(tmp_path: Path) -> None:
    with registered(tmp_path, "A", "B", network=None) as (a, b):
        pair(a, b)
        a.take(patient("p1"))
        (chart,) = a.charts()
        a.node.patients.policies = lambda _chart: (POLICY,)
        asked(b, chart)
        synced(b, a)
        assert request(a)["why"] == str(Mismatch.NO_REGISTRY)
        a.node.patients.approve_request(str(request(a)["request"])[:8])
        synced(b, a)
        assert ids(b) == {"p1"}


def test_a_person_approves_within_the_bounds_and_declines_in_silence(ward: Ward) -> None:
    chain, a, b, chart = ward
    a.node.patients.policies = lambda _chart: ()
    asked(b, chart)
    synced(b, a)
    identity = str(request(a)["request"])
    assert request(a)["why"] == str(Mismatch.NONE_STANDS)
    chain.seen_by(a, at_seconds=NOW_SECONDS - 2 * DAY_SECONDS)
    with pytest.raises(ReleaseUnproven):
        a.node.patients.approve_request(identity)
    a.node.patients.decline_request(identity)
    assert request(a)["state"] == "declined"
    with pytest.raises(NotFound):
        a.node.patients.approve_request(identity)
    synced(b, a)
    assert b.chart_ids() == []
    asked(b, chart)
    synced(b, a)
    assert len(a.node.patients.access_requests()) == 2, "who was declined may ask again"


def test_unknown_forbidden_and_waiting_look_the_same_to_the_asker(tmp_path: Path) -> None:
    seen = []
    for number, case in enumerate(("unknown", "directory", "waiting")):
        with registered(tmp_path / str(number), "A", "B", network=None) as (a, b):
            pair(a, b)
            a.take(patient("p1"), {"resourceType": "Organization", "id": "o", "name": "Riverside"})
            (chart,) = a.charts()
            (directory,) = set(a.chart_ids()) - {chart}
            named = {"unknown": "a" * 51 + "q", "directory": directory, "waiting": chart}[case]
            asked(b, named)
            wires = [Wire(), Wire()]
            for wire in wires:
                synced(b, a, wire=wire)
            frames = [[len(frame) for _, frame in wire.frames] for wire in wires]
            seen.append((frames, b.chart_ids()))
            assert len(a.node.patients.access_requests()) == (case == "waiting")
    assert seen[0] == seen[1] == seen[2]


def test_a_request_that_is_replayed_or_repeated_is_kept_once(ward: Ward) -> None:
    _, a, b, chart = ward
    a.node.patients.policies = lambda _chart: ()
    asked(b, chart)
    (note,) = b.node.context.store.waiting_notes.of_peer(a.device)
    for _ in range(3):
        b.node.context.store.waiting_notes.put(a.device, note)
        synced(b, a)
        asked(b, chart)
    synced(b, a)
    assert len(a.node.patients.access_requests()) == 1
    a.node.patients.decline_request(str(request(a)["request"]))
    b.node.context.store.waiting_notes.put(a.device, note)
    synced(b, a)
    assert [one["state"] for one in a.node.patients.access_requests()] == ["declined"]
    a.clock.milliseconds += 60 * DAY_MILLISECONDS
    b.node.context.store.waiting_notes.put(a.device, note)
    synced(b, a)
    assert len(a.node.patients.access_requests()) == 1


def test_nobody_fills_the_list_of_who_waits(tmp_path: Path) -> None:
    with registered(tmp_path, "A", "B", network=None) as (a, b):
        pair(a, b)
        a.take(*(patient(f"p{number}") for number in range(requests_waiting_per_asker_max + 5)))
        for chart in a.charts():
            asked(b, chart)
        for _ in range(2):
            synced(b, a)
        assert len(a.node.patients.access_requests()) == requests_waiting_per_asker_max


@pytest.mark.parametrize(
    "terms",
    [{"lanes": []}, {"lanes": ["access"]}, {"rights": "admin"}, {"reason": "x" * 2000}],
)
def test_what_cannot_be_asked_for_is_refused(ward: Ward, terms: dict[str, Any]) -> None:
    _, _, b, chart = ward
    with pytest.raises(BadRequest):
        asked(b, chart, **terms)
    with pytest.raises(BadRequest):
        asked(b, "abcdefgh")


# -- tags of broken glass


def test_tags_follow_each_other_in_batches_and_say_nothing_of_the_chart(ward: Ward) -> None:
    chain, a, b, _ = ward
    organisation = b.node.context.identity.organisation
    a.take(patient("p2", "Zoe Quist"), patient("p3", "Ama Boateng"))
    charts = a.charts()
    outbox = b.node.context.store.outbox
    for chart in charts[:2]:
        b.node.patients.break_glass(chart, reason="an emergency", seconds=(), holders=())
    for _ in range(3):
        synced(b, a)
    assert outbox.all() == [], "the head that it follows is not known yet"

    chain.consents[glass_slot(organisation)] = 0
    chain.seen_by(a, b)
    (batch,) = outbox.all()
    tags = sorted(str(line["tag"]) for line in a.node.patients.glass_list())
    sight = batch.intent.effect.sights[0]
    assert len(tags) == 2
    assert all(bytes.fromhex(tag) in batch.intent.calldata for tag in tags)
    order = sorted(tags, key=lambda tag: batch.intent.calldata.index(bytes.fromhex(tag)))
    head = bytes(32)
    for tag in order:
        head = chained(head, bytes.fromhex(tag))
    assert (sight.previous, sight.wanted) == (bytes(32), head)
    for held in a._charts.ids():
        assert bytes(held) not in batch.intent.calldata
        assert chart_text(held) not in batch.intent.label

    b.node.patients.break_glass(charts[2], reason="another", seconds=(), holders=())
    for _ in range(3):
        synced(b, a)
    assert len(outbox.all()) == 1, "a batch waits while another was not sent"
    outbox.note_stage(batch.number, Stage.DONE)
    chain.consents[glass_slot(organisation)] = int.from_bytes(head)
    chain.seen_by(b)
    second = outbox.all()[-1]
    assert second.intent.effect.sights[0].previous == head
    outbox.note_stage(second.number, Stage.FAILED, "overtaken")
    other = chained(head, b"t" * 32)
    chain.consents[glass_slot(organisation)] = int.from_bytes(other)
    chain.seen_by(b)
    third = outbox.all()[-1]
    assert third.intent.effect.sights[0].previous == other, "signed anew, after who was quicker"
