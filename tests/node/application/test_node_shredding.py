"""Shredding on whole nodes: the hold, what goes, what stays, and who learns of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import ALL_LANES, DAY_MILLISECONDS, level, made_clinic, observation, pair, synced
from shredding_ward import HOLD_DAYS, Ward, days, names, shreds, state, traces

from node.application.errors import BadRequest, NoStanding, NotFound
from node.keystore.recovery import words_from_entropy


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    made = Ward(tmp_path)
    yield made
    for clinic in made.all:
        clinic.crash()


def test_a_chart_is_read_and_written_during_the_hold_and_gone_everywhere_after(ward: Ward) -> None:
    done = ward.shred()
    assert done["lanes"] == list(ALL_LANES)
    level(*ward.all)
    for clinic in ward.all:
        assert state(clinic) == "on hold"
        (marked,) = [one for one in clinic.node.charts() if one["shred"]]
        assert marked["chart"] == ward.chart
        assert "Observation/o1" in names(clinic)
    days(HOLD_DAYS - 1, *ward.all)
    for clinic in ward.all:
        assert state(clinic) == "on hold"
        assert "Observation/o1" in names(clinic)
    days(3, *ward.all)
    for clinic in ward.all:
        (one,) = shreds(clinic)
        assert one["state"] == "destroyed"
        assert one["bodies"] == 5  # the patient and allergy, the observation, and three covers
        assert one["keys"] >= 3
        assert one["pages"] > 10
        assert one["found"] == 0
        assert names(clinic) == {"Patient/p2", "Observation/o2"}
        assert [ward.bodies(clinic, lane) for lane in ALL_LANES] == [0, 0, 0]
        assert clinic.node.search("Okafor") == []
        assert clinic.audit_ok()
        assert clinic.node.doctor()["ok"] is True
    level(*ward.all)
    for clinic in ward.all:
        assert names(clinic) == {"Patient/p2", "Observation/o2"}


def test_only_a_root_shreds_and_cancels_and_holds_are_long(ward: Ward) -> None:
    wrong = words_from_entropy(bytes(32))
    with pytest.raises(NoStanding):
        ward.a.node.shred(ward.chart, lanes=(), hold_days=HOLD_DAYS, recovery=wrong)
    for hold_days in (0, 29, 100_000):
        with pytest.raises(BadRequest):
            ward.a.node.shred(ward.chart, lanes=(), hold_days=hold_days, recovery=ward.words)
    with pytest.raises(BadRequest):
        ward.a.node.shred(ward.chart, lanes=("access",), hold_days=30, recovery=ward.words)
    with pytest.raises(NotFound):
        ward.cancel()
    assert shreds(ward.a) == []
    ward.shred()
    with pytest.raises(NoStanding):
        ward.a.node.shred_cancel(ward.chart, recovery=wrong)
    assert state(ward.a) == "on hold"


def test_a_cancelled_shred_destroys_nothing_anywhere(ward: Ward) -> None:
    ward.shred()
    level(*ward.all)
    days(20, *ward.all)
    before = names(ward.a)
    assert ward.cancel() == {"chart": ward.chart, "cancelled": 1, "too_late": 0}
    level(*ward.all)
    days(40, *ward.all)
    for clinic in ward.all:
        assert state(clinic) == "cancelled"
        assert names(clinic) == before
        assert all(one["shred"] is None for one in clinic.node.charts())


def test_a_lane_goes_and_the_rest_of_the_chart_lives_on(ward: Ward) -> None:
    ward.shred("care")
    level(*ward.all)
    days(HOLD_DAYS + 2, *ward.all)
    for clinic in ward.all:
        assert names(clinic) & {"Patient/p1", "AllergyIntolerance/a1"}
        assert "Observation/o1" not in names(clinic)
        assert shreds(clinic)[0]["found"] == 0
    ward.b.add(ward.chart, observation("o9", "p1"))
    level(*ward.all)
    for clinic in ward.all:
        assert "Observation/o9" in names(clinic)
        assert "Observation/o1" not in names(clinic)
        assert clinic.audit_ok()


def test_what_was_written_by_who_did_not_know_is_written_again_and_stays(ward: Ward) -> None:
    ward.shred("care")
    ward.c.add(ward.chart, observation("late", "p1", 38.0))  # under the epoch that goes
    ward.c.add(ward.chart, observation("late", "p1", 39.5))
    level(*ward.all)
    before = {clinic.name: ward.bodies(clinic) for clinic in ward.all}
    days(HOLD_DAYS + 2, *ward.all)
    level(*ward.all)
    for clinic in ward.all:
        (late,) = [one for one in clinic.resources() if one["id"] == "late"]
        assert late["valueQuantity"]["value"] == 39.5
        history = [one for one in clinic.resources(history=True) if one["id"] == "late"]
        assert [one["valueQuantity"]["value"] for one in history][-1] == 39.5
        assert 38.0 in [one["valueQuantity"]["value"] for one in history]
        assert "Observation/o1" not in names(clinic)
        assert clinic.conflicts() == []
        (one,) = shreds(clinic)
        assert one["state"] == "destroyed"
        assert one["waiting"] == 0
        assert clinic.audit_ok()
    assert before["A"] > 0
    assert len({str(sorted(names(clinic))) for clinic in ward.all}) == 1


def test_each_who_shreds_alone_writes_again_and_all_agree_when_they_meet(ward: Ward) -> None:
    ward.shred("care")
    ward.c.add(ward.chart, observation("late", "p1", 38.0))
    level(*ward.all)
    for clinic in ward.all:
        days(HOLD_DAYS + 2, clinic)  # nobody meets anybody meanwhile
        assert shreds(clinic)[0]["written_again"] == 1
        assert "Observation/late" in names(clinic)
    level(*ward.all)
    for clinic in ward.all:
        assert [one["id"] for one in clinic.resources()].count("late") == 1
        assert clinic.conflicts() == []
        assert clinic.audit_ok()


def test_a_body_that_was_destroyed_never_comes_back(ward: Ward) -> None:
    ward.shred()
    level(*ward.all)
    days(HOLD_DAYS + 2, ward.a, ward.b)
    assert state(ward.c) == "on hold"
    assert ward.bodies(ward.c) > 0
    level(*ward.all)
    ward.a.restart()
    level(*ward.all)
    for clinic in (ward.a, ward.b):
        assert [ward.bodies(clinic, lane) for lane in ALL_LANES] == [0, 0, 0]
        assert "Observation/o1" not in names(clinic)
    assert "Observation/o1" in names(ward.c)  # its own hold is not over
    days(HOLD_DAYS + 2, ward.c)
    assert "Observation/o1" not in names(ward.c)
    held = {frozenset(clinic.everything_written()) for clinic in ward.all}
    level(*ward.all)
    assert held == {frozenset(clinic.everything_written()) for clinic in ward.all}
    assert len(held) == 1


def test_who_comes_later_gets_headers_and_what_stayed(ward: Ward, tmp_path: Path) -> None:
    ward.shred("care")
    level(*ward.all)
    days(HOLD_DAYS + 2, *ward.all)
    ward.a.add(ward.chart, observation("after", "p1"))
    late = made_clinic(tmp_path / "D", "D", 3, clock=ward.a.clock.milliseconds)
    try:
        pair(*ward.all, late)
        ward.a.node.grant("all", to="D", lanes=ALL_LANES, history=True)
        level(ward.a, late)
        assert names(late) == names(ward.a)
        assert late.everything_written() == ward.a.everything_written()
        assert ward.bodies(late) == ward.bodies(ward.a)
        assert late.audit_ok()
        level(*ward.all, late)
    finally:
        late.crash()


def test_a_body_that_no_shred_explains_is_not_withheld_from_anybody(ward: Ward) -> None:
    ward.b.add(ward.chart, observation("o5", "p1"))
    store = ward.b.node.context.store
    charter = ward.b.charter(ward.chart)
    listed = store.operations.of_lane(charter.chart, charter.lane("care"))
    store.operations.destroy_bodies(charter.chart, [listed[-1].id])
    ward.b.restart()
    outcome, _ = synced(ward.a, ward.b)
    assert dict(outcome.refused) == {"its body was withheld": 1}
    assert "Observation/o5" not in names(ward.a)
    assert listed[-1].id not in ward.a.everything_written()
    assert ward.a.audit_ok()
    found = ward.b.node.audit_verify()
    assert found["ok"] is False


def test_a_clock_that_jumps_ahead_destroys_nothing_by_itself(ward: Ward) -> None:
    ward.shred()
    level(*ward.all)
    before = names(ward.b)
    ward.b.clock.milliseconds += 2 * 365 * DAY_MILLISECONDS
    for _ in range(5):
        ward.b.node.settle()
    assert state(ward.b) == "on hold"
    ward.b.clock.milliseconds -= 2 * 365 * DAY_MILLISECONDS
    days(HOLD_DAYS - 5, *ward.all)
    assert state(ward.b) == "on hold"
    assert names(ward.b) == before
    days(7, *ward.all)
    assert [state(clinic) for clinic in ward.all] == ["destroyed"] * 3


def test_a_node_that_was_off_for_months_believes_its_clock_when_another_agrees(ward: Ward) -> None:
    ward.shred()
    level(*ward.all)
    for clinic in ward.all:
        clinic.clock.milliseconds += 90 * DAY_MILLISECONDS
    ward.b.node.settle()
    assert state(ward.b) == "on hold"  # nobody says so but its own clock
    ward.a.add(ward.other, observation("o7", "p2"))
    synced(ward.c, ward.a)
    assert state(ward.c) == "destroyed"


def test_a_shred_ordered_by_a_clock_that_is_behind_still_waits_the_hold_out(ward: Ward) -> None:
    now = ward.a.clock.milliseconds
    ward.a.clock.milliseconds -= 400 * DAY_MILLISECONDS
    ward.shred()
    ward.a.clock.milliseconds = now
    level(*ward.all)
    days(HOLD_DAYS - 2, *ward.all)
    for clinic in ward.all:
        assert state(clinic) == "on hold"
        assert "Observation/o1" in names(clinic)
    days(4, *ward.all)
    assert [state(clinic) for clinic in ward.all] == ["destroyed"] * 3


def test_rule_18_off_loses_what_was_written_by_who_did_not_know(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.application.destroying.shredder.beyond_cut", lambda *_: [])
    ward.shred("care")
    ward.c.add(ward.chart, observation("late", "p1"))
    level(*ward.all)
    days(HOLD_DAYS + 2, *ward.all)
    level(*ward.all)
    assert all("Observation/late" not in names(clinic) for clinic in ward.all)


def test_who_may_only_read_keeps_the_key_until_somebody_has_written_again(ward: Ward) -> None:
    ward.a.node.revoke(ward.chart, from_="B")
    ward.a.node.grant(ward.chart, to="B", lanes=ALL_LANES, rights="read", history=True)
    level(*ward.all)
    ward.c.add(ward.chart, observation("o6", "p1"))  # makes the epoch that is to go
    level(*ward.all)
    ward.shred("care")
    ward.c.add(ward.chart, observation("late", "p1"))
    level(*ward.all)
    days(HOLD_DAYS + 2, ward.b)
    (one,) = shreds(ward.b)
    assert (one["state"], one["waiting"]) == ("keys wait", 1)
    kept = one["keys"]
    assert "Observation/late" in names(ward.b)
    assert "Observation/o6" not in names(ward.b)  # bodies go all the same
    days(HOLD_DAYS + 2, ward.a)
    level(ward.a, ward.b)
    (one,) = shreds(ward.b)
    assert (one["state"], one["waiting"]) == ("destroyed", 0)
    assert one["keys"] == kept + 1
    assert "Observation/late" in names(ward.b)


def test_what_waits_in_quarantine_is_neither_lost_nor_made_new(ward: Ward) -> None:
    ward.a.node.revoke(ward.chart, from_="C")
    ward.shred("care")
    ward.c.add(ward.chart, observation("late", "p1"))
    synced(ward.c, ward.a)
    days(HOLD_DAYS + 2, ward.a)
    assert state(ward.a) == "keys wait"
    assert "Observation/o1" not in names(ward.a)
    (waiting,) = ward.a.quarantined().items()
    assert waiting[1] == ["Observation/late"]
    ward.a.node.quarantine_accept(waiting[0])
    ward.a.node.settle()
    assert state(ward.a) == "destroyed"
    assert "Observation/late" in names(ward.a)
    ward.a.restart()
    assert "Observation/late" in names(ward.a)


def test_a_second_shred_takes_what_was_written_again_for_the_first(ward: Ward) -> None:
    ward.shred("care")
    ward.c.add(ward.chart, observation("late", "p1"))
    level(*ward.all)
    days(HOLD_DAYS + 2, *ward.all)
    level(*ward.all)
    assert all("Observation/late" in names(clinic) for clinic in ward.all)
    ward.shred("care")
    level(*ward.all)
    days(HOLD_DAYS + 2, *ward.all)
    level(*ward.all)
    for clinic in ward.all:
        assert "Observation/late" not in names(clinic)
        assert clinic.audit_ok()


def test_what_a_later_shred_covers_is_not_written_again_for_an_earlier_one(ward: Ward) -> None:
    ward.shred("care")
    ward.c.add(ward.chart, observation("late", "p1"))
    level(*ward.all)
    days(10, *ward.all)
    ward.shred("care")
    level(*ward.all)
    days(HOLD_DAYS - 8, *ward.all)
    for clinic in ward.all:
        assert {one["state"] for one in shreds(clinic)} == {"keys wait", "on hold"}
        assert "Observation/late" in names(clinic)
    days(12, *ward.all)
    for clinic in ward.all:
        assert {one["state"] for one in shreds(clinic)} == {"destroyed"}
        assert "Observation/late" not in names(clinic)


def test_attachments_go_with_their_lane_and_those_beyond_the_cut_are_sealed_anew(
    ward: Ward,
) -> None:
    large = {**observation("large", "p1"), "note": [{"text": "first " * 40_000}]}
    later = {**observation("later", "p1"), "note": [{"text": "later " * 40_000}]}
    ward.a.add(ward.chart, large)
    level(*ward.all)
    store = ward.a.node.context.store
    charter = ward.a.charter(ward.chart)
    care = charter.lane("care")
    (manifest,) = store.attachments.manifests(charter.chart, care)
    pieces = [store.attachments.piece(charter.chart, care, name) for name in manifest.held]
    held = [piece for piece in pieces if piece is not None]
    assert held
    assert traces(ward.a, held, []) > 0
    ward.shred("care")
    ward.c.add(ward.chart, later)
    level(*ward.all)
    days(HOLD_DAYS + 2, *ward.all)
    level(*ward.all)
    for clinic in ward.all:
        assert state(clinic) == "destroyed"
        (found,) = [one for one in clinic.resources() if one["id"] == "later"]
        assert found == later
        assert "Observation/large" not in names(clinic)
        assert clinic.audit_ok()
    assert traces(ward.a, held, []) == 0
