"""Makes Patient resources: names in one or two scripts, identifiers, telecom, address."""

from datetime import date, timedelta
from random import Random

from scenarios.population.coding import Resource, coding, concept, new_id, refers, terminology
from scenarios.population.tables.names import CULTURES, Culture, Name

_REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
_AGES = ((0, 4, 22), (5, 14, 20), (15, 44, 34), (45, 64, 15), (65, 94, 9))
"""(first, last, weight): a young population, as where field clinics are."""


def patient(rng: Random, number: int, today: date, clinic: Resource) -> Resource:
    """One person. `number` makes the record number unique in the population."""
    culture = rng.choice(CULTURES)
    sex = rng.choice(("female", "male"))
    given = rng.choice(culture.women if sex == "female" else culture.men)
    family = rng.choice(culture.families)
    made: Resource = {
        "resourceType": "Patient",
        "id": new_id(rng),
        "identifier": _identifiers(rng, number, culture, clinic),
        "active": True,
        "name": _names(culture, given, family),
        "telecom": _telecom(rng, culture),
        "gender": sex,
        "birthDate": _birth_date(rng, today).isoformat(),
        "address": [_address(rng, culture)],
        "communication": [
            {"language": concept(coding("urn:ietf:bcp:47", culture.language)), "preferred": True}
        ],
        "managingOrganization": refers(clinic),
    }
    return {name: value for name, value in made.items() if value}


def _birth_date(rng: Random, today: date) -> date:
    first, last, _ = rng.choices(_AGES, [weight for _, _, weight in _AGES])[0]
    days = rng.randrange(int(first * 365.25), int((last + 1) * 365.25))
    return today - timedelta(days=max(days, 1))


def _identifiers(
    rng: Random, number: int, culture: Culture, clinic: Resource
) -> list[dict[str, object]]:
    record: dict[str, object] = {
        "use": "usual",
        "type": concept(coding(terminology("v2-0203"), "MR", "Medical record number")),
        "system": f"https://clinic.invalid/{clinic['id']}/mrn",
        "value": f"MRN-{number:06d}",
    }
    national: dict[str, object] = {
        "use": "official",
        "system": f"https://identity.invalid/{culture.country}",
        "value": f"{rng.randrange(10**8, 10**9)}",
    }
    return [record, national] if rng.random() < 0.7 else [record]


def _names(culture: Culture, given: Name, family: Name) -> list[dict[str, object]]:
    latin = _name(culture, given[0], family[0])
    if not given[1]:
        return [{"use": "official", **latin}]
    own = _name(culture, given[1], family[1])
    script = "IDE" if culture.family_first else "SYL"
    return [
        {"extension": [{"url": _REPRESENTATION, "valueCode": script}], "use": "official", **own},
        {"extension": [{"url": _REPRESENTATION, "valueCode": "ABC"}], "use": "usual", **latin},
    ]


def _name(culture: Culture, given: str, family: str) -> dict[str, object]:
    apart = "" if culture.family_first and not given.isascii() and len(family) == 1 else " "
    order = (family, given) if culture.family_first else (given, family)
    return {"text": apart.join(order), "family": family, "given": given.split()}


def _telecom(rng: Random, culture: Culture) -> list[dict[str, object]]:
    if rng.random() < 0.15:
        return []
    number = f"{culture.calling_code} 555 {rng.randrange(10_000):04d} {rng.randrange(100):02d}"
    return [{"system": "phone", "value": number, "use": "mobile", "rank": 1}]


def _address(rng: Random, culture: Culture) -> dict[str, object]:
    city = rng.choice(culture.cities)
    line = f"Block {rng.choice('ABCDEFGH')}, house {rng.randrange(1, 240)}"
    made = {"use": "home", "type": "physical", "line": [line], "city": city}
    return {**made, "country": culture.country}
