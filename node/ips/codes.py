"""The codes that a summary is made of: sections, known absence, absence of information.

HL7 International Patient Summary Implementation Guide (hl7.fhir.uv.ips); read by the sections.
"""

from dataclasses import dataclass
from typing import Final

LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
ABSENT_UNKNOWN: Final = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
EMPTY_REASON: Final = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
DATA_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
CONDITION_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ALLERGY_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ACT_CLASS: Final = "http://terminology.hl7.org/CodeSystem/v3-ActClass"
PROFILES: Final = "http://hl7.org/fhir/uv/ips/StructureDefinition"
MARK: Final = "https://satchel.invalid/fhir/CodeSystem/summary-mark"
"""The tags that a summary puts on entries which must not be read as settled facts."""

UNVERIFIED: Final = "unverified"
CONFLICTING: Final = "conflicting"
PATIENT_UNKNOWN: Final = "patient-unknown"

SUMMARY_CODE: Final = "60591-5"
SUMMARY_DISPLAY: Final = "Patient summary Document"


@dataclass(frozen=True, slots=True)
class SectionCode:
    """A section of the summary by its LOINC code."""

    code: str
    display: str
    title: str


MEDICINES: Final = SectionCode(
    "10160-0", "History of Medication use Narrative", "Medication Summary"
)
ALLERGIES: Final = SectionCode(
    "48765-2", "Allergies and adverse reactions Document", "Allergies and Intolerances"
)
PROBLEMS: Final = SectionCode("11450-4", "Problem list - Reported", "Problem List")
ALERTS: Final = SectionCode("104605-1", "Alert", "Alerts")
IMMUNIZATIONS: Final = SectionCode("11369-6", "History of Immunization Narrative", "Immunizations")
PROCEDURES: Final = SectionCode("47519-4", "History of Procedures Document", "Procedures")
DEVICES: Final = SectionCode("46264-8", "History of medical device use", "Medical Devices")
RESULTS: Final = SectionCode(
    "30954-2", "Relevant diagnostic tests/laboratory data Narrative", "Results"
)
VITAL_SIGNS: Final = SectionCode("8716-3", "Vital signs", "Vital Signs")
PAST_ILLNESS: Final = SectionCode(
    "11348-0", "History of Past illness Narrative", "Past History of Illness"
)
PREGNANCY: Final = SectionCode("10162-6", "History of pregnancies Narrative", "Pregnancy")
SOCIAL_HISTORY: Final = SectionCode("29762-2", "Social history Narrative", "Social History")
FUNCTIONAL_STATUS: Final = SectionCode(
    "47420-5", "Functional status assessment note", "Functional Status"
)
PLAN_OF_CARE: Final = SectionCode("18776-5", "Plan of care note", "Plan of Care")
ADVANCE_DIRECTIVES: Final = SectionCode("42348-3", "Advance directives", "Advance Directives")


@dataclass(frozen=True, slots=True)
class Absence:
    """How the guide says that nothing is known of a section."""

    code: str
    display: str


NO_ALLERGY_INFO: Final = Absence("no-allergy-info", "No information about allergies")
NO_MEDICATION_INFO: Final = Absence("no-medication-info", "No information about medications")
NO_PROBLEM_INFO: Final = Absence("no-problem-info", "No information about problems")

NO_INFORMATION: Final = frozenset(
    "no-allergy-info no-medication-info no-problem-info no-immunization-info no-procedure-info "
    "no-device-info".split()
)
"""Codes of ABSENT_UNKNOWN by which a resource says that nothing is known."""

KNOWN_NONE: Final = frozenset(
    {
        (ABSENT_UNKNOWN, code)
        for code in "no-known-allergies no-known-medication-allergies no-known-food-allergies "
        "no-known-environmental-allergies no-known-medications no-known-problems "
        "no-known-procedures no-known-immunizations no-known-devices".split()
    }
    | {
        (SNOMED, "716186003"),  # No known allergy
        (SNOMED, "409137002"),  # No known drug allergy
        (SNOMED, "429625007"),  # No known food allergy
        (SNOMED, "428607008"),  # No known environmental allergy
        (SNOMED, "787481004"),  # No known medications
        (SNOMED, "160245001"),  # No current problems or disability
    }
)
"""Codes by which somebody says that there is none, which is more than not knowing."""
