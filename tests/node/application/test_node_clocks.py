"""Clocks years off in either direction: nothing is lost, parked or put before its cause."""

from datetime import UTC, datetime

import pytest
from clinics import (
    ALL_LANES,
    DAY_MILLISECONDS,
    NOW_MILLISECONDS,
    Clinic,
    Make,
    exported,
    level,
    observation,
    patient,
    synced,
)

from node.application.errors import BadRequest

IN_2000 = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
TWO_YEARS_ON = NOW_MILLISECONDS + 2 * 365 * DAY_MILLISECONDS
CLOCKS = {"in the year 2000": IN_2000, "two years fast": TWO_YEARS_ON}


def ids(clinic: Clinic) -> set[str]:
    return {str(one["id"]) for one in clinic.resources()}


def history_of(clinic: Clinic, chart: str) -> list[tuple[str, bool]]:
    """Each content operation's resource, and whether its clock is doubted."""
    lines = []
    for line in clinic.node.chart_history(chart):
        changes, labels = line["changes"], line["labels"]
        assert isinstance(changes, list)
        assert isinstance(labels, list)
        lines += [(str(change["resource"]), "clock doubtful" in labels) for change in changes]
    return lines


@pytest.mark.parametrize("name", CLOCKS)
@pytest.mark.parametrize("tablet_holds", [True, False])
def test_a_wrong_clock_hides_nothing_on_either_side(
    clinic: Make, name: str, tablet_holds: bool
) -> None:
    right, wrong = clinic("right"), clinic("wrong", clock=CLOCKS[name])
    a, b = (wrong, right) if tablet_holds else (right, wrong)
    for one, other in ((a, b), (b, a)):
        one.node.peers_add(str(other.node.identity()["card"]), other.name)
    a.take(patient("p1"), observation("o1", "p1"))
    a.node.grant("all", to=b.name, lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = b.charts()
    for place in range(3):
        for one in (a, b):
            one.add(chart, patient("p1", born=f"19{place}{'5' if one is a else '6'}-01-01"))
            level(a, b)
    assert (a.conflicts(), b.conflicts()) == ([], [])
    for one in (a, b):
        one.add(chart, observation(f"apart-{one.name}", "p1"))
    level(a, b)
    for one in (a, b):
        assert ids(one) == {"p1", "o1", "apart-right", "apart-wrong"}
        assert one.resource("Patient", "p1")["birthDate"] == "1926-01-01"
        assert one.quarantined() == {}
        assert one.audit_ok()
    assert exported(a, history=True) == exported(b, history=True)


@pytest.mark.parametrize("name", CLOCKS)
def test_history_is_causal_and_marks_the_doubtful(clinic: Make, name: str) -> None:
    a, b = clinic("A"), clinic("B", clock=CLOCKS[name])
    for one, other in ((a, b), (b, a)):
        one.node.peers_add(str(other.node.identity()["card"]), other.name)
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = a.charts()
    born = ["1981-01-01", "1982-01-01", "1983-01-01", "1984-01-01"]
    for place, date in enumerate(born):
        (b if place % 2 == 0 else a).add(chart, patient("p1", born=date))
        level(a, b)
    for one in (a, b):
        told = [
            str(change["supersedes"])
            for line in one.node.chart_history(chart)
            for change in line["changes"]  # type: ignore[attr-defined]  # a list
        ]
        assert len(told) == 5
        seen: set[str] = set()
        for line in one.node.chart_history(chart):
            for change in line["changes"]:  # type: ignore[attr-defined]  # a list
                assert set(change["supersedes"]) <= seen
            seen.add(str(line["operation"]))
    marked = [doubtful for _, doubtful in history_of(a, chart)]
    assert marked == [False, True, False, True, False]
    labels = a.node.chart_show(chart)["resources"]
    assert isinstance(labels, list)


@pytest.mark.parametrize("name", CLOCKS)
def test_a_doubted_stamp_does_not_move_our_clock(clinic: Make, name: str) -> None:
    a, b = clinic("A"), clinic("B", clock=CLOCKS[name])
    for one, other in ((a, b), (b, a)):
        one.node.peers_add(str(other.node.identity()["card"]), other.name)
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = a.charts()
    b.add(chart, observation("b1", "p1"))
    level(a, b)
    a.add(chart, observation("a1", "p1"))
    newest = max(
        operation.prefix.stamp >> 16
        for operation in a.replica(chart).operations.values()
        if operation.prefix.device == a.device
    )
    assert abs(newest - a.clock.milliseconds) < DAY_MILLISECONDS


def test_what_a_doubted_clock_wrote_shows_the_label(clinic: Make) -> None:
    a, b = clinic("A"), clinic("B", clock=TWO_YEARS_ON)
    for one, other in ((a, b), (b, a)):
        one.node.peers_add(str(other.node.identity()["card"]), other.name)
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = a.charts()
    b.add(chart, observation("b1", "p1"))
    level(a, b)
    resources = a.node.chart_show(chart)["resources"]
    assert isinstance(resources, list)
    labels = {line["id"]: line["labels"] for line in resources}
    assert labels["b1"] == ["clock doubtful"]
    assert labels["p1"] == []


@pytest.mark.parametrize("restarted", [True, False])
def test_a_clock_set_far_back_starts_a_new_instance(
    two: tuple[Clinic, Clinic], restarted: bool
) -> None:
    a, b = two
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    (chart,) = a.charts()
    a.clock.milliseconds += 400 * DAY_MILLISECONDS
    a.add(chart, observation("future", "p1"))
    before = a.node.context.instance
    if restarted:
        a.close()
    a.clock.milliseconds = NOW_MILLISECONDS + DAY_MILLISECONDS
    if restarted:
        a.open()
    a.add(chart, observation("now", "p1"))
    assert a.node.context.instance != before
    stamps = {
        operation.prefix.instance: operation.prefix.stamp >> 16
        for operation in a.replica(chart).operations.values()
    }
    assert stamps[a.node.context.instance] < stamps[before]
    level(a, b)
    assert ids(a) == ids(b) == {"p1", "future", "now"}
    assert a.audit_ok()


def test_a_clock_a_few_minutes_back_keeps_the_instance(two: tuple[Clinic, Clinic]) -> None:
    a, _ = two
    a.take(patient("p1"))
    (chart,) = a.charts()
    before = a.node.context.instance
    a.close()
    a.clock.milliseconds -= 5 * 60 * 1000
    a.open()
    a.add(chart, observation("o1", "p1"))
    assert a.node.context.instance == before
    log = a.replica(chart).log(before, a.charter(chart).lane("care"))
    stamps = [operation.prefix.stamp for operation in log]
    assert stamps == sorted(set(stamps))


def test_a_grant_by_a_clock_in_2000_is_good_and_keys_still_change_hands(clinic: Make) -> None:
    a, b = clinic("A", clock=IN_2000), clinic("B")
    for one, other in ((a, b), (b, a)):
        one.node.peers_add(str(other.node.identity()["card"]), other.name)
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = b.charts()
    b.add(chart, observation("b1", "p1"))
    level(a, b)
    a.node.revoke("all", from_="B")
    a.add(chart, observation("after", "p1"))
    synced(b, a)
    assert ids(b) == {"p1", "b1"}
    assert ids(a) == {"p1", "b1", "after"}


def test_a_chart_that_a_tablet_of_the_year_2000_opened_is_marked_elsewhere(clinic: Make) -> None:
    slow, right = clinic("slow", clock=IN_2000), clinic("right")
    for one, other in ((slow, right), (right, slow)):
        one.node.peers_add(str(other.node.identity()["card"]), other.name)
    slow.take(patient("p1"), observation("o1", "p1"))
    slow.node.grant("all", to="right", lanes=ALL_LANES, history=True)
    synced(right, slow)
    (chart,) = right.charts()
    assert {doubted for _, doubted in history_of(right, chart)} == {True}


def test_a_change_stamped_before_what_it_replaces_is_marked(clinic: Make) -> None:
    right = clinic("right", clock=NOW_MILLISECONDS + 100 * DAY_MILLISECONDS)
    slow = clinic("slow", clock=NOW_MILLISECONDS)
    for one, other in ((slow, right), (right, slow)):
        one.node.peers_add(str(other.node.identity()["card"]), other.name)
    slow.take(patient("p1"))
    slow.node.grant("all", to="right", lanes=ALL_LANES, history=True)
    synced(right, slow)
    (chart,) = right.charts()
    right.add(chart, patient("p1", born="1981-01-01"))
    synced(right, slow)
    slow.add(chart, patient("p1", born="1982-01-01"))
    synced(right, slow)
    assert [doubted for _, doubted in history_of(right, chart)] == [False, False, True]


def test_a_grant_whose_time_is_over_is_refused(clinic: Make) -> None:
    a, b = clinic("A"), clinic("B")
    a.node.peers_add(str(b.node.identity()["card"]), "B")
    a.take(patient("p1"))
    with pytest.raises(BadRequest):
        a.node.grant("all", to="B", lanes=ALL_LANES, until="2020-01-01")
    assert a.node.context.store.standing_rules.all() == []
