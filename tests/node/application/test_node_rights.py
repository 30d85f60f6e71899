"""What each right allows, standing rules, terms of a grant, and what a person must be told."""

from datetime import UTC, datetime

import pytest
from clinics import (
    ALL_LANES,
    DAY_MILLISECONDS,
    Clinic,
    Make,
    Three,
    Two,
    allergy,
    exported,
    level,
    observation,
    patient,
    synced,
)

from node.application.errors import (
    BadRequest,
    NoStanding,
    NotFound,
    NothingToRevoke,
    PeerUnknown,
)


def ids(clinic: Clinic) -> set[str]:
    return {str(one["id"]) for one in clinic.resources()}


def started(a: Clinic, b: Clinic, rights: str = "append", *, history: bool = True) -> str:
    """A's chart with a patient and an observation, granted to B and synced."""
    a.take(patient("p1"), observation("before", "p1"))
    a.node.grant("all", to=b.name, lanes=ALL_LANES, rights=rights, history=history)
    synced(b, a)
    (chart,) = a.charts()
    return chart


# -- standing rules


def test_a_chart_made_later_is_granted_when_it_is_made(two: Two) -> None:
    a, b = two
    a.node.grant("all", to="B", lanes=ALL_LANES)
    a.take(patient("p1"), observation("o1", "p1"))
    synced(b, a)
    assert ids(b) == {"p1", "o1"}
    a.take(patient("p2"))
    synced(b, a)
    assert ids(b) == {"p1", "o1", "p2"}


def test_the_directory_is_granted_by_a_standing_rule_too(two: Two) -> None:
    a, b = two
    a.node.grant("all", to="B", lanes=ALL_LANES)
    a.take({"resourceType": "Organization", "id": "org", "name": "District hospital"})
    synced(b, a)
    assert ids(b) == {"org"}


def test_revoking_all_ends_the_rule_and_the_grants(two: Two) -> None:
    a, b = two
    chart = started(a, b)
    done = a.node.revoke("all", from_="B")
    assert (done["charts"], done["rules_ended"]) == ([chart], 1)
    a.take(patient("p2"))
    a.add(chart, observation("after", "p1"))
    synced(b, a)
    assert ids(b) == {"p1", "before"}
    assert len(b.charts()) == 1


def test_a_rule_without_charts_can_be_revoked_and_nothing_twice(two: Two) -> None:
    a, _ = two
    a.node.grant("all", to="B", lanes=ALL_LANES)
    assert a.node.revoke("all", from_="B")["rules_ended"] == 1
    with pytest.raises(NothingToRevoke):
        a.node.revoke("all", from_="B")


def test_revoking_one_chart_leaves_the_others(two: Two) -> None:
    a, b = two
    a.take(patient("p1", "Ama Boateng"))
    a.take(patient("p2", "Zoe Quist"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    first, second = a.charts()
    a.node.revoke(first, from_="B")
    a.add(first, observation("hidden", "p1"))
    a.add(second, observation("shown", "p2"))
    synced(b, a)
    assert ids(b) == {"p1", "p2", "shown"}


def test_a_rule_in_force_at_a_restart_still_is(two: Two) -> None:
    a, b = two
    a.node.grant("all", to="B", lanes=ALL_LANES)
    a.restart()
    a.take(patient("p1"))
    synced(b, a)
    assert ids(b) == {"p1"}


# -- history


def test_without_history_a_grant_gives_all_of_summary_and_only_later_care(two: Two) -> None:
    a, b = two
    chart = started(a, b, history=False)
    assert ids(b) == {"p1"}
    a.add(chart, observation("after", "p1"))
    synced(b, a)
    assert ids(b) == {"p1", "after"}
    page = b.node.chart_show(chart)
    assert page["unreadable"] == 3  # two covers and the observation from before


def test_history_given_later_opens_what_was_there(two: Two) -> None:
    a, b = two
    chart = started(a, b, history=False)
    a.node.grant(chart, to="B", lanes=["care"], history=True)
    synced(b, a)
    assert ids(b) == {"p1", "before"}
    assert exported(a) == exported(b)


# -- granting again


def test_a_grant_after_a_revocation_counts(two: Two) -> None:
    a, b = two
    chart = started(a, b)
    a.node.revoke(chart, from_="B")
    synced(b, a)
    a.add(chart, observation("between", "p1"))
    a.node.grant(chart, to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    assert ids(b) == {"p1", "before", "between"}
    b.add(chart, observation("again", "p1"))
    synced(b, a)
    assert ids(a) == ids(b)
    assert a.quarantined() == {}


def test_revoked_and_granted_several_times_ends_as_last_said(two: Two) -> None:
    a, b = two
    chart = started(a, b)
    for place in range(3):
        a.node.revoke(chart, from_="B")
        a.node.grant(chart, to="B", lanes=ALL_LANES, history=True)
        synced(b, a)
        b.add(chart, observation(f"b{place}", "p1"))
        synced(b, a)
    assert ids(a) == ids(b) == {"p1", "before", "b0", "b1", "b2"}
    a.node.revoke(chart, from_="B")
    a.add(chart, observation("last", "p1"))
    synced(b, a)
    assert "last" not in ids(b)


def test_somebody_whom_those_above_have_revoked_is_not_granted_again_from_below(
    three: Three,
) -> None:
    a, b, _ = three
    chart = started(a, b, "admin")
    b.node.grant(chart, to="C", lanes=ALL_LANES)
    synced(a, b)
    a.node.revoke(chart, from_="C")
    synced(a, b)
    before = b.everything_written()
    with pytest.raises(NoStanding):
        b.node.grant(chart, to="C", lanes=ALL_LANES)
    assert b.everything_written() == before


# -- organisations


def test_an_organisation_is_granted_through_its_group(two: Two) -> None:
    a, b = two
    a.take(patient("p1"), observation("o1", "p1"))
    done = a.node.grant("all", to=b.organisation, lanes=ALL_LANES, history=True)
    assert str(done["to"]).startswith("did:ethr:")
    synced(b, a)
    (chart,) = b.charts()
    b.add(chart, observation("o2", "p1"))
    synced(b, a)
    assert ids(a) == ids(b) == {"p1", "o1", "o2"}
    a.node.revoke("all", from_=b.organisation)
    a.add(chart, observation("o3", "p1"))
    synced(b, a)
    assert "o3" not in ids(b)


def test_ending_one_of_two_grants_says_what_is_left(two: Two) -> None:
    a, b = two
    a.take(patient("p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to=b.organisation, lanes=ALL_LANES)
    a.node.grant(chart, to="B", lanes=ALL_LANES)
    done = a.node.revoke(chart, from_=b.organisation)
    synced(b, a)
    a.add(chart, observation("o1", "p1"))
    synced(b, a)
    assert ids(b) == {"p1", "o1"}
    assert done["charts"] == [chart]


def test_revoking_an_admin_says_what_falls_with_it(three: Three) -> None:
    a, b, c = three
    chart = started(a, b, "admin")
    b.node.grant(chart, to="C", lanes=ALL_LANES, history=True)
    level(a, b, c)
    done = a.node.revoke(chart, from_="B")
    assert done["also_ended"] == ["C"]
    a.add(chart, observation("after", "p1"))
    level(a, b, c)
    assert "after" not in ids(b) | ids(c)


# -- refusals


def test_a_grant_without_a_card_is_refused_with_the_hint(clinic: Make) -> None:
    a = clinic("A")
    a.take(patient("p1"))
    before = a.everything_written()
    stranger = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    for who in ("B", stranger, "did:ethr:0x" + "11" * 20):
        with pytest.raises(PeerUnknown) as caught:
            a.node.grant("all", to=who, lanes=ALL_LANES)
        assert "peer add" in str(caught.value.hint)
    assert a.everything_written() == before
    assert a.node.context.store.standing_rules.standing() == []


@pytest.mark.parametrize(
    "terms",
    [
        {"lanes": ["nonsense"]},
        {"lanes": []},
        {"lanes": ["access"]},
        {"rights": "own"},
        {"basis": "whim"},
        {"given_by": "nobody"},
        {"how": "nod"},
        {"until": "tomorrow"},
    ],
)
def test_terms_that_make_no_sense_are_refused_and_change_nothing(
    two: Two, terms: dict[str, object]
) -> None:
    a, _ = two
    a.take(patient("p1"))
    before = a.everything_written()
    wanted: dict[str, object] = {"to": "B", "lanes": ALL_LANES, **terms}
    with pytest.raises(BadRequest):
        a.node.grant("all", **wanted)  # type: ignore[arg-type]  # a table of what is wrong
    assert a.everything_written() == before
    assert a.node.context.store.standing_rules.standing() == []


def test_charts_that_are_not_held_are_not_found(two: Two) -> None:
    a, _ = two
    for act in (a.node.chart_show, a.node.chart_history, a.node.conflicts):
        with pytest.raises(NotFound):
            act("abcdefgh")
    with pytest.raises(NotFound):
        a.node.grant("abcdefgh", to="B", lanes=ALL_LANES)


# -- until


def test_a_grant_ends_when_its_time_is_over(two: Two) -> None:
    a, b = two
    a.take(patient("p1"))
    (chart,) = a.charts()
    end_milliseconds = a.clock.milliseconds + 2 * DAY_MILLISECONDS
    until = datetime.fromtimestamp(end_milliseconds / 1000, UTC).isoformat()
    a.node.grant(chart, to="B", lanes=ALL_LANES, history=True, until=until)
    synced(b, a)
    a.add(chart, observation("during", "p1"))
    synced(b, a)
    b.add(chart, observation("by-b", "p1"))
    for one in (a, b):
        one.clock.milliseconds = end_milliseconds + 60_000
    a.add(chart, observation("after", "p1"))
    synced(b, a)
    assert ids(b) == {"p1", "during", "by-b"}
    assert b.refused(chart, observation("too-late", "p1"))
    assert ids(a) == {"p1", "during", "by-b", "after"}  # deposited; expiry never unmerges
    states = {line["state"] for line in a.node.chart_show(chart)["access"] if line["to"] == "B"}  # type: ignore[attr-defined]  # a list
    assert states == {"expired"}


def test_an_expired_reader_is_given_no_key_of_what_is_written_after(two: Two) -> None:
    a, b = two
    a.take(patient("p1"))
    (chart,) = a.charts()
    until = datetime.fromtimestamp(a.clock.milliseconds / 1000 + 3600, UTC).isoformat()
    a.node.grant(chart, to="B", lanes=ALL_LANES, history=True, until=until)
    synced(b, a)
    a.clock.milliseconds += 2 * 3600 * 1000
    a.add(chart, observation("after", "p1"))
    synced(b, a)  # B's clock stands still: it still believes that it may
    assert ids(b) == {"p1"}
    held = set(b.replica(chart).keyring.held)
    written = {
        operation.prefix.epoch
        for operation in a.replica(chart).operations.values()
        if operation.prefix.lane == a.charter(chart).lane("care")
    }
    newest = max(
        (o for o in a.replica(chart).operations.values() if o.prefix.epoch in written),
        key=lambda operation: operation.prefix.stamp,
    )
    assert newest.prefix.epoch not in held


# -- rights


def test_a_relay_right_carries_and_neither_reads_nor_writes(three: Three) -> None:
    a, b, c = three
    chart = started(a, b, "relay")
    a.node.grant(chart, to="C", lanes=ALL_LANES, history=True)
    synced(b, a)
    synced(c, b)
    assert exported(b) == []
    assert ids(c) == {"p1", "before"}
    assert b.refused(chart, observation("no", "p1"))
    with pytest.raises(NoStanding):
        b.node.grant(chart, to="C", lanes=ALL_LANES)


def test_a_reader_reads_and_writes_nothing(two: Two) -> None:
    a, b = two
    chart = started(a, b, "read")
    assert ids(b) == {"p1", "before"}
    before = b.everything_written()
    assert "append" in b.refused(chart, observation("no", "p1"))[0]
    with pytest.raises(NoStanding):
        b.node.grant(chart, to="A", lanes=ALL_LANES)
    with pytest.raises(NothingToRevoke):
        b.node.revoke(chart, from_="A")
    assert b.everything_written() == before
    assert ids(a) == ids(b)


def test_an_appender_writes_and_neither_grants_nor_accepts(three: Three) -> None:
    a, b, c = three
    chart = started(a, b, "append")
    a.node.grant(chart, to="C", lanes=ALL_LANES, history=True)
    level(a, b, c)
    with pytest.raises(NoStanding):
        b.node.grant(chart, to="C", lanes=["care"])
    with pytest.raises(NothingToRevoke):
        b.node.revoke(chart, from_="C")
    a.node.revoke(chart, from_="C")
    c.add(chart, observation("late", "p1"))
    synced(c, a)
    synced(b, a)
    (waiting,) = b.quarantined()
    with pytest.raises(NoStanding):
        b.node.quarantine_accept(waiting)
    assert "late" not in ids(b)
    b.add(chart, observation("b1", "p1"))
    synced(b, a)
    assert "b1" in ids(a)


def test_an_admin_grants_revokes_and_accepts(three: Three) -> None:
    a, b, c = three
    chart = started(a, b, "admin")
    b.node.grant(chart, to="C", lanes=ALL_LANES, history=True)
    level(a, b, c)
    c.add(chart, observation("c1", "p1"))
    level(a, b, c)
    assert ids(a) == ids(b) == ids(c)
    b.node.revoke(chart, from_="C")
    c.add(chart, observation("late", "p1"))
    synced(c, b)
    (waiting,) = b.quarantined()
    b.node.quarantine_accept(waiting)
    synced(a, b)
    assert "late" in ids(a) & ids(b)
    with pytest.raises(NothingToRevoke):
        b.node.revoke(chart, from_=a.organisation)  # nobody ends what is above


def test_an_admin_of_one_lane_cannot_give_another(three: Three) -> None:
    a, b, _ = three
    a.take(patient("p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=["care"], rights="admin")
    synced(b, a)
    before = b.everything_written()
    with pytest.raises(NoStanding):
        b.node.grant(chart, to="C", lanes=["care", "sensitive"])
    assert b.everything_written() == before


def test_one_may_end_ones_own_access(two: Two) -> None:
    a, b = two
    chart = started(a, b)
    b.node.revoke(chart, from_="self")
    assert b.refused(chart, observation("no", "p1"))
    synced(b, a)
    a.add(chart, observation("after", "p1"))
    synced(b, a)
    assert "after" not in ids(b)
    assert a.quarantined() == {}


def test_somebody_who_holds_append_and_no_read_in_sensitive_sees_none_of_it(two: Two) -> None:
    a, b = two
    a.take(patient("p1"))
    (chart,) = a.charts()
    a.node.record_add(
        chart,
        "s",
        b'{"resourceType":"Condition","id":"s1","subject":{"reference":"Patient/p1"}}',
        lane="sensitive",
    )
    a.node.grant(chart, to="B", lanes=["summary", "care"], history=True)
    synced(b, a)
    b.add(chart, allergy("al", "p1"))
    synced(b, a)
    assert ids(b) == {"p1", "al"}
    assert ids(a) == {"p1", "al", "s1"}


@pytest.mark.parametrize(
    ("named", "reaches"),
    [
        (("all",), {"summary", "care", "sensitive"}),
        (("access", "care"), {"care"}),
        (("care", "care"), {"care"}),
    ],
)
def test_lanes_may_be_named_all_and_access_comes_with_any(
    two: Two, named: tuple[str, ...], reaches: set[str]
) -> None:
    a, _ = two
    a.take(patient("p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=named)
    access = a.node.chart_show(chart)["access"]
    assert isinstance(access, list)
    assert [set(line["lanes"]) for line in access if line["to"] == "B"] == [reaches]


@pytest.mark.parametrize("named", [(), ("access",), ("kare",)])
def test_lanes_that_are_none_are_refused(two: Two, named: tuple[str, ...]) -> None:
    a, _ = two
    a.take(patient("p1"))
    with pytest.raises(BadRequest):
        a.node.grant(a.charts()[0], to="B", lanes=named)
