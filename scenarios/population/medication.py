"""Makes MedicationRequests and MedicationStatements, with doses that fit weight and age."""

from datetime import timedelta
from random import Random

from scenarios.population.coding import (
    ATC,
    SNOMED,
    Resource,
    coding,
    concept,
    moment,
    new_id,
    quantity,
    refers,
)
from scenarios.population.tables.medicines import MEDICINES, ROUTES, Dose, Medicine
from scenarios.population.visits import Visit

_UNIT_WORDS = {"mg": "mg", "ug": "micrograms", "{tbl}": "tablets"}


def fitting(
    rng: Random, names: tuple[str, ...], age_years: int, forbidden: set[str]
) -> Medicine | None:
    """A medicine of the list that this person may have, mostly the first."""
    possible = [
        medicine
        for medicine in map(MEDICINES.__getitem__, names)
        if not forbidden.intersection(medicine.forbidden_by) and (age_years >= 14 or medicine.child)
    ]
    if not possible:
        return None
    return possible[0] if rng.random() < 0.6 else rng.choice(possible)


def prescription(
    rng: Random, visit: Visit, medicine: Medicine, weight: float, age_years: int, reason: Resource
) -> Resource:
    """A MedicationRequest; a course that is over by its dates is for the caller to complete."""
    dose = medicine.adult if age_years >= 14 or not medicine.child else medicine.child
    made: Resource = {
        "resourceType": "MedicationRequest",
        "id": new_id(rng),
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _medicine(medicine),
        "subject": visit.subject,
        "encounter": refers(visit.encounter),
        "authoredOn": moment(visit.at),
        "requester": visit.practitioner,
        "reasonReference": [refers(reason)],
        "dosageInstruction": [_dosage(rng, medicine, dose, weight)],
    }
    if medicine.days:
        made["dispenseRequest"] = {
            "validityPeriod": {
                "start": moment(visit.at),
                "end": moment(visit.at + timedelta(days=medicine.days)),
            },
            "expectedSupplyDuration": quantity(medicine.days, "days", "d"),
        }
    return made


def statement(rng: Random, visit: Visit, request: Resource) -> Resource:
    """A MedicationStatement in which the patient confirms what was prescribed."""
    return {
        "resourceType": "MedicationStatement",
        "id": new_id(rng),
        "basedOn": [refers(request)],
        "status": request["status"],
        "medicationCodeableConcept": request["medicationCodeableConcept"],
        "subject": visit.subject,
        "context": refers(visit.encounter),
        "effectivePeriod": {"start": request["authoredOn"]},
        "dateAsserted": moment(visit.at),
        "informationSource": visit.subject,
        "dosage": request["dosageInstruction"],
    }


def _medicine(medicine: Medicine) -> dict[str, object]:
    return concept(coding(ATC, medicine.atc, medicine.name), text=medicine.name)


def _dosage(rng: Random, medicine: Medicine, dose: Dose, weight: float) -> dict[str, object]:
    amount = amount_for(rng, dose, weight)
    unit = _UNIT_WORDS[dose.unit]
    when = f"every {dose.period_hours} hours" if dose.times == 1 else f"{dose.times} times a day"
    if (dose.times, dose.period_hours) == (1, 24):
        when = "once a day"
    text = f"{amount:g} {unit} {when}"
    text += " as needed" if dose.as_needed else ""
    text += f" for {medicine.days} days" if medicine.days else ""
    repeat: dict[str, object] = {
        "frequency": dose.times,
        "period": 1 if dose.period_hours == 24 else dose.period_hours,
        "periodUnit": "d" if dose.period_hours == 24 else "h",
    }
    if medicine.days:
        repeat["boundsDuration"] = quantity(medicine.days, "days", "d")
    code, display = ROUTES[medicine.route]
    return {
        "sequence": 1,
        "text": text,
        "timing": {"repeat": repeat},
        "asNeededBoolean": dose.as_needed,
        "route": concept(coding(SNOMED, code, display)),
        "doseAndRate": [{"doseQuantity": quantity(amount, unit, dose.unit)}],
    }


def amount_for(rng: Random, dose: Dose, weight: float) -> float:
    """One dose: by weight, rounded down to what can be measured out, or one of the usual ones."""
    if not dose.per_kg:
        return rng.choice(dose.amounts)
    steps = int(min(dose.per_kg * weight, dose.amount_max) / dose.step)
    return max(steps, 1) * dose.step
