"""The numbers of a report: by hand where one can count, else against a slower way to count."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from made_up_reports import BEGINS, HOUR, act, arrived, at, conflict, event, given, made_up, met

from scenarios.report.acts import Act, Acts, acts_of
from scenarios.report.completeness import completeness_of
from scenarios.report.conflicts import Step, conflicts_of
from scenarios.report.delays import Delay, delays_of, percentile
from scenarios.report.encounters import encounters_of, endings_of
from scenarios.report.given import Given, Right, Station
from scenarios.report.numbers import as_json, numbers_of
from scenarios.report.traffic import all_traffic, traffic_of
from scenarios.report.troubles import Dark, Trouble, darks_of, troubles_of
from scenarios.report.verdicts import CLASSES, verdicts_of

seeds = st.integers(0, 2**32)


def shares(run: Given, node: str, moments: int = 11) -> list[float | None]:
    """One node's shares, here one a hour."""
    told = completeness_of(run, acts_of(run), moments)
    return next(series.shares for series in told.nodes if series.node == node)


# -- completeness


def test_a_node_is_complete_to_the_share_of_what_was_written_that_it_has() -> None:
    run = given(
        [act(1, "hill", 0), act(3, "hill", 1), arrived(2, "port", 0), arrived(5, "port", 1)]
    )

    assert shares(run, "hill") == [None, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert shares(run, "port") == [None, 0, 1, 0.5, 0.5, 1, 1, 1, 1, 1, 1]
    assert shares(run, "truck") == [None, *[0.0] * 10]


def test_what_a_disk_lost_is_missing_until_it_comes_again() -> None:
    run = given([
        act(1, "hill", 0),
        arrived(2, "port", 0),
        event(4, "gone", node="port", ids=[0]),
        arrived(7, "port", 0),
    ])  # fmt: skip

    assert shares(run, "port") == [None, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1]


def test_nobody_is_to_have_what_they_have_no_right_to() -> None:
    rights = [
        Right("hill", BEGINS),
        Right("port", at(3), at(6)),
        Right("truck", BEGINS, None, False),
    ]
    run = given([act(1, "hill", 0), arrived(4, "port", 0)], rights={"c1": rights},
                sensitive=frozenset({0}))  # fmt: skip

    assert shares(run, "port") == [None, None, None, 0, 1, 1, *[None] * 5]
    assert shares(run, "truck") == [None] * 11


def test_without_rights_whoever_has_one_entry_of_a_chart_is_to_have_all() -> None:
    run = given([act(1, "hill", 0), act(2, "hill", 1), arrived(3, "port", 0)], rights={})

    assert shares(run, "port")[-1] == 0.5
    assert shares(run, "truck") == [None] * 11


def test_all_nodes_together_are_counted_by_entry_and_not_by_node() -> None:
    rights = {"c1": [Right("hill", BEGINS), Right("port", BEGINS)], "c2": [Right("hill", BEGINS)]}
    events = [act(1, "hill", 0), *(act(1, "hill", number, "c2") for number in (1, 2))]
    told = completeness_of(given(events, rights=rights), acts_of(given(events)), 2)

    assert told.together.expected[-1] == 4
    assert told.together.held[-1] == 3


@over(seeds)
@settings(max_examples=20, deadline=None)
def test_completeness_is_what_counting_at_each_moment_gives(seed: int) -> None:
    run = made_up(seed)
    acts = acts_of(run)
    told = completeness_of(run, acts, 23)

    for series in told.nodes:
        for number, moment in enumerate(told.moments):
            expected = {
                one.number
                for one, node, (begin, end) in acts.expected(run)
                if node == series.node and begin <= moment and (end is None or moment < end)
            }
            assert series.expected[number] == len(expected)
            assert series.held[number] == len(expected & held_at(run, series.node, moment))


def held_at(run: Given, node: str, moment: int) -> set[int]:
    """What a node has at a moment, by going through the history."""
    found: set[int] = set()
    for one in run.events:
        if one["at"] > moment or one.get("node") != node:
            continue
        if one["kind"] == "act":
            found.add(one["number"])
        elif one["kind"] == "arrived":
            found.update(one["ids"])
        elif one["kind"] == "gone":
            found.difference_update(one["ids"])
    return found


# -- delays


def test_a_delay_is_from_the_bedside_to_the_first_node_of_a_place() -> None:
    stations = [Station("hill", "upland"), Station("port-1", "coast"), Station("port-2", "coast"),
                Station("truck", "upland", "relay", travels=True)]  # fmt: skip
    rights = {"c1": [Right(station.name, BEGINS) for station in stations]}
    events = [
        act(1, "hill", 0),
        act(1, "hill", 1),
        act(2, "port-1", 2),
        arrived(1.5, "truck", 0, 1),
        arrived(4, "port-1", 0),
        arrived(3, "port-2", 0),
    ]
    run = given(events, stations=stations, rights=rights)

    assert delays_of(run, acts_of(run)) == [
        Delay("upland", False, 0, 1, None, None, None),
        Delay("coast", False, 1, 1, 7200.0, 7200.0, 7200.0),
        Delay("truck", True, 2, 1, 1800.0, 1800.0, 1800.0),
    ]


def test_who_is_let_in_late_waits_from_then_on() -> None:
    run = given([act(1, "hill", 0), arrived(7, "port", 0)], rights={"c1": [Right("port", at(6))]})

    assert delays_of(run, acts_of(run)) == [Delay("coast", False, 1, 0, 3600.0, 3600.0, 3600.0)]


def test_what_never_came_to_who_lost_the_right_is_not_missing() -> None:
    run = given([act(1, "hill", 0)], rights={"c1": [Right("port", BEGINS, at(5))]})

    assert delays_of(run, acts_of(run)) == []


@over(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from((0.5, 0.95, 1.0)))
def test_a_percentile_is_the_least_value_that_so_many_do_not_pass(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)

    assert found in values
    assert sum(value <= found for value in values) >= math.ceil(share * len(values))
    assert sum(value < found for value in values) < max(1, share * len(values))


@over(seeds)
@settings(max_examples=20, deadline=None)
def test_every_entry_that_a_place_waits_for_has_arrived_or_is_missing(seed: int) -> None:
    run = made_up(seed)
    acts = acts_of(run)

    for delay in delays_of(run, acts):
        assert delay.arrived + delay.missing > 0
        if delay.arrived:
            assert delay.median_seconds is not None
            assert delay.late_seconds is not None
            assert delay.worst_seconds is not None
            assert 0 <= delay.median_seconds <= delay.late_seconds <= delay.worst_seconds
            assert delay.worst_seconds <= 36_000


# -- traffic


def test_traffic_is_summed_by_link_and_divided_among_operations() -> None:
    run = given([
        met(1, "hill", "truck", ops=4, wire=1000),
        met(2, "port", "truck", ended="cut", ops=1, wire=500),
        met(3, "hill", "port", link="radio", wire=70),
        arrived(1, "truck", 0, weight=900),
        arrived(2, "port", 0, weight=100),
    ])  # fmt: skip

    wifi, radio = traffic_of(run)

    assert (wifi.link, wifi.sessions, wifi.broken, wifi.frames) == ("wifi", 2, 1, 8)
    assert (wifi.wire_bytes, wifi.operations, wifi.ciphertext_bytes) == (1500, 5, 1000)
    assert wifi.wire_bytes_per_operation == 300
    assert wifi.beside_bytes_per_operation == 100
    assert (radio.link, radio.wire_bytes, radio.wire_bytes_per_operation) == ("radio", 70, None)
    assert all_traffic(run).wire_bytes == 1570


@over(seeds)
@settings(max_examples=15, deadline=None)
def test_the_links_together_are_all_that_crossed(seed: int) -> None:
    run = made_up(seed)
    links, everything = traffic_of(run), all_traffic(run)

    assert sum(link.wire_bytes for link in links) == everything.wire_bytes
    assert sum(link.operations for link in links) == everything.operations
    assert sum(link.sessions for link in links) == everything.sessions == len(encounters_of(run))
    assert sum(endings_of(encounters_of(run)).values()) == everything.sessions


def test_an_encounter_begins_so_long_before_it_ends_and_tells_what_it_brought() -> None:
    run = given([met(1, "hill", "port", ops=2), met(2, "hill", "port"),
                 met(3, "hill", "port", ended="cut", ops=1)])  # fmt: skip
    found = encounters_of(run)

    assert [one.outcome for one in found] == ["brought", "nothing", "broken"]
    assert found[0].end - found[0].begin == 2000
    assert endings_of(found) == {"level": 2, "cut": 1}


# -- verdicts, conflicts


@pytest.mark.parametrize(
    ("age_seconds", "kind"),
    [(0, "under 1 h"), (3599, "under 1 h"), (3600, "1 to 6 h"), (86_400, "1 to 3 d"),
     (8 * 86_400, "over 7 d"), (None, "none")],
)  # fmt: skip
def test_a_verdict_is_counted_by_its_age(age_seconds: int | None, kind: str) -> None:
    run = given([event(1, "verdict", node="hill", about="x", answer="degraded",
                       age_seconds=age_seconds)])  # fmt: skip
    verdicts = verdicts_of(run)

    assert verdicts.total == 1
    assert verdicts.answers["degraded"][CLASSES.index(kind)] == 1


def test_a_visit_of_the_chain_is_no_verdict_on_a_peer() -> None:
    asked = [("seen", 600), ("ChainUnreachable", 90_000), ("ChainUnreachable", 93_600)]
    run = given([
        *(event(1, "verdict", node="hill", about="chain", answer=answer, age_seconds=age)
          for answer, age in asked),
        event(2, "judged", node="hill", about="port", answer="allow", age_seconds=700),
    ])  # fmt: skip
    numbers = numbers_of(run)

    assert numbers.visits == {"ChainUnreachable": 2, "seen": 1}
    assert numbers.verdicts.total == 1
    assert numbers.verdicts.answers["allow"][0] == 1


def test_a_conflict_is_open_until_everybody_who_saw_it_sees_it_closed() -> None:
    run = given([
        conflict(1, "hill", "k", is_open=True),
        conflict(2, "port", "k", is_open=True),
        conflict(3, "port", "other", is_open=True),
        conflict(4, "hill", "k", is_open=False),
        conflict(5, "port", "k", is_open=False),
        conflict(6, "hill", "never seen", is_open=False),
    ])  # fmt: skip
    found = conflicts_of(run)

    assert found.steps == [Step(at(1), 1), Step(at(3), 2), Step(at(5), 1)]
    assert (found.opened, found.closed, found.left, found.most) == (2, 1, 1, 2)


@over(seeds)
@settings(max_examples=20, deadline=None)
def test_conflicts_opened_are_those_closed_and_those_left(seed: int) -> None:
    found = conflicts_of(made_up(seed))

    assert found.opened == found.closed + found.left
    moments = [step.at for step in found.steps]
    assert moments == sorted(set(moments))


# -- troubles


def test_what_a_fault_did_is_told_once() -> None:
    run = given([
        event(1, "power-lost", node="hill", left="between writes"),
        event(1, "fault", what="power-lost", subject="hill", detail=""),
        event(2, "clock", node="port", offset_seconds=-9440 * 86_400),
        event(2, "fault", what="clock-jump", subject="port", detail="-815616000 s"),
        event(3, "fault", what="disk-full", subject="port", detail="not hit"),
        event(4, "fault", what="partition", subject="hill", detail="hill, truck"),
        event(5, "incident", what="revoke", node="hill", about="port", detail="['c1', 'c2']"),
    ])  # fmt: skip

    assert troubles_of(run) == [
        Trouble(at(1), "power", "power lost", ["hill"], "between writes"),
        Trouble(at(2), "clock", "clock 25.8 years slow", ["port"], ""),
        Trouble(at(4), "fault", "partition", ["hill", "truck"], ""),
        Trouble(at(5), "incident", "revoke", ["hill"], "port: 2 charts"),
    ]


def test_a_node_that_is_off_at_the_end_is_off_until_the_end() -> None:
    run = given([
        event(0, "start", node="hill"),
        event(1, "stop", node="hill"),
        event(2, "reopened", node="hill"),
        event(8, "power-lost", node="port"),
        event(9, "power-lost", node="port"),
    ])  # fmt: skip

    assert darks_of(run) == [Dark("hill", at(1), at(2), True), Dark("port", at(8), at(10), False)]


# -- all of it


def test_what_no_node_has_at_the_end_is_counted() -> None:
    run = given([act(1, "hill", 0), act(2, "hill", 1), arrived(3, "port", 1),
                 event(4, "gone", node="hill", ids=[0, 1])])  # fmt: skip

    assert numbers_of(run).nowhere == 1


def test_without_a_look_into_the_nodes_nothing_is_said_of_what_they_have() -> None:
    told = numbers_of(given([act(1, "hill", 0)], watched=False))

    assert told.acts == 1
    assert told.delays == []
    assert not any(told.completeness.together.expected)


def test_the_document_is_the_numbers_and_the_same_every_time() -> None:
    run = made_up(5)
    document = json.loads(json.dumps(as_json(run, numbers_of(run))))

    assert document == as_json(run, numbers_of(made_up(5)))
    assert document["links"][-1]["link"] == "all"
    assert document["completeness"]["together"]["expected"][-1] > 0
    assert document["acts"] == 30
    assert document["ends"] - document["begins"] == 10 * HOUR


def test_an_act_that_is_not_known_is_passed_over() -> None:
    run = given([arrived(1, "port", 99), act(2, "hill", 0)])

    assert acts_of(run) == Acts({0: Act(0, at(2), "hill", "c1")}, {(0, "hill"): [(at(2), None)]})
    assert numbers_of(replace(run, events=[])).acts == 0
