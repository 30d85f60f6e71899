"""What the people of the demo write down: FHIR documents, made by the seeded population.

The same seed gives the same papers. Each is a file before a node takes it in, so that the checks
can ask of every version that was ever written where it is.
"""

import copy
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from scenarios.demo.cast import write_private
from scenarios.population import MadePatient, Population, bundle, reference_day
from scenarios.population.coding import Resource, years
from scenarios.population.growth import build, measures
from scenarios.population.observations import vital_signs
from scenarios.population.problems import allergy_intolerance, condition, draw_problem
from scenarios.population.tables.allergies import ALLERGIES
from scenarios.population.visits import Visit, visit

_SOUGHT_MAX: Final = 1000
"""How many people are looked through for one who takes a medicine; about every third does."""


@dataclass(frozen=True)
class Papers:
    """Every document of the story, by who writes it and when."""

    registered: list[MadePatient] = field(repr=False)
    directory: list[Resource] = field(repr=False)
    riverside_apart: list[list[Resource]] = field(repr=False)
    """Riverside's, cut off: another dose, another birth date, a new allergy."""
    hilltop_apart: list[list[Resource]] = field(repr=False)
    """Hilltop's, cut off: the medicine stopped, a third birth date, a blood pressure."""
    people_apart: list[MadePatient] = field(repr=False)
    """Whom those are about, in that order; the first takes the medicine."""
    prescription: str
    """`Type/id` of the medicine that they disagree about."""
    person: str
    """`Type/id` of the patient whose birth date they disagree about."""
    after_revocation: Resource = field(repr=False)
    """Riverside's, once hilltop is shut out."""
    late: Resource = field(repr=False)
    """Hilltop's, which does not know yet that it is: an allergy of whoever has the medicine."""


def write_papers(seed: int, patients: int) -> Papers:
    """Make the story's documents: `patients` people, of whom the first takes a medicine."""
    population = Population(seed)
    first = _with_medicine(population)
    people = list(population.patients(patients, first=first))
    desk = _Desk(Random(f"{seed}/demo"), population.directory)
    dosed, other = people[0], people[1 % patients]
    prescription = _medicine(dosed)
    assert prescription is not None
    return Papers(
        registered=people,
        directory=population.directory,
        riverside_apart=[
            [_other_dose(prescription)],
            [_other_birth_date(other.patient, days=365), desk.allergy(other)],
        ],
        hilltop_apart=[
            [_stopped(prescription)],
            [_other_birth_date(other.patient, days=30), desk.blood_pressure(other)],
        ],
        people_apart=[dosed, other],
        prescription=reference(prescription),
        person=reference(other.patient),
        after_revocation=desk.problem(dosed),
        late=desk.allergy(dosed),
    )


def reference(resource: Resource) -> str:
    """`Type/id`."""
    return f"{resource['resourceType']}/{resource['id']}"


def lay_out(folder: Path, papers: Iterable[Sequence[Resource]]) -> Path:
    """Put what concerns one person each into a folder, as a Bundle a file."""
    folder.mkdir(mode=0o700)
    for place, resources in enumerate(papers):
        content = bundle(MadePatient("", list(resources)))
        write_private(folder / f"{place:02}.json", content)
    return folder


def lay_out_people(folder: Path, papers: Papers) -> Path:
    """Put the directory and the patients into a folder, a Bundle each."""
    return lay_out(folder, [papers.directory, *(person.resources for person in papers.registered)])


def read_back(folder: Path) -> Iterator[dict[str, Any]]:
    """Every resource in a folder of papers."""
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_bytes())
        yield from (entry["resource"] for entry in document["entry"])


def _with_medicine(population: Population) -> int:
    """The number of the first person who takes a medicine now."""
    for number, person in enumerate(population.patients(_SOUGHT_MAX)):
        if _medicine(person) is not None:
            return number
    raise AssertionError("nobody in the population takes a medicine")


def _medicine(person: MadePatient) -> Resource | None:
    for resource in person.resources:
        if resource["resourceType"] == "MedicationRequest" and resource["status"] == "active":
            return resource
    return None


def _other_dose(prescription: Resource) -> Resource:
    """Half of it again."""
    changed: Any = copy.deepcopy(prescription)
    dosage = changed["dosageInstruction"][0]
    amount = dosage["doseAndRate"][0]["doseQuantity"]
    before, after = f"{amount['value']:g}", f"{amount['value'] * 1.5:g}"
    amount["value"] = float(after)
    dosage["text"] = dosage["text"].replace(before, after, 1)
    return dict(changed)


def _stopped(prescription: Resource) -> Resource:
    return prescription | {
        "status": "stopped",
        "statusReason": {"text": "Rash on both arms after the second dose"},
    }


def _other_birth_date(patient: Resource, *, days: int) -> Resource:
    born = date.fromisoformat(str(patient["birthDate"])) - timedelta(days=days)
    return patient | {"birthDate": born.isoformat()}


class _Desk:
    """Writes new records, at a visit on the population's last day."""

    def __init__(self, rng: Random, directory: list[Resource]) -> None:
        self._rng = rng
        self._directory = directory

    def allergy(self, person: MadePatient) -> Resource:
        known = json.dumps(person.resources)
        new = [one for one in ALLERGIES if one.snomed not in known]
        return allergy_intolerance(self._rng, self._visit(person), self._rng.choice(new))

    def blood_pressure(self, person: MadePatient) -> Resource:
        born = date.fromisoformat(str(person.patient["birthDate"]))
        measured = measures(
            self._rng,
            build(self._rng),
            str(person.patient["gender"]),
            (reference_day - born).days / 30.4375,
            fever=False,
            hypertension=True,
        )
        return vital_signs(self._rng, self._visit(person), measured)[-1]

    def problem(self, person: MadePatient) -> Resource:
        born = date.fromisoformat(str(person.patient["birthDate"]))
        age = years(born, reference_day)
        found = draw_problem(self._rng, str(person.patient["gender"]), age, set())
        assert found is not None, "there are problems for every age"
        return condition(self._rng, self._visit(person), found, born, reference_day)

    def _visit(self, person: MadePatient) -> Visit:
        return visit(self._rng, person.patient, reference_day, self._directory)
