"""The reader by properties: pieces, changed bytes, and the json module beside it."""

import gzip
import json

import pytest
from fhir_bytes import bundle, observation, patient
from hypothesis import example, given
from hypothesis import strategies as st

from node.fhir.found import Item, ReadResource, Rejection
from node.fhir.reader import Reader
from scenarios.soak.fuzz.records import LABELS, PIECE_SIZES_BYTES, items_of, judge_reading

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
resources = st.builds(
    lambda number, more: {**more, "resourceType": "Patient", "id": f"p{number}"},
    st.integers(0, 5),
    st.dictionaries(texts, values, max_size=3),
)
entries = st.builds(
    lambda resource, more: {**more, "resource": resource},
    resources | values,
    st.dictionaries(st.sampled_from(["fullUrl", "search", "x"]), values, max_size=2),
)
bundles = st.builds(
    lambda entry, more: {**more, "resourceType": "Bundle", "entry": entry},
    st.lists(entries | values, max_size=5),
    st.dictionaries(st.sampled_from(["type", "id", "y"]), values, max_size=2),
)


def read_unchecked(content: bytes, sizes: list[int], label: str) -> list[Item]:
    reader = Reader(label, checked=False)
    items: list[Item] = []
    at = 0
    for size in [*sizes, len(content)]:
        items += reader.feed(content[at : at + size])
        at += size
    return items + reader.finish()


@given(
    st.lists(bundles | resources | values, min_size=1, max_size=4),
    st.lists(st.integers(0, 40), max_size=40),
    st.sampled_from(["x.json", "x.ndjson"]),
    st.booleans(),
)
def test_where_a_file_is_cut_into_pieces_changes_nothing(
    documents: list[object], sizes: list[int], label: str, compressed: bool
) -> None:
    content = b"\n".join(json.dumps(one, ensure_ascii=False).encode() for one in documents)
    content = gzip.compress(content) if compressed else content
    assert read_unchecked(content, sizes, label) == read_unchecked(content, [], label)


@given(st.lists(resources, max_size=6), st.lists(st.integers(0, 40), max_size=40), st.booleans())
def test_what_is_read_is_what_the_json_module_reads(
    found: list[dict[str, object]], sizes: list[int], as_bundle: bool
) -> None:
    wanted = found  # a line again is the next version; in a Bundle an id is there once
    if as_bundle:
        wanted = list({str(one["id"]): one for one in reversed(found)}.values())[::-1]
    written = [json.dumps(one).encode() for one in found]
    content = bundle(*written) if as_bundle else b"\n".join(written)
    label = "x.json" if as_bundle else "x.ndjson"
    items = read_unchecked(content, sizes, label)
    taken = [json.loads(one.original) for one in items if isinstance(one, ReadResource)]
    assert sorted(taken, key=str) == sorted(wanted, key=str)


SEEDS = [
    bundle(patient(1), observation(1), kind="transaction"),
    patient(1) + b"\n" + observation(1) + b"\n",
    gzip.compress(bundle(patient(1), observation(1)), mtime=0),
    b'{"entry":[{"fullUrl":"urn:uuid:1","resource":%b}],"type":"batch"}' % patient(3),
    bundle(bundle(patient(1)), b'{"resourceType":"List","entry":[{"item":{}}]}'),
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3)), max_size=6),
    st.sampled_from(LABELS),
    st.sampled_from(PIECE_SIZES_BYTES),
    st.booleans(),
)
@example(b"\xff\xfe", [], "fuzz.json", 1, False)
def test_changed_bytes_never_raise_and_pieces_change_nothing(
    seed: bytes, changes: list[tuple[int, bytes]], label: str, size: int, compressed: bool
) -> None:
    content = bytearray(seed)
    for place, put in changes:
        at = place % (len(content) + 1)
        content[at : at + len(put)] = put
    whole = bytes(content)
    judge_reading(label, gzip.compress(whole, mtime=0) if compressed else whole, size)


@pytest.mark.parametrize("number", ["1e+300", "1E-7", "1.25", "-0.5e3", "12"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_number_may_be_cut_anywhere(number: str, size: int) -> None:
    """Found by fuzzing: `1e+300` that arrived as `1e` and `+300` was taken for a 1 and refused."""
    content = b'{"resourceType":"Bundle","type":"batch","total":%s,"entry":[]}' % number.encode()
    assert items_of("a.json", content, size) == items_of("a.json", content, len(content)) == []


@given(st.binary(max_size=200), st.sampled_from(LABELS), st.sampled_from(PIECE_SIZES_BYTES))
def test_any_bytes_are_read_without_an_exception(data: bytes, label: str, size: int) -> None:
    judge_reading(label, data, size)


def test_the_fuzzer_s_judge_notices_a_reader_that_depends_on_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = Reader.feed

    def forgetful(self: Reader, piece: bytes) -> list[Item]:
        return original(self, piece) if len(piece) > 64 else original(self, piece)[:0]

    monkeypatch.setattr(Reader, "feed", forgetful)
    with pytest.raises(AssertionError, match="pieces change"):
        judge_reading(LABELS[1], SEEDS[1], 64)


def test_no_rejection_quotes_what_stood_there() -> None:
    secret = "Quillonbury"
    bad = [
        b'{"resourceType":"%s","id":"1"}',
        b'{"resourceType":"Patient","id":"%s_"}',
        b'{"resourceType":"Patient","%s":1}',
        b'{"resourceType":"Patient","birthDate":"%s"}',
        b'{"resourceType":"Patient","name":{"family":"%s"}}',
        b'{"resourceType":"Patient","gender":"%s"}',
        b'{"resourceType":"Patient","contained":[{"resourceType":"%s"}]}',
        b'{"resourceType":"Patient" "%s"}',
        b'{"%s":1,"%s":2}',
        b'{"resourceType":"Patient","x":"%s\\ud800"}',
        b'"%s',
        b"%s",
    ]
    for template in bad:
        content = template.replace(b"%s", secret.encode())
        for found in (*items_of("x.json", content, 7), *items_of("x.json", bundle(content), 7)):
            assert isinstance(found, Rejection), template
            assert secret not in repr(found)
