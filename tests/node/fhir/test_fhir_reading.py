"""Reading files into resources: original bytes, made-up ids, and what is rejected."""

import json
from functools import partial

import pytest

from node.fhir import reading as fhir_reading
from node.fhir.reading import ReadResource

# What is a resource at all; test_fhir_schema.py asks what the official schema takes.
read_resources = partial(fhir_reading.read_resources, checked=False)

PATIENT = b'{"resourceType":"Patient","id":"p1"}'


def bundle(*entries: bytes, kind: bytes = b"collection") -> bytes:
    joined = b",".join(entries)
    return b'{"resourceType":"Bundle","type":"%b","entry":[%b]}' % (kind, joined)


def entry(resource: bytes, full_url: str | None = None) -> bytes:
    url = b"" if full_url is None else b'"fullUrl":"%b",' % full_url.encode()
    return b'{%b"resource":%b}' % (url, resource)


def only(content: bytes, label: str = "file.json") -> ReadResource:
    reading = read_resources(label, content)
    assert not reading.rejected
    (resource,) = reading.resources
    return resource


def reasons(content: bytes, label: str = "file.json") -> list[tuple[str, str]]:
    reading = read_resources(label, content)
    assert all(rejection.source == label for rejection in reading.rejected)
    return [(rejection.position, rejection.reason) for rejection in reading.rejected]


def test_a_single_resource_keeps_its_bytes_without_what_stands_around_it() -> None:
    inner = b'{\r\n  "id" : "o1",\t"resourceType":"Observation", "valueDecimal": 1.10 }'
    resource = only(b"\xef\xbb\xbf\n " + inner + b"\n\n")
    assert resource.original == inner
    assert resource.key == "Observation/o1"
    assert str(resource.document["valueDecimal"]) == "1.10"
    assert resource.position == ""


def test_a_bundle_s_resources_keep_their_bytes_and_places() -> None:
    first = (
        '{ "resourceType": "Patient", "id": "p1",\n "name": [{"text": "Ñandú \\u00e9"}] }'.encode()
    )
    second = b'{"id":"o1","resourceType":"Observation","x":1e0}'
    reading = read_resources("b", bundle(entry(first, "urn:uuid:p1"), entry(second)))
    assert [resource.original for resource in reading.resources] == [first, second]
    assert [resource.position for resource in reading.resources] == ["entry[0]", "entry[1]"]
    assert reading.resources[0].full_url == "urn:uuid:p1"
    assert not reading.rejected
    assert not reading.transaction


def test_a_transaction_says_so() -> None:
    assert read_resources("b", bundle(entry(PATIENT), kind=b"transaction")).transaction
    assert not read_resources("b", bundle(entry(PATIENT), kind=b"batch")).transaction


def test_the_resource_type_may_come_after_the_entries() -> None:
    assert only(b'{"entry":[%b],"resourceType":"Bundle"}' % entry(PATIENT)).original == PATIENT


def test_a_bundle_in_a_bundle_is_opened() -> None:
    resource = only(bundle(entry(bundle(entry(PATIENT)))))
    assert resource.original == PATIENT
    assert resource.position == "entry[0] entry[0]"


def test_bundles_in_bundles_end_somewhere() -> None:
    content = PATIENT
    for _ in range(6):
        content = bundle(entry(content))
    assert [reason for _, reason in reasons(content)] == ["Bundles nested deeper than 4"]


def test_a_list_resource_keeps_its_own_entries() -> None:
    content = b'{"resourceType":"List","id":"l","entry":[{"item":{"reference":"Patient/p"}}]}'
    assert only(content).document == json.loads(content)


def test_lines_are_read_one_by_one_and_a_bad_one_stops_no_other() -> None:
    other = b'{"resourceType":"Patient","id":"p2","note":"\xe2\x80\xa8"}'
    content = PATIENT + b"\r\n\n" + b'{"resourceType":\n' + other
    reading = read_resources("x.ndjson", content)
    assert [resource.original for resource in reading.resources] == [PATIENT, other]
    assert [resource.position for resource in reading.resources] == ["line 1", "line 4"]
    assert [rejection.position for rejection in reading.rejected] == ["line 3"]
    assert len(read_resources("x.txt", PATIENT + b"\n" + other).resources) == 2


@pytest.mark.parametrize(
    ("full_url", "made_up"),
    [
        ("urn:uuid:0c7f2a6e-9a55-4f0e-8d67-2f1d8d6b1a11", "0c7f2a6e-9a55-4f0e-8d67-2f1d8d6b1a11"),
        ("urn:oid:1.2.840.1", "1.2.840.1"),
        ("https://clinic.example/fhir/Patient/77", "77"),
    ],
)
def test_an_absent_id_comes_from_the_entry_s_name(full_url: str, made_up: str) -> None:
    assert only(bundle(entry(b'{"resourceType":"Patient"}', full_url))).id == made_up


def test_an_absent_id_without_a_name_comes_from_the_content_however_it_is_laid_out() -> None:
    one = only(b'{"resourceType":"Patient","birthDate":"1990"}').id
    assert one == only(b'{"birthDate": "1990",\n"resourceType": "Patient"}').id
    assert one != only(b'{"resourceType":"Patient","birthDate":"1991"}').id
    assert (
        one
        == only(
            bundle(
                entry(b'{"resourceType":"Patient","birthDate":"1990"}', "https://x.example/Group/7")
            )
        ).id
    )


def test_one_id_twice_is_taken_once_and_the_later_rejected_unless_it_is_the_same() -> None:
    other = b'{"resourceType":"Patient","id":"p1","gender":"male"}'
    reading = read_resources("b", bundle(entry(PATIENT), entry(PATIENT), entry(other)))
    assert [resource.original for resource in reading.resources] == [PATIENT]
    assert [(r.position, r.reason) for r in reading.rejected] == [
        ("entry[2]", "the id of this Patient is there twice")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b'{"resourceType":"Patient","name":"\xff"}', "not UTF-8 (byte 34)"),
        (PATIENT.decode().encode("utf-16"), "not UTF-8 (byte 0)"),
        (PATIENT[:-1], "not JSON: expecting ',' (line 1, column 36)"),
        (bundle(entry(PATIENT))[:-3], "not JSON: expecting ',' (line 1, column 103)"),
        (b"%PDF-1.7", "not JSON: expecting value (line 1, column 1)"),
        (b'{"resourceType":"Patient"', "not JSON: expecting ',' (line 1, column 26)"),
        (PATIENT + b" {}", "not JSON: more follows the resource"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b'"Patient"', "not an object"),
        (b"{}", "no resourceType: not FHIR"),
        (b'{"resourceType":"Canary"}', "the resourceType is none of FHIR R4"),
        (b'{"resourceType":["Patient"]}', "the resourceType is none of FHIR R4"),
        (b'{"resourceType":"SubscriptionStatus"}', "the resourceType is none of FHIR R4"),
        (
            b'{"resourceType":"Patient","id":"a_b"}',
            "the id is not a FHIR id (1 to 64 letters, digits, - and .)",
        ),
        (
            b'{"resourceType":"Patient","id":"%b"}' % (b"x" * 65),
            "the id is not a FHIR id (1 to 64 letters, digits, - and .)",
        ),
        (
            b'{"resourceType":"Patient","id":7}',
            "the id is not a FHIR id (1 to 64 letters, digits, - and .)",
        ),
        (
            b'{"resourceType":"Patient","id":""}',
            "the id is not a FHIR id (1 to 64 letters, digits, - and .)",
        ),
        (b'{"resourceType":"Patient","n":NaN}', "NaN or Infinity is no JSON number"),
        (b'{"resourceType":"Patient","n":[{"a":1,"a":2}]}', "a member is there twice"),
        (b'{"resourceType":"Patient","resourceType":"Patient"}', "a member is there twice"),
        (
            b'{"resourceType":"Patient","n":%b%b}' % (b"[" * 100_000, b"]" * 100_000),
            "nested deeper than 100",
        ),
        (
            b'{"resourceType":"List","entry":[{"a":NaN}]}',
            "NaN or Infinity is no JSON number",
        ),
        (b'{"resourceType":"Bundle","type":"searchset"}', "the Bundle has no entries"),
        (b'{"resourceType":"Bundle","entry":{}}', "the Bundle's entry is not an array"),
        (b'{"resourceType":"Bundle","entry":[],"entry":[]}', "a member is there twice"),
    ],
    ids=range(29),
)
def test_a_file_that_cannot_be_taken_is_refused_with_its_reason(
    content: bytes, reason: str
) -> None:
    reading = read_resources("file", content)
    assert not reading.resources
    assert reasons(content, "file") == [("", reason)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"null", "the entry is not an object"),
        (b"[1]", "the entry is not an object"),
        (b"{}", "the entry holds no resource"),
        (
            b'{"request":{"method":"DELETE","url":"Patient/1"}}',
            "asks to delete, which is not taken: correct or refute the resource",
        ),
        (b'{"fullUrl":7,"resource":{"resourceType":"Flag"}}', "fullUrl is not a text"),
        (b'{"resource":"x"}', "not an object"),
        (b'{"resource":{"resourceType":"Flag","n":Infinity}}', "NaN or Infinity is no JSON number"),
        (b'{"resource":{"a":1,"a":1}}', "a member is there twice"),
        (b'{"resource":{},"resource":{}}', "a member is there twice"),
        (
            b'{"resource":{"resourceType":"Flag","n":%b%b}}' % (b"[" * 100_000, b"]" * 100_000),
            "nested deeper than 100",
        ),
        (b'{"resource":{"resourceType":"Canary"}}', "the resourceType is none of FHIR R4"),
    ],
    ids=range(11),
)
def test_a_bad_entry_is_refused_by_its_place_and_stops_no_other(bad: bytes, reason: str) -> None:
    later = b'{"resourceType":"Patient","id":"p2"}'
    content = bundle(entry(PATIENT), bad, entry(later))
    reading = read_resources("file", content)
    assert [resource.original for resource in reading.resources] == [PATIENT, later]
    assert reasons(content) == [("entry[1]", reason)]


def test_no_representation_shows_what_a_patient_said() -> None:
    content = bundle(
        entry(b'{"resourceType":"Patient","id":"p1","name":[{"text":"Canary"}]}', "urn:x:Canary"),
        b'{"resource":{"resourceType":"Canary","id":"Canary"}}',
    )
    assert "Canary" not in repr(read_resources("file", content))


@pytest.mark.parametrize("born", ["1983-02-30", "2023-02-29", "1980-04-31"])
def test_a_birth_date_that_never_was_is_refused(born: str) -> None:
    content = b'{"resourceType":"Patient","id":"p","birthDate":"%b"}' % born.encode()
    (rejection,) = fhir_reading.read_resources("x.json", content).rejected
    assert rejection.reason == "the birthDate is no day of the calendar"


@pytest.mark.parametrize("born", ["2024-02-29", "1983", "1983-02", "1900-01-01"])
def test_a_birth_date_that_was_or_is_not_whole_is_taken(born: str) -> None:
    content = b'{"resourceType":"Patient","id":"p","birthDate":"%b"}' % born.encode()
    assert len(fhir_reading.read_resources("x.json", content).resources) == 1


def test_an_empty_bundle_inside_another_is_named() -> None:
    inner = b'{"resourceType":"Bundle","type":"searchset"}'
    content = b'{"resourceType":"Bundle","type":"batch","entry":[{"resource":%b}]}' % inner
    (rejection,) = read_resources("x.json", content).rejected
    assert (rejection.position, rejection.reason) == ("entry[0]", "the Bundle has no entries")
