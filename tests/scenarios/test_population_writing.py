"""A population of any size in files: the same for the same seed, as large as asked for, valid."""

import gzip
import hashlib
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from node.fhir.compartment import OfNobody, OfPatient, patient_reference
from node.fhir.reading import read_resources
from scenarios.population import Population
from scenarios.population.dressing import dressed
from scenarios.population.writing import Form, write_population

SCHEMA = (
    Path(__file__).parents[3] / "shared" / "testdata" / "fhir" / "schema" / "fhir.schema.r4.json.gz"
)
DIRECTORY_TYPES = {"Organization", "Location", "Practitioner", "PractitionerRole"}


def files_below(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def documents_in(folder: Path) -> list[Any]:
    found: list[Any] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".ndjson":
            found += [json.loads(line) for line in path.read_text().splitlines()]
        elif path.suffix == ".json":
            found += [entry["resource"] for entry in json.loads(path.read_text())["entry"]]
    return found


@pytest.mark.parametrize("form", list(Form))
def test_every_form_writes_the_same_resources_and_the_same_bytes_again(
    tmp_path: Path, form: Form
) -> None:
    once = write_population(tmp_path / "1", patients=7, resources_each=23, form=form, seed=5)
    write_population(tmp_path / "2", patients=7, resources_each=23, form=form, seed=5)
    write_population(tmp_path / "3", patients=7, resources_each=23, form=form, seed=6)
    assert files_below(tmp_path / "1") == files_below(tmp_path / "2")
    assert files_below(tmp_path / "1") != files_below(tmp_path / "3")
    documents = documents_in(tmp_path / "1")
    directory = Population(5).directory
    assert len(documents) == once.resources == 7 * 23 + len(directory)
    write_population(tmp_path / "b", patients=7, resources_each=23, form=Form.BULK, seed=5)
    alike = [json.dumps(one, sort_keys=True) for one in documents_in(tmp_path / "b")]
    assert sorted(json.dumps(one, sort_keys=True) for one in documents) == sorted(alike)


@pytest.mark.parametrize("count", [1, 2, 9, 12, 14, 20, 33, 100, 260])
def test_every_chart_has_exactly_as_many_resources_as_asked_for_and_leads_nowhere_else(
    count: int,
) -> None:
    population = Population("sizes")
    directory = {f"{one['resourceType']}/{one['id']}" for one in population.directory}
    for made in population.charts(25, resources_each=count):
        assert len(made.resources) == count
        known = {f"{one['resourceType']}/{one['id']}" for one in made.resources}
        assert len(known) == count
        assert references(made.resources) <= known | directory


def references(part: Any) -> set[str]:
    if isinstance(part, list):
        return {found for item in part for found in references(item)}
    if isinstance(part, dict):
        own = {part["reference"]} if isinstance(part.get("reference"), str) else set()
        return own | references(list(part.values()))
    return set()


def test_resources_are_of_the_size_that_figures_speak_of(tmp_path: Path) -> None:
    written = write_population(
        tmp_path, patients=40, resources_each=100, form=Form.NDJSON, seed="size"
    )
    assert 1400 < written.size_bytes / written.resources < 1650
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "directory.ndjson",
        "patients-000000.ndjson",
    ]


def test_patients_go_into_files_of_a_hundred(tmp_path: Path) -> None:
    write_population(tmp_path, patients=201, resources_each=2, form=Form.NDJSON, seed=1)
    sizes = {path.name: len(path.read_text().splitlines()) for path in tmp_path.iterdir()}
    assert sizes.pop("directory.ndjson") == len(Population(1).directory)
    assert sizes == {
        "patients-000000.ndjson": 200,
        "patients-000100.ndjson": 200,
        "patients-000200.ndjson": 2,
    }


def test_memory_does_not_grow_with_the_number_of_patients(tmp_path: Path) -> None:
    def most(patients: int) -> int:
        tracemalloc.start()
        write_population(tmp_path, patients=patients, resources_each=30, form=Form.BULK, seed=1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(5)
    assert most(120) < most(20) * 1.3


@pytest.mark.parametrize("form", [Form.BUNDLES, Form.TRANSACTIONS])
def test_bundles_are_read_back_into_a_chart_each(tmp_path: Path, form: Form) -> None:
    write_population(tmp_path, patients=3, resources_each=40, form=form, seed="back")
    for path in sorted(tmp_path.rglob("patient-*.json")):
        reading = read_resources(path.name, path.read_bytes())
        assert not reading.rejected
        assert len(reading.resources) == 40
        assert reading.transaction == (form is Form.TRANSACTIONS)
        patient = OfPatient(reading.resources[0].key)
        whose = {patient_reference(one, reading.references) for one in reading.resources}
        assert whose == {patient}
    reading = read_resources("directory.json", (tmp_path / "directory.json").read_bytes())
    assert {patient_reference(one, reading.references) for one in reading.resources} == {OfNobody()}


def test_dressing_changes_no_fact() -> None:
    for made in Population("bare").charts(5, resources_each=60):
        for one in made.resources:
            full = dressed(one, "https://a.invalid")
            assert {name: full[name] for name in one} == one
            assert full.keys() - one.keys() <= {"meta", "text", "identifier"}


@pytest.mark.skipif(not SCHEMA.is_file(), reason="no ../shared/testdata here")
def test_every_dressed_resource_is_valid_by_the_official_schema(tmp_path: Path) -> None:
    jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="jsonschema-rs is not installed")
    validator = jsonschema_rs.validator_for(json.loads(gzip.decompress(SCHEMA.read_bytes())))
    write_population(tmp_path, patients=40, resources_each=60, form=Form.BULK, seed="valid")
    documents = documents_in(tmp_path)
    assert {one["resourceType"] for one in documents} >= DIRECTORY_TYPES | {"Patient", "Flag"}
    wrong = [one for one in documents if not validator.is_valid(one)]
    assert not wrong, [error.message for error in validator.iter_errors(wrong[0])][:3]


def test_the_command_writes_what_it_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "scenarios.population", "--patients", "4",
            "--resources-per-patient", "10", "--form", "bundles", "--seed", "s", tmp_path / "out",
        ],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    documents = documents_in(tmp_path / "out")
    assert said["resources"] == len(documents) == sum(said["by_type"].values())
    assert said["by_type"]["Patient"] == said["patients"] == 4
