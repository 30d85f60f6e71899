"""Whose a resource is."""

import json

import pytest

from node.fhir.compartment import (
    Lost,
    OfIdentified,
    OfNobody,
    OfPatient,
    OfResource,
    PatientLink,
    patient_reference,
)
from node.fhir.compartment_table import COMPARTMENTS, FOLLOWED, OUTSIDE
from node.fhir.reading import read_resources
from node.fhir.resource_types import R4_TYPES


def links(*entries: dict[str, object] | tuple[str, dict[str, object]]) -> list[PatientLink]:
    """What the resources of one Bundle belong to; an entry may bring its fullUrl."""
    listed: list[dict[str, object]] = []
    for one in entries:
        full_url, resource = one if isinstance(one, tuple) else (None, one)
        listed.append({"resource": resource} | ({"fullUrl": full_url} if full_url else {}))
    content = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": listed})
    reading = read_resources("bundle", content.encode(), checked=False)
    return [patient_reference(resource, reading.references) for resource in reading.resources]


def link(**document: object) -> PatientLink:
    (found,) = links({"id": "x", **document})
    return found


def to(reference: str) -> dict[str, str]:
    return {"reference": reference}


OBSERVATION: dict[str, object] = {"resourceType": "Observation", "id": "o"}
PATIENT: dict[str, object] = {"resourceType": "Patient", "id": "p"}


def test_a_patient_is_its_own() -> None:
    assert link(resourceType="Patient", link=[{"other": to("Patient/q")}]) == OfPatient("Patient/x")


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p",
        "Patient/p/_history/3",
        "https://clinic.example/fhir/Patient/p",
        "https://clinic.example/fhir/Patient/p/_history/3",
        "urn:uuid:p",
    ],
)
def test_every_spelling_leads_to_the_patient(reference: str) -> None:
    found = links(PATIENT, {**OBSERVATION, "subject": to(reference)})
    assert found[1] == OfPatient("Patient/p")


def test_a_urn_is_followed_through_the_bundle() -> None:
    urn = "urn:uuid:1b5a9c7e-0000-4000-8000-000000000001"
    found = links((urn, PATIENT), {**OBSERVATION, "subject": to(urn)})
    assert found[1] == OfPatient("Patient/p")


def test_a_patient_who_is_not_in_the_file_is_named_all_the_same() -> None:
    assert link(resourceType="Flag", subject=to("Patient/q")) == OfPatient("Patient/q")


@pytest.mark.parametrize(
    "subject",
    [
        to("Patient?identifier=urn:x|1|7"),
        to("Patient?identifier=urn%3Ax%7C1%7C7"),
        to("https://clinic.example/fhir/Patient?identifier=urn:x|1%7C7"),
        {"identifier": {"system": "urn:x", "value": "1|7"}},
        {"identifier": {"system": "urn:x", "value": "1|7"}, "type": "Patient"},
    ],
    ids=range(5),
)
def test_an_identifier_finds_the_patient_in_the_file(subject: dict[str, object]) -> None:
    patient = {**PATIENT, "identifier": [{"system": "urn:x", "value": "1|7"}]}
    assert links(patient, {**OBSERVATION, "subject": subject})[1] == OfPatient("Patient/p")
    assert isinstance(links(PATIENT, {**OBSERVATION, "subject": subject})[1], OfIdentified)


def test_an_identifier_that_two_patients_have_finds_neither() -> None:
    same = {"identifier": [{"system": "urn:x", "value": "17"}]}
    found = links(
        {**PATIENT, **same},
        {**PATIENT, "id": "q", **same},
        {**OBSERVATION, "subject": to("Patient?identifier=urn:x|17")},
    )
    assert isinstance(found[2], OfIdentified)


def test_an_unknown_identifier_makes_one_key_for_all_that_name_it() -> None:
    one = link(resourceType="Flag", subject=to("Patient?identifier=urn:x|17"))
    other = link(
        resourceType="Goal",
        subject=to("#p"),
        contained=[{**PATIENT, "identifier": [{"system": "urn:x", "value": "17"}]}],
    )
    assert isinstance(one, OfIdentified)
    assert one == other
    assert (one.system, one.value) == ("urn:x", "17")
    assert "17" not in repr(one).partition("Patient/")[0]


def test_somebody_who_is_only_described_is_never_in_the_directory() -> None:
    contained = link(resourceType="Flag", subject=to("#p"), contained=[PATIENT])
    displayed = link(resourceType="Flag", subject={"display": "Canary"})
    assert isinstance(contained, OfPatient)
    assert isinstance(displayed, OfPatient)
    assert contained != displayed
    assert displayed == link(resourceType="Flag", subject={"display": "Someone else"})
    assert displayed != links({"resourceType": "Flag", "id": "y", "subject": {"display": "C"}})[0]


@pytest.mark.parametrize(
    "subject",
    [
        to("urn:uuid:1b5a9c7e-0000-4000-8000-000000000009"),
        to("#nobody"),
        to("Canary"),
        to("Canary/7"),
        to("Patient/"),
        to("Patient/a b"),
        to("Patient?name=Canary"),
        to("Patient?identifier="),
        to("Patient?identifier=urn:x|"),
        {"reference": 7},
        "Patient/p",
        7,
    ],
    ids=range(12),
)
def test_a_subject_that_cannot_be_read_is_refused_with_a_reason(subject: object) -> None:
    found = link(resourceType="Observation", subject=subject, performer=[to("Patient/q")])
    assert isinstance(found, Lost)
    assert found.reason.startswith("whose it is cannot be told: ")
    assert "Canary" not in repr(found)


def test_what_refers_to_a_rejected_patient_goes_to_no_other() -> None:
    base = "https://one.example/Patient/p"
    later = "https://two.example/Patient/p"
    found = links(
        (base, PATIENT),
        (later, {**PATIENT, "gender": "male"}),
        {**OBSERVATION, "subject": to(later)},
        {**OBSERVATION, "id": "o2", "subject": to("https://three.example/Patient/p")},
        {**OBSERVATION, "id": "o3", "subject": to(base)},
    )
    assert [type(one) for one in found] == [OfPatient, Lost, Lost, OfPatient]


def test_a_performer_counts_only_where_no_subject_does() -> None:
    both = link(
        resourceType="Observation", subject=to("Patient/s"), performer=[to("Patient/performer")]
    )
    assert both == OfPatient("Patient/s")
    thing = link(
        resourceType="Observation",
        subject=to("Device/d"),
        performer=[to("Practitioner/a"), to("Patient/performer")],
    )
    assert thing == OfPatient("Patient/performer")


@pytest.mark.parametrize(
    "document",
    [
        {"resourceType": "Organization"},
        {"resourceType": "Practitioner", "name": [{"text": "x"}]},
        {"resourceType": "Medication"},
        {"resourceType": "Location", "managingOrganization": to("Organization/o")},
        {"resourceType": "Observation", "subject": to("Location/l")},
        {"resourceType": "Observation", "subject": {"display": "x", "type": "Group"}},
        {"resourceType": "Schedule", "actor": [to("Practitioner/a")]},
        {"resourceType": "Observation", "subject": to("#d"), "contained": [
            {"resourceType": "Device", "id": "d"}]},
        {"resourceType": "Provenance", "target": [to("#")]},
    ],
    ids=range(9),
)  # fmt: skip
def test_what_is_about_no_patient_goes_to_the_directory(document: dict[str, object]) -> None:
    assert link(**document) == OfNobody()


@pytest.mark.parametrize(
    "document",
    [
        {"resourceType": "Task", "for": to("Patient/p"), "focus": to("Patient/other")},
        {"resourceType": "Device", "patient": to("Patient/p")},
        {"resourceType": "Parameters", "parameter": [{"valueReference": to("Patient/p")}]},
        {"resourceType": "Questionnaire", "extension": [{"valueReference": to("Patient/p")}]},
        {"resourceType": "Appointment", "participant": [
            {"actor": to("Practitioner/a")}, {"actor": to("Patient/p")}]},
        {"resourceType": "Coverage", "payor": [to("Patient/payer")],
         "beneficiary": to("Patient/p")},
        {"resourceType": "EnrollmentRequest", "candidate": to("Patient/p")},
        {"resourceType": "Claim", "payee": {"party": to("Patient/p")}},
    ],
    ids=range(8),
)  # fmt: skip
def test_what_speaks_of_a_patient_anywhere_is_kept_out_of_the_directory(
    document: dict[str, object],
) -> None:
    assert link(**document) == OfPatient("Patient/p")


@pytest.mark.parametrize(
    "document",
    [
        {"resourceType": "Observation"},
        {"resourceType": "QuestionnaireResponse", "author": to("Practitioner/a")},
        {"resourceType": "Binary", "contentType": "application/pdf"},
        {"resourceType": "DocumentReference"},
        {"resourceType": "Person", "name": [{"family": "Canary"}]},
        {"resourceType": "Appointment", "participant": [{"actor": {"display": "Canary"}}]},
        {"resourceType": "Parameters", "parameter": [{"name": "patient", "resource": PATIENT}]},
        {"resourceType": "Organization", "contained": [PATIENT]},
        {"resourceType": "Location", "contained": [PATIENT],
         "extension": [{"valueReference": to("#p")}]},
        {"resourceType": "Library", "contained": [
            {"resourceType": "Flag", "id": "f", "subject": {"display": "Canary"}}]},
        {"resourceType": "Medication", "extension": [
            {"valueReference": {"type": "Patient", "display": "Canary"}}]},
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_somebodys_and_does_not_say_whose_is_in_no_directory(
    document: dict[str, object],
) -> None:
    found = link(**document)
    assert isinstance(found, OfPatient)
    assert found.patient.startswith("Patient/described-")


def test_what_does_not_say_whose_it_is_goes_where_its_visit_goes() -> None:
    visit: dict[str, object] = {
        "resourceType": "Encounter",
        "id": "e",
        "subject": to("Patient/p"),
    }
    found: dict[str, object] = {**OBSERVATION, "encounter": to("Encounter/e")}
    assert links(visit, found)[1] == OfPatient("Patient/p")
    (later,) = links(found)
    assert isinstance(later, OfResource)
    assert later.resources == ("Encounter/e",)
    assert later.patient is not None


def test_a_provenance_goes_where_its_target_goes() -> None:
    observation: dict[str, object] = {**OBSERVATION, "subject": to("Patient/p")}
    provenance: dict[str, object] = {
        "resourceType": "Provenance",
        "id": "v",
        "target": [to("Observation/o")],
        "agent": [{"who": to("Patient/writer")}],
    }
    assert links(observation, provenance)[1] == OfPatient("Patient/p")
    assert links(provenance)[0] == OfResource(("Observation/o",))
    assert links({"resourceType": "Organization", "id": "o"}, {
        **provenance, "target": [to("Organization/o")], "agent": []})[1] == OfNobody()  # fmt: skip


def test_references_in_circles_and_in_long_rows_end() -> None:
    def provenance(number: int, target: int) -> dict[str, object]:
        return {
            "resourceType": "Provenance",
            "id": str(number),
            "target": [to(f"Provenance/{target}")],
        }

    assert links(provenance(1, 2), provenance(2, 1)) == [OfNobody(), OfNobody()]
    row = links(*[provenance(number, number + 1) for number in range(2000)])
    assert isinstance(row[0], Lost)
    assert row[-1] == OfResource(("Provenance/2000",))


def test_the_tables_name_r4_types_and_no_type_twice() -> None:
    assert len(R4_TYPES) == 146
    assert COMPARTMENTS.keys() | OUTSIDE.keys() | FOLLOWED.keys() <= R4_TYPES
    assert not COMPARTMENTS.keys() & OUTSIDE.keys()
    assert len(COMPARTMENTS) == 66


def test_what_refers_to_a_flawed_patient_is_refused_with_it() -> None:
    url = "https://one.example/Patient/p"
    found = links((url, {**PATIENT, "id": "not an id"}), {**OBSERVATION, "subject": to(url)})
    assert isinstance(found[0], Lost)


def test_a_urn_that_fits_two_resources_fits_none() -> None:
    found = links(
        PATIENT,
        {"resourceType": "Organization", "id": "p"},
        {**OBSERVATION, "subject": to("urn:uuid:p")},
    )
    assert isinstance(found[2], Lost)
