"""Composes one chart's International Patient Summary, a document Bundle; the export calls it.

HL7 International Patient Summary Implementation Guide over FHIR R4. What is not known is said as
not known; what is disputed or unverified is listed and marked; nothing active is left out.
"""

import hashlib
from typing import Final

from node.ips import codes
from node.ips.allergies import allergies
from node.ips.codes import Absence, SectionCode
from node.ips.devices import devices
from node.ips.entries import entry, generated_entry, json_bytes, names_of, with_referred
from node.ips.heading import has_name_and_birth_date, heading
from node.ips.holdings import Directory, Holdings
from node.ips.immunizations import immunizations
from node.ips.listing import Section
from node.ips.medicines import medicines
from node.ips.naming import derived_id
from node.ips.observations import observations
from node.ips.parties import parties, unknown_patient
from node.ips.plans import advance_directives, alerts, plan_of_care
from node.ips.problems import problems
from node.ips.procedures import procedures
from node.ips.statement import Key, Maker, Resource, Statement, Told
from node.ips.wording import codings, member

TYPES: Final = frozenset(
    "Patient AllergyIntolerance MedicationRequest MedicationStatement Condition Immunization "
    "Procedure Device DeviceUseStatement Observation DiagnosticReport ClinicalImpression Flag "
    "CarePlan ServiceRequest ImmunizationRecommendation Appointment Consent".split()
)
"""What the sections are made of; other types go along where something listed refers to them."""

_CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def compose_summary(told: Told, directory: Directory, maker: Maker, now: str) -> bytes:
    """The document on one line, newline included; `now` is the time of making (RFC 3339, UTC).

    A function of its arguments alone. Never raises for what a record says.
    """
    patients = [one for one in told.statements if one.key.type == "Patient"]
    subjects = patients or [unknown_patient(told)]
    holdings = Holdings([*told.statements, *subjects], directory)
    sections = _sections(told, holdings)
    behind = parties(maker, holdings)
    listed = [*subjects, *behind.statements]
    listed += [one for section in sections for one in section.entries]
    included = with_referred(listed, holdings)
    names = names_of(included, holdings)
    subject = names[subjects[0].key]
    absent = {
        section.code: _absent(section.code, section.absence, subject, told.chart)
        for section in sections
        if section.absence is not None and not section.entries
    }

    def pointer(one: Statement | Resource | None) -> Resource:
        if isinstance(one, Statement):
            return {"reference": names[one.key]}
        return {"reference": f"urn:uuid:{one['id']}" if one else subject}

    composition: Resource = {
        "resourceType": "Composition",
        "status": "final",
        "language": "en",
        "type": _concept(codes.LOINC, codes.SUMMARY_CODE, codes.SUMMARY_DISPLAY),
        "subject": {"reference": subject},
        "date": now,
        "author": [pointer(author) for author in behind.authors],
        "title": "International Patient Summary",
        "confidentiality": _confidentiality(told, included),
        "text": heading(told, maker, patients, sections, now, TYPES),
        "custodian": pointer(behind.custodian),
        "event": [{"code": [_concept(codes.ACT_CLASS, "PCPR")], "period": {"end": now}}],
        "section": [_section(each, absent.get(each.code), names) for each in sections],
    }
    conforms = has_name_and_birth_date(subjects[0].document)
    entries = [entry(one, names, holdings) for one in included]
    entries += map(generated_entry, [*behind.made, *absent.values()])
    return _bundle(composition, entries, told.chart, now, conforms=conforms)


def _sections(told: Told, holdings: Holdings) -> list[Section]:
    by_type: dict[str, list[Statement]] = {}
    for statement in sorted(told.statements, key=lambda one: (one.key, one.lane)):
        by_type.setdefault(statement.key.type, []).append(statement)

    def of(*types: str) -> list[Statement]:
        return [one for kind in types for one in by_type.get(kind, [])]

    problem_list, past = problems(of("Condition"))
    results, *observed = observations(of("Observation", "DiagnosticReport", "ClinicalImpression"))
    plans = of("CarePlan", "ServiceRequest", "ImmunizationRecommendation", "Appointment")
    found = [
        alerts(of("Flag")),
        allergies(of("AllergyIntolerance")),
        medicines(of("MedicationRequest", "MedicationStatement"), holdings),
        problem_list,
        immunizations(of("Immunization")),
        procedures(of("Procedure")),
        devices(of("DeviceUseStatement", "Device"), holdings),
        results,
        *observed,
        past,
        plan_of_care(plans),
        advance_directives(of("Consent")),
    ]
    return [section for section in found if section is not None]


def _section(section: Section, absent: Resource | None, names: dict[Key, str]) -> Resource:
    code = section.code
    made: Resource = {
        "title": code.title,
        "code": _concept(codes.LOINC, code.code, code.display),
        "text": section.text,
    }
    if section.entries:
        made["entry"] = [{"reference": names[one.key]} for one in section.entries]
    elif absent is not None:
        made["entry"] = [{"reference": f"urn:uuid:{absent['id']}"}]
    else:
        made["emptyReason"] = _concept(codes.EMPTY_REASON, "unavailable", "Unavailable")
    return made


def _absent(code: SectionCode, absence: Absence, subject: str, chart: str) -> Resource:
    """The resource by which the guide says that nothing is known of a required section."""
    what = _concept(codes.ABSENT_UNKNOWN, absence.code, absence.display)
    made: Resource = {"id": derived_id("absent", absence.code, chart)}
    of = {"reference": subject}
    if code is codes.ALLERGIES:
        active = _concept(codes.ALLERGY_CLINICAL, "active")
        return {"resourceType": "AllergyIntolerance", **made, "clinicalStatus": active,
                "code": what, "patient": of}  # fmt: skip
    if code is codes.PROBLEMS:
        active = _concept(codes.CONDITION_CLINICAL, "active")
        return {"resourceType": "Condition", **made, "clinicalStatus": active, "code": what,
                "subject": of}  # fmt: skip
    unknown = {"extension": [{"url": codes.DATA_ABSENT, "valueCode": "unknown"}]}
    return {"resourceType": "MedicationStatement", **made, "status": "unknown",
            "medicationCodeableConcept": what, "subject": of,
            "_effectiveDateTime": unknown}  # fmt: skip


def _confidentiality(told: Told, included: list[Statement]) -> str:
    """Very restricted or restricted where anything in it says so or is of the sensitive lane."""
    marks = {
        code
        for one in included
        for system, code in codings(member(one.document.get("meta"), "security"))
        if system == _CONFIDENTIALITY
    }
    if "V" in marks:
        return "V"
    sensitive = any(one.lane == "sensitive" and one.key.type in TYPES for one in told.statements)
    return "R" if sensitive or "R" in marks else "N"


def _bundle(
    composition: Resource, entries: list[bytes], chart: str, now: str, *, conforms: bool
) -> bytes:
    """Put together; the document's identity is of all that it says."""
    digest = hashlib.sha256(json_bytes(composition))
    for each in entries:
        digest.update(each)
    identity = derived_id("document", chart, now, digest.hexdigest())
    own: Resource = {"id": derived_id("composition", identity)}
    head: Resource = {"resourceType": "Bundle", "id": identity}
    if conforms:
        own["meta"] = {"profile": [f"{codes.PROFILES}/Composition-uv-ips"]}
        head["meta"] = {"profile": [f"{codes.PROFILES}/Bundle-uv-ips"]}
    head |= {
        "language": "en",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identity}"},
        "type": "document",
        "timestamp": now,
    }
    first = generated_entry({"resourceType": "Composition", **own, **composition})
    return b'%b,"entry":[%b]}\n' % (json_bytes(head)[:-1], b",".join([first, *entries]))


def _concept(system: str, code: str, display: str = "") -> Resource:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}
