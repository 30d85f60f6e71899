"""What is written of people: small FHIR resources with plausible values, seeded; `care` calls it.

Names are made so that each word of one is nowhere else: a search for plaintext can find no other.
"""

import json
import random
from datetime import UTC, datetime
from typing import Any, Final

Resource = dict[str, Any]

_SYLLABLES: Final = (
    "ka mo ri ta len shu dar bex nol qua zim pre vol hat gor fin wes yud ombi ruk".split()
)
_SUBSTANCES: Final = ("Penicillin", "Peanut", "Latex", "Ibuprofen", "Bee venom", "Sulfonamide")
_PROBLEMS: Final = ("Cholera", "Malaria", "Fracture of femur", "Asthma", "Crush injury", "Anaemia")
_MEDICINES: Final = (
    "Amoxicillin",
    "Oral rehydration salts",
    "Artesunate",
    "Morphine",
    "Salbutamol",
)
_VITALS: Final = (
    ("Body temperature", 34.5, 41.0, "Cel"),
    ("Heart rate", 45, 160, "/min"),
    ("Systolic blood pressure", 70, 190, "mm[Hg]"),
    ("Oxygen saturation", 78, 100, "%"),
    ("Body weight", 3, 110, "kg"),
)
_PSYCHIATRIC: Final = {
    "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}]
}


def make_name(draws: random.Random) -> tuple[str, str]:
    """A given and a family name of made-up words."""
    words = ["".join(draws.choice(_SYLLABLES) for _ in range(4)).capitalize() for _ in range(2)]
    return words[0], words[1]


def make_patient(draws: random.Random, identity: str) -> tuple[Resource, tuple[str, str]]:
    """A Patient, and the two words of the name."""
    given, family = make_name(draws)
    born = f"{draws.randrange(1935, 2024)}-{draws.randrange(1, 13):02}-{draws.randrange(1, 29):02}"
    return {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": family, "given": [given]}],
        "gender": draws.choice(("female", "male")),
        "birthDate": born,
    }, (given, family)


def make_entry(
    draws: random.Random, identity: str, subject: str, at: int, *, sensitive: bool
) -> Resource:
    """One entry of a visit; `at` in milliseconds since 1970."""
    when = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
    kind = "condition" if sensitive else draws.choices(
        ("vital", "condition", "allergy", "prescription"), (60, 15, 10, 15)
    )[0]  # fmt: skip
    person = {"reference": f"Patient/{subject}"}
    if kind == "vital":
        name, low, high, unit = draws.choice(_VITALS)
        value = {"value": round(draws.uniform(low, high), 1), "unit": unit}
        return {
            "resourceType": "Observation",
            "id": identity,
            "status": "final",
            "code": {"text": name},
            "subject": person,
            "effectiveDateTime": when,
            "valueQuantity": value,
        }
    if kind == "allergy":
        return {
            "resourceType": "AllergyIntolerance",
            "id": identity,
            "patient": person,
            "code": {"text": draws.choice(_SUBSTANCES)},
            "criticality": draws.choice(("high", "low", "unable-to-assess")),
            "recordedDate": when,
        }
    if kind == "prescription":
        return {
            "resourceType": "MedicationRequest",
            "id": identity,
            "status": "active",
            "intent": "order",
            "subject": person,
            "medicationCodeableConcept": {"text": draws.choice(_MEDICINES)},
            "dosageInstruction": [{"text": f"{draws.randrange(1, 5)} times a day"}],
            "authoredOn": when,
        }
    made: Resource = {
        "resourceType": "Condition",
        "id": identity,
        "subject": person,
        "code": {"text": "Acute stress" if sensitive else draws.choice(_PROBLEMS)},
        "recordedDate": when,
    }
    return {**made, "meta": _PSYCHIATRIC} if sensitive else made


def change_entry(draws: random.Random, entry: Resource) -> Resource:
    """What somebody makes of an entry that is there: a correction, a stop, a refutation."""
    changed = {**entry}
    match entry["resourceType"]:
        case "Observation":
            value = entry["valueQuantity"]
            changed["status"] = "corrected"
            changed["valueQuantity"] = {**value, "value": round(value["value"] * 1.01 + 0.1, 1)}
        case "MedicationRequest":
            if draws.random() < 0.5:
                changed["status"] = "stopped"
            else:
                changed["dosageInstruction"] = [{"text": f"{draws.randrange(5, 9)} times a day"}]
        case "AllergyIntolerance":
            changed["criticality"] = draws.choice(("high", "low"))
        case _:
            changed["note"] = [{"text": f"seen again, {draws.randrange(1000)}"}]
    return changed


def canonical(resource: Resource) -> str:
    """One resource as canonical JSON, to compare by."""
    return json.dumps(resource, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def as_lines(resources: list[Resource]) -> bytes:
    """NDJSON, as a client sends it."""
    return b"\n".join(json.dumps(one).encode() for one in resources)
