"""Makes the resources of a directory: the organisation, its wards, its practitioners."""

from random import Random

from scenarios.population.coding import (
    SNOMED,
    Resource,
    coding,
    concept,
    new_id,
    refers,
    terminology,
)
from scenarios.population.tables.names import CULTURES

_ROLES = (
    ("Dr", "158965000", "Medical practitioner"),
    ("Nurse", "106292003", "Professional nurse"),
    ("Midwife", "309453006", "Registered midwife"),
)


def directory(rng: Random, name: str, practitioners: int) -> list[Resource]:
    """An Organization, its Location, and so many Practitioners with their roles."""
    organization: Resource = {
        "resourceType": "Organization",
        "id": new_id(rng),
        "active": True,
        "type": [concept(coding(terminology("organization-type"), "prov", "Healthcare Provider"))],
        "name": name,
    }
    location: Resource = {
        "resourceType": "Location",
        "id": new_id(rng),
        "status": "active",
        "name": f"{name}, consultation tent",
        "mode": "instance",
        "managingOrganization": refers(organization),
    }
    made = [organization, location]
    for number in range(practitioners):
        made += _practitioner(rng, number, organization, location)
    return made


def _practitioner(
    rng: Random, number: int, organization: Resource, location: Resource
) -> list[Resource]:
    culture = rng.choice(CULTURES)
    prefix, code, display = _ROLES[number % len(_ROLES)]
    sex = rng.choice(("female", "male"))
    given = rng.choice(culture.women if sex == "female" else culture.men)[0]
    family = rng.choice(culture.families)[0]
    practitioner: Resource = {
        "resourceType": "Practitioner",
        "id": new_id(rng),
        "identifier": [
            {"system": "https://licences.invalid", "value": f"{rng.randrange(10**6):06d}"}
        ],
        "active": True,
        "name": [{"family": family, "given": given.split(), "prefix": [prefix]}],
        "gender": sex,
    }
    role: Resource = {
        "resourceType": "PractitionerRole",
        "id": new_id(rng),
        "active": True,
        "practitioner": refers(practitioner),
        "organization": refers(organization),
        "code": [concept(coding(SNOMED, code, display))],
        "location": [refers(location)],
    }
    return [practitioner, role]
