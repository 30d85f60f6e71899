"""Every file of the shared test data: sliced byte for byte, placed, and out again with its values.

The data lie outside the project; without them these tests are skipped.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.fhir.compartment import Lost, patient_reference
from node.fhir.elements import elements
from node.fhir.export import ndjson_line
from node.fhir.face import patient_face
from node.fhir.reading import Reading, read_resources

TESTDATA = Path(__file__).parents[4] / "shared" / "testdata"
REFUSED = (
    "the FHIR schema refuses QuestionnaireResponse: it has a member that FHIR R4 does not know"
)
"""US Core's hunger-vital-sign-example extends `questionnaire`, a canonical address. FHIR allows it;
the official schema has no `_questionnaire`, as it has none beside any canonical address."""
FOLDERS = ("fhir/r4-examples", "fhir/us-core", "fhir/ips", "synthea")

pytestmark = pytest.mark.skipif(not TESTDATA.is_dir(), reason="no ../shared/testdata here")


def files(folder: str) -> list[Path]:
    return sorted(
        path for path in (TESTDATA / folder).rglob("*") if path.suffix in (".json", ".ndjson")
    )


@pytest.fixture(scope="module", params=FOLDERS)
def readings(request: pytest.FixtureRequest) -> list[tuple[bytes, Reading]]:
    found = files(request.param)
    assert found, request.param
    contents = [(path.name, path.read_bytes()) for path in found]
    return [(content, read_resources(name, content)) for name, content in contents]


def expected(value: object) -> Iterator[tuple[str, object]]:
    """What a reader that knows nothing of spans finds: resources, Bundles opened, in order."""
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        for entry in value.get("entry", []):
            if "resource" in entry:
                yield from expected(entry["resource"])
    elif isinstance(value, dict):
        yield str(value["resourceType"]), value


def test_every_resource_is_taken_with_exactly_its_bytes(
    readings: list[tuple[bytes, Reading]],
) -> None:
    for content, reading in readings:
        if content.count(b"\n{") and not content.startswith(b"{\n"):
            lines = [json.loads(line) for line in content.split(b"\n") if line.strip()]
            wanted = [one for line in lines for one in expected(line)]
        else:
            wanted = list(expected(json.loads(content)))
        found = [(one.type, json.loads(one.original)) for one in reading.resources]
        refused = [one.position for one in reading.rejected if "schema" in one.reason]
        assert len(found) + len(refused) == len(wanted)
        assert [one for one in wanted if one in found] == found
        at = 0
        for resource in reading.resources:
            at = content.index(resource.original, at) + len(resource.original)


def test_only_entries_without_a_resource_are_rejected(
    readings: list[tuple[bytes, Reading]],
) -> None:
    reasons = {rejection.reason for _, reading in readings for rejection in reading.rejected}
    assert reasons <= {
        "the entry holds no resource",
        "asks to delete, which is not taken: correct or refute the resource",
        "the Bundle has no entries",
        REFUSED,
    }


def test_every_resource_is_placed(readings: list[tuple[bytes, Reading]]) -> None:
    for _, reading in readings:
        for resource in reading.resources:
            link = patient_reference(resource, reading.references)
            assert not isinstance(link, Lost), resource.key


def test_every_line_has_the_same_values(readings: list[tuple[bytes, Reading]]) -> None:
    for _, reading in readings:
        for resource in reading.resources:
            (again,) = read_resources("line.ndjson", ndjson_line(resource.original)).resources
            assert elements(again.document) == elements(resource.document)


def test_every_patient_has_a_face(readings: list[tuple[bytes, Reading]]) -> None:
    for _, reading in readings:
        for resource in reading.resources:
            if resource.type == "Patient" and "name" in resource.document:
                assert patient_face(resource.document).name, resource.key
