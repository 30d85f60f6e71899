"""Imports put what is sensitive where only those read it who were given that lane."""

from typing import Any

from clinics import Clinic, Two, observation, patient, prescription, synced

ICD10 = "http://hl7.org/fhir/sid/icd-10"
R = {
    "security": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    ]
}


def condition(identity: str, code: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": identity,
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": ICD10, "code": code}]},
    }


def lanes_of(clinic: Clinic, chart: str) -> dict[str, str]:
    page: Any = clinic.node.chart_show(chart)
    return {one["id"]: one["lane"] for one in page["resources"]}


def test_a_reader_of_the_summary_learns_nothing_of_hiv_or_of_labelled_records(two: Two) -> None:
    a, b = two
    medicine = prescription("art", "p1") | {
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.whocc.no/atc", "code": "J05AR27"}]
        }
    }
    a.take(
        patient("p1"),
        condition("asthma", "J45.9"),
        condition("hiv", "B24"),
        prescription("pain", "p1"),
        medicine,
        observation("weight", "p1"),
        observation("labelled", "p1") | {"meta": R},
    )
    a.node.grant("all", to="B", lanes=["summary"], history=True)
    synced(b, a)
    (chart,) = a.charts()
    assert lanes_of(a, chart) == {
        "p1": "summary", "asthma": "summary", "pain": "summary", "weight": "care",
        "hiv": "sensitive", "art": "sensitive", "labelled": "sensitive",
    }  # fmt: skip
    assert set(lanes_of(b, chart)) == {"p1", "asthma", "pain"}


def test_a_resource_stays_in_its_first_lane_whatever_later_versions_say(two: Two) -> None:
    a, _ = two
    a.take(patient("p1"), condition("c", "J45.9"), condition("d", "B24"))
    a.take(condition("c", "B24"), condition("d", "J45.9"))
    (chart,) = a.charts()
    assert lanes_of(a, chart) == {"p1": "summary", "c": "summary", "d": "sensitive"}


def test_a_prescription_finds_its_medication_in_the_file_also_where_that_comes_later(
    two: Two,
) -> None:
    a, _ = two
    medicine = prescription("art", "p1")
    del medicine["medicationCodeableConcept"]
    medicine["medicationReference"] = {"reference": "Medication/tablet"}
    tablet = {"resourceType": "Medication", "id": "tablet", "code": {"text": "Dolutegravir 50 mg"}}
    a.take(patient("p1"), medicine, tablet)
    found: dict[str, str] = {}
    for chart in a.chart_ids():
        found |= lanes_of(a, chart)
    assert found == {"p1": "summary", "art": "sensitive", "tablet": "sensitive"}
