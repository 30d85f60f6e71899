"""Makes Conditions, AllergyIntolerances and Flags."""

from datetime import date, timedelta
from random import Random

from scenarios.population.coding import (
    ICD10,
    SNOMED,
    Resource,
    coding,
    concept,
    moment,
    new_id,
    refers,
    terminology,
)
from scenarios.population.tables.allergies import ALLERGIES, REACTIONS, Allergy
from scenarios.population.tables.problems import PROBLEMS, Problem
from scenarios.population.visits import Visit


def draw_problem(rng: Random, sex: str, age_years: int, held: set[str]) -> Problem | None:
    """A problem that somebody of this sex and age may come with; `held` are chronic ones' codes."""
    possible = [
        problem
        for problem in PROBLEMS
        if problem.ages[0] <= age_years <= problem.ages[1]
        and problem.sex in (None, sex)
        and problem.icd10 not in held
    ]
    if not possible:
        return None
    return rng.choices(possible, [problem.weight for problem in possible])[0]


def passes_after_days(problem: Problem) -> int | None:
    """How long a problem lasts; None where it stays."""
    return None if problem.chronic else problem.days


def condition(rng: Random, visit: Visit, problem: Problem, born: date, today: date) -> Resource:
    """A Condition first recorded at this visit, resolved where it has passed by today."""
    lasts = passes_after_days(problem)
    day = visit.at.date()
    onset = max(born, day - timedelta(days=rng.randrange(1, 6)))
    passed = lasts is not None and day + timedelta(days=lasts) < today
    status = "resolved" if passed else "active"
    made: Resource = {
        "resourceType": "Condition",
        "id": new_id(rng),
        "clinicalStatus": concept(coding(terminology("condition-clinical"), status)),
        "verificationStatus": concept(coding(terminology("condition-ver-status"), "confirmed")),
        "category": [concept(coding(terminology("condition-category"), "problem-list-item"))],
        "code": concept(
            coding(SNOMED, problem.snomed, problem.display),
            coding(ICD10, problem.icd10),
            text=problem.display,
        ),
        "subject": visit.subject,
        "encounter": refers(visit.encounter),
        "onsetDateTime": onset.isoformat(),
        "recordedDate": moment(visit.at),
        "recorder": visit.practitioner,
    }
    if passed and lasts is not None:
        made["abatementDateTime"] = (day + timedelta(days=lasts)).isoformat()
    return made


def draw_allergies(rng: Random) -> list[Allergy]:
    """None for most, one or two for some."""
    count = rng.choices((0, 1, 2), (70, 24, 6))[0]
    drawn = rng.choices(ALLERGIES, [allergy.weight for allergy in ALLERGIES], k=count)
    return list(dict.fromkeys(drawn))


def allergy_intolerance(rng: Random, visit: Visit, allergy: Allergy) -> Resource:
    """An AllergyIntolerance with the reaction that was told of."""
    code, display, severity = rng.choice(REACTIONS)
    criticality = "high" if severity == "severe" else rng.choice(("low", "low", "unable-to-assess"))
    return {
        "resourceType": "AllergyIntolerance",
        "id": new_id(rng),
        "clinicalStatus": concept(coding(terminology("allergyintolerance-clinical"), "active")),
        "verificationStatus": concept(
            coding(terminology("allergyintolerance-verification"), "confirmed")
        ),
        "type": "allergy",
        "category": [allergy.category],
        "criticality": criticality,
        "code": concept(coding(SNOMED, allergy.snomed, allergy.display), text=allergy.display),
        "patient": visit.subject,
        "encounter": refers(visit.encounter),
        "recordedDate": moment(visit.at),
        "recorder": visit.practitioner,
        "reaction": [
            {"manifestation": [concept(coding(SNOMED, code, display))], "severity": severity}
        ],
    }


def flags(rng: Random, visit: Visit, age_years: int, allergies: list[Resource]) -> list[Resource]:
    """What everybody who opens the chart should see first."""
    made: list[Resource] = []
    if any(one["criticality"] == "high" for one in allergies):
        made.append(
            _flag(rng, visit, "drug", concept(text="Severe allergy: ask before any medicine"))
        )
    if age_years >= 70:
        fall = concept(coding(SNOMED, "129839007", "At risk for falls"), text="At risk for falls")
        made.append(_flag(rng, visit, "safety", fall))
    if rng.random() < 0.06:
        need = concept(coding(SNOMED, "315594003", "Interpreter needed"), text="Interpreter needed")
        made.append(_flag(rng, visit, "admin", need))
    return made


def _flag(rng: Random, visit: Visit, category: str, code: dict[str, object]) -> Resource:
    return {
        "resourceType": "Flag",
        "id": new_id(rng),
        "status": "active",
        "category": [concept(coding(terminology("flag-category"), category))],
        "code": code,
        "subject": visit.subject,
        "period": {"start": visit.at.date().isoformat()},
        "encounter": refers(visit.encounter),
        "author": visit.practitioner,
    }
