"""What each section lists, in which order, and what it says where nothing is known."""

from typing import Any

import pytest
from told_charts import coded, made, of_patient, stated

ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ALLERGIES, MEDICINES, PROBLEMS = "48765-2", "10160-0", "11450-4"
IMMUNIZATIONS, PROCEDURES, DEVICES = "11369-6", "47519-4", "46264-8"
RESULTS, VITAL_SIGNS, PAST, ALERTS = "30954-2", "8716-3", "11348-0", "104605-1"
PREGNANCY, SOCIAL, FUNCTION = "10162-6", "29762-2", "47420-5"
PLANS, DIRECTIVES = "18776-5", "42348-3"


def allergy(identity: str, substance: str = "Penicillin", **members: Any) -> dict[str, Any]:
    return of_patient("AllergyIntolerance", identity, code={"text": substance}, **members)


def condition(identity: str, **members: Any) -> dict[str, Any]:
    return of_patient("Condition", identity, **{"code": {"text": identity}, **members})


def request(identity: str, **members: Any) -> dict[str, Any]:
    return of_patient(
        "MedicationRequest",
        identity,
        **{
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": {"text": identity},
            **members,
        },
    )


@pytest.mark.parametrize(
    ("section", "code"),
    [
        (ALLERGIES, "no-allergy-info"),
        (MEDICINES, "no-medication-info"),
        (PROBLEMS, "no-problem-info"),
    ],
)
def test_an_empty_chart_says_that_nothing_is_known_and_not_that_there_is_nothing(
    section: str, code: str
) -> None:
    document = made()
    (entry,) = document.section(section)["entry"]
    resource = document.at(entry["reference"])
    concept = resource.get("code") or resource["medicationCodeableConcept"]
    assert concept["coding"][0]["system"] == ABSENT
    assert concept["coding"][0]["code"] == code
    assert "does not say that there is none" in document.words(section)


def test_recommended_sections_are_there_and_say_why_they_are_empty() -> None:
    document = made()
    assert document.codes() == [
        ALLERGIES, MEDICINES, PROBLEMS, IMMUNIZATIONS, PROCEDURES, DEVICES, RESULTS,
    ]  # fmt: skip
    for code in (IMMUNIZATIONS, PROCEDURES, DEVICES, RESULTS):
        section = document.section(code)
        assert "entry" not in section
        assert section["emptyReason"]["coding"][0]["code"] == "unavailable"


@pytest.mark.parametrize(
    "none",
    [
        {"coding": [{"system": SNOMED, "code": "716186003"}], "text": "No known allergies"},
        {"coding": [{"system": ABSENT, "code": "no-known-allergies"}], "text": "None known"},
    ],
)
def test_known_none_is_said_only_where_the_chart_says_so(none: dict[str, Any]) -> None:
    said = {**allergy("none"), "code": none}
    document = made(said)
    assert document.listed(ALLERGIES) == ["none"]
    assert none["text"] in document.words(ALLERGIES)
    assert "cannot both be right" not in document.words(ALLERGIES)
    contradicted = made(said, allergy("a", criticality="low"))
    assert contradicted.listed(ALLERGIES) == ["a", "none"]
    assert "cannot both be right" in contradicted.words(ALLERGIES)


def test_a_statement_that_nothing_is_known_is_no_allergy() -> None:
    document = made({**allergy("x"), "code": coded("no-allergy-info", ABSENT)})
    (entry,) = document.section(ALLERGIES)["entry"]
    assert document.at(entry["reference"])["id"] != "x"
    assert "1 saying that nothing is known" in document.words(ALLERGIES)


def test_the_most_dangerous_allergies_come_first_and_ended_ones_apart() -> None:
    document = made(
        allergy("low", "Cats", criticality="low"),
        allergy("unsaid", "Dust"),
        allergy("high", "Wasps", criticality="high", clinicalStatus=coded("active")),
        allergy("ended", "Milk", criticality="high", clinicalStatus=coded("resolved")),
    )
    assert document.listed(ALLERGIES) == ["high", "unsaid", "low", "ended"]
    words = document.words(ALLERGIES)
    assert words.index("Cats") < words.index("No longer active") < words.index("Milk")
    assert "status not said" in words


def test_the_row_of_an_allergy_tells_reaction_severity_and_verification() -> None:
    document = made(
        allergy(
            "a",
            criticality="unable-to-assess",
            clinicalStatus=coded("active"),
            verificationStatus=coded("unconfirmed"),
            reaction=[{"manifestation": [{"text": "Hives"}], "severity": "severe"}],
            onsetDateTime="2019-05",
            note=[{"text": "told by the mother"}],
        )
    )
    assert document.rows(ALLERGIES) == [
        ["Penicillin", "unable to assess", "Hives (severe)", "active, unconfirmed", "2019-05",
         "told by the mother"]
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_refuted_and_erroneous_ones_are_counted_and_not_listed(status: str) -> None:
    document = made(
        allergy("a", verificationStatus=coded(status)),
        condition("c", verificationStatus=coded(status)),
        allergy("b", "Latex"),
    )
    assert document.listed(ALLERGIES) == ["b"]
    word = status.replace("-", " ")
    assert f"Not listed here: 1 allergy (1 {word})." in document.words(ALLERGIES)
    assert f"Not listed here: 1 problem (1 {word})." in document.words(PROBLEMS)
    assert "Penicillin" not in document.words(ALLERGIES)


@pytest.mark.parametrize("status", ["active", "recurrence", "relapse", "something-new", None])
def test_a_problem_is_active_unless_its_status_says_that_it_has_ended(status: str | None) -> None:
    members = {} if status is None else {"clinicalStatus": coded(status)}
    document = made(condition("c", **members))
    assert document.listed(PROBLEMS) == ["c"]
    assert PAST not in document.codes()


@pytest.mark.parametrize("status", ["inactive", "remission", "resolved"])
def test_an_ended_problem_is_past_illness(status: str) -> None:
    document = made(condition("c", clinicalStatus=coded(status), abatementDateTime="2020-02-02"))
    assert document.listed(PAST) == ["c"]
    assert "2020-02-02" in document.words(PAST)
    assert "No active problem is recorded" in document.words(PROBLEMS)


def test_problems_are_listed_newest_first() -> None:
    document = made(
        condition("undated"),
        condition("old", onsetDateTime="1999"),
        condition("new", onsetDateTime="2020-01-01T23:00:00-05:00"),
        condition("newer", onsetDateTime="2020-01-02T03:30:00Z"),
        condition("recorded", recordedDate="2010-01-01"),
    )
    assert document.listed(PROBLEMS) == ["new", "newer", "recorded", "old", "undated"]


@pytest.mark.parametrize("status", ["active", "on-hold", "unknown", "intended", None])
@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement"])
def test_a_medicine_is_in_force_unless_its_status_says_otherwise(
    kind: str, status: str | None
) -> None:
    members = {"medicationCodeableConcept": {"text": "Warfarin"}}
    document = made(of_patient(kind, "m", **members, **({"status": status} if status else {})))
    assert document.listed(MEDICINES) == ["m"]


def test_ended_medicines_are_counted_by_why() -> None:
    document = made(
        request("a"),
        request("b", status="completed"),
        request("c", status="completed"),
        request("d", status="stopped"),
        of_patient("MedicationStatement", "e", status="not-taken"),
    )
    assert document.listed(MEDICINES) == ["a"]
    said = "Not listed here: 4 medicines (2 completed, 1 not taken, 1 stopped)."
    assert said in document.words(MEDICINES)


def test_a_medicines_name_is_found_where_it_stands() -> None:
    pill = {
        "resourceType": "Medication",
        "id": "m",
        "code": {"text": "Co-trimoxazole"},
        "form": {"text": "tablet"},
        "ingredient": [
            {
                "itemCodeableConcept": {"text": "sulfamethoxazole"},
                "strength": {
                    "numerator": {"value": 800, "unit": "mg"},
                    "denominator": {"value": 1, "unit": "tablet"},
                },
            }
        ],
    }
    inside = {**pill, "id": "in", "code": {"text": "Inside"}, "form": None, "ingredient": []}
    document = made(
        request(
            "b-held",
            medicationCodeableConcept=None,
            medicationReference={"reference": "Medication/m"},
        ),
        request(
            "a-contained",
            medicationCodeableConcept=None,
            contained=[inside],
            medicationReference={"reference": "#in"},
        ),
        request(
            "c-shown", medicationCodeableConcept=None, medicationReference={"display": "Shown"}
        ),
        request(
            "d-away",
            medicationCodeableConcept=None,
            medicationReference={"reference": "Medication/gone"},
        ),
        stated(pill),
        stated({**pill, "code": {"text": "Another system's"}}, source="elsewhere"),
    )
    assert [row[0] for row in document.rows(MEDICINES)] == [
        "Co-trimoxazole (sulfamethoxazole 800 mg / 1 tablet), tablet",
        "Inside",
        "Medication/gone (not held here)",
        "Shown",
    ]
    assert document.entry("Medication", "m")["code"]["text"] == "Co-trimoxazole"


def test_an_order_not_to_give_says_so() -> None:
    document = made(request("Aspirin", doNotPerform=True), request("b", intent="proposal"))
    assert document.rows(MEDICINES)[0][0] == "DO NOT GIVE: Aspirin"
    assert document.rows(MEDICINES)[1][2] == "active (proposal)"


def test_immunizations_are_listed_newest_first_and_refusals_too() -> None:
    document = made(
        of_patient("Immunization", "a", status="completed", vaccineCode={"text": "BCG"},
                   occurrenceDateTime="2001-01-01", lotNumber="L7",
                   protocolApplied=[{"doseNumberPositiveInt": 1, "seriesDosesPositiveInt": 2}]),
        of_patient("Immunization", "b", status="not-done", vaccineCode={"text": "MMR"},
                   occurrenceDateTime="2005-01-01", statusReason={"text": "refused"}),
        of_patient("Immunization", "c", status="entered-in-error", vaccineCode={"text": "X"}),
    )  # fmt: skip
    assert document.listed(IMMUNIZATIONS) == ["b", "a"]
    assert document.rows(IMMUNIZATIONS) == [
        ["MMR", "2005-01-01", "", "not done (refused)", ""],
        ["BCG", "2001-01-01", "1 of 2", "completed", "L7"],
    ]
    assert "1 entered in error" in document.words(IMMUNIZATIONS)


def test_procedures_of_one_kind_are_one_row_and_all_are_entries() -> None:
    def done(identity: str, day: str, what: str = "Dialysis", **members: Any) -> dict[str, Any]:
        return of_patient(
            "Procedure",
            identity,
            **{"status": "completed", "code": {"text": what}, "performedDateTime": day, **members},
        )

    document = made(
        done("a", "2001-01-01"), done("b", "2003-03-03"), done("c", "2002-02-02"),
        done("d", "2004-04-04", "Suture"), done("e", "2005-05-05", status="not-done"),
    )  # fmt: skip
    assert document.listed(PROCEDURES) == ["d", "b", "c", "a"]
    assert document.rows(PROCEDURES) == [
        ["Suture", "2004-04-04", "completed", ""],
        ["Dialysis", "2003-03-03", "completed", "2 earlier, since 2001-01-01"],
    ]
    assert "1 not done" in document.words(PROCEDURES)


def test_a_device_is_listed_once_by_its_statement_of_use() -> None:
    document = made(
        of_patient("Device", "pump", status="active", type={"text": "Insulin pump"}),
        of_patient("Device", "lens", status="active", deviceName=[{"name": "Lens"}]),
        of_patient("Device", "old", status="inactive", type={"text": "Stent"}),
        of_patient("DeviceUseStatement", "use", status="active", timingDateTime="2020-01-01",
                   device={"reference": "Device/pump"}),
    )  # fmt: skip
    assert document.listed(DEVICES) == ["use", "lens"]
    assert [row[0] for row in document.rows(DEVICES)] == ["Insulin pump", "Lens"]
    assert "1 inactive" in document.words(DEVICES)


def observed(identity: str, code: str, **members: Any) -> dict[str, Any]:
    return of_patient(
        "Observation",
        identity,
        **{"status": "final", "code": {**coded(code, LOINC), "text": code}, **members},
    )


@pytest.mark.parametrize(
    ("section", "members"),
    [
        (RESULTS, {"code": coded("718-7", LOINC), "category": [coded("laboratory")]}),
        (RESULTS, {"code": {"text": "something"}}),
        (VITAL_SIGNS, {"code": coded("8867-4", LOINC)}),
        (VITAL_SIGNS, {"code": {"text": "x"}, "category": [coded("vital-signs")]}),
        (PREGNANCY, {"code": coded("82810-3", LOINC), "category": [coded("social-history")]}),
        (SOCIAL, {"code": coded("72166-2", LOINC)}),
        (FUNCTION, {"code": {"text": "x"}, "category": [coded("functional-status")]}),
    ],
)
def test_an_observation_stands_in_its_section(section: str, members: dict[str, Any]) -> None:
    document = made(of_patient("Observation", "o", status="final", **members))
    assert document.listed(section) == ["o"]


def test_of_each_test_the_newest_is_listed_and_the_others_are_counted() -> None:
    days = ["2001-01-01", "2003-03-03T08:15:30Z", "2002-02-02"]
    document = made(
        *(
            observed(f"o{place}", "718-7", effectiveDateTime=day,
                     valueQuantity={"value": place, "unit": "g/dL"})
            for place, day in enumerate(days)
        ),
        observed("error", "718-7", status="entered-in-error", effectiveDateTime="2020-01-01"),
    )  # fmt: skip
    assert document.listed(RESULTS) == ["o1"]
    assert document.rows(RESULTS) == [
        ["718-7", "1 g/dL", "2003-03-03 08:15", "2 earlier, since 2001-01-01"]
    ]
    assert "1 entered in error" in document.words(RESULTS)


def test_a_disputed_result_is_listed_whatever_its_age() -> None:
    old = observed("old", "718-7", effectiveDateTime="2001-01-01", valueString="low")
    other = {**old, "valueString": "high"}
    document = made(
        stated(old, disputed=(old, other)),
        observed("new", "718-7", effectiveDateTime="2020-01-01", valueString="normal"),
    )
    assert document.listed(RESULTS) == ["new", "old"]
    assert "CONFLICT" in document.words(RESULTS)


def test_numbers_in_a_result_keep_their_digits() -> None:
    original = (
        b'{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Glucose"},'
        b'"valueQuantity":{"value":5.60,"comparator":"<","unit":"mmol/L"},"referenceRange":'
        b'[{"low":{"value":4.0,"unit":"mmol/L"},"high":{"value":6.00,"unit":"mmol/L"}}],'
        b'"interpretation":[{"text":"N"}]}'
    )
    document = made(stated(original))
    assert document.rows(RESULTS) == [["Glucose", "<5.60 mmol/L [N]", "4.0 mmol/L to 6.00 mmol/L"]]
    assert original in document.line


def test_the_parts_of_a_blood_pressure_are_told() -> None:
    document = made(
        observed(
            "bp",
            "85354-9",
            component=[
                {"code": {"text": "systolic"}, "valueQuantity": {"value": 120, "unit": "mmHg"}},
                {"code": {"text": "diastolic"}, "dataAbsentReason": {"text": "not measured"}},
            ],
        )
    )
    told = document.rows(VITAL_SIGNS)[0][1]
    assert told == "systolic: 120 mmHg; diastolic: no value: not measured"


def test_reports_alerts_plans_and_directives_have_their_places() -> None:
    document = made(
        of_patient("DiagnosticReport", "r", status="final", code={"text": "X-ray"},
                   conclusion="no fracture"),
        of_patient("Flag", "up", status="active", code={"text": "Violent dog"}),
        of_patient("Flag", "down", status="inactive", code={"text": "gone"}),
        of_patient("CarePlan", "plan", status="active", intent="plan", title="Diet",
                   activity=[{"detail": {"status": "in-progress", "description": "less salt"}}]),
        of_patient("CarePlan", "done", status="completed", intent="plan"),
        of_patient("Consent", "acd", status="active", scope=coded("adr"), category=[coded("dnr")]),
        of_patient("Consent", "other", status="active", scope=coded("research"), category=[]),
    )  # fmt: skip
    assert document.listed(RESULTS) == ["r"]
    assert "no fracture" in document.words(RESULTS)
    assert document.listed(ALERTS) == ["up"]
    assert document.codes()[0] == ALERTS
    assert document.listed(PLANS) == ["plan"]
    assert "less salt (in-progress)" in document.words(PLANS)
    assert document.listed(DIRECTIVES) == ["acd"]
