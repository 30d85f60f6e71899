"""What ends with a consent: whom a policy let in, in what order words may come, what is told."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chained import Registered
from clinics import (
    ALL_LANES,
    Clinic,
    level,
    made_clinic,
    made_with_words,
    observation,
    pair,
    patient,
    synced,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from registered_clinics import NETWORK, Chain, registered

from contracts import calls, typed_data
from contracts.loader import Name
from contracts.packing import Commitment, State
from contracts.slots import commitment_id, commitment_slot
from node.application.errors import ReleaseUnproven
from node.application.patients.consent_records import parse_consent
from node.keystore.secrets import NodeKind
from node.registry.signers import SignerSet
from sync.identifiers import parse_chart_text
from sync.signing import Signer

LIVE = Commitment(State.LIVE, 1_700_000_000, 0).to_word()

Ward = tuple[Chain, Clinic, Clinic, str]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """Clinic A has a chart; clinic B, accredited for long, has nothing."""
    chain = Chain()
    with registered(tmp_path, "A", "B") as (a, b):
        pair(a, b)
        chain.enlist(a, b)
        chain.seen_by(a, b)
        a.take(patient("p1"), observation("before", "p1"))
        (chart,) = a.charts()
        yield chain, a, b, chart


def policy(one: Clinic, chart: str) -> str:
    told = one.node.consents.policy(
        chart,
        roles=["clinic"],
        accredited_days=30,
        lanes=["summary", "care"],
        rights="append",
        until=None,
    )
    return str(told["consent"])


def anchor(chain: Chain, one: Clinic, chart: str) -> None:
    """The chain has the commitments of every consent in a chart, and the node has seen it."""
    found = parse_chart_text(chart)
    for kept in one.node.context.store.consents.of_chart(found):
        record = parse_consent(kept.record)
        chain.consents[commitment_slot(record.commitment_id(found))] = LIVE


def let_in(chain: Chain, a: Clinic, b: Clinic, chart: str) -> str:
    """A policy by which B is let in, as B reads the chart."""
    told = policy(a, chart)
    anchor(chain, a, chart)
    chain.seen_by(a)
    b.node.patients.request_access(
        chart, holders=["A"], lanes=["summary", "care"], rights="append", reason="referred"
    )
    synced(b, a)
    synced(b, a)
    assert "before" in ids(b)
    return told


def ids(one: Clinic) -> set[str]:
    return {str(each["id"]) for each in one.resources()}


def access(one: Clinic, chart: str, who: str) -> list[dict[str, object]]:
    lines = one.node.consents.list(chart)
    return [line for line in lines if line["kind"] == "access" and line["who"] == who]


def test_whom_a_policy_let_in_goes_with_it_offline_and_at_once(ward: Ward) -> None:
    chain, a, b, chart = ward
    told = let_in(chain, a, b, chart)
    ended = a.node.consents.revoke(chart, told)
    assert (ended["access_ended"], ended["access_stays"]) == (["B"], [])
    a.add(chart, observation("after", "p1"))
    level(a, b)
    assert "after" not in ids(b)
    assert "before" in ids(b)  # what was read stays read
    (line,) = access(a, chart, "B")
    assert (line["stands"], line["ends_with"]) == (False, "")
    assert "which has ended" in str(line["basis"])


def test_who_has_access_otherwise_keeps_it_and_so_does_who_shall(ward: Ward) -> None:
    chain, a, b, chart = ward
    told = let_in(chain, a, b, chart)
    kept = a.node.consents.revoke(chart, told, keep_access=True)
    assert (kept["ended"], kept["access_ended"], kept["access_stays"]) == (True, [], ["B"])
    (line,) = access(a, chart, "B")
    assert line["stands"] is True
    assert "which has ended" in str(line["basis"])
    a.node.grant(chart, to="B", lanes=["summary"], rights="read")
    again = a.node.consents.revoke(chart, told)
    assert (again["access_ended"], again["access_stays"]) == ([], ["B"])
    assert len([one for one in access(a, chart, "B") if one["stands"]]) == 2


def test_who_was_let_in_once_can_be_let_in_by_another_policy(ward: Ward) -> None:
    chain, a, b, chart = ward
    a.node.consents.revoke(chart, let_in(chain, a, b, chart))
    level(a, b)
    a.add(chart, observation("between", "p1"))
    let_in(chain, a, b, chart)
    level(a, b)
    assert "between" in ids(b)


def test_an_end_that_fails_half_way_ends_nothing(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, a, b, chart = ward
    told = let_in(chain, a, b, chart)
    with monkeypatch.context() as patched:
        patched.setattr(
            "node.application.patients.let_in.revoke_in_charts",
            lambda *_args, **_named: (_ for _ in ()).throw(OSError("no space left")),
        )
        with pytest.raises(OSError, match="no space"):
            a.node.consents.revoke(chart, told)
    assert [one["stands"] for one in a.node.consents.list(chart) if one["consent"]] == [True]
    assert a.node.consents.revoke(chart, told)["access_ended"] == ["B"]


def test_a_standing_rule_is_not_told_as_a_policy_of_the_patient_s(ward: Ward) -> None:
    _, a, _, chart = ward
    a.node.grant("all", to="B", lanes=["care"], rights="read")
    (line,) = access(a, chart, "B")
    assert line["basis"] == "care, by a standing rule of who gave it"


def test_time_ends_a_grant_in_the_list_as_well(ward: Ward) -> None:
    _, a, _, chart = ward
    a.node.grant(chart, to="B", lanes=["care"], rights="read", until="2027-01-31")
    assert [one["stands"] for one in access(a, chart, "B")] == [True]
    a.clock.milliseconds += 400 * 86_400_000
    assert [one["stands"] for one in access(a, chart, "B")] == [False]


def test_a_consent_on_facts_too_old_needs_a_reason_that_is_recorded(ward: Ward) -> None:
    _, a, _, chart = ward
    a.clock.milliseconds += 5 * 86_400_000
    terms: dict[str, Any] = {
        "to": "B",
        "lanes": ["care"],
        "rights": "read",
        "given_by": "patient",
        "how": "spoken",
        "until": None,
        "history": False,
    }
    with pytest.raises(ReleaseUnproven):
        a.node.consents.grant(chart, **terms)
    told = a.node.consents.grant(chart, **terms, override="she is here and asks for it")
    assert told["override"] == "she is here and asks for it"
    kinds = [entry.kind for entry in a.node.context.store.audit.entries()]
    assert "consent grant override" in kinds


def test_a_policy_counts_though_its_author_writes_under_a_lesser_grant(ward: Ward) -> None:
    _, a, b, chart = ward
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights="append", history=True)
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights="admin", until="2027-01-31")
    level(a, b)
    told = policy(b, chart)
    level(a, b)
    (line,) = [one for one in a.node.consents.list(chart) if one["consent"] == told]
    assert line["stands"] is True


def test_a_patient_who_was_handed_the_chart_says_who_is_let_in_and_who_no_longer(
    tmp_path: Path,
) -> None:
    chain = Chain()
    a, words = made_with_words(tmp_path / "A", "A", 0, network=NETWORK)
    b = made_clinic(tmp_path / "B", "B", 1, network=NETWORK)
    own, _ = made_with_words(tmp_path / "amara", "amara", 2, NodeKind.PATIENT, network=NETWORK)
    pair(a, b, own)
    chain.enlist(a, b)
    chain.seen_by(a, b, own)
    a.take(patient("p1"), observation("before", "p1"))
    (chart,) = a.charts()
    a.node.patients.handover(chart, to="amara", recovery=words)
    level(a, own)
    told = policy(own, chart)
    level(a, own)
    a.node.consents.list(chart)
    anchor(chain, a, chart)
    chain.seen_by(a)
    b.node.patients.request_access(
        chart, holders=["A"], lanes=["summary", "care"], rights="append", reason="referred"
    )
    synced(b, a)
    synced(b, a)
    assert "before" in ids(b)
    level(a, own)
    (line,) = [one for one in own.node.consents.list(chart) if "by policy" in str(one["basis"])]
    assert line["stands"] is True

    ended = own.node.consents.revoke(chart, told)
    # The clinic's own grants are ended by it, or by the patient's recovery words.
    assert (ended["access_ended"], len(ended["access_stays"])) == ([], 1)  # type: ignore[arg-type]  # a list
    level(a, own)
    assert a.node.consents.revoke(chart, told)["access_ended"] == ["B"]
    for one in (a, b, own):
        one.crash()


# -- on a chain, in every order


@pytest.fixture(scope="module")
def chained() -> Registered:
    return Registered(signers=SignerSet((Signer(b"s" * 32).public,), 1))


STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["grant", "revoke"])), min_size=1, max_size=8
)


@settings(max_examples=12, deadline=None)
@given(STEPS)
def test_whatever_is_relayed_in_whatever_order_an_end_is_for_good(
    chained: Registered, steps: list[tuple[int, str]]
) -> None:
    """Letters about three consents, relayed, repeated and reordered by anybody."""
    place = typed_data.Place(chained.network.chain, chained.network.contracts[Name.CONSENT].address)
    expected = [State.EMPTY] * 3
    with chained.rolled_back():
        deadline = int(chained.clock.seconds) + 86_400
        for number, act in steps:
            secret, commitment = bytes([number + 1]) * 32, bytes([number + 9]) * 32
            owner = typed_data.address_of(secret)
            grants = act == "grant"
            digest_of = typed_data.grant_digest if grants else typed_data.revoke_digest
            signature = typed_data.sign(secret, digest_of(place, owner, commitment, deadline))
            call = calls.grant if grants else calls.revoke
            relay(chained, place.contract, call(owner, commitment, deadline, signature))
            if not grants:
                expected[number] = State.REVOKED
            elif expected[number] is State.EMPTY:
                expected[number] = State.LIVE
        for number, state in enumerate(expected):
            owner = typed_data.address_of(bytes([number + 1]) * 32)
            slot = commitment_slot(commitment_id(owner, bytes([number + 9]) * 32))
            at = "0x" + place.contract.hex()
            word = int(chained.ask("eth_getStorageAt", at, "0x" + slot.hex(), "latest"), 16)
            assert Commitment.from_word(word).state is state


def relay(chained: Registered, contract: bytes, calldata: bytes) -> None:
    """Send a letter; what a contract takes back is no failure of the relay."""
    payer = chained.ask("eth_accounts")[0]
    sent = {"from": payer, "to": "0x" + contract.hex(), "data": "0x" + calldata.hex()}
    chained.provider.make_request("eth_sendTransaction", [{**sent, "gas": hex(200_000)}])  # type: ignore[arg-type]  # any


@pytest.mark.parametrize("order", list(itertools.permutations([(0, 1), (1, 2), (0, 2)])))
def test_ends_that_several_wrote_apart_are_ends_in_whatever_order_they_meet(
    tmp_path: Path, order: tuple[tuple[int, int], ...]
) -> None:
    chain = Chain()
    with registered(tmp_path, "A", "B", "C") as (a, b, c):
        wards = (a, b, c)
        pair(a, b, c)
        chain.enlist(a, b, c)
        chain.seen_by(a, b, c)
        a.take(patient("p1"))
        (chart,) = a.charts()
        for who in ("B", "C"):
            a.node.grant(chart, to=who, lanes=ALL_LANES, rights="admin", history=True)
        level(a, b, c)
        first, second, third = (policy(a, chart) for _ in range(3))
        level(a, b, c)
        for one in (a, b):  # both, without having met
            one.node.consents.revoke(chart, first)
        c.node.consents.revoke(chart, second)
        for opening, answering in order:
            synced(wards[opening], wards[answering])
            for each in (wards[opening], wards[answering]):
                standing(each, chart)  # noted at each step, which ends nothing else
        level(a, b, c)
        assert [standing(one, chart) for one in wards] == [{third}] * 3


def standing(one: Clinic, chart: str) -> set[str]:
    lines = one.node.consents.list(chart)
    return {str(line["consent"]) for line in lines if line["consent"] and line["stands"]}
