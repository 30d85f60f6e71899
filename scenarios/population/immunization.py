"""Makes Immunizations by the schedule that a person's age has passed."""

from datetime import date, timedelta
from random import Random

from scenarios.population.coding import (
    CVX,
    Resource,
    coding,
    concept,
    new_id,
    quantity,
    terminology,
)
from scenarios.population.tables.vaccines import VACCINES, Vaccine

_DAYS_A_MONTH = 30.4375


def immunizations(
    rng: Random, subject: dict[str, object], born: date, today: date
) -> list[Resource]:
    """Most of what was due in time, some of it late, some never."""
    made: list[Resource] = []
    for vaccine in VACCINES:
        for dose, due in enumerate(vaccine.due_months, start=1):
            day = born + timedelta(days=due * _DAYS_A_MONTH + rng.expovariate(1 / 20))
            if day >= today or day.year < vaccine.since or rng.random() > 0.85:
                break
            made.append(_immunization(rng, subject, vaccine, dose, day))
    return made


def _immunization(
    rng: Random, subject: dict[str, object], vaccine: Vaccine, dose: int, day: date
) -> Resource:
    made: Resource = {
        "resourceType": "Immunization",
        "id": new_id(rng),
        "status": "completed",
        "vaccineCode": concept(coding(CVX, vaccine.cvx, vaccine.display), text=vaccine.display),
        "patient": subject,
        "occurrenceDateTime": day.isoformat(),
        "primarySource": True,
        "lotNumber": f"{rng.choice('ABCDEFGHJK')}{rng.randrange(1000, 9999)}",
        "route": concept(coding(terminology("v3-RouteOfAdministration"), vaccine.route)),
        "doseQuantity": quantity(vaccine.amount_ml, "mL", "mL"),
        "protocolApplied": [{"doseNumberPositiveInt": dose}],
    }
    if vaccine.site:
        made["site"] = concept(coding(terminology("v3-ActSite"), vaccine.site))
    return made
