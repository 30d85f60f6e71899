"""Writes a population of any size into a folder, patient by patient; `__main__` calls it.

Nothing is held but one patient, so memory does not grow; the same arguments write the same bytes.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from json import JSONEncoder
from pathlib import Path
from typing import BinaryIO, Final

from scenarios.population.coding import Resource
from scenarios.population.dressing import dressed
from scenarios.population.generator import MadePatient, Population

_SOURCE: Final = "https://clinic.invalid/fhir"
_FILE_PATIENTS: Final = 100
"""Patients in one file of the form `ndjson`."""
_FOLDER_FILES: Final = 1000
"""Bundles in one folder."""
_encode: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Form(StrEnum):
    """How a population is laid out in files."""

    BULK = "bulk"
    """A file a resource type, as Bulk Data exports: `Observation.ndjson`."""
    NDJSON = "ndjson"
    """Patients one after another, 100 a file: `patients-000000.ndjson`."""
    BUNDLES = "bundles"
    """A collection a patient: `000/patient-000000.json`."""
    TRANSACTIONS = "transactions"
    """The same as transactions that put each resource under its id."""


@dataclass
class Written:
    """What was written."""

    resources: int = 0
    size_bytes: int = 0
    by_type: Counter[str] = field(default_factory=Counter)

    def count(self, kind: str, line: bytes) -> None:
        """Note one resource."""
        self.resources += 1
        self.size_bytes += len(line)
        self.by_type[kind] += 1


@dataclass(frozen=True, slots=True)
class Line:
    """One resource as JSON, UTF-8, without an end of line."""

    type: str
    id: str
    text: bytes = field(repr=False)


def lines_of(made: MadePatient) -> list[Line]:
    """A patient's resources, dressed and encoded."""
    return [_line(one) for one in made.resources]


def bare_lines_of(made: MadePatient) -> list[Line]:
    """A patient's resources as the generator made them, encoded."""
    return [
        Line(str(one["resourceType"]), str(one["id"]), _encode(one).encode())
        for one in made.resources
    ]


def directory_lines(population: Population) -> list[Line]:
    """The resources of no patient, dressed and encoded."""
    return [_line(one) for one in population.directory]


def write_population(
    folder: Path, *, patients: int, resources_each: int, form: Form, seed: int | str
) -> Written:
    """Write so many patients of so many resources each, and the directory that they refer to.

    The folder is made where it is absent. Raises OSError.
    """
    population = Population(seed)
    folder.mkdir(parents=True, exist_ok=True)
    people = population.charts(patients, resources_each=resources_each)
    directory = directory_lines(population)
    match form:
        case Form.BULK:
            return _write_bulk(folder, directory, people)
        case Form.NDJSON:
            return _write_ndjson(folder, directory, people)
        case Form.BUNDLES | Form.TRANSACTIONS:
            return _write_bundles(folder, directory, people, form)


def _line(resource: Resource) -> Line:
    text = _encode(dressed(resource, _SOURCE)).encode()
    return Line(str(resource["resourceType"]), str(resource["id"]), text)


def _write_bulk(folder: Path, directory: list[Line], people: Iterator[MadePatient]) -> Written:
    written = Written()
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}

        def put(line: Line) -> None:
            file = files.get(line.type)
            if file is None:
                path = folder / f"{line.type}.ndjson"
                file = files[line.type] = stack.enter_context(path.open("wb", 1 << 20))
            file.write(line.text + b"\n")
            written.count(line.type, line.text)

        for line in directory:
            put(line)
        for made in people:
            for line in lines_of(made):
                put(line)
    return written


def _write_ndjson(folder: Path, directory: list[Line], people: Iterator[MadePatient]) -> Written:
    written = Written()
    _write_lines(folder / "directory.ndjson", directory, written)
    lines: list[Line] = []
    number = 0
    for number, made in enumerate(people, start=1):
        lines += lines_of(made)
        if number % _FILE_PATIENTS == 0:
            first = number - _FILE_PATIENTS
            _write_lines(folder / f"patients-{first:06d}.ndjson", lines, written)
            lines = []
    if lines:
        first = number - number % _FILE_PATIENTS
        _write_lines(folder / f"patients-{first:06d}.ndjson", lines, written)
    return written


def _write_lines(path: Path, lines: list[Line], written: Written) -> None:
    with path.open("wb") as file:
        for line in lines:
            file.write(line.text + b"\n")
            written.count(line.type, line.text)


def _write_bundles(
    folder: Path, directory: list[Line], people: Iterator[MadePatient], form: Form
) -> Written:
    written = Written()
    _write_bundle(folder / "directory.json", directory, form, written)
    for number, made in enumerate(people):
        inside = folder / f"{number // _FOLDER_FILES:03d}"
        if number % _FOLDER_FILES == 0:
            inside.mkdir(exist_ok=True)
        _write_bundle(inside / f"patient-{number:06d}.json", lines_of(made), form, written)
    return written


def _write_bundle(path: Path, lines: list[Line], form: Form, written: Written) -> None:
    """Resources keep their bytes within the Bundle."""
    kind = b"transaction" if form is Form.TRANSACTIONS else b"collection"
    entries = []
    for line in lines:
        name = f"{line.type}/{line.id}"
        request = f',"request":{{"method":"PUT","url":"{name}"}}' if kind == b"transaction" else ""
        head = f'{{"fullUrl":"{_SOURCE}/{name}","resource":'.encode()
        entries.append(head + line.text + f"{request}}}".encode())
        written.count(line.type, line.text)
    opening = b'{"resourceType":"Bundle","type":"' + kind + b'","entry":['
    path.write_bytes(opening + b",\n".join(entries) + b"]}\n")
