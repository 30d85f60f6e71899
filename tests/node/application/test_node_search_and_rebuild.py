"""Search as a node answers it, and what is derived made anew."""

from typing import Any

import pytest
from clinics import ALL_LANES, Clinic, Make, Two, observation, patient, synced

from node.application.progress import Progress

DERIVED = ("faces", "conflicts", "quarantine", "versions", "sources", "homes")


@pytest.fixture
def a(clinic: Make) -> Clinic:
    return clinic("A")


def derived(clinic: Clinic) -> dict[str, list[tuple[Any, ...]]]:
    """All that is made from operations; ids of spellings, which may be given anew, as texts."""
    database = clinic.node.context.store.database
    found = {
        table: sorted(database.rows(f"SELECT * FROM {table}"))  # noqa: S608
        for table in DERIVED
    }
    found["named"] = sorted(
        database.rows("SELECT text, n FROM named JOIN spellings USING (spelling)")
    )
    found["sounds"] = sorted(
        database.rows("SELECT text, sound FROM sounds JOIN spellings USING (spelling)")
    )
    found["numbered"] = sorted(database.rows("SELECT * FROM numbered"))
    found["people"] = sorted(database.rows("SELECT n, person FROM matching_people"))
    return found


def found_by(clinic: Clinic, text: str) -> list[tuple[str, str]]:
    return [(str(one["name"]), str(one["match"])) for one in clinic.node.search(text)]


def full(two: Two) -> tuple[Clinic, Clinic]:
    """Two clinics with several charts, a conflict, and what waits."""
    a, b = two
    for number, name in enumerate(("Ngozi Adeyemi", "Amina Hassan", "Ravi Kumar", "王 小明")):
        a.take(patient(f"p{number}", name), observation(f"o{number}", f"p{number}", 37.0))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    chart = a.node.search("ngozi")[0]["chart"]
    assert isinstance(chart, str)
    a.add(chart, patient("p0", "Ngozi Balogun"))
    b.add(chart, patient("p0", "Ngozi Okafor"))
    synced(b, a)
    return a, b


def test_age_is_reckoned_by_the_nodes_clock(a: Clinic) -> None:
    a.take({**patient("p1", "Ngozi Adeyemi"), "birthDate": "1984-03-02"})
    assert found_by(a, "ngozi 42") == [("Ngozi Adeyemi", "name, age")]
    a.clock.milliseconds += 366 * 24 * 3600 * 1000
    assert found_by(a, "ngozi 42") == []
    assert found_by(a, "ngozi 43") == [("Ngozi Adeyemi", "name, age")]


def test_names_of_parts_and_text_tags_and_names_before_are_found(a: Clinic) -> None:
    first: dict[str, object] = {
        "resourceType": "Patient",
        "id": "p1",
        "meta": {"tag": [{"code": "T-17", "display": "Yellow"}]},
        "name": [
            {"use": "official", "text": "Dr. Ana", "given": ["Ana"], "family": "García"},
            {"use": "old", "family": "Quispe"},
        ],
    }
    a.take(first)
    a.take({**first, "name": [{"text": "Ana Morales"}]})
    assert found_by(a, "ana morales") == [("Ana Morales", "name")]
    assert found_by(a, "garcia") == [("Ana Morales", "name, former name")]
    assert found_by(a, "quispe") == [("Ana Morales", "name, former name")]
    assert found_by(a, "t17") == found_by(a, "yellow") == [("Ana Morales", "tag")]


def test_a_rebuild_gives_what_was_kept_up(two: Two) -> None:
    for one in full(two):
        before = derived(one)
        told: list[tuple[int, int | None]] = []

        def progress(_what: str, done: int, total: int | None, told: Any = told) -> None:
            told.append((done, total))

        done = one.node.rebuild(progress)
        assert derived(one) == before
        assert done == {"charts": len(one.chart_ids())}
        assert told[0][0] == 0
        assert told[-1] == (len(one.chart_ids()), len(one.chart_ids()))
        assert one.node.doctor()["ok"]


def test_doctor_repairs_lists_and_the_search_index(two: Two) -> None:
    a, _ = full(two)
    before = derived(a)
    database = a.node.context.store.database
    for damage in ("DELETE FROM faces", "DELETE FROM conflicts", "DELETE FROM named WHERE n > 2"):
        database.write(damage)
    examined = a.node.doctor()
    levels = [line["level"] for line in examined["findings"]]  # type: ignore[attr-defined]  # JSON
    assert (examined["ok"], "repaired" in levels) == (True, True)
    assert derived(a) == before
    again = a.node.doctor()
    assert "repaired" not in [line["level"] for line in again["findings"]]  # type: ignore[attr-defined]  # JSON


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_rebuild_cut_off_goes_on_at_the_next_start(
    two: Two, batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = full(two)
    monkeypatch.setattr("node.application.node.settle_charts_per_commit_max", 2)
    for one in (a, b):
        before = derived(one)

        def dying(_what: str, done: int, _total: int | None) -> None:
            if done >= 2 * batches:
                raise KeyboardInterrupt

        stopping: Progress = dying
        with pytest.raises(KeyboardInterrupt):
            one.node.rebuild(stopping)
        one.restart()
        assert derived(one) == before
        assert one.node.context.store.unsettled.all() == []
        assert one.node.doctor()["ok"]


def test_an_import_after_a_rebuild_finds_its_chart_again(a: Clinic) -> None:
    a.take(patient("p1", "Ngozi Adeyemi"))
    a.node.rebuild()
    a.take(observation("o1", "p1", 37.0))
    (chart,) = a.node.charts()
    assert chart["resources"] == 2
