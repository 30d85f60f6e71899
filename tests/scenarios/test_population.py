"""The made-up patients: the same for the same seed, coherent, and valid FHIR R4."""

import gzip
import json
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from node.fhir.compartment import OfNobody, OfPatient, patient_reference
from node.fhir.face import patient_face
from node.fhir.reading import read_resources
from scenarios.population import MadePatient, Population, bundle, reference_day
from scenarios.population.coding import Resource

SCHEMA = (
    Path(__file__).parents[3] / "shared" / "testdata" / "fhir" / "schema" / "fhir.schema.r4.json.gz"
)
DATES = (
    "occurrenceDateTime", "effectiveDateTime", "onsetDateTime", "recordedDate", "authoredOn",
    "abatementDateTime", "dateAsserted",
)  # fmt: skip


@pytest.fixture(scope="module")
def people() -> list[MadePatient]:
    return list(Population("suite").patients(300))


def of_type(person: MadePatient, kind: str) -> list[Any]:
    return [one for one in person.resources if one["resourceType"] == kind]


def code_of(concept: Any) -> str:
    return str(concept["coding"][0]["code"])


def test_the_same_seed_gives_the_same_people_however_many_are_asked_for() -> None:
    few = [bundle(person) for person in Population(7).patients(3)]
    assert few == [bundle(person) for person in Population(7).patients(5)][:3]
    assert few[2:] == [bundle(person) for person in Population(7).patients(1, first=2)]
    assert few != [bundle(person) for person in Population(8).patients(3)]
    assert Population(7).directory == Population(7).directory


def test_people_have_every_kind_of_record(people: list[MadePatient]) -> None:
    kinds = {one["resourceType"] for person in people for one in person.resources}
    assert kinds == {
        "Patient", "Encounter", "Observation", "Condition", "AllergyIntolerance",
        "MedicationRequest", "MedicationStatement", "Immunization", "Flag",
    }  # fmt: skip
    kinds = {one["resourceType"] for one in Population(1).directory}
    assert kinds == {"Organization", "Location", "Practitioner", "PractitionerRole"}


def test_names_come_in_several_scripts(people: list[MadePatient]) -> None:
    names = [patient_face(person.patient).name for person in people]
    assert all(names)
    scripts = {unicodedata.name(name[0]).split()[0] for name in names}
    assert scripts == {"LATIN", "CYRILLIC", "ARABIC", "ETHIOPIC", "DEVANAGARI", "CJK"}
    assert len(set(names)) > 200


def test_numbers_of_visits_make_charts_of_the_size_asked_for() -> None:
    for person in Population(3).patients(20, visits=(8, 8)):
        assert 1 <= len(of_type(person, "Encounter")) <= 8
    sizes = [len(person.resources) for person in Population(3).patients(20, visits=(8, 8))]
    assert sum(sizes) / len(sizes) > 80


def test_nothing_happens_before_birth_or_after_the_day(people: list[MadePatient]) -> None:
    for person in people:
        born = date.fromisoformat(str(person.patient["birthDate"]))
        for one in person.resources:
            for name in DATES:
                if name in one:
                    day = date.fromisoformat(str(one[name])[:10])
                    assert born <= day <= reference_day, (one["resourceType"], name)


def test_every_reference_leads_to_the_patient_the_chart_or_the_directory(
    people: list[MadePatient],
) -> None:
    directory = {f"{one['resourceType']}/{one['id']}" for one in Population("suite").directory}
    for person in people:
        known = directory | {f"{one['resourceType']}/{one['id']}" for one in person.resources}
        assert len(known) == len(directory) + len(person.resources)
        assert set(references(person.resources)) <= known


def references(part: object) -> list[str]:
    if isinstance(part, list):
        return [found for item in part for found in references(item)]
    if isinstance(part, dict):
        own = [str(part["reference"])] if "reference" in part else []
        return own + references(list(part.values()))
    return []


def test_nobody_gets_what_they_are_allergic_to(people: list[MadePatient]) -> None:
    forbidden = {"91936005": {"J01CA04"}, "293586001": {"M01AE01"}, "91939003": {"C03AA03"}}
    met = 0
    for person in people:
        given = {
            code_of(one["medicationCodeableConcept"])
            for one in of_type(person, "MedicationRequest")
        }
        for allergy in of_type(person, "AllergyIntolerance"):
            banned = forbidden.get(code_of(allergy["code"]), set())
            met += bool(banned)
            assert not banned & given
    assert met > 10


def test_a_severe_allergy_is_of_high_criticality_and_flagged(people: list[MadePatient]) -> None:
    severe = [
        person
        for person in people
        if any(one["criticality"] == "high" for one in of_type(person, "AllergyIntolerance"))
    ]
    assert severe
    for person in severe:
        assert any("allergy" in one["code"]["text"] for one in of_type(person, "Flag"))


def test_children_get_doses_by_weight(people: list[MadePatient]) -> None:
    seen = 0
    for person in people:
        born = date.fromisoformat(str(person.patient["birthDate"]))
        weights = {
            one["encounter"]["reference"]: one["valueQuantity"]["value"]
            for one in of_type(person, "Observation")
            if code_of(one["code"]) == "29463-7"
        }
        for one in of_type(person, "MedicationRequest"):
            given = date.fromisoformat(one["authoredOn"][:10])
            if one["medicationCodeableConcept"]["text"] != "paracetamol":
                continue
            amount = one["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]
            if (given - born).days < 13 * 365:
                seen += 1
                assert amount <= 15 * weights[one["encounter"]["reference"]]
            assert f"{amount:g} mg" in one["dosageInstruction"][0]["text"]
    assert seen > 5


def test_vital_signs_are_plausible(people: list[MadePatient]) -> None:
    bounds = {
        "29463-7": (1.8, 160), "8302-2": (40, 205), "39156-5": (9, 50), "8310-5": (35.5, 41),
        "8867-4": (45, 210), "9279-1": (9, 70), "2708-6": (88, 100), "9843-4": (30, 54),
    }  # fmt: skip
    seen = set()
    for person in people:
        for one in of_type(person, "Observation"):
            code = code_of(one["code"])
            if code in bounds:
                seen.add(code)
                least, most = bounds[code]
                assert least <= one["valueQuantity"]["value"] <= most, code
            if code == "85354-9":
                high, low = (part["valueQuantity"]["value"] for part in one["component"])
                assert 35 <= low < high <= 230
    assert seen == set(bounds)


def test_a_bundle_is_read_back_into_one_chart(people: list[MadePatient]) -> None:
    for person in people[:30]:
        reading = read_resources("made", bundle(person))
        assert not reading.rejected
        assert [one.document["id"] for one in reading.resources] == [
            one["id"] for one in person.resources
        ]
        whose = {patient_reference(one, reading.references) for one in reading.resources}
        assert whose == {OfPatient(f"Patient/{person.id}")}
    content = "\n".join(json.dumps(one) for one in Population("suite").directory).encode()
    reading = read_resources("directory.ndjson", content)
    assert {patient_reference(one, reading.references) for one in reading.resources} == {OfNobody()}


@pytest.mark.skipif(not SCHEMA.is_file(), reason="no ../shared/testdata here")
def test_every_resource_is_valid_by_the_official_schema(people: list[MadePatient]) -> None:
    jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="jsonschema-rs is not installed")
    validator = jsonschema_rs.validator_for(json.loads(gzip.decompress(SCHEMA.read_bytes())))
    assert not validator.is_valid({"resourceType": "Patient", "gender": 7})
    made: list[Resource] = Population("suite").directory
    for person in people:
        made = made + person.resources
    wrong = [one for one in made if not validator.is_valid(one)]
    assert not wrong, [error.message for error in validator.iter_errors(wrong[0])][:3]
