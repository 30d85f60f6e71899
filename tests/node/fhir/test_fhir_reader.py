"""The reader fed piece by piece: forms, compression, hostile files, and bounded memory."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from fhir_bytes import bundle, observation, patient

from node.fhir import json_stream, judge, lines, references
from node.fhir.compartment import Lost, OfPatient, patient_reference
from node.fhir.found import Item, ReadResource, Rejection, Whole
from node.fhir.reader import Reader
from scenarios.soak.fuzz.records import items_of


def told(label: str, content: bytes, piece: int = 1000) -> list[tuple[str, str]]:
    """What was found: a resource by its place and key, a rejection by its place and reason."""
    return [said(one) for one in items_of(label, content, piece)]


def said(one: Item) -> tuple[str, str]:
    if isinstance(one, Whole):
        return one.position, ", ".join(inner.key for inner in one.resources)
    return one.position, one.key if isinstance(one, ReadResource) else one.reason


# -- forms


@pytest.mark.parametrize(
    "kind",
    ["transaction", "batch", "collection", "document", "searchset", "message", "history"],
)
def test_a_bundle_of_any_type_is_read_entry_by_entry(kind: str) -> None:
    reader = Reader("file.json")
    content = bundle(patient(1), observation(1), kind=kind)
    half = content.index(b',{"resource"')
    first = reader.feed(content[: half + 60])

    assert [one.key for one in first if isinstance(one, ReadResource)] == ["Patient/p1"]
    assert reader.form == "bundle"
    assert reader.bundle_type == kind
    assert reader.is_transaction == (kind == "transaction")
    rest = [*reader.feed(content[half + 60 :]), *reader.finish()]
    assert [one.key for one in rest if isinstance(one, ReadResource)] == ["Observation/o1"]


@pytest.mark.parametrize("order", ["ent,res,type", "type,ent,res", "res,ent,type", "ent,type,res"])
def test_a_bundle_s_members_may_come_in_any_order(order: str) -> None:
    parts = {
        "res": b'"resourceType":"Bundle"',
        "type": b'"type":"transaction"',
        "ent": b'"entry":[{"fullUrl":"urn:uuid:1","resource":%b},{"resource":%b}]'
        % (patient(1), observation(1)),
    }
    content = b"{%b}" % b",".join(parts[name] for name in order.split(","))
    reader = Reader("file.json")
    items = [one for at in range(0, len(content), 5) for one in reader.feed(content[at : at + 5])]
    items += reader.finish()

    assert [type(one) for one in items] == [ReadResource, ReadResource]
    assert reader.is_transaction


def test_entries_without_a_bundle_are_said_to_be_none() -> None:
    content = b'{"entry":[{"resource":%b}],"resourceType":"Patient"}' % patient(1)
    assert told("x.json", content) == [
        ("entry[0]", "Patient/p1"),
        ("", "the entries are of no Bundle"),
    ]


def test_lines_may_be_resources_and_bundles_with_any_line_end() -> None:
    content = patient(1) + b"\r\n" + bundle(patient(2), observation(1)) + b"\n\n" + patient(3)
    expected = [
        ("line 1", "Patient/p1"),
        ("line 2 entry[0]", "Patient/p2"),
        ("line 2 entry[1]", "Observation/o1"),
        ("line 4", "Patient/p3"),
    ]
    for label in ("x.ndjson", "x.jsonl", "-", "X.NDJSON"):
        assert told(label, content) == expected
        assert told(label, b"\xef\xbb\xbf" + content, 1) == expected


def test_a_bad_line_of_any_kind_stops_no_other() -> None:
    content = b"\n".join(
        [
            patient(1),
            b'{"resourceType":"Patient"',
            b'{"resourceType":"Patient","name":[{"family":"\xff"}]}',
            b"null",
            b'{"resourceType":"Patient","x":' + b"[" * 100_000,
            patient(2) + patient(3),
            b"\x00",
            patient(4),
        ]
    )
    found = told("x.ndjson", content)
    assert found[0] == ("line 1", "Patient/p1")
    assert found[-1] == ("line 8", "Patient/p4")
    assert [place for place, _ in found] == [f"line {number}" for number in range(1, 9)]
    assert [reason for _, reason in found[1:-1]] == [
        "not JSON: expecting ',' (line 1, column 26)",
        "not UTF-8 (byte 45)",
        "not an object",
        "not JSON: expecting the end of an array or object (line 1, column 100031)",
        "not JSON: more follows the resource",
        "not JSON: expecting value (line 1, column 1)",
    ]


def test_not_utf_8_in_a_later_line_is_that_line_s_alone_also_where_lines_had_to_be_found() -> None:
    content = patient(1) + b"\n\xff\n" + patient(2)
    for piece in (1, 5, 1000):
        assert told("-", content, piece) == [
            ("line 1", "Patient/p1"),
            ("line 2", "not UTF-8 (byte 0)"),
            ("line 3", "Patient/p2"),
        ]


def test_a_bundle_that_breaks_gives_what_was_whole_and_the_place_of_the_break() -> None:
    content = bundle(patient(1), patient(2)).replace(b'"id": "p2"', b'"id" "p2"')
    column = content.index(b'"p2"') + 1
    assert told("x.json", content) == [
        ("entry[0]", "Patient/p1"),
        ("", f"not JSON: expecting ':' (line 1, column {column})"),
    ]
    pretty = content.replace(b'{"resource":', b'\n{"resource":')
    assert told("x.json", pretty)[1][1].startswith("not JSON: expecting ':' (line 3, column ")


def test_a_bundle_that_is_not_utf_8_says_the_byte() -> None:
    content = bundle(patient(1), patient(2, name=[{"family": "Canary"}])).replace(
        b"Can", b"C\xff\xff"
    )
    place = content.index(b"\xff")
    for piece in (1, 3, 10_000):
        assert told("x.json", b"\xef\xbb\xbf" + content, piece) == [
            ("entry[0]", "Patient/p1"),
            ("", f"not UTF-8 (byte {place + 3})"),
        ]


# -- compression


def test_any_form_may_be_compressed_in_any_number_of_members_with_padding() -> None:
    content = b"".join(patient(number) + b"\n" for number in range(50))
    expected = [(f"line {number + 1}", f"Patient/p{number}") for number in range(50)]
    halves = gzip.compress(content[:1000]) + gzip.compress(content[1000:])
    for packed in (gzip.compress(content), halves, halves + bytes(512)):
        for piece in (1, 100, 100_000):
            assert told("x.ndjson.gz", packed, piece) == expected
    assert told("whatever", gzip.compress(bundle(patient(1)))) == [("entry[0]", "Patient/p1")]


def test_a_compressed_file_that_is_cut_off_gives_what_was_whole() -> None:
    packed = gzip.compress(b"".join(patient(number) + b"\n" for number in range(2000)))
    for size in (1, 2, 9, 18, 5000, len(packed) - 9, len(packed) - 1):
        found = told("x.ndjson.gz", packed[:size], 700)
        assert found[-1] == ("", "the compressed file is cut off") or size == 1
        assert all(key.startswith("Patient/") for _, key in found[:-1])
    cut = gzip.compress(bundle(patient(1), patient(2)))[:-8]
    assert told("x.json.gz", cut)[-1] == ("", "the compressed file is cut off")


def test_a_compressed_file_that_is_damaged_is_said_to_be() -> None:
    packed = bytearray(gzip.compress(bundle(*map(patient, range(500)))))
    packed[len(packed) // 2] ^= 0xFF
    assert told("x.gz", bytes(packed))[-1][1] in (
        "the compressed file is damaged",
        "the compressed file is cut off",
    )
    assert told("x.gz", gzip.compress(patient(1)) + b"rubbish")[-1] == (
        "",
        "the compressed file is damaged",
    )


def bomb(size_bytes: int) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as file:
        for _ in range(size_bytes // 1_000_000):
            file.write(b" " * 1_000_000)
    return out.getvalue()


@pytest.mark.parametrize("label", ["x.json.gz", "x.ndjson.gz"])
def test_a_compression_bomb_is_refused_within_bounded_memory(label: str) -> None:
    packed = bomb(200_000_000)
    assert len(packed) < 400_000
    tracemalloc.start()
    found = told(label, packed, 65_536)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [("", "it unpacks to more than 100 times its size")]
    assert peak < 60_000_000


def test_what_is_unpacked_for_one_piece_is_limited_and_nothing_of_it_is_lost() -> None:
    blank = json.dumps({"resourceType": "Basic", "code": {"text": "x" * 12_000_000}}).encode()
    reader = Reader("x.json.gz")
    packed = gzip.compress(blank)
    reader.feed(packed)
    assert reader.backlog
    (found,) = reader.finish()
    assert isinstance(found, ReadResource)
    assert found.original == blank


# -- too large, too deep, too many


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 KB stand for 64 MiB, so that tests need not hold files of gigabytes."""
    for module in (json_stream, lines):
        monkeypatch.setattr(module, "resource_size_bytes_max", 300_000)


def endless(middle: bytes, count: int, before: bytes, after: bytes) -> Iterator[bytes]:
    yield before
    for _ in range(count):
        yield middle
    yield after


COUNT = 60

HUGE: dict[str, tuple[str, Callable[[], Iterator[bytes]], list[tuple[str, str]]]] = {
    "a line of one text": (
        "x.ndjson",
        lambda: endless(
            b"x" * 100_000, COUNT, patient(1) + b'\n{"resourceType":"', b'"}\n' + patient(2)
        ),
        [("line 1", "Patient/p1"), ("line 2", "larger than 64 MiB"), ("line 3", "Patient/p2")],
    ),
    "an entry of one text with brackets": (
        "x.json",
        lambda: endless(
            b'}]{["\\\\ \\"'.replace(b'"', b"", 1) * 10_000,
            COUNT,
            bundle(patient(1))[:-2] + b',{"resource":{"resourceType":"',
            b'"}},{"resource":%b}]}' % patient(2),
        ),
        [
            ("entry[0]", "Patient/p1"),
            ("entry[1]", "larger than 64 MiB"),
            ("entry[2]", "Patient/p2"),
        ],
    ),
    "an entry of many small values": (
        "x.json",
        lambda: endless(
            b'{"a":[1,2,"]"]},' * 2500,
            COUNT,
            bundle(patient(1))[:-2] + b',{"resource":{"resourceType":"Basic","x":[',
            b'1]}},{"resource":%b}]}' % patient(2),
        ),
        [
            ("entry[0]", "Patient/p1"),
            ("entry[1]", "larger than 64 MiB"),
            ("entry[2]", "Patient/p2"),
        ],
    ),
    "an entry that is one text": (
        "x.json",
        lambda: endless(
            b"}]{[ " * 20_000,
            COUNT,
            bundle(patient(1))[:-2] + b',"',
            b'",{"resource":%b}]}' % patient(2),
        ),
        [
            ("entry[0]", "Patient/p1"),
            ("entry[1]", "larger than 64 MiB"),
            ("entry[2]", "Patient/p2"),
        ],
    ),
    "a single resource": (
        "x.json",
        lambda: endless(b"x" * 100_000, COUNT, b'{"resourceType":"Binary","data":"', b'"}'),
        [("", "larger than 64 MiB")],
    ),
    "a member of the Bundle": (
        "x.json",
        lambda: endless(
            b"x" * 100_000,
            COUNT,
            b'{"resourceType":"Bundle","x":"',
            b'","entry":[{"resource":%b}]}' % patient(1),
        ),
        [("entry[0]", "Patient/p1"), ("", "larger than 64 MiB")],
    ),
    "a number": (
        "x.json",
        lambda: endless(b"1" * 100_000, COUNT, bundle(patient(1))[:-2] + b",", b"]}"),
        [
            ("entry[0]", "Patient/p1"),
            ("entry[1]", "larger than 64 MiB"),
            ("", "not JSON: a number or word without an end"),
        ],
    ),
    "nesting without an end": (
        "x.json",
        lambda: endless(b'{"a":[' * 5_000, COUNT, bundle(patient(1))[:-2] + b",", b""),
        [
            ("entry[0]", "Patient/p1"),
            ("entry[1]", "larger than 64 MiB"),
            ("", "not JSON: the end of a text, array or object is missing"),
        ],
    ),
}


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("name", HUGE)
def test_what_is_too_large_is_skipped_in_bounded_memory_and_the_rest_is_read(name: str) -> None:
    label, pieces, expected = HUGE[name]
    reader = Reader(label)
    items: list[Item] = []
    tracemalloc.start()
    for piece in pieces():
        items += reader.feed(piece)
    items += reader.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found = [said(item) for item in items]
    assert found == expected
    assert peak < 20_000_000


def test_a_resource_of_very_many_values_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_stream, "resource_values_max", 1000)
    monkeypatch.setattr(json_stream, "resource_values_counted_size_bytes", 1000)
    many = b'{"resourceType":"Basic","x":[%b1]}' % (b"[]," * 1000)
    for label, content in (("x.json", bundle(many, patient(2))), ("x.ndjson", many)):
        assert "more than 1,000,000 values in one resource" in told(label, content)[0][1]
    assert told("x.json", bundle(many, patient(2)))[1] == ("entry[1]", "Patient/p2")


def test_nesting_of_a_hundred_thousand_stops_one_entry_in_linear_time() -> None:
    for deep in (b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000):
        content = bundle(patient(1), b'{"resourceType":"Basic","x":%b}' % deep, patient(2))
        assert told("x.json", content, 5000) == [
            ("entry[0]", "Patient/p1"),
            ("entry[1]", "nested deeper than 100"),
            ("entry[2]", "Patient/p2"),
        ]


def test_a_million_members_of_a_bundle_are_refused() -> None:
    members = b",".join(b'"m%d":1' % number for number in range(2000))
    assert told("x.json", b'{"resourceType":"Bundle",%b,"entry":[]}' % members) == [
        ("", "the Bundle has more than 1000 members")
    ]


def test_a_file_that_comes_byte_by_byte_takes_no_more_than_linear_work() -> None:
    calls = 0
    content = bundle(observation(1, note=[{"text": "x" * 60_000}]))
    reader = Reader("x.json")
    decode = json_stream.Stream.value

    def counted(self: json_stream.Stream, attempt: Callable[[int], json_stream.E]) -> object:
        def once(at: int) -> json_stream.E:
            nonlocal calls
            calls += 1
            return attempt(at)

        return decode(self, once)

    json_stream.Stream.value = counted  # type: ignore[method-assign,assignment] # counts its attempts
    try:
        items = [one for at in range(len(content)) for one in reader.feed(content[at : at + 1])]
        items += reader.finish()
    finally:
        json_stream.Stream.value = decode  # type: ignore[method-assign] # as it was
    assert [type(one) for one in items] == [ReadResource]
    assert calls < 60


# -- what a file's resources are called, within limits


def test_one_id_twice_is_found_within_a_window_and_memory_stays_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judge, "ids_remembered_max", 100)
    many = [patient(number) for number in range(150)]
    later = patient(120, gender="male")
    found = items_of("x.json", bundle(*many, patient(120), later, patient(1, gender="male")), 999)
    assert [(one.position, one.reason) for one in found if isinstance(one, Rejection)] == [
        ("entry[151]", "the id of this Patient is there twice"),
        ("entry[152]", "the id of this Patient is there twice"),
    ]
    reader = Reader("x.json")
    reader.feed(bundle(*map(patient, range(1000))))
    table = reader._judge
    assert len(table._seen) + len(table._seen_before) <= 200


def test_patients_are_remembered_longer_than_what_refers_to_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(references, "names_remembered_max", 10)
    monkeypatch.setattr(references, "followed_size_bytes_max", 2000)
    subject = {"reference": "urn:uuid:0c7f2a6e-9a55-4f0e-8d67-2f1d8d6b1a11"}
    first = b'{"fullUrl":"%b","resource":%b}' % (subject["reference"].encode(), patient(1))
    rest = [b'{"resource":%b}' % observation(n, subject=subject) for n in range(200)]
    content = b'{"resourceType":"Bundle","type":"batch","entry":[%b]}' % b",".join([first, *rest])
    reader = Reader("x.json")
    items = [*reader.feed(content), *reader.finish()]
    for item in items:
        assert isinstance(item, ReadResource)
        assert patient_reference(item, reader.references) == OfPatient("Patient/p1")
    held = reader.references._followed
    assert sum(map(len, held.values())) <= 2000
    assert held


def test_a_reference_into_what_was_refused_is_lost_and_not_another_s() -> None:
    name = "urn:uuid:0c7f2a6e-9a55-4f0e-8d67-2f1d8d6b1a11"
    wrong = b'{"fullUrl":"%b","resource":%b}' % (name.encode(), patient(1, birthDate="1990-13-01"))
    right = b'{"resource":%b}' % observation(1, subject={"reference": name})
    reader = Reader("x.json")
    items = reader.feed(b'{"resourceType":"Bundle","entry":[%b,%b]}' % (wrong, right))
    assert isinstance(items[0], Rejection)
    assert isinstance(items[1], ReadResource)
    assert isinstance(patient_reference(items[1], reader.references), Lost)
