"""Makes Encounters: when somebody came, to whom, and why."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from scenarios.population.coding import (
    SNOMED,
    Resource,
    at_clinic,
    coding,
    concept,
    moment,
    new_id,
    refers,
    terminology,
)


@dataclass(slots=True)
class Visit:
    """One visit while it is being filled."""

    at: datetime
    subject: dict[str, object] = field(repr=False)
    practitioner: dict[str, object]
    encounter: Resource = field(repr=False)


def visit(rng: Random, patient: Resource, day: date, clinic: list[Resource]) -> Visit:
    """A visit on a day, at the clinic whose directory is given."""
    organization, location = clinic[0], clinic[1]
    practitioner = rng.choice([one for one in clinic if one["resourceType"] == "Practitioner"])
    at = at_clinic(rng, day)
    encounter: Resource = {
        "resourceType": "Encounter",
        "id": new_id(rng),
        "status": "finished",
        "class": coding(terminology("v3-ActCode"), "AMB", "ambulatory"),
        "type": [concept(coding(SNOMED, "185349003", "Encounter for check up"))],
        "subject": refers(patient),
        "participant": [{"individual": refers(practitioner)}],
        "period": {
            "start": moment(at),
            "end": moment(at + timedelta(minutes=rng.randrange(10, 55))),
        },
        "location": [{"location": refers(location)}],
        "serviceProvider": refers(organization),
    }
    return Visit(at, refers(patient), refers(practitioner), encounter)


def for_problem(made: Visit, condition: Resource) -> None:
    """Say in the Encounter that it was for a problem."""
    made.encounter["type"] = [concept(coding(SNOMED, "185347001", "Encounter for problem"))]
    made.encounter["reasonReference"] = [refers(condition)]
