"""An independent reading of FHIR files and of summaries: plain JSON, no code of the node's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Resource = dict[str, Any]
SECTION_TYPES = {
    "48765-2": {"AllergyIntolerance"},
    "11450-4": {"Condition"},
    "10160-0": {"MedicationRequest", "MedicationStatement"},
}


def code(value: Resource | None) -> str | None:
    listed = (value or {}).get("coding")
    return str(listed[0]["code"]) if listed else None


def is_active(resource: Resource) -> bool:
    """What a clinician would call an active allergy, problem or medicine."""
    kind = resource["resourceType"]
    if kind in ("AllergyIntolerance", "Condition"):
        verification = code(resource.get("verificationStatus"))
        if verification in ("refuted", "entered-in-error"):
            return False
        clinical = code(resource.get("clinicalStatus"))
        return clinical in (None, "active", "recurrence", "relapse")
    if kind in ("MedicationRequest", "MedicationStatement"):
        return resource.get("status") in (None, "active", "on-hold", "unknown", "intended")
    return False


def whose(resource: Resource) -> str:
    subject = resource["subject" if "subject" in resource else "patient"]
    reference: str = subject["reference"]
    return reference.replace("urn:uuid:", "").rpartition("/")[2]


@dataclass
class Expected:
    """What a summary of one patient must hold, by section."""

    by_section: dict[str, set[str]] = field(default_factory=dict)


def expected(resources: Iterator[Resource]) -> dict[str, Expected]:
    """Active ids by patient and section."""
    found: dict[str, Expected] = {}
    for resource in resources:
        if resource["resourceType"] == "Patient":
            found.setdefault(resource["id"], Expected())
        if not is_active(resource):
            continue
        patient = found.setdefault(whose(resource), Expected())
        for section, kinds in SECTION_TYPES.items():
            if resource["resourceType"] in kinds:
                patient.by_section.setdefault(section, set()).add(resource["id"])
    return found


def in_files(files: list[Path]) -> Iterator[Resource]:
    for file in files:
        yield from in_text(file.read_text())


def in_text(text: str) -> Iterator[Resource]:
    try:
        values = [json.loads(text)]
    except ValueError:
        values = [json.loads(line) for line in text.splitlines() if line.strip()]
    for value in values:
        if value["resourceType"] == "Bundle":
            yield from (entry["resource"] for entry in value["entry"])
        else:
            yield value


def subject_of(document: Resource) -> Resource:
    reference = document["entry"][0]["resource"]["subject"]["reference"]
    (found,) = [one["resource"] for one in document["entry"] if one["fullUrl"] == reference]
    return dict(found)


def listed(document: Resource) -> dict[str, list[Resource]]:
    """The entries of each section, in order."""
    by_url = {entry["fullUrl"]: entry["resource"] for entry in document["entry"]}
    found: dict[str, list[Resource]] = {}
    for section in document["entry"][0]["resource"]["section"]:
        name = section["code"]["coding"][0]["code"]
        found[name] = [by_url[each["reference"]] for each in section.get("entry", [])]
    return found


def assert_holds_all_active(documents: list[Resource], sources: dict[str, Expected]) -> int:
    """Every patient of the sources has a summary that lists exactly what is active there."""
    by_patient = {subject_of(document)["id"]: document for document in documents}
    assert by_patient.keys() == sources.keys()
    count = 0
    for patient, wanted in sources.items():
        sections = listed(by_patient[patient])
        for section in SECTION_TYPES:
            held = [one for one in sections[section] if is_active(one) and not is_absence(one)]
            ids = [one["id"] for one in held]
            assert sorted(ids) == sorted(wanted.by_section.get(section, set()))
            assert held or any(map(is_absence, sections[section])) or sections[section]
            count += len(ids)
    return count


def is_absence(resource: Resource) -> bool:
    """Whether it is a resource by which a summary says that nothing is known."""
    concept = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    return any(
        coding.get("system") == "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
        for coding in concept.get("coding", [])
    )


def unresolved(document: Resource) -> list[str]:
    """References that lead to no entry by FHIR's own rules."""
    urls = {entry["fullUrl"] for entry in document["entry"]}
    found: list[str] = []

    def walk(value: Any, base: str) -> None:
        if isinstance(value, dict):
            reference = value.get("reference")
            if (
                isinstance(reference, str)
                and not reference.startswith("#")
                and not {reference, base + reference} & urls
            ):
                found.append(reference)
            for item in value.values():
                walk(item, base)
        elif isinstance(value, list):
            for item in value:
                walk(item, base)

    for entry in document["entry"]:
        url = entry["fullUrl"]
        walk(entry["resource"], url.rsplit("/", 2)[0] + "/" if url.startswith("http") else "?")
    return found
