"""A process that dies while it shreds: nothing half or lost, and it goes on at the next start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import ALL_LANES, DAY_MILLISECONDS, Clinic, level, observation
from shredding_ward import HOLD_DAYS, Ward, days, names, shreds, state, traces
from test_node_crashes import PowerCutError, power_cut


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    made = Ward(tmp_path)
    yield made
    for clinic in made.all:
        clinic.crash()


def ready(ward: Ward, *lanes: str) -> None:
    """A shred is due at A at the next look, and there is something beyond its cut."""
    ward.shred(*lanes)
    ward.c.add(ward.chart, observation("late", "p1"))
    level(*ward.all)
    days(HOLD_DAYS, ward.a)
    assert state(ward.a) == "on hold"
    ward.a.clock.milliseconds += 2 * DAY_MILLISECONDS


def bodies_of(clinic: Clinic, chart: str, lane: str) -> list[bytes]:
    charter = clinic.charter(chart)
    store = clinic.node.context.store
    listed = store.operations.of_lane(charter.chart, charter.lane(lane))
    return [one.body for one in listed if one.body is not None]


@pytest.mark.parametrize("at", [1, 3, 6, 10, 15, 20, 30, 40, 50, 60, 70, 80, 85, 90, 95, 100])
def test_cut_off_at_any_write_it_is_whole_or_not_begun_and_is_finished(ward: Ward, at: int) -> None:
    ready(ward, "care")
    gone = bodies_of(ward.a, ward.chart, "care")[:-1]  # all but the one beyond the cut
    with power_cut(ward.a, at), pytest.raises(PowerCutError):
        ward.a.node.settle()
    ward.a.crash()
    ward.a.open()  # which settles
    (one,) = shreds(ward.a)
    assert one["state"] == "destroyed"
    assert one["written_again"] == 1
    assert "Observation/late" in names(ward.a)
    assert "Observation/o1" not in names(ward.a)
    assert one["found"] == 0
    assert traces(ward.a, gone, []) == 0
    assert ward.a.audit_ok()
    level(*ward.all)
    days(HOLD_DAYS + 3, ward.b, ward.c)
    level(*ward.all)
    for clinic in ward.all:
        assert [one["id"] for one in clinic.resources()].count("late") == 1
        assert clinic.conflicts() == []


def test_every_moment_of_a_shred_shows_all_or_nothing(ward: Ward) -> None:
    """Bodies are never gone while what is beyond the cut is not yet written again."""
    ready(ward, "care")
    seen = set()
    for at in range(1, 130, 2):
        with power_cut(ward.a, at):
            try:
                ward.a.node.settle()
            except PowerCutError:
                pass
            else:
                break
        database = ward.a.node.context.store.database
        if database.connection.in_transaction:
            database.connection.rollback()
        ward.a.node._charts.forget_all()
        found = names(ward.a)
        assert "Observation/late" in found
        seen.add("Observation/o1" in found)
    assert True in seen


def test_the_check_that_was_cut_off_is_made_up_for_at_the_next_start(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(ward)
    with monkeypatch.context() as patch:
        patch.setattr("node.application.destroying.shredder.Shredder.check", lambda _: None)
        ward.a.node.settle()
    assert state(ward.a) == "not checked yet"
    ward.a.restart()
    (one,) = shreds(ward.a)
    assert one["state"] == "destroyed"
    assert (one["pages"] > 0, one["found"]) == (True, 0)


def test_the_bytes_are_gone_from_the_real_files(ward: Ward) -> None:
    ward.shred()
    level(*ward.all)
    store = ward.a.node.context.store
    charter = ward.a.charter(ward.chart)
    contents = [body for lane in ALL_LANES for body in bodies_of(ward.a, ward.chart, lane)]
    lanes = {charter.lane(lane) for lane in ALL_LANES}
    held = [one for one in store.epoch_keys.of_chart(charter.chart) if one.lane in lanes]
    old = {one.prefix.epoch for one in store.operations.of_chart(charter.chart)}
    keys = [bytes(one.key) for one in held if one.epoch in old]
    words = ["Amara Okafor".encode(encoding) for encoding in ("utf-8", "utf-16-le")]
    assert len(keys) == 3
    for things in ([contents[0]], [keys[0]]):
        assert traces(ward.a, things, []) > 0
    assert traces(ward.a, [], words) > 0
    days(HOLD_DAYS + 2, ward.a)
    assert traces(ward.a, contents + keys, words) == 0


@pytest.mark.parametrize("broken", ["checkpoint", "secure_delete"])
def test_a_shred_that_leaves_bytes_says_so(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    ready(ward)
    store = ward.a.node.context.store
    store.checkpoint()
    monkeypatch.setattr("node.store.database.Database.compact", lambda _: None)
    if broken == "checkpoint":
        monkeypatch.setattr("node.store.database.Database.checkpoint", lambda _: None)
    else:
        store.database.rows("PRAGMA secure_delete = OFF")
    ward.a.node.settle()
    (one,) = shreds(ward.a)
    assert one["found"] > 0
    doctor = ward.a.node.doctor()
    assert doctor["ok"] is False
    monkeypatch.undo()


def test_a_page_where_cells_were_moved_is_written_anew(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite can leave a copy of what it moved between pages, even when it deletes securely."""
    ready(ward)
    store = ward.a.node.context.store
    store.database.rows("PRAGMA secure_delete = OFF")
    ward.a.node.settle()
    (one,) = shreds(ward.a)
    assert one["found"] == 0


def test_one_home_of_a_thousand_texts_is_searched_in_one_pass(tmp_path: Path) -> None:
    ward = Ward(tmp_path)
    try:
        many = [observation(f"m{place}", "p1", place) for place in range(300)]
        ward.a.add(ward.chart, *many)
        ward.shred("care")
        contents = bodies_of(ward.a, ward.chart, "care")
        days(HOLD_DAYS + 2, ward.a)
        (one,) = shreds(ward.a)
        assert (one["bodies"], one["found"]) == (len(contents), 0)
        assert traces(ward.a, contents, []) == 0
    finally:
        for clinic in ward.all:
            clinic.crash()
