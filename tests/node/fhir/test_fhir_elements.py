"""Which elements differ between two versions of a resource."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.fhir.elements import canonical, elements, touched_elements
from node.fhir.reading import read_resources


def document(text: str) -> dict[str, object]:
    (resource,) = read_resources("file", text.encode(), checked=False).resources
    return resource.document


OLD = """{"resourceType":"Observation","id":"o","meta":{"versionId":"1","tag":[{"code":"a"}]},
 "status":"final","valueQuantity":{"value":1.10,"unit":"mg"},"note":[{"text":"x"}]}"""


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        (("final", "amended"), ["status"]),
        (("1.10", "1.1"), ["valueQuantity"]),
        (("1.10", "1.10 "), []),
        (('"value":1.10,"unit":"mg"', '"unit":"mg","value":1.10'), []),
        (('"versionId":"1"', '"versionId":"2"'), []),
        (('"versionId":"1"', '"lastUpdated":"2020-01-01T00:00:00Z"'), []),
        (('"code":"a"', '"code":"b"'), ["meta"]),
        ((',"note":[{"text":"x"}]', ""), ["note"]),
        (('"status":"final"', '"status":"final","_status":{"id":"s"}'), ["status"]),
        (('"id":"o"', '"id":"o","code":{"text":"c"}'), ["code"]),
        (('"id":"o"', '"id":"other"'), []),
    ],
    ids=range(11),
)
def test_touched_elements_are_those_that_differ(
    change: tuple[str, str], touched: list[str]
) -> None:
    changed = OLD.replace(*change)
    assert changed != OLD
    assert touched_elements(document(OLD), document(changed)) == touched
    assert touched_elements(document(changed), document(OLD)) == touched


def test_all_are_touched_when_there_was_nothing() -> None:
    assert touched_elements(None, document(OLD)) == ["meta", "note", "status", "valueQuantity"]


def test_the_extensions_of_a_primitive_belong_to_its_element() -> None:
    found = elements(document('{"resourceType":"Patient","_birthDate":{"id":"b"}}'))
    assert list(found) == ["birthDate"]
    assert found["birthDate"] == b'{"_birthDate":{"id":"b"}}'


def test_meta_that_only_a_server_wrote_is_no_element() -> None:
    assert elements(document('{"resourceType":"Patient","meta":{"versionId":"3"}}')) == {}


leaves = (
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"é'), inner, max_size=3),
)


@given(values)
def test_the_canonical_form_is_json_with_the_same_value(value: object) -> None:
    assert json.loads(canonical(value)) == value


@given(values, values)
def test_canonical_forms_are_equal_only_where_the_json_is(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(one) == canonical(other)) == same


def test_a_truth_is_no_number_and_a_text_is_no_number() -> None:
    forms = {canonical(value) for value in (True, 1, Decimal("1.0"), "1", "true", "1.0")}
    assert len(forms) == 6


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        canonical([b"x"])
