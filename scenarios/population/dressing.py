"""Dresses a made-up resource as a record system exports it: meta, business identifier, narrative.

What the generator makes is the bare facts, about 800 bytes; a real export of them has about 1.5 KB
each. The writer at scale and the training of the compression dictionary dress what they take.
"""

from typing import Final
from xml.sax.saxutils import escape

from scenarios.population.coding import Resource, terminology

_PROFILE: Final = "http://hl7.org/fhir/StructureDefinition/"
_NORMAL: Final = {
    "system": terminology("v3-Confidentiality"),
    "code": "N",
    "display": "normal",
}
_TYPE_WORDS: Final = {
    "AllergyIntolerance": "Allergy",
    "MedicationRequest": "Prescription",
    "MedicationStatement": "Medicine in use",
}
_WHEN: Final = (
    "effectiveDateTime", "recordedDate", "authoredOn", "occurrenceDateTime", "dateAsserted",
    "birthDate",
)  # fmt: skip


def dressed(resource: Resource, source: str) -> Resource:
    """A copy with `meta`, `identifier` and `text`; `source` is the clinic's address.

    The same facts: nothing that was there is changed.
    """
    kind, identity = str(resource["resourceType"]), str(resource["id"])
    at = _when(resource)
    made: Resource = {
        "resourceType": kind,
        "id": identity,
        "meta": {
            "versionId": "1",
            "lastUpdated": at if "T" in at else f"{at}T08:00:00+00:00",
            "source": f"{source}#{identity[:13]}",
            "profile": [_PROFILE + _profile(resource)],
            "security": [_NORMAL],
        },
        "text": {"status": "generated", "div": _narrative(resource, kind, at)},
    }
    if "identifier" not in resource:
        made["identifier"] = [
            {
                "use": "official",
                "system": f"{source}/{kind.lower()}-number",
                "value": f"{kind[:3].upper()}-{identity[-12:]}",
            }
        ]
    return made | resource


def _profile(resource: Resource) -> str:
    return "vitalsigns" if _is_vital_sign(resource) else str(resource["resourceType"])


def _is_vital_sign(resource: Resource) -> bool:
    for category in _list(resource.get("category")):
        for one in _list(category.get("coding") if isinstance(category, dict) else None):
            if isinstance(one, dict) and one.get("code") == "vital-signs":
                return True
    return False


def _when(resource: Resource) -> str:
    for name in _WHEN:
        if name in resource:
            return str(resource[name])
    period = resource.get("period")
    return str(period["start"]) if isinstance(period, dict) else "2025-06-01"


def _narrative(resource: Resource, kind: str, at: str) -> str:
    """A few lines in XHTML, as a person would read them."""
    words = _TYPE_WORDS.get(kind, kind)
    rows = [f"<b>{words}</b>: {escape(_what(resource))}", f"<b>When</b>: {at}"]
    value = _value(resource)
    if value:
        rows.append(f"<b>Value</b>: {escape(value)}")
    status = resource.get("status")
    if isinstance(status, str):
        rows.append(f"<b>Status</b>: {status}")
    subject = resource.get("subject") or resource.get("patient")
    if isinstance(subject, dict):
        rows.append(f"<b>Of</b>: {subject['reference']}")
    body = "".join(f"<p>{row}</p>" for row in rows)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'


def _what(resource: Resource) -> str:
    for name in ("code", "medicationCodeableConcept", "vaccineCode"):
        concept = resource.get(name)
        if isinstance(concept, dict) and "text" in concept:
            return str(concept["text"])
    names = _list(resource.get("name"))
    if names and isinstance(names[0], dict):
        return str(names[0].get("text") or names[0].get("family"))
    types = _list(resource.get("type"))
    return _display(types[0]) if types else str(resource["resourceType"])


def _value(resource: Resource) -> str:
    measured = resource.get("valueQuantity")
    if isinstance(measured, dict):
        return f"{measured['value']} {measured['unit']}"
    coded = resource.get("valueCodeableConcept")
    if isinstance(coded, dict):
        return _display(coded)
    parts = [part for part in _list(resource.get("component")) if isinstance(part, dict)]
    return ", ".join(f"{_display(part['code'])} {_value(part)}" for part in parts)


def _display(concept: object) -> str:
    codings = _list(concept.get("coding") if isinstance(concept, dict) else None)
    first = codings[0] if codings else None
    return str(first.get("display", "")) if isinstance(first, dict) else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
