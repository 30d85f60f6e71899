"""Whatever is accepted comes back equal as JSON, numbers as written; whatever is not is named.

The files are read here by the json module alone. Each folder is a source of its own, in one home.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clinics import Clinic, Make, observation

from node.application.progress import quiet
from scenarios.population.writing import Form, write_population

TESTDATA = Path(__file__).parents[4] / "shared" / "testdata"
FOLDERS = ("fhir/r4-examples", "fhir/us-core", "fhir/ips", "synthea/bundles", "synthea/bulk-10")
real = pytest.mark.skipif(not TESTDATA.is_dir(), reason="no ../shared/testdata here")


def loaded(text: str | bytes) -> Any:
    """JSON with its numbers as they are written."""
    return json.loads(text, parse_float=str, parse_int=str)


def same(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


def inside(document: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The resources of a document with their places."""
    if document.get("resourceType") != "Bundle":
        yield place, document
        return
    if not document.get("entry"):
        yield place, None
    for number, entry in enumerate(document.get("entry", [])):
        here = f"{place} entry[{number}]".strip()
        if "resource" in entry:
            yield from inside(entry["resource"], here)
        else:
            yield here, None


def given(file: Path) -> dict[str, Any]:
    """Everything in a file by its place; None where an entry holds no resource."""
    if file.suffix != ".ndjson":
        return dict(inside(loaded(file.read_bytes()), ""))
    found: dict[str, Any] = {}
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if line.strip():
            found |= dict(inside(loaded(line), f"line {number}"))
    return found


def taken(clinic: Clinic, file: Path, source: str) -> tuple[list[Any], dict[str, str]]:
    """What of a file was accepted, as it was given, and what was not with the reason."""
    intake = clinic.node.import_open(file.name, source=source)
    content = file.read_bytes()
    for at in range(0, len(content), 100_000):
        intake.feed(content[at : at + 100_000], quiet)
        while intake.ready:
            intake.commit(quiet)
    done = intake.finish(quiet)
    lines = done["rejected"]
    assert isinstance(lines, list)
    refused = {
        str(line["source"]).removeprefix(file.name).strip(): str(line["reason"]) for line in lines
    }
    everything = given(file)
    assert set(refused) <= set(everything)
    accepted = [document for place, document in everything.items() if place not in refused]
    assert None not in accepted
    assert done["accepted"] == len({same(document) for document in accepted})
    return accepted, refused


def assert_all_comes_back(clinic: Clinic, accepted: list[Any]) -> None:
    back = {same(loaded(line)) for line in clinic.node.export(None, form="ndjson", history=True)}
    assert {same(document) for document in accepted} <= back


@real
def test_all_test_data_comes_back_and_each_refusal_has_a_reason(clinic: Make) -> None:
    a = clinic("A")
    accepted: list[Any] = []
    refused: dict[str, str] = {}
    for folder in FOLDERS:
        for file in sorted((TESTDATA / folder).iterdir()):
            of_file, not_taken = taken(a, file, folder)
            accepted += of_file
            refused |= {f"{file.name} {place}".strip(): why for place, why in not_taken.items()}
    assert_all_comes_back(a, accepted)
    assert len(accepted) > 8000
    assert 0 < len(refused) < 60
    assert all(len(reason) > 8 for reason in refused.values())
    by_schema = [place for place, why in refused.items() if "schema" in why]
    assert len(by_schema) == 1, by_schema
    assert a.audit_ok()


@real
def test_a_thousand_people_come_back(clinic: Make) -> None:
    a = clinic("A")
    accepted, refused = taken(a, TESTDATA / "synthea/mpi/Patient-1000.ndjson", "mpi")
    assert refused == {}
    assert len(a.charts()) == len(accepted)
    assert_all_comes_back(a, accepted)


@pytest.mark.parametrize("form", list(Form))
def test_made_up_people_come_back_in_every_form(clinic: Make, tmp_path: Path, form: Form) -> None:
    a = clinic("A")
    written = write_population(
        tmp_path / "given", patients=6, resources_each=40, form=form, seed="back"
    )
    files = [file for file in sorted((tmp_path / "given").rglob("*")) if file.is_file()]
    accepted: list[Any] = []
    for file in files:
        of_file, refused = taken(a, file, "made up")
        assert refused == {}
        accepted += of_file
    assert len(accepted) == written.resources
    assert_all_comes_back(a, accepted)
    assert len(a.charts()) == 6


NUMBERS = ("1.10", "1.0", "0.00", "1e3", "1E+3", "-0", "-0.0", "100000000000000000000000001", "5")


def test_numbers_come_back_as_they_were_written(clinic: Make, tmp_path: Path) -> None:
    a = clinic("A")
    one = observation("id", "p") | {"valueQuantity": {"value": "number"}}
    lines = [
        json.dumps(one).replace('"id": "id"', f'"id": "o{place}"').replace('"number"', number)
        for place, number in enumerate(NUMBERS)
    ]
    file = tmp_path / "numbers.ndjson"
    file.write_text("\n".join(lines))
    accepted, refused = taken(a, file, "numbers")
    assert refused == {}
    assert_all_comes_back(a, accepted)
    back = b"".join(a.node.export(None, form="ndjson", history=False)).decode()
    assert all(f'"value": {number}}}' in back for number in NUMBERS)
