"""Late operations of a revoked writer: kept, carried, labelled alike, accepted; vouches."""

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Three,
    Two,
    allergy,
    exported,
    level,
    observation,
    patient,
    prescription,
    synced,
)

from node.application.errors import NotFound
from sync.acts import Vouch


def ids(clinic: Clinic) -> set[str]:
    return {str(one["id"]) for one in clinic.resources()}


def everybody_holds(a: Clinic, *others: Clinic, rights: str = "append") -> str:
    a.take(patient("p1"))
    for other in others:
        a.node.grant("all", to=other.name, lanes=ALL_LANES, rights=rights, history=True)
    level(a, *others)
    (chart,) = a.charts()
    return chart


def vouches(clinic: Clinic, chart: str) -> list[Vouch]:
    return [
        act
        for deed in clinic.replica(chart).deeds.values()
        for act in deed.acts
        if isinstance(act, Vouch)
    ]


def test_late_operations_wait_everywhere_with_the_same_labels(three: Three) -> None:
    a, b, c = three
    chart = everybody_holds(a, b, c)
    a.node.revoke("all", from_="B")
    b.add(chart, observation("late", "p1"))
    synced(b, c)  # C does not know of the revocation yet: it merges, and owes a vouch later
    assert "late" in ids(c)
    synced(a, b)
    assert "late" not in ids(a)
    assert list(a.quarantined().values()) == [["Observation/late"]]
    (listed,) = a.node.quarantine()
    assert listed["author"] == "B"
    assert listed["why"]
    level(a, c)
    level(a, b)
    # C had merged it before learning: its vouch counts for all who are served it.
    assert "late" in ids(a) & ids(c)
    assert a.quarantined() == c.quarantined() == {}
    assert len(vouches(a, chart)) == 1
    assert list(b.quarantined().values()) == [["Observation/late"]]  # kept at its author's


def test_nobody_vouches_for_what_came_after_learning(three: Three) -> None:
    a, b, c = three
    chart = everybody_holds(a, b, c)
    a.node.revoke("all", from_="B")
    b.add(chart, observation("late", "p1"))
    synced(a, c)
    synced(b, c)
    synced(a, c)
    synced(b, a)
    (waiting,) = a.quarantined()
    assert a.quarantined() == c.quarantined() == b.quarantined()
    assert "late" not in ids(a) | ids(c)
    assert vouches(a, chart) == vouches(c, chart) == []
    for one in (a, b, c):
        labels = {str(line["operation"]): line["labels"] for line in one.node.chart_history(chart)}
        assert "quarantined" in labels[waiting]  # type: ignore[operator]  # a list
    a.node.quarantine_accept(waiting)
    level(a, c)
    level(a, b)
    assert "late" in ids(a) & ids(c)
    assert a.quarantined() == c.quarantined() == {}
    assert exported(a) == exported(c)
    with pytest.raises(NotFound):
        a.node.quarantine_accept(waiting)


def test_several_late_operations_are_accepted_one_by_one(two: Two) -> None:
    a, b = two
    chart = everybody_holds(a, b)
    a.node.revoke("all", from_="B")
    for place in range(3):
        b.add(chart, observation(f"late{place}", "p1"))
    synced(b, a)
    waiting = a.quarantined()
    assert len(waiting) == 3
    for place, operation in enumerate(sorted(waiting)):
        a.node.quarantine_accept(operation)
        assert len(a.quarantined()) == 2 - place
    assert {"late0", "late1", "late2"} <= ids(a)
    assert a.audit_ok()


def test_what_the_revoker_had_merged_stays_merged(two: Two) -> None:
    a, b = two
    chart = everybody_holds(a, b)
    b.add(chart, observation("in-time", "p1"))
    synced(b, a)
    a.node.revoke("all", from_="B")
    assert "in-time" in ids(a)
    assert a.quarantined() == {}
    synced(b, a)
    assert "in-time" in ids(b)


def test_a_quarantined_allergy_and_a_stop_are_on_the_banner(two: Two) -> None:
    a, b = two
    chart = everybody_holds(a, b)
    a.add(chart, prescription("rx", "p1"))
    synced(a, b)
    a.node.revoke("all", from_="B")
    b.add(chart, allergy("al", "p1"))
    b.add(chart, {**prescription("rx", "p1"), "status": "stopped"})
    b.add(chart, observation("plain", "p1"))
    synced(b, a)
    banner = a.node.chart_show(chart)["banner"]
    assert isinstance(banner, list)
    assert {line["resource"] for line in banner} == {
        "AllergyIntolerance/al",
        "MedicationRequest/rx",
    }
    assert a.resource("MedicationRequest", "rx")["status"] == "active"
    assert a.node.charts()[0]["quarantined"] == 3


def test_a_relay_carries_what_waits(carried: Three) -> None:
    a, b, r = carried
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    level(a, r)
    level(b, r)
    (chart,) = b.charts()
    a.node.revoke("all", from_="B")
    synced(a, r)
    b.add(chart, observation("late", "p1"))
    synced(b, r)  # deposited at the relay by its author
    synced(a, r)
    assert list(a.quarantined().values()) == [["Observation/late"]]


def test_after_a_loss_only_a_person_takes_anything_in(three: Three) -> None:
    a, b, c = three
    chart = everybody_holds(a, b, c)
    b.add(chart, observation("before", "p1"))
    synced(b, a)
    synced(a, c)
    a.node.revoke("all", from_="B", lost=True)
    b.add(chart, observation("thief", "p1"))
    synced(b, c)  # C merges what it does not know better of
    level(a, c)
    assert "thief" not in ids(a) | ids(c)
    assert "before" in ids(a) & ids(c)
    (waiting,) = a.quarantined()
    assert c.quarantined() == a.quarantined()
    assert vouches(a, chart) == []
    a.node.quarantine_accept(waiting)
    level(a, c)
    assert "thief" in ids(a) & ids(c)


def test_a_vouch_owed_outlives_a_restart(three: Three) -> None:
    a, b, c = three
    chart = everybody_holds(a, b, c)
    b.add(chart, observation("seen-by-c", "p1"))
    synced(b, c)
    a.node.revoke("all", from_="B")
    synced(a, c, settle=False)
    for one in (a, c):
        one.restart()
    level(a, c)
    assert "seen-by-c" in ids(a) & ids(c)
    assert a.quarantined() == c.quarantined() == {}


def test_a_revoked_vouchers_word_counts_no_more_than_it_had(three: Three) -> None:
    a, b, c = three
    chart = everybody_holds(a, b, c)
    b.add(chart, observation("seen-by-c", "p1"))
    synced(b, c)
    a.node.revoke("all", from_="B")
    a.node.revoke("all", from_="C")
    level(a, c)
    synced(b, a)
    # C's vouch would be written under what is revoked: it waits for a person, and is kept.
    held = {bytes(operation) for operation in a.replica(chart).operations}
    waiting = a.quarantined()
    assert list(waiting.values()) == [["Observation/seen-by-c"]]
    assert "seen-by-c" not in ids(a)
    a.node.quarantine_accept(next(iter(waiting)))
    assert "seen-by-c" in ids(a)
    assert held <= a.everything_written()


def test_two_admins_who_revoke_each_other_both_stay_ended_and_nothing_is_lost(
    three: Three,
) -> None:
    a, b, c = three
    chart = everybody_holds(a, b, c, rights="admin")
    b.node.grant(chart, to="C", lanes=ALL_LANES, rights="admin")
    level(a, b, c)
    b.add(chart, observation("b1", "p1"))
    c.add(chart, observation("c1", "p1"))
    a.node.revoke(chart, from_="B")
    a.node.revoke(chart, from_="C")
    level(a, b, c)
    for one in (a, b, c):
        assert one.audit_ok()
    shown = {str(one["id"]) for one in a.resources()}
    waiting = {name for names in a.quarantined().values() for name in names}
    for written in ("b1", "c1"):
        assert written in shown or f"Observation/{written}" in waiting
