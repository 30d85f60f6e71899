"""People who are here twice: found as they come in by import, registration and sync."""

import json
from pathlib import Path
from typing import Any

import pytest
from clinics import ALL_LANES, Clinic, Make, Two, as_file, level, observation, patient

from node.application.errors import BadRequest, NotFound
from scenarios.population import Population

MPI = Path(__file__).parents[4] / "shared" / "testdata" / "synthea" / "mpi" / "Patient-100.ndjson"


def registered(clinic: Clinic, identity: str, name: str, born: str = "1984-03-12") -> str:
    """Somebody's new chart; the name need not be unique."""
    before = set(clinic.chart_ids())
    clinic.take(patient(identity, name, born))
    (chart,) = set(clinic.chart_ids()) - before
    return chart


def pairs(clinic: Clinic, chart: str | None = None) -> list[tuple[str, str]]:
    found = clinic.node.people.duplicates(chart)
    return [(str(each[0]["chart"]), str(each[1]["chart"])) for each in map(_charts, found)]


def _charts(pair: dict[str, Any]) -> list[dict[str, Any]]:
    charts = pair["charts"]
    assert isinstance(charts, list)
    return charts


def test_who_comes_in_again_is_told_of_and_listed_with_the_reasons(clinic: Make) -> None:
    hill = clinic("hill")
    first = hill.take(patient("p1", "Amara Okafor", "1984-03-12"))
    again = hill.take(patient("p2", "Okafor Amara", "1984-12-03"))
    [pair] = hill.node.people.duplicates()

    assert (first["duplicates"], again["duplicates"]) == (0, 1)
    assert pair["likelihood"] == "likely"
    assert pair["reasons"] == [
        "given and family name swapped",
        "birth dates differ by swapped day and month",
    ]
    assert {each["name"] for each in _charts(pair)} == {"Amara Okafor", "Okafor Amara"}
    assert {each["birth_date"] for each in _charts(pair)} == {"1984-03-12", "1984-12-03"}


def test_nothing_is_merged_by_itself(clinic: Make) -> None:
    hill = clinic("hill")
    one = registered(hill, "p1", "Amara Okafor")
    other = registered(hill, "p2", "Amara Okafor")
    hill.take(observation("o1", "p1"))

    assert pairs(hill, one) == [(one, other)]
    assert pairs(hill, other) == [(other, one)]
    assert "o1" not in {each["id"] for each in hill.resources(other)}
    assert hill.node.chart_show(one)["linked"] == []


def test_people_of_one_file_are_compared_with_each_other(clinic: Make) -> None:
    hill = clinic("hill")
    done = hill.take(patient("p1", "Amara Okafor"), patient("p2", "Amara Okafor"))

    assert done["duplicates"] >= 1
    assert len(pairs(hill)) == 1


def test_a_correction_takes_a_pair_off_the_list(clinic: Make) -> None:
    hill = clinic("hill")
    registered(hill, "p1", "Amara Okafor")
    other = registered(hill, "p2", "Amara Okafor")
    hill.add(other, patient("p2", "Halima Wekesa", "1984-03-12"))

    assert pairs(hill) == []


def test_a_record_for_one_chart_tells_of_people_too(clinic: Make) -> None:
    hill = clinic("hill")
    one = registered(hill, "p1", "Amara Okafor")
    other = registered(hill, "p2", "Halima Wekesa", "1971-08-30")
    done = hill.add(other, patient("p2", "Amara Okafor", "1984-03-12"))

    assert done["duplicates"] == 1
    assert pairs(hill, other) == [(other, one)]


def test_records_that_say_nothing_of_who_it_is_cost_no_comparison(clinic: Make) -> None:
    hill = clinic("hill")
    chart = registered(hill, "p1", "Amara Okafor")
    hill.add(chart, observation("o1", "p1"))

    assert hill.node.context.store.matching.waiting_count() == 0


def test_a_pair_that_was_dismissed_comes_back_when_that_is_undone(clinic: Make) -> None:
    hill = clinic("hill")
    one = registered(hill, "p1", "Amara Okafor")
    other = registered(hill, "p2", "Amara Okafor")
    hill.node.people.dismiss(other, one)
    assert pairs(hill) == []
    hill.restart()
    assert pairs(hill) == []
    hill.node.people.dismiss(one, other, undo=True)

    assert len(pairs(hill)) == 1
    with pytest.raises(NotFound):
        hill.node.people.dismiss(one, other, undo=True)
    with pytest.raises(BadRequest):
        hill.node.people.dismiss(one, one)


def test_a_linked_pair_is_off_the_list_until_it_is_taken_apart(clinic: Make) -> None:
    hill = clinic("hill")
    one = registered(hill, "p1", "Amara Okafor")
    other = registered(hill, "p2", "Amara Okafor")
    hill.node.people.link(one, other)
    assert pairs(hill) == []
    hill.node.people.unlink(one, other)

    assert len(pairs(hill)) == 1


def test_who_comes_by_sync_is_found_when_the_list_is_shown(two: Two) -> None:
    a, b = two
    one = registered(a, "p1", "Amara Okafor")
    own = registered(b, "p1", "Amara Okaofr")
    a.node.grant(one, to="B", lanes=ALL_LANES, history=True)
    level(a, b)

    assert pairs(b) in ([(one, own)], [(own, one)])
    assert pairs(a) == []


def test_what_a_crash_left_to_compare_is_compared_the_next_time(clinic: Make) -> None:
    hill = clinic("hill")
    one = registered(hill, "p1", "Amara Okafor")
    other = registered(hill, "p2", "Amara Okafor")
    store = hill.node.context.store
    store.database.write("UPDATE matching_people SET weighed = 0")
    store.database.write("DELETE FROM matching_pairs")
    hill.restart()

    assert pairs(hill, one) == [(one, other)]


def test_pairs_links_and_dismissals_are_alike_after_all_lists_are_made_anew(clinic: Make) -> None:
    hill = clinic("hill")
    charts = [registered(hill, f"p{place}", "Amara Okafor") for place in range(4)]
    hill.node.people.link(charts[0], charts[1])
    hill.node.people.dismiss(charts[0], charts[2])
    before = {frozenset(pair) for pair in pairs(hill)}
    linked = hill.node.chart_show(charts[0])["linked"]
    hill.node.rebuild()

    assert len(before) == 4
    assert {frozenset(pair) for pair in pairs(hill)} == before
    assert hill.node.chart_show(charts[0])["linked"] == linked


def test_few_of_many_made_up_people_are_taken_for_another(clinic: Make) -> None:
    hill = clinic("hill")
    made = [one.patient for one in Population("distinct").patients(150, visits=(0, 0))]
    hill.node.import_file("people", as_file(*made))

    assert len(pairs(hill)) <= 3


@pytest.mark.skipif(not MPI.is_file(), reason="no ../shared/testdata here")
def test_a_register_taken_in_under_another_source_is_found_person_by_person(clinic: Make) -> None:
    hill = clinic("hill")
    people = [json.loads(line) for line in MPI.read_text().splitlines()]
    first = hill.node.import_file("mpi", as_file(*people))
    again = hill.node.import_file("mpi", as_file(*people), source="urn:other")

    assert first["duplicates"] == 0
    assert again["duplicates"] == len(people)
    found = hill.node.people.duplicates()
    assert len(found) == len(people)
    assert {pair["likelihood"] for pair in found} == {"likely"}
