"""The scanner against the standard library's decoder."""

import json
from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.fhir.json_spans import NotJson, Scanner

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
objects = st.dictionaries(texts, values, max_size=4)
entries = st.lists(objects | objects.map(lambda one: {**one, "resource": one}), max_size=4)
bundles = st.builds(lambda outer, entry: {**outer, "entry": entry}, objects, entries)
layouts = st.sampled_from([None, 0, 2, "\t", "\r\n "])


def plain(value: object) -> object:
    """Decimals as the floats that `json.loads` gives."""
    match value:
        case Decimal():
            return float(value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case _:
            return value


@given(values | bundles, layouts, st.booleans())
def test_a_document_is_decoded_as_the_standard_library_does(
    value: object, indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = Scanner(text).document(0)
    assert document.span.flaw is None
    assert document.span.end == len(text)
    assert plain(document.span.value) == json.loads(text)


@given(bundles, layouts)
def test_each_entry_s_span_is_exactly_its_resource(
    bundle: dict[str, list[dict[str, object]]], indent: int | str | None
) -> None:
    text = json.dumps(bundle, indent=indent)
    found = Scanner(text).document(0).entries
    assert found is not None
    spans = [entry.resource for entry in found]
    assert [span is not None for span in spans] == ["resource" in one for one in bundle["entry"]]
    for span, entry in zip(spans, bundle["entry"], strict=True):
        if span is not None:
            part = text[span.start : span.end]
            assert part == part.strip()
            assert json.loads(part) == entry["resource"]


@given(st.text('{}[]",:0123eE+-.ntrufalse\\u \n', max_size=30))
def test_what_the_standard_library_refuses_is_refused(text: str) -> None:
    try:
        json.loads(text)
        sound = True
    except json.JSONDecodeError:
        sound = False
    scanner = Scanner(text)
    try:
        end = scanner.document(scanner.skip_space(0)).span.end
        taken = scanner.skip_space(end) == len(text)
    except NotJson:
        taken = False
    assert taken == sound


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "a": 1}', "a member is there twice"),
        ('{"a": {"b": 1, "\\u0062": 2}}', "a member is there twice"),
        ('{"a": NaN}', "NaN or Infinity is no JSON number"),
        ('{"a": -Infinity}', "NaN or Infinity is no JSON number"),
        ('{"a": "\\ud800"}', "a text holds half of a surrogate pair"),
        ('{"a": {"\\udc00": 1}}', "a text holds half of a surrogate pair"),
        ('{"a": ' + "9" * 5000 + "}", "a number is out of range"),
        ('{"a": 1e99999999999999999999}', "a number is out of range"),
        ('{"a": ' + "[" * 101 + "]" * 101 + "}", "nested deeper than 100"),
    ],
)
def test_json_that_cannot_be_kept_is_named(text: str, reason: str) -> None:
    assert Scanner(text).document(0).span.flaw == reason


def test_a_whole_surrogate_pair_and_brackets_in_texts_are_no_flaw() -> None:
    text = json.dumps({"a": "\U0001f600", "b": "[" * 500 + '\\"{'})
    assert Scanner(text).document(0).span.flaw is None


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_deep_nesting_is_refused_in_linear_time(text: str) -> None:
    began = perf_counter()
    try:
        flaw = Scanner(text).document(0).span.flaw
    except NotJson as error:
        flaw = error.reason
    assert flaw is not None
    assert perf_counter() - began < 5


def test_a_reason_quotes_nothing_of_the_text() -> None:
    with pytest.raises(NotJson) as caught:
        Scanner('{"name": "Canary" "x"}').document(0)
    assert "Canary" not in str(caught.value)
    assert "line 1, column 19" in caught.value.reason
