"""Homes with the real command on them, and made-up patients."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from satchel_process import FAMILY_NAME, Satchel, Serving


@pytest.fixture(scope="session")
def made_homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Homes that `init` made once; tests work on copies."""
    folder = tmp_path_factory.mktemp("homes")
    (folder / "passphrase").write_text("a passphrase for tests\n")
    for name in ("riverside", "hilltop"):
        satchel = Satchel(folder / name, folder / "passphrase")
        (folder / f"{name}.init").write_text(satchel.init("--name", name, "--json").out)
    return folder


@pytest.fixture
def copied(made_homes: Path, tmp_path: Path) -> Callable[[str], Satchel]:
    """A copy of a made home; a copy is a new instance of the same node."""
    shutil.copy(made_homes / "passphrase", tmp_path)

    def copy(name: str) -> Satchel:
        shutil.copytree(made_homes / name, tmp_path / name)
        return Satchel(tmp_path / name, tmp_path / "passphrase")

    return copy


@pytest.fixture
def riverside(copied: Callable[[str], Satchel]) -> Satchel:
    return copied("riverside")


@pytest.fixture
def hilltop(copied: Callable[[str], Satchel]) -> Satchel:
    return copied("hilltop")


@pytest.fixture
def serving() -> Iterator[Callable[[Satchel], Serving]]:
    """Starts `serve` on a home, and ends what is still running after the test."""
    started: list[Serving] = []

    def serve(satchel: Satchel) -> Serving:
        started.append(satchel.serve())
        return started[-1]

    yield serve
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


@pytest.fixture
def patient_file(tmp_path: Path) -> Path:
    """A transaction of one patient: four resources, one of them of nobody."""
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"given": ["Amara\u2028"], "family": FAMILY_NAME}],
        "birthDate": "1984-03-01",
        "gender": "female",
    }
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": {"text": "penicillin"},
    }
    weight = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "weight"},
        "valueQuantity": {"value": 61.50, "unit": "kg"},
    }
    clinic = {"resourceType": "Organization", "id": "c1", "name": "Riverside"}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in (patient, allergy, weight, clinic)],
    }
    path = tmp_path / "patients" / "one.json"
    path.parent.mkdir()
    path.write_text(json.dumps(bundle, ensure_ascii=False))
    return path
