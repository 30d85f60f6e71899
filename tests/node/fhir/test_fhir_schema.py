"""The official schema: the file itself, what it refuses and how that is said, another reading."""

import copy
import gzip
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # its types are a package of their own
import pytest

from node.fhir import schema
from node.fhir.errors import SchemaDamaged
from node.fhir.reading import ReadResource, read_resources
from node.fhir.resource_types import R4_TYPES
from node.fhir.schema import SCHEMA_SHA256, schema_flaw, schema_text

TESTDATA = Path(__file__).parents[4] / "shared" / "testdata"
SHIPPED = Path(schema.__file__).parent

Document = dict[str, Any]

OBSERVATION: Document = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2024-03-01T10:00:00Z",
    "valueQuantity": {"value": Decimal("71.50"), "unit": "kg"},
    "contained": [{"resourceType": "Patient", "id": "p", "birthDate": "1990"}],
}
PATIENT: Document = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "name": [{"family": "Ñandú", "given": ["A"]}],
    "birthDate": "1990-02-01",
    "gender": "female",
    "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>a</div>"},
}
BUNDLE: Document = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": PATIENT}, {"response": {"status": "200", "outcome": OBSERVATION}}],
}
PARAMETERS: Document = {
    "resourceType": "Parameters",
    "parameter": [{"name": "x", "part": [{"name": "y", "resource": PATIENT}]}],
}


def changed(document: Document, *steps: str | int, to: object) -> Document:
    """A copy in which what stands at a path is something else; without `to`, gone."""
    made = copy.deepcopy(document)
    at: Any = made
    for step in steps[:-1]:
        at = at[step]
    at[steps[-1]] = to
    return made


def without(document: Document, name: str) -> Document:
    return {key: value for key, value in document.items() if key != name}


def test_the_schema_is_the_one_that_hl7_published_and_ships_with_its_licence() -> None:
    content = gzip.decompress((SHIPPED / "fhir.schema.r4.json.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == SCHEMA_SHA256
    assert json.loads(schema_text())["id"] == "http://hl7.org/fhir/json-schema/4.0"
    assert "CC0 1.0" in (SHIPPED / "LICENSE").read_text()


def test_the_shipped_schema_is_the_one_of_the_test_data() -> None:
    published = TESTDATA / "fhir" / "schema" / "fhir.schema.r4.json.gz"
    if not published.is_file():
        pytest.skip("no ../shared/testdata here")
    assert gzip.decompress(published.read_bytes()).decode() == schema_text()


@pytest.mark.parametrize("spoil", [lambda data: data[:-40], lambda data: gzip.compress(b"{}")])
def test_a_schema_that_was_changed_is_not_used(spoil: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = (SHIPPED / "fhir.schema.r4.json.gz").read_bytes()
    monkeypatch.setattr(Path, "read_bytes", lambda _path: spoil(packed))
    with pytest.raises(SchemaDamaged):
        schema_text()


def test_it_is_loaded_when_the_first_resource_is_judged_and_not_before() -> None:
    code = (
        "from node.command.main import run\nrun(['import', '--help'])\n"
        "import sys; assert 'jsonschema_rs' not in sys.modules\n"
        "import node.fhir.schema as s\n"
        "assert s._definitions.cache_info().currsize == 0\n"
        "s.schema_flaw({'resourceType': 'Patient'})\n"
        "assert s._validator.cache_info().currsize == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_every_type_has_its_validator() -> None:
    for kind in sorted(R4_TYPES):
        flaw = schema_flaw({"resourceType": kind, "no such member": 1})
        assert flaw
        assert flaw.startswith(f"the FHIR schema refuses {kind}: it ")


@pytest.mark.parametrize("document", [OBSERVATION, PATIENT, BUNDLE, PARAMETERS])
def test_what_is_right_is_taken(document: Document) -> None:
    assert schema_flaw(document) is None


BIRTH = "Patient.birthDate: it is not written as a FHIR date is"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (changed(PATIENT, "birthDate", to="1990-13-01"), BIRTH),
        (changed(PATIENT, "birthDate", to="01.02.1990"), BIRTH),
        (changed(PATIENT, "birthDate", to="90"), BIRTH),
        (changed(PATIENT, "birthDate", to=1990), "Patient.birthDate: it is no string"),
        (changed(PATIENT, "birthDate", to=None), "Patient.birthDate: it is no string"),
        (changed(PATIENT, "name", to={"family": "A"}), "Patient.name: it is no array"),
        (
            changed(PATIENT, "name", 0, "family", to=""),
            "Patient.name[0].family: it is not written as a FHIR string is",
        ),
        (
            changed(PATIENT, "name", 0, "given", 0, to=7),
            "Patient.name[0].given[0]: it is no string",
        ),
        (
            changed(PATIENT, "gender", to="x"),
            "Patient.gender: it is none of the codes that are allowed there",
        ),
        (changed(PATIENT, "active", to="true"), "Patient.active: it is no boolean"),
        (changed(PATIENT, "name", 0, to="Mbeki"), "Patient.name[0]: it is no object"),
        (changed(OBSERVATION, "subject", to="Patient/p1"), "Observation.subject: it is no object"),
        (
            changed(PARAMETERS, "parameter", 0, to="Mbeki"),
            "Parameters.parameter[0]: it is no object",
        ),
        (changed(PATIENT, "Mbeki", to=1), "Patient: it has a member that FHIR R4 does not know"),
        (without(OBSERVATION, "code"), "Observation: it lacks code"),
        (
            changed(OBSERVATION, "valueQuantity", "value", to="71"),
            "Observation.valueQuantity.value: it is no number",
        ),
        (
            changed(OBSERVATION, "effectiveDateTime", to="2024-03-01T10:00"),
            "Observation.effectiveDateTime: it is not written as",
        ),
        (
            changed(OBSERVATION, "contained", 0, "birthDate", to="x"),
            "FHIR date is (inside Observation.contained[0])",
        ),
        (
            changed(OBSERVATION, "contained", 0, to={"resourceType": "Mbeki"}),
            "Observation.contained[0]: no resource type of FHIR R4",
        ),
        (changed(OBSERVATION, "contained", 0, to=7), "Observation.contained[0]: it is no object"),
        (
            changed(BUNDLE, "entry", 0, "resource", "gender", to=7),
            "(inside Bundle.entry[0].resource)",
        ),
        (
            changed(BUNDLE, "entry", 1, "response", "outcome", "status", to=7),
            "(inside Bundle.entry[1].response.outcome)",
        ),
        (
            changed(PARAMETERS, "parameter", 0, "part", 0, "resource", "id", to="a b"),
            "(inside Parameters.parameter[0].part[0].resource)",
        ),
    ],
)
def test_what_is_wrong_is_refused_by_path_and_rule(document: Document, reason: str) -> None:
    flaw = schema_flaw(document)
    assert flaw
    assert reason in flaw
    assert "Mbeki" not in flaw


@pytest.mark.parametrize("text", ["71\u00a0kg", "a\u2028b", "\u3000", "a\nb"])
def test_white_space_is_what_fhir_says_it_is(text: str) -> None:
    assert schema_flaw(changed(PATIENT, "name", 0, "family", to=text)) is None


def test_white_space_in_a_code_is_refused() -> None:
    for code, taken in [("a b", True), ("a  b", False), (" a", False), ("a\u00a0b", True)]:
        document = changed(OBSERVATION, "code", "coding", 0, "code", to=code)
        assert (schema_flaw(document) is None) == taken, code


def test_numbers_as_they_were_written_are_judged_without_a_crash() -> None:
    for number in ("1e999999999", "1." + "1" * 100_000, "1" * 4000, "-0.0", "1E+2"):
        content = b'{"resourceType":"Observation","code":{"text":"x"},"valueQuantity":{"value":%b}}'
        reading = read_resources("x", content % number.encode())
        assert len(reading.resources) + len(reading.rejected) == 1


def test_a_wrong_resource_is_rejected_by_its_place_and_stops_no_other() -> None:
    wrong = {"resourceType": "Patient", "id": "p2", "birthDate": "1990-13-01"}
    right = {"resourceType": "Patient", "id": "p3"}
    entries = [{"resource": wrong}, {"resource": right}]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    for label, content, place in [
        ("x.json", json.dumps(bundle), "entry[0]"),
        ("x.ndjson", f"{json.dumps(wrong)}\n{json.dumps(right)}", "line 1"),
    ]:
        reading = read_resources(label, content.encode())
        assert [resource.id for resource in reading.resources] == ["p3"]
        assert [(one.position, one.reason) for one in reading.rejected] == [
            (
                place,
                "the FHIR schema refuses Patient.birthDate: it is not written as a FHIR date is",
            )
        ]


# -- against another reading of the same schema


@pytest.fixture(scope="module")
def other() -> jsonschema.Draft6Validator:
    """The whole file, by the Python package of the same purpose.

    As the file stands, a text passes where a HumanName belongs; that complex types are objects is
    added here as it is there.
    """
    whole = json.loads(schema_text())
    for definition in whole["definitions"].values():
        if definition.get("properties"):
            definition.setdefault("type", "object")
    return jsonschema.Draft6Validator(whole)


def takes(other: jsonschema.Draft6Validator, document: Document) -> bool:
    """What the other says of a document of a known type; the choice among types is made for it."""
    kind = document["resourceType"]
    return bool(other.evolve(schema={"$ref": f"#/definitions/{kind}"}).is_valid(document))


def spoilt(chance: random.Random, value: Any) -> Any:
    """A copy with one thing wrong, or not so wrong, somewhere."""
    made = copy.deepcopy(value)
    holders: list[Any] = []
    waiting = [made]
    while waiting:
        holder = waiting.pop()
        inner = list(holder.values()) if isinstance(holder, dict) else holder
        if inner:
            holders.append(holder)
        waiting += [one for one in inner if isinstance(one, dict | list)]
    holder = chance.choice(holders)
    key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    if key == "resourceType":
        return made
    if chance.random() < 0.2 and isinstance(holder, dict):
        holder[chance.choice(["id", "value", "_status", "unknown", "extension"])] = "x"
    elif chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = chance.choice([None, "", "x y", "2020-02-30", 7, 1.5, True, [], {}, ["a"]])
    return made


def test_another_validator_agrees_on_made_up_faults(other: jsonschema.Draft6Validator) -> None:
    chance = random.Random(7)
    seeds = [OBSERVATION, PATIENT, PARAMETERS]
    seeds = [json.loads(json.dumps(one, default=float)) for one in seeds]
    refused = 0
    for _ in range(250):
        document = spoilt(chance, chance.choice(seeds))
        mine = schema_flaw(document)
        assert takes(other, document) == (mine is None), mine
        refused += mine is not None
    assert 50 < refused < 240


def resources_of(folder: str) -> Iterator[ReadResource]:
    for path in sorted((TESTDATA / folder).rglob("*.json")):
        yield from read_resources(path.name, path.read_bytes(), checked=False).resources


@pytest.mark.skipif(not TESTDATA.is_dir(), reason="no ../shared/testdata here")
@pytest.mark.parametrize("folder", ["fhir/r4-examples", "fhir/us-core", "fhir/ips"])
def test_another_validator_agrees_on_real_files(
    folder: str, other: jsonschema.Draft6Validator
) -> None:
    refused = []
    for resource in resources_of(folder):
        if len(resource.original) > 20_000:  # the other one takes seconds, and minutes for base64
            continue
        document = json.loads(resource.original)
        taken = schema_flaw(resource.document) is None
        assert takes(other, document) == taken, resource.key
        refused += [] if taken else [resource.key]
    expected = ["QuestionnaireResponse/hunger-vital-sign-example"] if "us-core" in folder else []
    assert refused == expected
