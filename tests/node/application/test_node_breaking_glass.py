"""Breaking the glass, between whole nodes: who reads what, for how long, and what is left of it."""

import pytest
from clinics import (
    ALL_LANES,
    DAY_MILLISECONDS,
    Clinic,
    Make,
    allergy,
    observation,
    pair,
    patient,
    synced,
)

from node.application.errors import (
    BadRequest,
    NoStanding,
    NotFound,
    SecondPersonNeeded,
    SecondPersonRefused,
)
from node.keystore.secrets import NodeKind
from sync.identifiers import parse_chart_text

HOUR_MILLISECONDS = 3600 * 1000
REASON = "unconscious, brought in by a neighbour"

SENSITIVE = {
    "resourceType": "Observation",
    "id": "secret",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "75622-1"}], "text": "HIV 1 and 2"},
    "subject": {"reference": "Patient/p1"},
}


def broken(one: Clinic, chart: str, *seconds: str, reason: str = REASON) -> dict[str, object]:
    return one.node.patients.break_glass(chart, reason=reason, seconds=seconds, holders=())


def ids(one: Clinic) -> set[str]:
    return {str(each["id"]) for each in one.resources()}


def glass(one: Clinic, chart: str) -> list[dict[str, object]]:
    found = one.node.chart_show(chart)["glass"]
    assert isinstance(found, list)
    return found


def a_chart(a: Clinic) -> str:
    a.take(patient("p1"), allergy("a1", "p1"), observation("o1", "p1"), SENSITIVE)
    (chart,) = a.charts()
    return chart


def met(one: Clinic, other: Clinic, times: int) -> None:
    for _ in range(times):
        synced(one, other)


# -- a chart that is carried here


def test_a_relay_reads_the_summary_and_nothing_else(carried: tuple[Clinic, ...]) -> None:
    a, _, r = carried
    chart = a_chart(a)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(r, a)
    assert ids(r) == set()

    told = broken(r, chart)
    assert (told["state"], told["readable"]) == ("written", False)
    met(r, a, 2)

    assert r.node.patients.glass_state(chart)["readable"] is True
    assert ids(r) == {"p1", "a1"}


def test_everybody_of_the_chart_sees_who_when_and_why(carried: tuple[Clinic, ...]) -> None:
    a, b, r = carried
    chart = a_chart(a)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(r, a)
    synced(b, a)
    broken(r, chart)
    met(r, a, 2)
    met(b, a, 1)
    for one in (a, b):
        (line,) = glass(one, chart)
        assert (line["by"], line["why"], line["open"]) == ("R", REASON, True)
    assert glass(a, chart)[0]["tag"] == glass(b, chart)[0]["tag"] == glass(r, chart)[0]["tag"]


def test_another_relay_carries_the_reason_and_cannot_read_it(clinic: Make) -> None:
    a, b = clinic("A"), clinic("B")
    r, s = clinic("R", NodeKind.RELAY), clinic("S", NodeKind.RELAY)
    pair(a, b, r, s)
    chart = a_chart(a)
    for who in ("R", "S"):
        a.node.grant("all", to=who, lanes=ALL_LANES, rights="relay")
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    for one in (r, s, b):
        synced(one, a)
    broken(r, chart)
    synced(s, r)
    synced(b, s)
    (carried_line,) = glass(s, chart)
    assert carried_line["why"] is None
    (line,) = glass(b, chart)
    assert line["why"] == REASON
    synced(r, b)
    assert "a1" not in ids(s)


def test_the_reason_is_nowhere_in_the_access_lane(carried: tuple[Clinic, ...]) -> None:
    a, _, r = carried
    chart = a_chart(a)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(r, a)
    broken(r, chart)
    replica = r.replica(chart)
    assert REASON not in repr(replica.deeds)
    assert all(REASON.encode() not in (one.body or b"") for one in replica.operations.values())


def test_the_glass_closes_after_four_hours(carried: tuple[Clinic, ...]) -> None:
    a, _, r = carried
    chart = a_chart(a)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(r, a)
    broken(r, chart)
    met(r, a, 2)
    for one in (a, r):
        one.clock.milliseconds += 4 * HOUR_MILLISECONDS
    a.add(chart, allergy("later", "p1", "Latex"))
    met(r, a, 3)
    assert "later" not in ids(r)
    assert glass(a, chart)[0]["open"] is False


def test_what_is_written_within_the_four_hours_is_read(carried: tuple[Clinic, ...]) -> None:
    a, _, r = carried
    chart = a_chart(a)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(r, a)
    broken(r, chart)
    met(r, a, 2)
    a.add(chart, allergy("now", "p1", "Latex"))
    met(r, a, 2)
    assert "now" in ids(r)


def test_one_glass_is_broken_once_while_it_lasts(carried: tuple[Clinic, ...]) -> None:
    a, _, r = carried
    chart = a_chart(a)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(r, a)
    first = broken(r, chart)
    again = broken(r, chart)
    assert again["state"] == "open"
    assert again["operation"] == first["operation"]
    assert len(glass(r, chart)) == 1


def test_who_may_read_anyway_breaks_nothing(two: tuple[Clinic, Clinic]) -> None:
    a, _ = two
    chart = a_chart(a)
    with pytest.raises(BadRequest, match="no glass"):
        broken(a, chart)
    with pytest.raises(BadRequest, match="reason"):
        broken(a, chart, reason="  ")
    assert glass(a, chart) == []


def test_a_removed_node_breaks_no_glass(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    a.node.revoke("all", from_="B")
    synced(b, a)
    before = b.everything_written()
    with pytest.raises(NoStanding):
        broken(b, chart)
    assert b.everything_written() == before


# -- a chart of which only the printed id is known


def test_a_stranger_with_the_printed_id_reads_the_summary(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    told = broken(b, chart)
    assert (told["state"], told["operation"]) == ("asked", None)
    met(b, a, 4)
    assert ids(b) == {"p1", "a1"}
    (line,) = glass(a, chart)
    assert (line["by"], line["why"]) == ("B", None)
    met(b, a, 1)
    (line,) = glass(a, chart)
    assert line["why"] == REASON
    assert b.audit_ok()
    assert a.audit_ok()


def test_nothing_is_shown_before_the_break_glass_is_written(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    broken(b, chart)
    synced(b, a)
    assert not b.node.context.store.charts.holds(parse_chart_text(chart))
    synced(b, a)  # the letter comes, and the operation is written with it
    assert len(glass(b, chart)) == 1
    assert ids(b) == set()


def test_a_relay_gives_the_letter_and_carries_the_keys(clinic: Make) -> None:
    a, b, r = clinic("A"), clinic("B"), clinic("R", NodeKind.RELAY)
    pair(a, r)
    pair(b, r)
    chart = a_chart(a)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(r, a)
    broken(b, chart)
    met(b, r, 4)
    assert ids(b) == set()
    met(r, a, 2)
    met(b, r, 2)
    assert ids(b) == {"p1", "a1"}


def test_an_id_that_nobody_knows_leaves_no_trace(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    a_chart(a)
    held = a.everything_written()
    unknown = "a" * 51 + "q"
    assert broken(b, unknown)["state"] == "asked"
    met(b, a, 3)
    assert a.everything_written() == held
    assert b.node.patients.glass_state(unknown)["readable"] is False
    with pytest.raises(NotFound):
        broken(b, "abcdefgh")


def test_a_stranger_is_served_no_longer_than_four_hours(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    broken(b, chart)
    met(b, a, 4)
    for one in (a, b):
        one.clock.milliseconds += 5 * HOUR_MILLISECONDS
    a.add(chart, allergy("later", "p1", "Latex"))
    met(b, a, 3)
    assert ids(b) == {"p1", "a1"}
    mine, theirs = synced(b, a)
    assert (mine.ops_received, theirs.ops_received) == (0, 0)


def test_a_letter_that_comes_too_late_begins_nothing(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    broken(b, chart)
    synced(b, a)
    b.clock.milliseconds += 5 * HOUR_MILLISECONDS
    met(b, a, 2)
    assert b.chart_ids() == []


def test_a_node_that_is_restarted_between_goes_on(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    broken(b, chart)
    for _ in range(5):
        b.restart()
        a.restart()
        synced(b, a)
    assert ids(b) == {"p1", "a1"}
    assert glass(a, chart)[0]["why"] == REASON


# -- five an hour, and a second person


def five_broken(b: Clinic) -> None:
    for number in range(5):
        broken(b, "a" * 50 + "bcdef"[number] + "a")


def test_the_sixth_within_an_hour_needs_a_second_person(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    five_broken(b)
    with pytest.raises(SecondPersonNeeded):
        broken(b, chart)
    confirmed = a.node.patients.confirm_glass(chart, who="B")
    told = broken(b, chart, str(confirmed["confirmation"]))
    assert (told["state"], told["second_people"]) == ("asked", 1)
    met(b, a, 4)
    assert ids(b) == {"p1", "a1"}


def test_an_hour_later_nobody_else_is_needed(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    five_broken(b)
    b.clock.milliseconds += HOUR_MILLISECONDS
    assert broken(b, chart)["state"] == "asked"


def test_a_second_person_cannot_be_forged(three: tuple[Clinic, Clinic, Clinic]) -> None:
    a, b, c = three
    chart = a_chart(a)
    five_broken(b)
    good = str(a.node.patients.confirm_glass(chart, who="B")["confirmation"])
    own = str(c.node.patients.confirm_glass(chart, who="B")["confirmation"])
    b.node.peers_remove("C")
    other_chart = "a" * 51 + "q"
    wrong = [
        "",
        "satchel-second:1:",
        good[:-2],
        good[:40] + ("A" if good[40] != "A" else "B") + good[41:],
        str(a.node.patients.confirm_glass(other_chart, who="B")["confirmation"]),
        str(a.node.patients.confirm_glass(chart, who="C")["confirmation"]),
        own,  # by somebody whom no roster here lists any more
    ]
    for text in wrong:
        with pytest.raises(SecondPersonRefused):
            broken(b, chart, text)
    b.clock.milliseconds += HOUR_MILLISECONDS // 2
    assert broken(b, chart, good)["second_people"] == 1


def test_a_confirmation_serves_once_and_not_after_an_hour(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    text = str(a.node.patients.confirm_glass(chart, who="B")["confirmation"])
    b.clock.milliseconds += 2 * HOUR_MILLISECONDS
    with pytest.raises(SecondPersonRefused, match="older"):
        broken(b, chart, text)
    a.clock.milliseconds = b.clock.milliseconds
    text = str(a.node.patients.confirm_glass(chart, who="B")["confirmation"])
    broken(b, chart, text)
    b.clock.milliseconds += 59 * 60_000
    later = b.clock.milliseconds
    b.node.context.store.database.write("UPDATE glass_broken SET at = at - 20000000")
    assert b.clock.milliseconds == later
    with pytest.raises(SecondPersonRefused, match="used before"):
        broken(b, chart, text)


def test_the_list_tells_of_all_charts_and_of_those_that_wait(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    broken(b, chart)
    (waiting,) = b.node.patients.glass_list()
    assert (waiting["operation"], waiting["why"]) == (None, REASON)
    met(b, a, 5)
    (line,) = b.node.patients.glass_list(chart)
    assert line["operation"] is not None
    assert a.node.patients.glass_list()[0]["why"] == REASON
    kinds = [entry.kind for entry in b.node.context.store.audit.entries()]
    assert "break-glass asked" in kinds
    for one in (a, b):
        one.clock.milliseconds += DAY_MILLISECONDS
    assert a.node.patients.glass_list()[0]["open"] is False


def test_every_step_leaves_a_node_that_is_well(two: tuple[Clinic, Clinic]) -> None:
    a, b = two
    chart = a_chart(a)
    broken(b, chart)
    for _ in range(5):
        for one in (a, b):
            assert one.audit_ok()
            findings = one.node.doctor(thorough=True)["findings"]
            assert isinstance(findings, list)
            assert [line for line in findings if line["level"] == "error"] == []
            one.node.charts()
            one.node.rebuild()
        if b.node.context.store.charts.holds(parse_chart_text(chart)):
            b.node.chart_show(chart)
            b.node.chart_history(chart)
        synced(b, a)
    assert ids(b) == {"p1", "a1"}
