"""Original bytes out as lines or as a Bundle."""

import json

from hypothesis import given
from hypothesis import strategies as st

from node.fhir.compartment import OfPatient, patient_reference
from node.fhir.export import (
    Outgoing,
    Written,
    bundle,
    history_bundle,
    ndjson_line,
    urn_targets,
    urns_of,
)
from node.fhir.reading import read_resources

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


def test_a_resource_on_one_line_leaves_as_it_came() -> None:
    original = b'{ "resourceType" : "Patient" }'
    assert ndjson_line(original) == original + b"\n"


def test_a_resource_on_several_lines_loses_white_space_alone() -> None:
    original = b'{\n "a" : 1.10,\r\n\t"b": [ 1E2 , "x \\" \\\\" , " y\\n " ] }'
    assert ndjson_line(original) == b'{"a":1.10,"b":[1E2,"x \\" \\\\"," y\\n "]}\n'


@given(values, st.booleans())
def test_a_line_has_the_tokens_of_the_original(value: object, ascii_only: bool) -> None:
    spread = json.dumps(value, indent=1, ensure_ascii=ascii_only)
    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only)
    line = ndjson_line(spread.encode())
    assert line.decode() == compact + "\n"
    assert line.count(b"\n") == 1


def test_a_bundle_holds_the_original_bytes() -> None:
    originals = [
        b'{"resourceType":"Patient",\n "id":"p", "x":1.10}',
        b'{"resourceType":"Flag","id":"f"}',
    ]
    outgoing = [
        Outgoing("riverside", "Patient", "p", originals[0]),
        Outgoing("riverside", "Flag", "f", originals[1]),
    ]
    content = b"".join(bundle(outgoing))
    reading = read_resources("again", content, checked=False)
    assert not reading.rejected
    assert [resource.original for resource in reading.resources] == originals
    url = json.loads(content)["entry"][1]["fullUrl"]
    assert url == "https://satchel.invalid/fhir/riverside/Flag/f"


def test_two_systems_patients_of_one_id_have_two_addresses() -> None:
    original = b'{"resourceType":"Patient","id":"1"}'
    outgoing = [Outgoing(source, "Patient", "1", original) for source in ("did:ethr:0xa", "büro 2")]
    entries = json.loads(b"".join(bundle(outgoing)))["entry"]
    urls = [entry["fullUrl"] for entry in entries]
    assert urls == [
        "https://satchel.invalid/fhir/did%3Aethr%3A0xa/Patient/1",
        "https://satchel.invalid/fhir/b%C3%BCro%202/Patient/1",
    ]


def test_a_history_bundle_says_when_each_version_was_written_and_in_which_order() -> None:
    original = b'{"resourceType":"Flag","id":"f","x":1.10}'
    times = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]
    versions = [
        Outgoing("s", "Flag", "f", original, written=Written(number, at))
        for number, at in enumerate(times, 1)
    ]
    content = b"".join(history_bundle(versions))
    told = json.loads(content)
    assert told["type"] == "history"
    assert [entry["request"] for entry in told["entry"]] == [
        {"method": "PUT", "url": "Flag/f"},
        {"method": "PUT", "url": "Flag/f"},
    ]
    assert [entry["response"] for entry in told["entry"]] == [
        {"status": "201 Created", "etag": 'W/"1"', "lastModified": "2026-01-01T00:00:00Z"},
        {"status": "200 OK", "etag": 'W/"2"', "lastModified": "2026-01-02T00:00:00Z"},
    ]
    assert content.count(original) == 2


def test_an_empty_bundle_has_no_entry_array() -> None:
    assert json.loads(b"".join(bundle([]))) == {"resourceType": "Bundle", "type": "collection"}


def test_references_by_urn_still_resolve_after_export() -> None:
    identity = "1b5a9c7e-0000-4000-8000-000000000001"
    patient = b'{"resourceType":"Patient","id":"%b"}' % identity.encode()
    flag = b'{"resourceType":"Flag","id":"f","subject":{"reference" : "urn:uuid:%b"}}' % (
        identity.encode()
    )
    (named,) = [*urn_targets(patient), *urn_targets(flag)]
    assert named == urns_of(identity)[0]
    outgoing = [
        Outgoing("s", "Patient", identity, patient, urn=named),
        Outgoing("s", "Flag", "f", flag),
    ]
    content = b"".join(bundle(outgoing))
    assert json.loads(content)["entry"][0]["fullUrl"] == f"urn:uuid:{identity}"
    for text in (content, ndjson_line(patient) + ndjson_line(flag)):
        reading = read_resources("again", text, checked=False)
        whose = [patient_reference(one, reading.references) for one in reading.resources]
        assert whose == [OfPatient(f"Patient/{identity}")] * 2
