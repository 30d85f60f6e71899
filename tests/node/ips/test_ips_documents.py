"""The document as a whole: its frame, its entries and names, its marks, what it cannot know."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told_charts import MAKER, NOW, PATIENT, Made, coded, made, of_patient, stated

from node.fhir.schema import schema_flaw
from node.ips.statement import Linked, Maker

ALLERGIES, MEDICINES, PROBLEMS, RESULTS = "48765-2", "10160-0", "11450-4", "30954-2"
MARK = "https://satchel.invalid/fhir/CodeSystem/summary-mark"
PENICILLIN = of_patient("AllergyIntolerance", "a", code={"text": "Penicillin"})


def urls(document: Made) -> list[str]:
    return [entry["fullUrl"] for entry in document.bundle["entry"]]


def test_the_frame_is_that_of_a_patient_summary_document() -> None:
    document = made(PENICILLIN)
    bundle, composition = document.bundle, document.composition
    assert document.line.count(b"\n") == 1
    assert bundle["type"] == "document"
    assert bundle["timestamp"] == composition["date"] == NOW
    assert bundle["identifier"]["value"] == f"urn:uuid:{bundle['id']}"
    assert composition["resourceType"] == "Composition"
    assert composition["status"] == "final"
    assert composition["type"]["coding"][0] == {
        "system": "http://loinc.org", "code": "60591-5", "display": "Patient summary Document",
    }  # fmt: skip
    assert document.at(composition["subject"]["reference"])["id"] == "p"
    assert composition["confidentiality"] == "N"
    kinds = [document.at(each["reference"])["resourceType"] for each in composition["author"]]
    assert kinds == ["Organization", "Device"]
    custodian = document.at(composition["custodian"]["reference"])
    assert custodian["identifier"][0]["value"] == "did:ethr:0xaa"
    assert bundle["meta"]["profile"] == [
        "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
    ]
    assert schema_flaw(bundle) is None


def test_the_same_chart_at_the_same_moment_gives_the_same_document() -> None:
    assert made(PENICILLIN).line == made(PENICILLIN).line
    assert made(PENICILLIN).bundle["id"] != made().bundle["id"]


def test_the_order_in_which_a_chart_is_held_does_not_show() -> None:
    other = of_patient("AllergyIntolerance", "b", code={"text": "Penicillin"})
    one, two = made(PENICILLIN, other), made(other, PENICILLIN)
    assert one.composition["section"] == two.composition["section"]


def test_who_is_known_in_the_directory_stands_behind_the_document() -> None:
    def known(kind: str, did: str) -> dict[str, Any]:
        return {
            "resourceType": kind,
            "id": f"{kind.lower()}-{did[-2:]}",
            "identifier": [{"value": did}],
            "name": "Riverside Clinic" if kind == "Organization" else [{"text": "Dr Ada"}],
        }

    maker = Maker("did:ethr:0xaa", "did:key:zd", "did:key:zp", "riverside", "did:ethr:0xbb", "hill")
    document = made(
        directory=(
            stated(known("Organization", "did:ethr:0xaa")),
            stated(known("Practitioner", "did:key:zp")),
        ),
        maker=maker,
    )
    authors = [document.at(each["reference"]) for each in document.composition["author"]]
    assert [one["resourceType"] for one in authors] == ["Organization", "Practitioner", "Device"]
    assert authors[0]["name"] == "Riverside Clinic"
    custodian = document.at(document.composition["custodian"]["reference"])
    assert (custodian["name"], custodian["identifier"][0]["value"]) == ("hill", "did:ethr:0xbb")


def test_entries_are_the_original_bytes() -> None:
    original = (
        b'{ "resourceType":"Condition","id":"c","code":{"text":"x"},'
        b'"subject":{"reference":"Patient/p"},"stage":[{"x":1.10}] }'
    )
    assert original in made(stated(original)).line


def test_all_that_is_referred_to_and_held_goes_along_and_resolves() -> None:
    document = made(
        of_patient(
            "Condition",
            "c",
            encounter={"reference": "Encounter/e"},
            asserter={"reference": "Practitioner?identifier=https://npi|77"},
            recorder={"reference": "Practitioner/not-held"},
        ),
        of_patient("Encounter", "e", serviceProvider={"reference": "Organization/o"}),
        of_patient("Encounter", "unreferred"),
        directory=(
            stated({"resourceType": "Organization", "id": "o", "name": "Hill"}),
            stated({"resourceType": "Practitioner", "id": "n",
                    "identifier": [{"system": "https://npi", "value": "77"}]}),
            stated({"resourceType": "Practitioner", "id": "other"}),
        ),
    )  # fmt: skip
    condition = document.entry("Condition", "c")
    assert document.at(condition["asserter"]["reference"])["id"] == "n"
    assert condition["recorder"]["reference"] == "Practitioner/not-held"
    base = "https://satchel.invalid/fhir/clinic/"
    assert condition["encounter"]["reference"] == "Encounter/e"  # under the base of its own address
    assert {f"{base}Encounter/e", f"{base}Organization/o", f"{base}Patient/p"} <= set(
        urls(document)
    )
    assert f"{base}Encounter/unreferred" not in urls(document)
    assert f"{base}Practitioner/other" not in urls(document)


def test_entries_that_are_called_by_urn_stand_under_it_however_others_call_them() -> None:
    identity = "1b5a9c7e-0000-4000-8000-000000000001"
    by_urn = {**PENICILLIN, "patient": {"reference": f"urn:uuid:{identity}"}}
    by_path = {**of_patient("Condition", "c"), "subject": {"reference": f"Patient/{identity}"}}
    document = made(by_urn, by_path, patient={**PATIENT, "id": identity})
    name = f"urn:uuid:{identity}"
    assert document.composition["subject"]["reference"] == name
    assert document.at(name)["resourceType"] == "Patient"
    assert document.entry("AllergyIntolerance", "a")["patient"]["reference"] == name
    assert document.entry("Condition", "c")["subject"]["reference"] == name


def test_another_servers_address_is_not_taken_for_ours() -> None:
    pill = {"resourceType": "Medication", "id": "1", "code": {"text": "Aspirin"}}
    order = of_patient(
        "MedicationRequest",
        "m",
        status="active",
        intent="order",
        medicationReference={"reference": "https://elsewhere.example/fhir/Medication/1"},
    )
    document = made(order, pill)
    assert "Aspirin" not in document.words(MEDICINES)
    assert "(not held here)" in document.words(MEDICINES)
    reference = document.entry("MedicationRequest", "m")["medicationReference"]["reference"]
    assert reference == "https://elsewhere.example/fhir/Medication/1"


def test_two_systems_resources_of_one_id_are_two_entries() -> None:
    document = made(stated(PENICILLIN), stated(PENICILLIN, source="elsewhere"))
    assert document.listed(ALLERGIES) == ["a", "a"]
    assert len(set(urls(document))) == len(urls(document))


def test_a_conflict_is_listed_as_active_with_every_reading_and_marked() -> None:
    before = of_patient(
        "MedicationRequest", "m", status="stopped", intent="order",
        medicationCodeableConcept={"text": "Warfarin"}, dosageInstruction=[{"text": "5 mg"}],
    )  # fmt: skip
    other = {**before, "status": "active", "dosageInstruction": [{"text": "10 mg"}]}
    document = made(stated(before, disputed=(before, other)))
    assert document.listed(MEDICINES) == ["m"]
    words = document.words(MEDICINES)
    assert "CONFLICT, not settled: written apart as (1) Warfarin · 5 mg · stopped" in words
    assert "(2) Warfarin · 10 mg · active" in words
    entry = document.entry("MedicationRequest", "m")
    assert entry.pop("meta") == {"tag": [{"system": MARK, "code": "conflicting"}]}
    assert entry == before
    assert "Conflicts not settled among what is listed: 1." in document.words()


def test_an_unverified_allergy_is_listed_and_marked_and_not_altered() -> None:
    original = {**PENICILLIN, "meta": {"versionId": "3", "tag": [{"code": "kept"}]}}
    document = made(stated(original, waiting=(original,), unverified=True))
    assert document.listed(ALLERGIES) == ["a"]
    assert "UNVERIFIED: written by hilltop, whose access had ended" in document.words(ALLERGIES)
    entry = document.entry("AllergyIntolerance", "a")
    assert entry.pop("meta") == {
        "versionId": "3",
        "tag": [{"code": "kept"}, {"system": MARK, "code": "unverified"}],
    }
    assert entry == {name: value for name, value in original.items() if name != "meta"}
    assert "Unverified statements among what is listed: 1." in document.words()


def test_an_unverified_refutation_takes_nothing_away_and_is_told() -> None:
    refuted = {**PENICILLIN, "verificationStatus": coded("refuted")}
    document = made(stated(PENICILLIN, waiting=(refuted,)))
    assert document.listed(ALLERGIES) == ["a"]
    assert "UNVERIFIED change, not taken in: (1) Penicillin" in document.words(ALLERGIES)
    assert "refuted" in document.words(ALLERGIES)
    assert "meta" not in document.entry("AllergyIntolerance", "a")


def test_a_refuted_allergy_that_somebody_still_asserts_is_listed() -> None:
    refuted = {**PENICILLIN, "verificationStatus": coded("refuted")}
    for again in (
        stated(refuted, waiting=(PENICILLIN,)),
        stated(refuted, disputed=(refuted, PENICILLIN)),
    ):
        assert made(again).listed(ALLERGIES) == ["a"]


def test_what_this_node_cannot_read_is_said() -> None:
    document = made(lanes_unread=("care", "sensitive"), entries_unread=3)
    for lane in ("care", "sensitive"):
        assert f"made without the {lane} lane, which this node cannot read" in document.words()
    assert "Entries that this node cannot open: 3." in document.words()


def test_a_linked_chart_is_mentioned_with_its_allergies_and_not_summed_up() -> None:
    said = made(linked=(Linked("otherchart", True, ("Latex (unverified)",)), Linked(None, False)))
    told = (
        "Chart otherchart is linked as the same person's, which is disputed, and is not summed up"
    )
    assert told in said.words()
    assert "Allergies there: Latex (unverified)." in said.words()
    assert "A chart that is not held here is linked as the same person's." in said.words()
    assert "Latex" not in said.words(ALLERGIES)


def test_what_is_listed_nowhere_is_counted_but_for_the_sensitive_lane() -> None:
    claims = [of_patient("Claim", f"c{place}") for place in range(2)]
    document = made(*claims, stated(of_patient("RiskAssessment", "r"), lane="sensitive"))
    assert "Not listed in any section: 2 Claim." in document.words()
    assert "RiskAssessment" not in document.words()


@pytest.mark.parametrize(
    ("lane", "security", "code"),
    [("summary", "N", "N"), ("sensitive", "N", "R"), ("care", "R", "R"), ("care", "V", "V")],
)
def test_confidentiality_is_as_high_as_what_is_in_it(lane: str, security: str, code: str) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    labelled = {**PENICILLIN, "meta": {"security": [{"system": system, "code": security}]}}
    assert made(stated(labelled, lane=lane)).composition["confidentiality"] == code


def test_a_chart_without_a_patient_says_so_and_its_entries_still_resolve() -> None:
    document = made(PENICILLIN, patient=None)
    patient = document.at(document.composition["subject"]["reference"])
    assert patient["id"] == "p"
    assert patient["name"][0]["extension"][0]["valueCode"] == "unknown"
    assert patient["meta"]["tag"][0]["code"] == "patient-unknown"
    assert "not known here" in document.words()
    assert "meta" not in document.bundle  # it does not claim the guide's profile
    assert "https://satchel.invalid/fhir/clinic/Patient/p" in urls(document)
    assert schema_flaw(document.bundle) is None


def test_several_patients_in_a_chart_are_all_told() -> None:
    document = made(stated({**PATIENT, "id": "q", "birthDate": "1990-09-09"}))
    assert "The chart holds 2 Patient resources" in document.words()
    assert "1990-09-09" in document.words()


HOSTILE = '<script>alert("1")</script>\x1b[31m\u202e & <b onload=x>\u2028'


def test_texts_of_a_record_never_become_markup_or_terminal_controls() -> None:
    document = made(
        of_patient("AllergyIntolerance", "a", code={"text": HOSTILE}, note=[{"text": HOSTILE}]),
        patient={**PATIENT, "name": [{"text": HOSTILE}]},
    )
    for code in ("", ALLERGIES):
        div = (document.section(code) if code else document.composition)["text"]["div"]
        assert "<script" not in div
        assert "<b onload" not in div
        assert not set("\x1b\u202e\u2028") & set(div)
        assert '<script>alert("1")</script>[31m & <b onload=x>' in document.words(code)
        root = ElementTree.fromstring(div)  # noqa: S314
        names = {each.tag.rpartition("}")[2] for each in root.iter()}
        assert names <= set("div p b br table caption thead tbody tr th td".split())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=8)
    | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "coding code system text display value unit reference start end low high name "
                "given family repeat frequency period periodUnit doseAndRate note tag".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
elements = st.sampled_from(
    "status code clinicalStatus verificationStatus onsetDateTime onsetPeriod subject patient meta "
    "medicationCodeableConcept medicationReference dosageInstruction dosage category component "
    "valueQuantity effectiveDateTime performedPeriod note reaction referenceRange identifier name "
    "birthDate protocolApplied activity contained device period criticality modifierExtension "
    "dispenseRequest ingredient recommendation interpretation reasonReference".split()
)
kinds = st.sampled_from(
    "Patient AllergyIntolerance Condition MedicationRequest MedicationStatement Immunization "
    "Procedure Device DeviceUseStatement Observation DiagnosticReport Flag CarePlan Consent "
    "Appointment Medication Practitioner Organization".split()
)
resources = st.builds(
    lambda kind, identity, members: {"resourceType": kind, "id": identity, **members},
    kinds,
    st.sampled_from("pqr"),
    st.dictionaries(elements, json_values, max_size=6),
)


@given(st.lists(st.tuples(resources, resources, st.integers(0, 3)), max_size=5))
def test_whatever_a_record_says_a_document_is_made(
    drawn: list[tuple[dict[str, Any], dict[str, Any], int]],
) -> None:
    statements = [
        stated(
            one,
            source=str(place),
            disputed=(one, {**other, "resourceType": one["resourceType"]}) if how == 1 else (),
            waiting=(one,) if how >= 2 else (),
            unverified=how == 3,
        )
        for place, (one, other, how) in enumerate(drawn)
    ]
    document = made(*statements)
    parsed = json.loads(document.line)
    names = [entry["fullUrl"] for entry in parsed["entry"]]
    assert len(set(names)) == len(names)
    for section in document.composition["section"]:
        ElementTree.fromstring(section["text"]["div"])  # noqa: S314
        for entry in section.get("entry", []):
            assert entry["reference"] in names
    assert document.line == made(*statements).line
    assert MAKER.node_name in document.words()
