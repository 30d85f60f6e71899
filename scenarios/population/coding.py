"""The small pieces of FHIR that every made-up resource consists of."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

Resource = dict[str, object]

SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
ATC: Final = "http://www.whocc.no/atc"
CVX: Final = "http://hl7.org/fhir/sid/cvx"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
_UUID_SET: Final = 0x4 << 76 | 0x2 << 62
_UUID_KEPT: Final = ~(0xF << 76 | 0x3 << 62)
"""The bits that say version 4 and variant 1 of RFC 4122, and all the others."""


def terminology(name: str) -> str:
    """The address of one of HL7's own code systems."""
    return f"{_TERMINOLOGY}/{name}"


def coding(system: str, code: str, display: str | None = None) -> dict[str, object]:
    """A Coding."""
    made: dict[str, object] = {"system": system, "code": code}
    return made | ({"display": display} if display else {})


def concept(*codings: dict[str, object], text: str | None = None) -> dict[str, object]:
    """A CodeableConcept."""
    return ({"coding": list(codings)} if codings else {}) | ({"text": text} if text else {})


def refers(resource: Resource) -> dict[str, object]:
    """A Reference to a made-up resource."""
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}


def quantity(value: float, unit: str, code: str) -> dict[str, object]:
    """A Quantity in UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code}


def new_id(rng: Random) -> str:
    """A random UUID, from the given source."""
    # What UUID(int=…, version=4) gives, in a quarter of its time: a population has millions.
    drawn = rng.getrandbits(128) & _UUID_KEPT | _UUID_SET
    text = f"{drawn:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def at_clinic(rng: Random, day: date) -> datetime:
    """A moment of that day within opening hours."""
    opening = datetime.combine(day, time(8), tzinfo=UTC)
    return opening + timedelta(minutes=rng.randrange(9 * 60))


def moment(at: datetime) -> str:
    """A FHIR dateTime or instant."""
    return at.isoformat(timespec="seconds")


def years(born: date, day: date) -> int:
    """Whole years of age on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def months(born: date, day: date) -> float:
    """Months of age on a day."""
    return (day - born).days / 30.4375
