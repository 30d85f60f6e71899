"""What sessions cost: turns, bytes, and what they say they cost."""

import pytest
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    SUMMARY_LANE,
    Device,
    MemoryReplica,
    Rights,
    chart_of,
    finish,
    pair,
)

from sync.digest import Place
from sync.limits import hello_size_bytes_max
from sync.session.receipt import parse_receipt


@pytest.fixture
def clinics() -> tuple[MemoryReplica, MemoryReplica]:
    """Two replicas that are live in ten charts; the first holds what is in them."""
    rights = Rights()
    one, two = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    for number in range(10):
        rights.live[chart_of(number)] = {one.device.key, two.device.key}
        for lane in (ACCESS_LANE, SUMMARY_LANE, CARE_LANE):
            one.append(Place(chart_of(number), lane))
            one.append(Place(chart_of(number), lane))
    return one, two


def test_level_replicas_part_after_one_round_trip_of_two_hellos(
    clinics: tuple[MemoryReplica, MemoryReplica],
) -> None:
    finish(*pair(*clinics))
    sessions = pair(*clinics, nonce=1)
    transcript = finish(*sessions)
    assert [from_one for from_one, _ in transcript.frames] == [True, False]
    assert all(len(frame) <= hello_size_bytes_max for _, frame in transcript.frames)
    assert [session.outcome.round_trips for session in sessions] == [1, 1]
    assert [session.outcome.level for session in sessions] == [True, True]


@pytest.mark.parametrize(
    ("mine", "theirs", "round_trips"),
    [
        ([ACCESS_LANE, CARE_LANE], [ACCESS_LANE, CARE_LANE], 4),
        ([ACCESS_LANE], [ACCESS_LANE], 3),
        ([ACCESS_LANE], [], 3),
        ([CARE_LANE], [CARE_LANE], 3),
        ([CARE_LANE], [], 3),
        ([], [CARE_LANE], 3),
    ],
)
def test_what_differs_costs_three_or_four_round_trips(
    clinics: tuple[MemoryReplica, MemoryReplica],
    mine: list[bytes],
    theirs: list[bytes],
    round_trips: int,
) -> None:
    finish(*pair(*clinics))
    one, two = clinics
    for replica, lanes in ((one, mine), (two, theirs)):
        for place in {place for place, _ in one.logs}:
            if place.lane in lanes:
                replica.append(place, b"newer")
    sessions = pair(one, two, nonce=1)
    transcript = finish(*sessions)
    assert one.held() == two.held()
    assert [session.outcome.round_trips for session in sessions] == [round_trips] * 2
    assert transcript.flights // 2 == round_trips


def test_a_first_session_costs_four_round_trips(
    clinics: tuple[MemoryReplica, MemoryReplica],
) -> None:
    sessions = pair(*clinics)
    transcript = finish(*sessions)
    assert [session.outcome.round_trips for session in sessions] == [4, 4]
    assert transcript.flights // 2 == 4


def test_outcome_tells_operations_and_readable_resources(
    clinics: tuple[MemoryReplica, MemoryReplica],
) -> None:
    first, second = pair(*clinics)
    finish(first, second)
    sent, received = first.outcome, second.outcome
    assert (sent.ops_sent, sent.resources_sent, sent.ops_received) == (60, 40, 0)
    assert (received.ops_received, received.resources_received, received.ops_sent) == (60, 40, 0)


def test_stages_are_told_when_they_are_level(
    clinics: tuple[MemoryReplica, MemoryReplica],
) -> None:
    finish(*pair(*clinics))
    for replica in clinics:
        assert [stage.value for stage in replica.levels] == ["access", "content"]


def test_each_side_keeps_the_others_receipt(
    clinics: tuple[MemoryReplica, MemoryReplica],
) -> None:
    one, two = clinics
    finish(*pair(one, two))
    assert len(one.receipts) == len(two.receipts) == 1
    at_one, at_two = parse_receipt(one.receipts[0]), parse_receipt(two.receipts[0])
    assert (at_one.device, at_one.peer) == (two.device.key, one.device.key)
    assert (at_two.device, at_two.peer) == (one.device.key, two.device.key)
    assert at_one.access_root == at_two.access_root
    assert at_one.nonces == at_two.nonces


def test_a_thousand_scattered_differences_cost_at_most_three_round_trips() -> None:
    rights = Rights()
    one, two = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    for number in range(1000):
        chart = chart_of(number)
        rights.live[chart] = {one.device.key, two.device.key}
        for replica in (one, two):
            opening = one.device.write(Place(chart, ACCESS_LANE), 0, None)
            assert replica.keep(opening)
        one.append(Place(chart, CARE_LANE), b"b" * 256)
    sessions = pair(one, two)
    finish(*sessions)
    assert one.held() == two.held()
    assert sessions[0].outcome.round_trips == 3
    bodies = 1000 * 256
    assert sessions[0].outcome.bytes_out + sessions[0].outcome.bytes_in - bodies < 1000 * 400
