"""The population: made-up patients one after another, each a whole chart of FHIR resources."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from scenarios.population import directory as directories
from scenarios.population.coding import Resource, months, years
from scenarios.population.filling import cut_to, taken_again
from scenarios.population.growth import Measures, build, measures
from scenarios.population.immunization import immunizations
from scenarios.population.medication import fitting, prescription, statement
from scenarios.population.observations import blood_group, laboratory, vital_signs
from scenarios.population.people import patient as make_patient
from scenarios.population.problems import (
    allergy_intolerance,
    condition,
    draw_allergies,
    draw_problem,
    flags,
    passes_after_days,
)
from scenarios.population.tables.problems import Problem
from scenarios.population.visits import Visit, for_problem, visit

reference_day: Final = date(2025, 6, 1)
"""The day on which a population lives unless another is given: nothing in it is later."""

_base: Final = "https://clinic.invalid/fhir"
_VISIT_RESOURCES_LEAST: Final = 9
"""An Encounter and the vital signs; what else a visit makes comes on top."""


@dataclass(frozen=True, slots=True)
class MadePatient:
    """One made-up person: the Patient first, then everything about them by time of writing."""

    id: str
    resources: list[Resource] = field(repr=False)

    @property
    def patient(self) -> Resource:
        """The Patient resource."""
        return self.resources[0]


class Population:
    """The same seed and day give the same people, however many are asked for."""

    def __init__(
        self, seed: int | str, *, today: date = reference_day, clinic: str = "Hill Clinic"
    ) -> None:
        """Make the clinic that they come to."""
        self._seed = seed
        self._today = today
        self._directory = directories.directory(Random(f"{seed}/directory"), clinic, 6)

    @property
    def directory(self) -> list[Resource]:
        """The Organization, Location, Practitioners and their roles that the patients' refer to."""
        return self._directory

    def patients(
        self, count: int, *, first: int = 0, visits: tuple[int, int] = (1, 6)
    ) -> Iterator[MadePatient]:
        """Patients number `first` and on, with so many visits each (least, most).

        A visit makes about twelve resources.
        """
        for number in range(first, first + count):
            rng = Random(f"{self._seed}/patient/{number}")
            yield _Life(rng, number, self._today, self._directory).lived(rng.randint(*visits))

    def charts(self, count: int, *, resources_each: int, first: int = 0) -> Iterator[MadePatient]:
        """Patients number `first` and on, each with exactly so many resources (at least one).

        As many visits as fit, and vital signs taken again at them for what is left.
        """
        for number in range(first, first + count):
            rng = Random(f"{self._seed}/chart/{number}")
            yield _Life(rng, number, self._today, self._directory).filled(resources_each)


def bundle(made: MadePatient) -> bytes:
    """A patient's resources as a FHIR Bundle of type collection, UTF-8."""
    entries = [
        {"fullUrl": f"{_base}/{one['resourceType']}/{one['id']}", "resource": one}
        for one in made.resources
    ]
    document = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class _Attended:
    """A visit with what was measured and all that was written at it."""

    visit: Visit
    measured: Measures = field(repr=False)
    made: list[Resource] = field(repr=False)


class _Life:
    """Fills one chart, visit by visit."""

    def __init__(self, rng: Random, number: int, today: date, clinic: list[Resource]) -> None:
        self._rng = rng
        self._today = today
        self._clinic = clinic
        self._patient = make_patient(rng, number, today, clinic[0])
        self._born = date.fromisoformat(str(self._patient["birthDate"]))
        self._sex = str(self._patient["gender"])
        self._build = build(rng)
        self._allergies = draw_allergies(rng)
        self._lasting: list[tuple[Problem, date]] = []
        self._resources = [self._patient]
        self._subject: dict[str, object] = {"reference": f"Patient/{self._patient['id']}"}

    def lived(self, visits: int) -> MadePatient:
        self._resources += immunizations(self._rng, self._subject, self._born, self._today)
        for number, day in enumerate(self._days(visits)):
            self._resources += self._come(day, first=number == 0).made
        return MadePatient(str(self._patient["id"]), self._resources)

    def filled(self, count: int) -> MadePatient:
        given = immunizations(self._rng, self._subject, self._born, self._today)
        self._resources += given[: max(0, count - 1)]
        attended: list[_Attended] = []
        for day in self._days(-(-count // _VISIT_RESOURCES_LEAST)):
            room = count - len(self._resources)
            if room < (_VISIT_RESOURCES_LEAST if attended else 1):
                break
            came = self._come(day, first=not attended)
            self._resources += cut_to(came.made, room)
            attended.append(came)
        while attended and len(self._resources) < count:
            for came in attended:
                again = taken_again(self._rng, came.visit, came.measured)
                self._resources += again[: max(0, count - len(self._resources))]
        return MadePatient(str(self._patient["id"]), self._resources)

    def _days(self, visits: int) -> list[date]:
        """Days of visits, within four years and this life, none of them today or later."""
        alive = (self._today - self._born).days
        span = min(alive, 4 * 365)
        return sorted(
            {self._today - timedelta(days=self._rng.randint(1, span)) for _ in range(visits)}
        )

    def _come(self, day: date, *, first: bool) -> "_Attended":
        rng, age = self._rng, years(self._born, day)
        came = visit(rng, self._patient, day, self._clinic)
        present = {problem.icd10 for problem, until in self._lasting if until >= day}
        new = draw_problem(rng, self._sex, age, present) if first or rng.random() < 0.6 else None
        measured = measures(
            rng,
            self._build,
            self._sex,
            months(self._born, day),
            fever=new is not None and new.fever,
            hypertension="I10" in present,
        )
        made = [came.encounter]
        if first:
            made += self._introduce(came, age)
        if new:
            made += self._treat(came, new, measured.weight, age, present)
            present.add(new.icd10)
        made += vital_signs(rng, came, measured)
        made += laboratory(rng, came, present)
        return _Attended(came, measured, made)

    def _introduce(self, came: Visit, age: int) -> list[Resource]:
        """What is asked once, at the first visit."""
        told = [allergy_intolerance(self._rng, came, allergy) for allergy in self._allergies]
        made = told + flags(self._rng, came, age, told)
        if self._rng.random() < 0.4:
            made.append(blood_group(self._rng, came))
        return made

    def _treat(
        self, came: Visit, problem: Problem, weight: float, age: int, present: set[str]
    ) -> list[Resource]:
        day = came.at.date()
        found = condition(self._rng, came, problem, self._born, self._today)
        for_problem(came, found)
        lasts = passes_after_days(problem)
        until = date.max if lasts is None else day + timedelta(days=lasts)
        self._lasting.append((problem, until))
        forbidden = {allergy.key for allergy in self._allergies}
        if "Z33" in present | {problem.icd10}:
            forbidden.add("pregnancy")
        medicine = fitting(self._rng, problem.medicines, age, forbidden)
        if medicine is None:
            return [found]
        request = prescription(self._rng, came, medicine, weight, age, found)
        if medicine.days and day + timedelta(days=medicine.days) < self._today:
            request["status"] = "completed"
        told = [statement(self._rng, came, request)] if problem.chronic else []
        return [found, request, *told]
