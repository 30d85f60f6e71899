"""Makes Observations: vital signs, laboratory values, blood group."""

from datetime import datetime
from random import Random
from typing import Final

from scenarios.population.coding import (
    LOINC,
    SNOMED,
    Resource,
    coding,
    concept,
    moment,
    new_id,
    quantity,
    refers,
    terminology,
)
from scenarios.population.growth import Measures
from scenarios.population.visits import Visit

_BLOOD_GROUPS: Final = (
    ("278147001", "Blood group O Rh(D) positive", 40),
    ("278149003", "Blood group A Rh(D) positive", 27),
    ("278150003", "Blood group B Rh(D) positive", 20),
    ("278151004", "Blood group AB Rh(D) positive", 4),
    ("278148006", "Blood group O Rh(D) negative", 5),
    ("278152006", "Blood group A Rh(D) negative", 3),
    ("278153001", "Blood group B Rh(D) negative", 1),
)


def vital_signs(rng: Random, visit: Visit, measured: Measures) -> list[Resource]:
    """What a nurse takes at every visit."""
    body_mass_index = round(measured.weight / (measured.height / 100) ** 2, 1)
    simple: list[tuple[str, str, float, str, str]] = [
        ("29463-7", "Body weight", measured.weight, "kg", "kg"),
        ("8302-2", "Body height", measured.height, "cm", "cm"),
        ("39156-5", "Body mass index (BMI) [Ratio]", body_mass_index, "kg/m2", "kg/m2"),
        ("8310-5", "Body temperature", measured.temperature, "Cel", "Cel"),
        ("8867-4", "Heart rate", measured.heart_rate, "beats/minute", "/min"),
        ("9279-1", "Respiratory rate", measured.respiration, "breaths/minute", "/min"),
        ("2708-6", "Oxygen saturation in Arterial blood", measured.saturation, "%", "%"),
    ]
    if measured.head is not None:
        simple.append(("9843-4", "Head Occipital-frontal circumference", measured.head, "cm", "cm"))
    made = [
        _observation(rng, visit, "vital-signs", code, display)
        | {"valueQuantity": quantity(value, unit, ucum)}
        for code, display, value, unit, ucum in simple
    ]
    pressure = _observation(
        rng, visit, "vital-signs", "85354-9", "Blood pressure panel with all children optional"
    )
    pressure["component"] = [
        {
            "code": concept(coding(LOINC, code, display)),
            "valueQuantity": quantity(value, "mmHg", "mm[Hg]"),
        }
        for code, display, value in (
            ("8480-6", "Systolic blood pressure", measured.systolic),
            ("8462-4", "Diastolic blood pressure", measured.diastolic),
        )
    ]
    return [*made, pressure]


def laboratory(rng: Random, visit: Visit, problems: set[str]) -> list[Resource]:
    """The tests that a visit's problems (by ICD-10) ask for."""
    values: list[tuple[str, str, float, str]] = []
    if rng.random() < 0.25 or "D50.9" in problems:
        level = rng.uniform(7.2, 10.4) if problems & {"D50.9", "D57.1"} else rng.uniform(11.4, 15.6)
        values.append(("718-7", "Hemoglobin [Mass/volume] in Blood", round(level, 1), "g/dL"))
    if "E11.9" in problems:
        sugar = round(rng.uniform(6.6, 10.8), 1)
        values += [
            ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", sugar, "%"),
            ("2339-0", "Glucose [Mass/volume] in Blood", rng.randrange(118, 290), "mg/dL"),
        ]  # fmt: skip
    if problems & {"I10", "N18.9"}:
        high = "N18.9" in problems
        level = rng.uniform(1.6, 3.4) if high else rng.uniform(0.6, 1.2)
        name = "Creatinine [Mass/volume] in Serum or Plasma"
        values.append(("2160-0", name, round(level, 2), "mg/dL"))
    if "B24" in problems:
        values += [
            ("24467-3", "CD3+CD4+ (T4 helper) cells [#/volume] in Blood",
             rng.randrange(180, 900), "/uL"),
            ("20447-9", "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe "
             "detection", rng.choice((20, 20, 20, 48, 1250)), "{copies}/mL"),
        ]  # fmt: skip
    made = [
        _observation(rng, visit, "laboratory", code, display)
        | {"valueQuantity": quantity(value, unit, unit)}
        for code, display, value, unit in values
    ]
    if "F32.9" in problems:
        name = "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"
        score = _observation(rng, visit, "survey", "44261-6", name)
        made.append(score | {"valueQuantity": quantity(rng.randrange(5, 22), "score", "{score}")})
    if "B54" in problems:
        name = "Plasmodium sp Ag [Identifier] in Blood by Rapid immunoassay"
        test = _observation(rng, visit, "laboratory", "70569-9", name)
        test["valueCodeableConcept"] = concept(coding(SNOMED, "10828004", "Positive"))
        made.append(test)
    return made


def blood_group(rng: Random, visit: Visit) -> Resource:
    """A person's blood group, found once."""
    code, display, _ = rng.choices(_BLOOD_GROUPS, [weight for *_, weight in _BLOOD_GROUPS])[0]
    made = _observation(rng, visit, "laboratory", "882-1", "ABO and Rh group [Type] in Blood")
    return made | {"valueCodeableConcept": concept(coding(SNOMED, code, display))}


def _observation(rng: Random, visit: Visit, category: str, code: str, display: str) -> Resource:
    at: datetime = visit.at
    return {
        "resourceType": "Observation",
        "id": new_id(rng),
        "status": "final",
        "category": [concept(coding(terminology("observation-category"), category))],
        "code": concept(coding(LOINC, code, display), text=display),
        "subject": visit.subject,
        "encounter": refers(visit.encounter),
        "effectiveDateTime": moment(at),
        "issued": moment(at),
        "performer": [visit.practitioner],
    }
