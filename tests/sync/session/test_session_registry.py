"""Facts of the registry in sessions: what crosses, what it costs, and who is refused by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_in_memory import MARK, MemoryRegistry, evidence
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    Device,
    MemoryReplica,
    Rights,
    chart_of,
    finish,
    pair,
)

from sync.codec import encode
from sync.digest import Place
from sync.errors import SessionError
from sync.limits import (
    hello_size_bytes_max,
    registry_evidence_size_bytes_max,
    registry_parcel_size_bytes_max,
)
from sync.session import Session
from sync.wire.message import End
from sync.wire.message_codec import decode_message, encode_message
from sync.wire.registry_message import Facts, Known, KnownFacts, Refusal

Two = tuple[MemoryReplica, MemoryReplica]
TABLET = b"the stolen tablet"


@pytest.fixture
def clinics() -> Two:
    """Two that share a chart of which the first has more, and a registry."""
    return made_clinics()


def made_clinics() -> Two:
    rights = Rights()
    one, two = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    rights.live[chart_of(1)] = {one.device.key, two.device.key}
    for lane in (ACCESS_LANE, CARE_LANE):
        one.append(Place(chart_of(1), lane))
    one.facts, two.facts = MemoryRegistry(), MemoryRegistry()
    return one, two


def facts_of(replica: MemoryReplica) -> MemoryRegistry:
    assert replica.facts is not None
    return replica.facts


def numbers(frames: list[tuple[bool, bytes]]) -> list[str]:
    return [type(decode_message(frame)).__name__ for _, frame in frames]


RANKS = st.dictionaries(st.binary(min_size=1, max_size=8), st.integers(0, 3), max_size=12)


@given(mine=RANKS, theirs=RANKS, apart=st.booleans())
def test_both_hold_the_newer_of_everything_afterwards(
    mine: dict[bytes, int], theirs: dict[bytes, int], apart: bool
) -> None:
    one, two = made_clinics()
    if not apart:
        finish(*pair(one, two))
    facts_of(one).ranks.update(mine)
    facts_of(two).ranks.update(theirs)
    finish(*pair(one, two, nonce=1))
    newest = {
        name: max(mine.get(name, -1), theirs.get(name, -1)) for name in mine.keys() | theirs.keys()
    }
    assert facts_of(one).ranks == newest
    assert facts_of(two).ranks == newest
    transcript = finish(*pair(one, two, nonce=2))
    assert numbers(transcript.frames) == ["Hello", "Hello"]


def test_only_what_the_other_lacks_or_has_older_crosses(clinics: Two) -> None:
    one, two = clinics
    facts_of(one).ranks.update({b"alike": 7, b"newer here": 9, b"only here": 1})
    facts_of(two).ranks.update({b"alike": 7, b"newer here": 8})
    finish(*pair(one, two))
    assert facts_of(two).takes == [[evidence(b"newer here", 9), evidence(b"only here", 1)]]
    assert facts_of(one).takes == []


def test_facts_alone_cost_two_round_trips_and_nothing_costs_one(clinics: Two) -> None:
    one, two = clinics
    finish(*pair(one, two))
    facts_of(one).ranks[TABLET] = 5
    sessions = pair(one, two, nonce=1)
    finish(*sessions)
    assert [session.outcome.round_trips for session in sessions] == [2, 2]
    assert [session.outcome.level for session in sessions] == [True, True]
    again = pair(one, two, nonce=2)
    transcript = finish(*again)
    assert [session.outcome.round_trips for session in again] == [1, 1]
    assert all(len(frame) <= hello_size_bytes_max for _, frame in transcript.frames)


@pytest.mark.parametrize("marks", [(MARK, b"network2"), (MARK, b""), (b"", b"")])
def test_facts_of_another_registry_or_of_none_are_not_spoken_of(
    clinics: Two, marks: tuple[bytes, bytes]
) -> None:
    one, two = clinics
    for replica, mark in zip(clinics, marks, strict=True):
        facts_of(replica).registry_mark = mark
        facts_of(replica).ranks[mark + TABLET] = 5
    transcript = finish(*pair(one, two))
    assert "KnownFacts" not in numbers(transcript.frames)
    assert facts_of(one).takes == facts_of(two).takes == []
    transcript = finish(*pair(one, two, nonce=1))
    assert numbers(transcript.frames) == ["Hello", "Hello"]


def test_facts_about_nobody_who_is_shared_influence_no_byte(clinics: Two) -> None:
    one, two = clinics
    for replica in clinics:
        facts_of(replica).shared = {TABLET}
    facts_of(one).ranks[TABLET] = 5
    bare = finish(*pair(one, two))
    others = made_clinics()
    for replica in others:
        facts_of(replica).shared = {TABLET}
    facts_of(others[0]).ranks.update({TABLET: 5, b"a stranger": 1, b"another": 2})
    assert finish(*pair(*others)).frames == bare.frames


@pytest.mark.parametrize("first", [0, 1])
def test_a_peer_that_is_proven_revoked_gets_the_proof_and_no_records(
    clinics: Two, first: int
) -> None:
    one, two = clinics
    facts_of(one).ranks[TABLET] = 5
    facts_of(one).revoked[TABLET] = two.device.key
    care_before = two.held()
    sessions = pair(*(clinics if first == 0 else clinics[::-1]))
    with pytest.raises(SessionError, match="refuses this device"):
        finish(*sessions)
    assert facts_of(two).ranks == {TABLET: 5}
    held = [o for o in two.held() - care_before]
    lanes = {place.lane for place, _ in two.logs}
    assert held
    assert lanes == {ACCESS_LANE}
    assert sessions[first].outcome.denied == "proven revoked"
    assert sessions[first].finished


def test_a_peer_is_refused_by_what_it_brought_itself(clinics: Two) -> None:
    one, two = clinics
    facts_of(two).ranks[TABLET] = 5
    facts_of(one).revoked[TABLET] = two.device.key
    sessions = pair(one, two)
    with pytest.raises(SessionError, match="refuses this device"):
        finish(*sessions)
    assert sessions[0].outcome.denied == "proven revoked"
    assert {place.lane for place, _ in two.logs} == {ACCESS_LANE}


def test_a_refusal_hands_over_its_proof(clinics: Two) -> None:
    _, two = clinics
    session = pair(*clinics)[1]
    session.next_frame()
    with pytest.raises(SessionError, match="refuses this device"):
        session.receive(encode_message(Refusal((evidence(TABLET, 5),))))
    assert facts_of(two).ranks == {TABLET: 5}


def in_registry_stage(clinics: Two) -> Session:
    """The first one's session, brought to the registry stage by hand."""
    finish(*pair(*clinics))
    facts_of(clinics[0]).ranks[b"held"] = 1
    one, two = pair(*clinics, nonce=1)
    hello = one.next_frame()
    assert hello is not None
    two.receive(hello)
    answer = two.next_frame()
    assert answer is not None
    one.receive(answer)
    return one


@pytest.mark.parametrize(
    "bad",
    [
        b"noise",
        encode([b"name", 1, b"seal"]),
        encode([b"name", "1", b"seal"]),
        encode([1, 1, 1]),
        evidence(b"name", 1)[:-1] + b"\x00",
    ],
)
def test_evidence_that_proves_nothing_ends_the_session_and_nothing_is_kept(
    clinics: Two, bad: bytes
) -> None:
    session = in_registry_stage(clinics)
    session.receive(encode_message(KnownFacts((), True)))
    session.receive(encode_message(Facts((evidence(b"good", 4),))))
    session.receive(encode_message(Facts((bad,))))
    with pytest.raises(SessionError, match="proves nothing"):
        session.receive(encode_message(End(False)))
    assert facts_of(clinics[0]).ranks == {b"held": 1}


@pytest.mark.parametrize(
    ("frames", "match"),
    [
        ([KnownFacts((), False)], "without an item"),
        ([KnownFacts((Known(b"b" * 8, 1), Known(b"a" * 8, 1)), True)], "not ascending"),
        ([KnownFacts((Known(b"b" * 8, 1),), False)] * 2, "not ascending"),
        ([Facts((b"early",))], "out of turn"),
        ([End(False)], "out of turn"),
        ([KnownFacts((), True), KnownFacts((), True)], "out of turn"),
        ([KnownFacts((), True), Facts(())], "no fact"),
        ([KnownFacts((), True), End(True)], "out of turn"),
    ],
)
def test_what_is_out_of_turn_or_order_ends_the_session(
    clinics: Two, frames: list[KnownFacts | Facts | End], match: str
) -> None:
    session = in_registry_stage(clinics)
    for message in frames[:-1]:
        session.receive(encode_message(message))
    with pytest.raises(SessionError, match=match):
        session.receive(encode_message(frames[-1]))


def test_evidence_is_bounded_for_a_session(clinics: Two) -> None:
    session = in_registry_stage(clinics)
    session.receive(encode_message(KnownFacts((), True)))
    full = encode_message(Facts((bytes(registry_parcel_size_bytes_max),) * 2))
    count = registry_evidence_size_bytes_max // len(full)
    for _ in range(count):
        session.receive(full)
    with pytest.raises(SessionError, match="more evidence"):
        session.receive(full)
    assert facts_of(clinics[0]).ranks == {b"held": 1}


def test_more_evidence_than_one_session_takes_comes_with_the_next(
    clinics: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.session.registering.registry_evidence_size_bytes_max", 400)
    one, two = clinics
    facts_of(one).ranks.update({bytes([number]) * 8: number for number in range(9)})
    for nonce in range(9):
        finish(*pair(one, two, nonce=nonce))
        if facts_of(two).ranks == facts_of(one).ranks:
            break
    assert facts_of(two).ranks == facts_of(one).ranks
    assert nonce > 0
