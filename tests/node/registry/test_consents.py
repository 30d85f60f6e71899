"""Consent as the patient sees it: policies and grants in the chart, commitments on chain."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chained import Registered
from clinics import ALL_LANES, Clinic, level, made_clinic, observation, pair, patient, synced
from hypothesis import given
from hypothesis import strategies as st
from registered_clinics import Chain, registered

from contracts.packing import Commitment, State
from contracts.slots import commitment_slot
from node.application.errors import BadRequest, NotFound
from node.application.patients.consent_records import GRANT, POLICY, ConsentRecord, parse_consent
from node.application.patients.consents import standing_policies
from node.registry.development_signer import development_signer
from node.registry.signers import SignerSet
from sync.errors import CodecError
from sync.grantee import RIGHTS_BY_NAME
from sync.identifiers import ChartId, parse_chart_text

LIVE = Commitment(State.LIVE, 1_700_000_000, 0).to_word()
TERMS: dict[str, Any] = {"roles": ["clinic"], "lanes": ["summary", "care"], "until": None}

Ward = tuple[Chain, Clinic, Clinic, str]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """Clinic A has a chart; clinic B, accredited for long, has nothing."""
    chain = Chain()
    with registered(tmp_path, "A", "B") as (a, b):
        pair(a, b)
        chain.enlist(a, b)
        a.take(patient("p1"), observation("before", "p1"))
        (chart,) = a.charts()
        yield chain, a, b, chart


def policy(a: Clinic, chart: str, **terms: Any) -> dict[str, object]:
    given = {"accredited_days": 30, "rights": "append", **TERMS, **terms}
    return a.node.consents.policy(chart, **given)


def records(a: Clinic, chart: str) -> list[ConsentRecord]:
    kept = a.node.context.store.consents.of_chart(parse_chart_text(chart))
    return [parse_consent(one.record) for one in kept]


def anchor(chain: Chain, a: Clinic, chart: str) -> None:
    for record in records(a, chart):
        chain.consents[commitment_slot(record.commitment_id(parse_chart_text(chart)))] = LIVE


def ask(b: Clinic, chart: str) -> None:
    b.node.patients.request_access(
        chart, holders=["A"], lanes=["summary", "care"], rights="append", reason="referred"
    )


def test_who_matches_a_written_policy_is_let_in_without_a_person(ward: Ward) -> None:
    chain, a, b, chart = ward
    told = policy(a, chart)
    anchor(chain, a, chart)
    chain.seen_by(a, b)
    assert len(a.node.patients.commitments()) == 1
    ask(b, chart)
    synced(b, a)
    (request,) = a.node.patients.access_requests()
    assert (request["state"], request["policy"]) == ("granted", told["consent"])
    synced(b, a)
    assert {one["id"] for one in b.resources() if one["resourceType"] != "Consent"} == {
        "p1",
        "before",
    }
    lines = a.node.consents.list(chart)
    by_policy = [one for one in lines if "by policy" in str(one["basis"])]
    assert [one["who"] for one in by_policy] == ["B"]
    assert str(told["consent"])[:8] in str(by_policy[0]["basis"])
    assert "on chain, as of block" in str(lines[0]["chain"])


def test_a_policy_that_was_ended_lets_nobody_in_before_any_chain_knows(ward: Ward) -> None:
    chain, a, b, chart = ward
    told = policy(a, chart)
    anchor(chain, a, chart)
    chain.seen_by(a, b)
    ended = a.node.consents.revoke(chart, str(told["consent"])[:6])
    assert (ended["stands"], ended["ended"]) == (False, True)
    assert not standing_policies(a.node.context, parse_chart_text(chart))
    ask(b, chart)
    synced(b, a)
    (request,) = a.node.patients.access_requests()
    assert request["state"] == "waiting"
    again = a.node.consents.revoke(chart, str(told["consent"]))
    assert again["ended"] is False


def test_a_policy_that_another_device_wrote_counts_once_it_is_here(ward: Ward) -> None:
    chain, a, b, chart = ward
    chain.seen_by(a, b)
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights="admin", history=True)
    level(a, b)
    told = policy(b, chart)
    level(a, b)
    assert a.node.consents.list(chart)[0]["consent"] == told["consent"]
    assert [one.id.hex() for one in standing_policies(a.node.context, parse_chart_text(chart))] == [
        told["consent"]
    ]


def test_a_grant_by_consent_gives_access_and_its_end_takes_it(ward: Ward) -> None:
    chain, a, b, chart = ward
    chain.seen_by(a, b)
    told = a.node.consents.grant(
        chart,
        to="B",
        lanes=["care"],
        rights="append",
        given_by="patient",
        how="spoken",
        until=None,
        history=True,
    )
    assert told["kind"] == GRANT
    level(a, b)
    assert "before" in {one["id"] for one in b.resources()}
    a.node.consents.revoke(chart, str(told["consent"]))
    a.add(chart, observation("after", "p1"))
    level(a, b)
    assert "after" not in {one["id"] for one in b.resources()}
    (line,) = [one for one in a.node.consents.list(chart) if one["consent"]]
    assert line["stands"] is False


def test_wrong_words_are_refused(ward: Ward) -> None:
    _, a, _, chart = ward
    wrong: dict[str, Any]
    for wrong in ({"roles": ["king"]}, {"roles": []}, {"rights": "admin"}, {"until": "yesterday"}):
        with pytest.raises(BadRequest):
            policy(a, chart, **wrong)
    with pytest.raises(NotFound):
        a.node.consents.revoke(chart, "ffff")
    assert a.node.consents.list(chart)[0]["kind"] == "access"


def test_no_relay_and_no_reader_of_care_alone_sees_a_seed(ward: Ward) -> None:
    chain, a, b, chart = ward
    chain.seen_by(a, b)
    policy(a, chart)
    (record,) = records(a, chart)
    a.node.grant(chart, to="B", lanes=["summary", "care"], history=True)
    level(a, b)
    everything = json.dumps(b.resources(history=True))
    assert "urn:satchel:consent" not in everything
    assert not b.node.context.store.consents.of_chart(parse_chart_text(chart))
    assert record.seed.hex() not in everything


def test_a_plain_grant_by_consent_is_kept_as_one(ward: Ward) -> None:
    chain, a, _, chart = ward
    chain.seen_by(a)
    a.node.grant(chart, to="B", lanes=["care"], basis="consent", given_by="patient", how="signed")
    (record,) = records(a, chart)
    assert (record.kind, record.lanes) == (GRANT, ("care",))
    a.node.grant(chart, to="B", lanes=["summary"])
    assert len(records(a, chart)) == 1
    waiting = [kept.intent.kind for kept in a.node.context.store.outbox.waiting()]
    assert waiting.count("consent") == 1
    a.node.revoke(chart, from_="B")
    assert [one["stands"] for one in a.node.consents.list(chart) if one["consent"]] == [False]


# -- on a chain


@pytest.fixture(scope="module")
def chained() -> Registered:
    return Registered(signers=SignerSet((development_signer().public,), 1))


@pytest.fixture
def alone(tmp_path: Path, chained: Registered) -> Iterator[Clinic]:
    now = int(chained.clock.seconds) * 1000
    made = made_clinic(tmp_path / "A", "A", 1, clock=now, network=chained.network)
    made.node.registry_desk.opened = lambda _url: chained.chain
    made.node.registry_desk.sleep = lambda _seconds: None
    yield made
    made.crash()


def words(calldata: bytes) -> set[bytes]:
    """What would tie two calls together: every word of it but small numbers."""
    found = {calldata[at : at + 32] for at in range(4, len(calldata), 32)}
    return {word for word in found if any(word[:24])} | {
        word[12:] for word in found if any(word[:30])
    }


def test_commitments_reach_a_chain_and_so_do_their_ends_and_share_nothing(alone: Clinic) -> None:
    a = alone
    a.take(patient("p1"), observation("o1", "p1"))
    (chart,) = a.charts()
    first, second = policy(a, chart), policy(a, chart)
    for _ in range(3):
        a.node.registry_desk.sync(pay=True)
    lines = {str(one["consent"]): str(one["chain"]) for one in a.node.consents.list(chart)}
    assert all("on chain, as of block" in lines[str(one["consent"])] for one in (first, second))
    a.node.consents.revoke(chart, str(first["consent"]))
    lines = {str(one["consent"]): str(one["chain"]) for one in a.node.consents.list(chart)}
    assert "its end waits to be sent" in lines[str(first["consent"])]
    for _ in range(3):
        a.node.registry_desk.sync(pay=True)
    lines = {str(one["consent"]): str(one["chain"]) for one in a.node.consents.list(chart)}
    assert "ended on chain" in lines[str(first["consent"])]
    assert "on chain, as of block" in lines[str(second["consent"])]
    sent = [one.intent for one in a.node.context.store.outbox.all() if one.intent.kind == "consent"]
    one, other = (words(intent.calldata) for intent in sent)
    assert one
    assert not one & other
    assert not {record.owner for record in records(a, chart)} & {
        a.node.context.identity.organisation
    }


def test_a_consent_that_ended_before_the_chain_knew_is_revoked_there(alone: Clinic) -> None:
    a = alone
    a.take(patient("p1"))
    (chart,) = a.charts()
    told = policy(a, chart)
    a.node.consents.revoke(chart, str(told["consent"]))
    for _ in range(3):
        a.node.registry_desk.sync(pay=True)
    (line,) = [one for one in a.node.consents.list(chart) if one["consent"]]
    assert "ended on chain" in str(line["chain"])


# -- the record


@given(
    st.sampled_from([POLICY, GRANT]),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 255),
    st.none() | st.integers(0, 1 << 48),
)
def test_a_record_comes_back_and_no_two_seeds_share_anything(
    kind: str, seed: bytes, roles: int, until: int | None
) -> None:
    made = ConsentRecord(
        kind, seed, roles, 5, ("care",), RIGHTS_BY_NAME["read"], until, "did:key:z6Mk"
    )
    assert parse_consent(made.encoded()) == made
    chart = ChartId(b"c" * 32)
    assert seed.hex() not in repr(made)
    other = ConsentRecord(
        kind, bytes(32), roles, 5, ("care",), RIGHTS_BY_NAME["read"], until, "did:key:z6Mk"
    )
    if seed != bytes(32):
        assert made.owner != other.owner
        assert made.salt != other.salt
        assert made.commitment(chart) != other.commitment(chart)
    with pytest.raises(CodecError):
        parse_consent(made.encoded()[:-1])
