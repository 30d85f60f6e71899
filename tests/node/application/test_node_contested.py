"""Two people under one name, and imports beside other writers: nothing lands in a wrong chart."""

import json
from typing import Any

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Make,
    Resource,
    Two,
    as_file,
    level,
    observation,
    patient,
    synced,
)
from derived_rows import assert_lists_are_right

from node.application.progress import quiet

AMINA = patient("1", "Amina Diallo", "1984-03-02")
BINH = patient("1", "Binh Nguyen", "2001-09-09")
TAG = {"system": "urn:tags", "value": "77"}


@pytest.fixture
def a(clinic: Make) -> Clinic:
    return clinic("A")


def charts_of(clinic: Clinic, kind: str) -> dict[str, str]:
    """The charts of all resources of a type by their ids, whichever version."""
    found = {}
    for chart in clinic.chart_ids():
        for one in clinic.resources(chart, history=True):
            if one["resourceType"] == kind:
                found[str(one["id"])] = chart
    return found


def count(done: Resource) -> tuple[int, int]:
    return done["accepted"], done["rejected_count"]


def take_lines(clinic: Clinic, *resources: Resource) -> dict[str, Any]:
    return clinic.node.import_file("lines.ndjson", as_file(*resources))


def test_two_people_of_one_id_in_one_file_do_not_share_a_chart(a: Clinic) -> None:
    done = take_lines(a, AMINA, observation("o1", "1"), BINH, observation("o2", "1"))
    assert count(done) == (1, 3)  # nobody can tell whose the observations are
    (held,) = a.resources()
    assert held["birthDate"] == AMINA["birthDate"]


def test_a_file_with_both_people_says_of_no_record_whose_it_is(a: Clinic) -> None:
    a.take(AMINA)
    again = {**AMINA, "active": True}
    done = take_lines(a, BINH, observation("o1", "1"), again, observation("o2", "1"))
    assert count(done) == (1, 3)
    assert charts_of(a, "Observation") == {}


def test_an_id_stays_contested_when_the_node_starts_again(a: Clinic) -> None:
    a.take(AMINA)
    assert count(a.take(BINH)) == (0, 1)
    a.close()
    a.open()
    assert count(a.take(observation("o1", "1"))) == (0, 1)
    assert count(a.take(AMINA, observation("o1", "1"))) == (2, 0)
    a.restart()
    assert count(a.take(observation("o2", "1"))) == (1, 0)


def test_a_transaction_that_was_refused_leaves_its_patients_id_contested(a: Clinic) -> None:
    a.take(AMINA)
    entries = [{"resource": BINH, "request": {"method": "PUT", "url": "Patient/1"}}]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert count(a.node.import_file("visit", json.dumps(bundle).encode())) == (0, 1)
    a.restart()
    assert count(a.take(observation("o1", "1"))) == (0, 1)


def test_what_is_contested_of_one_source_is_not_of_another(a: Clinic) -> None:
    a.take(AMINA)
    a.take(AMINA, source="lab.example.org")
    a.take(BINH)
    assert count(a.take(observation("o1", "1"), source="lab.example.org")) == (1, 0)


def test_of_two_patients_with_the_number_that_a_chart_waits_for_one_gets_it(a: Clinic) -> None:
    a.take({**observation("o1", "?"), "subject": {"identifier": TAG}})
    done = a.take({**AMINA, "identifier": [TAG]}, {**BINH, "id": "2", "identifier": [TAG]})
    assert count(done) == (2, 0)
    charts = charts_of(a, "Patient")
    assert charts["1"] != charts["2"]


def test_a_document_of_an_unknown_resource_waits_in_a_chart_and_not_in_the_directory(
    a: Clinic,
) -> None:
    letter: Resource = {
        "resourceType": "Binary",
        "id": "letter",
        "contentType": "text/plain",
        "data": "Q2FuYXJ5",
        "securityContext": {"reference": "DocumentReference/d"},
    }
    a.take(letter, {"resourceType": "Organization", "id": "o", "name": "Hill"})
    charts = {kind: charts_of(a, kind) for kind in ("Binary", "Organization")}
    assert charts["Binary"]["letter"] in a.charts()
    assert charts["Organization"]["o"] not in a.charts()
    assert a.take(letter)["unchanged"] == 1


def test_a_bundle_that_breaks_off_before_it_says_what_it_is_leaves_nothing(a: Clinic) -> None:
    entries = [{"resource": one} for one in (AMINA, observation("o1", "1"))]
    content = json.dumps({"resourceType": "Bundle", "entry": entries, "type": "transaction"})
    done = a.node.import_file("visit", content[: content.index('"type": "tr')].encode())
    assert count(done) == (0, 3)
    assert a.resources() == []


def test_a_write_follows_what_a_session_brought_before_the_node_has_settled(two: Two) -> None:
    a, b = two
    a.take(AMINA, observation("o1", "1", 37.0))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    b.add(chart, {**observation("o1", "1", 38.0), "status": "amended"})
    synced(a, b, settle=False)
    a.add(chart, {**observation("o1", "1", 39.0), "status": "amended"})
    a.node.settle()
    assert a.conflicts() == []
    assert a.resource("Observation", "o1")["valueQuantity"]["value"] == 39.0
    assert_lists_are_right(a)


def test_a_write_before_a_rebuild_has_ended_follows_what_the_chart_holds(a: Clinic) -> None:
    a.take(AMINA, observation("o1", "1", 37.0))
    (chart,) = a.charts()
    with a.node.context.store.transaction():
        for held in a.node._charts.ids():
            a.node.context.store.unsettled.mark(held)
            a.node.context.store.resources.forget_versions(held)
    assert a.add(chart, observation("o1", "1", 37.0))["unchanged"] == 1
    a.node.settle()
    assert_lists_are_right(a)


def test_two_imports_of_the_same_at_once_bring_it_once(a: Clinic) -> None:
    content = as_file(
        *(patient(f"p{number}") for number in range(3)),
        *(observation(f"o{number}", f"p{number}") for number in range(3)),
    )
    slow = a.node.import_open("lines.ndjson")
    slow.feed(content, quiet)
    slow._sort()  # its charts are opened, and the other has its turn before they are written to
    assert count(a.node.import_file("lines.ndjson", content)) == (6, 0)
    done = slow.finish(quiet)
    assert (done["accepted"], done["unchanged"]) == (6, 6)
    assert len(a.resources(history=True)) == 6
    assert_lists_are_right(a)
