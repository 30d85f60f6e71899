"""Consents that others write: who may not give access opens no chart by one, and an end stays."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clinics import (
    ALL_LANES,
    DAY_MILLISECONDS,
    Clinic,
    level,
    observation,
    pair,
    patient,
    synced,
)
from registered_clinics import Chain, registered

from contracts.packing import Commitment, State
from contracts.slots import commitment_slot
from node.application.access.granting import Terms
from node.application.errors import BadRequest, NoStanding
from node.application.patients.consent_records import (
    LANE,
    SOURCE,
    TYPE,
    ConsentRecord,
    consent_document,
    parse_consent,
)
from node.application.patients.consents import new_policy, standing_policies
from node.fhir.elements import element_names
from sync.change import Change, ChangeKind
from sync.grantee import RIGHTS_BY_NAME
from sync.identifiers import parse_chart_text

LIVE = Commitment(State.LIVE, 1_700_000_000, 0).to_word()
REVOKED = Commitment(State.REVOKED, 1_700_000_000, 1_700_000_001).to_word()
GRANT: dict[str, Any] = {
    "rights": "read",
    "given_by": "patient",
    "how": "signed",
    "until": None,
    "history": False,
}

Ward = tuple[Chain, Clinic, Clinic, Clinic, str]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """Clinic A has a chart; B and C are accredited, and have nothing."""
    chain = Chain()
    with registered(tmp_path, "A", "B", "C") as (a, b, c):
        pair(a, b, c)
        chain.enlist(a, b, c)
        chain.seen_by(a, b, c)
        a.take(patient("p1"), observation("before", "p1"))
        (chart,) = a.charts()
        yield chain, a, b, c, chart


def policy(one: Clinic, chart: str) -> dict[str, object]:
    return one.node.consents.policy(
        chart,
        roles=["clinic"],
        accredited_days=30,
        lanes=["summary", "care"],
        rights="append",
        until=None,
    )


def made_policy(one: Clinic, *lanes: str) -> ConsentRecord:
    terms = Terms(lanes or ("summary", "care"), RIGHTS_BY_NAME["append"])
    return new_policy(one.node.context, 1, 0, terms)


def kept(one: Clinic, chart: str) -> list[tuple[ConsentRecord, bool]]:
    """The consents that a node knows of now, and which stand."""
    one.node.consents.list(chart)
    found = one.node.context.store.consents.of_chart(parse_chart_text(chart))
    return [(parse_consent(each.record), each.active) for each in found]


def stands(one: Clinic, chart: str) -> list[bool]:
    return [active for _, active in kept(one, chart)]


def write(one: Clinic, chart: str, record: ConsentRecord) -> None:
    """Write a consent as active, as a node does that keeps to no rules of its own."""
    node, found = one.node, parse_chart_text(chart)
    document = consent_document(record, active=True, at="2026-01-01T00:00:00Z")
    touched = tuple(element_names(json.loads(document)))
    held = node._contents.of(found).find(SOURCE, TYPE, record.id)
    supersedes = () if held is None else tuple(held.view.supersedes_for(touched))
    change = Change(ChangeKind.PUT, SOURCE, TYPE, record.id, document, touched, supersedes)
    with node.context.store.transaction():
        author = node._charts.author(found)
        author.write(one.charter(chart).lane(LANE), node.context.random(16), [[change]])
        node._charts.keep(author)
        node._contents.refresh(found)


def anchor(chain: Chain, record: ConsentRecord, chart: str, word: int = LIVE) -> None:
    chain.consents[commitment_slot(record.commitment_id(parse_chart_text(chart)))] = word


def answer(holder: Clinic, asker: Clinic, chart: str) -> object:
    """What becomes of a request for `summary` and `care`."""
    asker.node.patients.request_access(
        chart, holders=[holder.name], lanes=["summary", "care"], rights="append", reason="referred"
    )
    synced(asker, holder)
    (request,) = holder.node.patients.access_requests()
    return request["state"]


def test_who_may_append_opens_the_chart_to_nobody_whatever_it_writes_and_anchors(
    ward: Ward,
) -> None:
    chain, a, b, c, chart = ward
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights="append", history=True)
    level(a, b)
    with pytest.raises(NoStanding):
        policy(b, chart)
    record = made_policy(b)
    write(b, chart, record)
    anchor(chain, record, chart)
    level(a, b)
    chain.seen_by(a, b, c)
    assert answer(a, c, chart) == "waiting"
    assert kept(a, chart) == []


def test_an_admin_of_some_lanes_opens_no_other_by_a_policy(ward: Ward) -> None:
    _, a, b, _, chart = ward
    a.node.grant(chart, to="B", lanes=["care", "sensitive"], rights="admin", history=True)
    level(a, b)
    write(b, chart, made_policy(b, "care"))
    write(b, chart, made_policy(b, "summary", "care"))
    level(a, b)
    assert [record.lanes for record, _ in kept(a, chart)] == [("care",)]


def test_an_admin_s_policies_end_with_its_own_access(ward: Ward) -> None:
    _, a, b, _, chart = ward
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights="admin", history=True)
    level(a, b)
    policy(b, chart)
    level(a, b)
    assert stands(a, chart) == [True]
    a.node.revoke(chart, from_="B")
    assert stands(a, chart) == [False]
    assert not standing_policies(a.node.context, parse_chart_text(chart))


@pytest.mark.parametrize("rights", ["append", "admin"])
def test_nobody_opens_again_what_was_ended(ward: Ward, rights: str) -> None:
    _, a, b, _, chart = ward
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights=rights, history=True)
    policy(a, chart)
    level(a, b)
    ((record, _),) = kept(a, chart)
    a.node.consents.revoke(chart, record.id)
    level(a, b)
    write(b, chart, record)
    level(a, b)
    assert (stands(a, chart), stands(b, chart)) == ([False], [False])


def test_an_end_and_other_words_written_apart_are_an_end_everywhere(ward: Ward) -> None:
    _, a, b, _, chart = ward
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights="admin", history=True)
    policy(a, chart)
    level(a, b)
    ((record, _),) = kept(a, chart)
    write(b, chart, record)
    a.node.consents.revoke(chart, record.id)
    level(a, b)
    assert (stands(a, chart), stands(b, chart)) == ([False], [False])


def test_a_consent_s_id_is_of_all_that_it_says(ward: Ward) -> None:
    record = made_policy(ward[1])
    assert dataclasses.replace(record, roles=3).id != record.id
    assert dataclasses.replace(record, lanes=ALL_LANES).id != record.id


def test_no_file_brings_a_consent(ward: Ward) -> None:
    _, a, _, _, chart = ward
    document = json.loads(consent_document(made_policy(a), active=True, at="2026-01-01T00:00:00Z"))
    with pytest.raises(BadRequest):
        a.add(chart, document, source=SOURCE)


def test_lanes_that_no_chart_has_and_roles_beyond_all_bounds_do_no_harm(ward: Ward) -> None:
    chain, a, b, _, chart = ward
    crafted = dataclasses.replace(
        made_policy(a, "nowhere"), roles=(1 << 64) - 1, minimum_age_seconds=1 << 40
    )
    write(a, chart, crafted)
    chain.seen_by(a)
    assert answer(a, b, chart) == "waiting"
    assert kept(a, chart) == []


def test_what_another_device_ended_on_chain_is_shown_as_ended(ward: Ward) -> None:
    chain, a, b, _, chart = ward
    policy(a, chart)
    ((record, _),) = kept(a, chart)
    anchor(chain, record, chart, REVOKED)
    chain.seen_by(a)
    (line,) = [one for one in a.node.consents.list(chart) if one["consent"]]
    assert (line["stands"], "ended on chain" in str(line["chain"])) == (False, True)
    assert answer(a, b, chart) == "waiting"


def test_an_end_waits_for_no_grant_that_went_nowhere_and_is_never_too_late(ward: Ward) -> None:
    _, a, _, _, chart = ward
    told = policy(a, chart)
    a.node.consents.revoke(chart, str(told["consent"]))
    (end,) = [
        each.intent
        for each in a.node.context.store.outbox.waiting()
        if each.intent.kind == "consent-end"
    ]
    assert (end.order, end.expires_at_seconds) == (None, None)


def test_ending_all_of_somebody_s_access_ends_each_consent_to_it(ward: Ward) -> None:
    _, a, _, _, chart = ward
    one = a.node.consents.grant(chart, to="B", lanes=["summary"], **GRANT)
    a.node.consents.grant(chart, to="B", lanes=["summary", "care"], **GRANT)
    a.node.consents.revoke(chart, str(one["consent"]))
    assert stands(a, chart) == [False, False]


def test_a_consent_that_cannot_be_written_gives_nothing(ward: Ward) -> None:
    _, a, b, _, chart = ward
    a.node.grant(chart, to="B", lanes=["summary", "care"], rights="admin", history=True)
    level(a, b)
    before = set(b.replica(chart).fold.grants)
    with pytest.raises(NoStanding):
        b.node.consents.grant(chart, to="C", lanes=["summary"], **GRANT)
    assert set(b.replica(chart).fold.grants) == before


def test_the_chain_is_asked_about_every_consent_and_time_ends_one(ward: Ward) -> None:
    _, a, _, _, chart = ward
    a.node.consents.grant(chart, to="B", lanes=["summary"], **{**GRANT, "until": "2027-01-31"})
    ((record, _),) = kept(a, chart)
    asked = a.node.patients.commitments()
    assert record.commitment_id(parse_chart_text(chart)) in asked
    a.clock.milliseconds += 400 * DAY_MILLISECONDS
    (line,) = [one for one in a.node.consents.list(chart) if one["consent"]]
    assert line["stands"] is False


def test_opening_a_commitment_gives_nobody_the_key_to_end_it(ward: Ward) -> None:
    record = made_policy(ward[1])
    assert record.seed in record.encoded()
    assert record.seed not in record.terms()
