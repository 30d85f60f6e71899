"""Where resources are placed: a table for each rule, their order, and no way round a label."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.fhir.compartment_table import COMPARTMENTS
from node.fhir.placement import SUMMARY_TYPES, Placement, Rule, in_file, placement_of
from node.fhir.placement.labels import LABELS
from node.fhir.placement.lists import BLOOD_GROUP, SENSITIVE_LISTS, SYSTEMS, code_list
from node.fhir.reading import read_resources

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
Document = dict[str, Any]


def concept(system: str, code: str, **more: str) -> Document:
    return {"coding": [{"system": system, "code": code, **more}]}


def condition(system: str, code: str) -> Document:
    return {"resourceType": "Condition", "code": concept(system, code)}


def observation(system: str, code: str) -> Document:
    return {"resourceType": "Observation", "status": "final", "code": concept(system, code)}


def request(**more: Any) -> Document:
    return {"resourceType": "MedicationRequest", "status": "active", **more}


def labelled(*labels: Any, kind: str = "Patient") -> Document:
    return {"resourceType": kind, "meta": {"security": list(labels)}}


# -- what a person says


@pytest.mark.parametrize("lane", ["summary", "care", "sensitive"])
def test_the_lane_that_a_person_names_goes_before_every_rule(lane: Any) -> None:
    secret = condition(ICD10, "B24") | labelled({"system": ACT, "code": "HIV"}, kind="Condition")
    assert placement_of(secret, lane) == Placement(lane, Rule.FORCED)


# -- labels


@pytest.mark.parametrize(
    "label",
    [
        *({"system": ACT, "code": code} for code in ("HIV", "PSY", "SDV", "SEX", "ETH", "STD")),
        {"system": ACT, "code": "PSYTHPN"},
        {"system": ACT, "code": "42CFRPart2"},
        {"system": CONFIDENTIALITY, "code": "R"},
        {"system": CONFIDENTIALITY, "code": "V"},
        {"system": "http://hl7.org/fhir/v3/ActCode", "code": "HIV"},
        {"system": "http://hl7.org/fhir/v3/Confidentiality", "code": "R"},
        {"system": "urn:oid:2.16.840.1.113883.5.25", "code": "V"},
        {"system": "2.16.840.1.113883.5.4", "code": "PSY"},
        {"system": ACT + "|2.1.0", "code": "HIV"},
        {"system": ACT.replace("http:", "https:"), "code": "HIV"},
        {"system": "https://clinic.invalid/labels", "code": "HIV"},
        {"code": "R"},
        {"code": " HIV "},
        "HIV",
    ],
)
@pytest.mark.parametrize("kind", ["Patient", "AllergyIntolerance", "Observation", "Organization"])
def test_a_sensitive_label_makes_anything_sensitive(label: Any, kind: str) -> None:
    placed = placement_of(labelled({"system": CONFIDENTIALITY, "code": "N"}, label, kind=kind))
    assert (placed.lane, placed.rule, placed.place) == (
        "sensitive",
        Rule.LABEL,
        "meta.security[1]",
    )


@pytest.mark.parametrize(
    "label",
    [
        {"system": CONFIDENTIALITY, "code": "N"},
        {"system": CONFIDENTIALITY, "code": "M"},
        {"system": CONFIDENTIALITY, "code": "HIV"},
        {"system": ACT, "code": "R"},
        {"system": ACT, "code": "SICKLE"},
        {"system": ACT, "code": "hiv"},
        {"system": ACT},
        {},
        None,
        7,
        ["HIV"],
    ],
)
def test_other_labels_decide_nothing(label: Any) -> None:
    assert placement_of(labelled(label)).rule is Rule.SUMMARY_TYPE


@pytest.mark.parametrize("meta", [None, [], "HIV", {"security": None}, {"security": {}}, {"x": 1}])
def test_a_meta_of_another_shape_decides_nothing(meta: Any) -> None:
    assert placement_of({"resourceType": "Observation", "meta": meta}).lane == "care"


# -- codes


@pytest.mark.parametrize(
    ("document", "listed"),
    [
        (condition(ICD10, "B20"), "hiv"),
        (condition(ICD10, "B23.2"), "hiv"),
        (condition(ICD10, "B24"), "hiv"),
        (condition(ICD10 + "-cm", "Z21"), "hiv"),
        (condition("urn:oid:2.16.840.1.113883.6.90", "O98.713"), "hiv"),
        (condition("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "B24"), "hiv"),
        (condition("http://hl7.org/fhir/sid/icd-9-cm", "042"), "hiv"),
        (condition("http://id.who.int/icd/release/11/mms", "1C62.0"), "hiv"),
        (condition("http://hl7.org/fhir/sid/icpc-2", "B90"), "hiv"),
        (condition(SNOMED, "86406008"), "hiv"),
        (condition(SNOMED + "/731000124108", "86406008"), "hiv"),
        (condition(SNOMED + "|http://snomed.info/sct/900000000000207008", "86406008"), "hiv"),
        (condition("https://snomed.info/sct/", "86406008"), "hiv"),
        (condition("2.16.840.1.113883.6.96", "86406008"), "hiv"),
        (condition("http://smart.who.int/hiv/CodeSystem/HIVConcepts", "HIV.B.DE116"), "hiv"),
        (observation(LOINC, "20447-9"), "hiv"),
        (observation(LOINC, "68961-2"), "hiv"),
        (observation(LOINC, "24467-3"), "hiv"),
        (condition(ICD10, "F32.9"), "mental-health"),
        (condition(ICD10, "f329"), "mental-health"),
        (condition(ICD10, "F20"), "mental-health"),
        (condition(ICD10, "X61"), "mental-health"),
        (condition(SNOMED, "35489007"), "mental-health"),
        (condition(SNOMED, "13746004"), "mental-health"),
        (observation(LOINC, "44261-6"), "mental-health"),
        (observation(LOINC, "70274-6"), "mental-health"),
        (condition(ICD10, "F10.2"), "substance-use"),
        (condition(ICD10, "F19"), "substance-use"),
        (condition(SNOMED, "7200002"), "substance-use"),
        (observation(LOINC, "82667-7"), "substance-use"),
        (condition(ICD10, "T74.2"), "violence"),
        (condition(ICD10, "Y05"), "violence"),
        (condition(SNOMED, "706893006"), "violence"),
        (observation(LOINC, "76504-0"), "violence"),
        ({"resourceType": "Procedure", "code": concept(SNOMED, "386639001")}, "abortion"),
        (condition(ICD10, "O04.9"), "abortion"),
        (request(medicationCodeableConcept=concept(ATC, "J05AR27")), "antiretrovirals"),
        (request(medicationCodeableConcept=concept(ATC, "J05AG01")), "antiretrovirals"),
        (request(medicationCodeableConcept=concept(ATC, "G03XB01")), "abortion"),
        (request(medicationCodeableConcept=concept(RXNORM, "1433868")), "antiretrovirals"),
        (request(reasonCode=[{}, concept(SNOMED, "86406008")]), "hiv"),
        ({"resourceType": "Flag", "code": concept(SNOMED, "165816005")}, "hiv"),
        ({"resourceType": "Encounter", "reasonCode": [concept(ICD10, "F32.1")]}, "mental-health"),
        (
            {
                "resourceType": "Claim",
                "diagnosis": [{"diagnosisCodeableConcept": concept(ICD10, "B24")}],
            },
            "hiv",
        ),
        (
            {
                "resourceType": "CarePlan",
                "activity": [{"detail": {"code": concept(SNOMED, "313077009")}}],
            },
            "hiv",
        ),
        (
            {"resourceType": "FamilyMemberHistory", "condition": [{"code": concept(ICD10, "F20")}]},
            "mental-health",
        ),
        (
            {"resourceType": "Observation", "component": [{"code": concept(LOINC, "7918-6")}]},
            "hiv",
        ),
        (
            request(contained=[{"resourceType": "Medication", "code": concept(ATC, "J05AF06")}]),
            "antiretrovirals",
        ),
        (
            {
                "resourceType": "QuestionnaireResponse",
                "questionnaire": "http://loinc.org/q/44249-1|1.0",
            },
            "mental-health",
        ),
        (
            {
                "resourceType": "QuestionnaireResponse",
                "item": [{"answer": [{"valueCoding": {"system": SNOMED, "code": "86406008"}}]}],
            },
            "hiv",
        ),
    ],
)
def test_a_listed_code_where_a_resource_says_what_it_is_about_makes_it_sensitive(
    document: Document, listed: str
) -> None:
    placed = placement_of(document)
    assert (placed.lane, placed.rule, placed.detail) == ("sensitive", Rule.CODE, listed)
    assert placed.place.partition(".")[0].partition("[")[0] in document


@pytest.mark.parametrize(
    "document",
    [
        condition(ICD10, "B25.9"),
        condition(ICD10, "B2"),
        condition(ICD10, ""),
        condition(ICD10, "F03"),
        condition(ICD10, "F17.2"),
        condition(ICD10, "F70"),
        condition(ICD10, "O03.9"),
        condition(SNOMED, "864060081"),
        condition(SNOMED, "8640600"),
        condition("http://clinic.invalid/codes", "B24"),
        condition(ICD10, "86406008"),
        condition("", "B24"),
        {"resourceType": "Condition", "code": {"coding": [{"code": "B24"}]}},
        {"resourceType": "Condition", "code": {"coding": [{"system": ICD10, "code": 24}]}},
        {"resourceType": "Condition", "code": {"coding": "B24"}},
        {"resourceType": "Condition", "code": "B24"},
        {"resourceType": "Condition", "note": [concept(ICD10, "B24")]},
        {"resourceType": "Condition", "bodySite": [concept(ICD10, "B24")]},
        request(medicationCodeableConcept=concept(ATC, "J05AE30")),
        request(medicationCodeableConcept=concept(ATC, "J05AF10")),
        request(medicationCodeableConcept=concept(ATC, "J05AB01")),
    ],
)
def test_codes_are_matched_whole_in_their_system_and_place(document: Document) -> None:
    assert placement_of(document) == Placement("summary", Rule.SUMMARY_TYPE)


def test_forms_and_clinics_are_not_about_a_person() -> None:
    for kind in ("Questionnaire", "HealthcareService", "PlanDefinition", "ValueSet"):
        document: Document = {"resourceType": kind, "code": [{"system": LOINC, "code": "44249-1"}]}
        assert placement_of(document).lane == "care"


@pytest.mark.parametrize("name", SENSITIVE_LISTS)
def test_every_code_of_every_list_leads_to_the_sensitive_lane(name: str) -> None:
    for system, code in code_list(name).codes:
        for address in SYSTEMS[system]:
            for kind in ("Condition", "MedicationRequest", "Flag", "Procedure"):
                element = "medicationCodeableConcept" if kind == "MedicationRequest" else "code"
                document: Document = {
                    "resourceType": kind,
                    element: concept(address, code.rstrip("*")),
                }
                if code != "*":
                    assert placement_of(document).lane == "sensitive", (name, code, address, kind)


# -- names


@pytest.mark.parametrize(
    "medicine",
    [
        {"text": "Abacavir 600 mg / lamivudine 300 mg"},
        {"text": "DOLUTEGRAVIR"},
        {"text": "tenofovir-lamivudine-dolutegravir"},
        {"text": "Biktarvy, 1 tablet"},
        {"coding": [{"display": "Efavirenz 600 MG Oral Tablet"}]},
        {"coding": [{"system": "http://clinic.invalid", "code": "1", "display": "Nevirapine"}]},
    ],
)
def test_an_antiretroviral_is_known_by_its_name_as_a_whole_word(medicine: Document) -> None:
    forms: list[Document] = [
        request(medicationCodeableConcept=medicine),
        {"resourceType": "MedicationStatement", "medicationCodeableConcept": medicine},
        {"resourceType": "Medication", "code": medicine},
        request(contained=[{"resourceType": "Medication", "id": "m", "code": medicine}]),
    ]
    for document in forms:
        placed = placement_of(document)
        assert (placed.lane, placed.rule) == ("sensitive", Rule.NAME)
        assert "display" in placed.place or "text" in placed.place
    placed = placement_of(
        request(medicationReference={"reference": "Medication/1", "display": "Truvada"})
    )
    assert placed.place == "medicationReference.display"


@pytest.mark.parametrize(
    "text",
    [
        "Aciclovir",
        "abacavirs",
        "Nirmatrelvir 150 mg and ritonavir 100 mg",
        "Paracetamol",
        "",
        None,
        7,
    ],
)
def test_other_medicines_stay_in_the_summary(text: Any) -> None:
    medicine = {"text": text, "coding": [{"display": text}]}
    assert placement_of(request(medicationCodeableConcept=medicine)).lane == "summary"


def test_names_count_in_medicines_alone() -> None:
    assert (
        placement_of({"resourceType": "Condition", "code": {"text": "zidovudine"}}).lane
        == "summary"
    )
    assert (
        placement_of({"resourceType": "Observation", "code": {"text": "abacavir"}}).lane == "care"
    )


# -- the Medication of the same file


def test_a_prescription_goes_where_its_medication_in_the_file_belongs() -> None:
    def bundle(*resources: Document) -> bytes:
        entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
        return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()

    content = bundle(
        {"resourceType": "Medication", "id": "art", "code": {"text": "Lamivudine"}},
        {"resourceType": "Medication", "id": "pain", "code": concept(ATC, "N02BE01")},
        *(
            {
                "resourceType": "MedicationRequest",
                "id": f"to-{number}",
                "status": "active",
                "intent": "order",
                "subject": {"reference": "Patient/1"},
                "medicationReference": {"reference": reference},
            }
            for number, reference in enumerate(
                ("Medication/art", "urn:uuid:art", "Medication/pain", "Medication/absent", "#none")
            )
        ),
    )
    reading = read_resources("made.json", content)
    assert not reading.rejected
    find = in_file(reading.references)
    placed = {one.id: placement_of(one.document, None, find) for one in reading.resources}
    wanted = Placement("sensitive", Rule.MEDICATION, "antiretroviral", "medicationReference")
    assert placed["to-0"] == placed["to-1"] == wanted
    assert {placed[f"to-{number}"].rule for number in (2, 3, 4)} == {Rule.SUMMARY_TYPE}
    assert placed["art"].lane == "sensitive"
    assert placed["pain"].lane == "care"


# -- the summary


@pytest.mark.parametrize("kind", sorted(SUMMARY_TYPES))
def test_the_emergency_essentials_go_to_the_summary_whatever_their_status(kind: str) -> None:
    for status in ("active", "resolved", "stopped"):
        document: Document = {
            "resourceType": kind,
            "status": status,
            "clinicalStatus": {"text": status},
        }
        assert placement_of(document) == Placement("summary", Rule.SUMMARY_TYPE)


@pytest.mark.parametrize("code", ["882-1", "883-9", "10331-7", "34530-6"])
def test_blood_groups_go_to_the_summary(code: str) -> None:
    placed = placement_of(observation(LOINC, code))
    assert placed == Placement("summary", Rule.SUMMARY_CODE, BLOOD_GROUP, "code")


def test_a_blood_group_that_is_not_what_was_observed_stays_in_care() -> None:
    assert (
        placement_of({"resourceType": "DiagnosticReport", "code": concept(LOINC, "882-1")}).lane
        == "care"
    )
    spoken = observation(LOINC, "8480-6") | {"valueCodeableConcept": concept(SNOMED, "365636006")}
    assert placement_of(spoken).lane == "care"


@pytest.mark.parametrize(
    "kind", ["Observation", "Immunization", "Encounter", "Basic", "Nothing", ""]
)
def test_everything_else_goes_to_care(kind: str) -> None:
    assert placement_of({"resourceType": kind}) == Placement("care", Rule.OTHERWISE)
    assert placement_of({}) == Placement("care", Rule.OTHERWISE)


# -- the order of the rules


def test_the_first_rule_that_applies_is_the_one_that_is_told() -> None:
    document: Document = request(
        meta={"security": [{"system": ACT, "code": "HIV"}]},
        medicationCodeableConcept=concept(ATC, "J05AF05") | {"text": "Lamivudine"},
        medicationReference={"reference": "Medication/1"},
    )
    medication: Document = {"resourceType": "Medication", "code": {"text": "Lamivudine"}}

    def find(_reference: str) -> Document:
        return medication

    told = [placement_of(document, "care", find).rule, placement_of(document, None, find).rule]
    del document["meta"]
    told.append(placement_of(document, None, find).rule)
    del document["medicationCodeableConcept"]["coding"]
    told.append(placement_of(document, None, find).rule)
    del document["medicationCodeableConcept"]
    told.append(placement_of(document, None, find).rule)
    medication["code"] = {"text": "Paracetamol"}
    told.append(placement_of(document, None, find).rule)
    told.append(placement_of(observation(LOINC, "882-1")).rule)
    told.append(placement_of({"resourceType": "Observation"}).rule)
    assert told == list(Rule)


# -- an allergy to an antiretroviral


def test_an_allergy_to_an_antiretroviral_stays_where_emergencies_see_it() -> None:
    allergy: Document = {
        "resourceType": "AllergyIntolerance",
        "code": concept(RXNORM, "190521"),
    }
    label = {"meta": {"security": [{"system": ACT, "code": "HIV"}]}}
    assert placement_of(allergy) == Placement("summary", Rule.SUMMARY_TYPE)
    assert placement_of(allergy | {"code": {"text": "Abacavir"}}).lane == "summary"
    assert placement_of(allergy | label).lane == "sensitive"
    told = allergy | {"reaction": [{"manifestation": [concept(ICD10, "B24")]}]}
    assert placement_of(told).lane == "sensitive"


# -- properties

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "system", "display", "text", "meta", "security"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
documents = st.fixed_dictionaries(
    {"resourceType": st.sampled_from([*sorted(COMPARTMENTS), "Medication"])},
    optional={
        name: json_values
        for name in (
            "meta", "code", "reasonCode", "medicationCodeableConcept", "medicationReference",
            "contained", "questionnaire", "component", "item", "text", "category",
        )
    },
)  # fmt: skip


@given(documents, st.sampled_from(LABELS), st.lists(json_values, max_size=2))
def test_a_labelled_resource_is_never_placed_elsewhere(
    document: Document, label: str, others: list[Any]
) -> None:
    system = CONFIDENTIALITY if label in ("R", "V") else ACT
    security = [*others, {"system": system, "code": label}]
    assert placement_of(document | {"meta": {"security": security}}).lane == "sensitive"


@given(
    documents,
    st.sampled_from([one for name in ("hiv", "mental-health") for one in code_list(name).codes]),
    st.sampled_from(["code", "reasonCode", "component", "item"]),
    st.integers(0, 3),
)
def test_a_resource_with_a_sensitive_code_is_never_placed_elsewhere(
    document: Document, code: tuple[str, str], element: str, depth: int
) -> None:
    system, written = code
    inner: Any = concept(SYSTEMS[system][-1], written.rstrip("*") or "any")
    for _ in range(depth):
        inner = [{"any": inner}]
    assert placement_of(document | {element: inner}).lane == "sensitive"


@given(documents, json_values)
def test_no_shape_of_document_makes_placing_fail(document: Document, kind: Any) -> None:
    placed = placement_of(document)
    assert placed.lane in ("summary", "care", "sensitive")
    if placed.rule is Rule.SUMMARY_TYPE:
        assert document["resourceType"] in SUMMARY_TYPES
    assert placement_of(document | {"resourceType": kind}).lane in ("care", "sensitive", "summary")


@pytest.mark.parametrize("text", ["HIV infection", "known hiv", "AIDS", "VIH positivo", "(HIV)"])
def test_a_problem_that_is_told_in_words_is_sensitive(text: str) -> None:
    for concept in ({"text": text}, {"coding": [{"display": text}]}):
        placed = placement_of({"resourceType": "Condition", "code": concept})
        assert (placed.lane, placed.rule) == ("sensitive", Rule.NAME)


@pytest.mark.parametrize("text", ["hearing aids", "archive", "shiver", "Sidaway's test", ""])
def test_words_that_only_look_like_it_are_not(text: str) -> None:
    placed = placement_of({"resourceType": "Condition", "code": {"text": text}})
    assert placed.lane == "summary"


@pytest.mark.parametrize("text", ["TLD 300/300/50 one daily", "efv 600 mg", "DTG 50 mg bd"])
def test_antiretrovirals_are_known_by_their_abbreviations(text: str) -> None:
    medicine = {"medicationCodeableConcept": {"text": text}}
    assert placement_of({"resourceType": "MedicationStatement", **medicine}).lane == "sensitive"
