"""Targets: FHIR as files bring it, and what is asked of each resource; what people search for."""

import gzip
import json
import zlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from node.fhir.compartment import patient_reference
from node.fhir.elements import canonical, element_names, elements, touched_elements
from node.fhir.export import ndjson_line, one_line, source_base, urn_targets
from node.fhir.face import patient_face
from node.fhir.found import Item, ReadResource, Rejection, Whole
from node.fhir.json_spans import NotJson, Scanner
from node.fhir.placement import in_file, placement_of
from node.fhir.placement.explaining import Explanation
from node.fhir.reader import Reader
from node.fhir.reading import read_resources
from node.fhir.schema import schema_flaw
from node.matching.keys import bearer_keys, blocking_keys
from node.matching.person import parse_person, person_of
from node.search.query import readings
from scenarios.population import Population, bundle
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.merge.document import parse_document

LABELS: Final = ("fuzz.json", "fuzz.ndjson", "fuzz.json.gz", "fuzz.ndjson.gz", "-")
PIECE_SIZES_BYTES: Final = (1, 3, 7, 64, 1000, 65_536)
_SPOILT: Final = ("the compressed file is damaged", "it unpacks to more")
"""Where a damaged file ends depends on what zlib had given before it noticed."""


def items_of(label: str, content: bytes, piece_size_bytes: int) -> list[Item]:
    """What a reader gives for a content that comes in such pieces."""
    reader = Reader(label)
    found: list[Item] = []
    for at in range(0, len(content), piece_size_bytes):
        found += reader.feed(content[at : at + piece_size_bytes])
        while reader.backlog:
            found += reader.feed(b"")
    return found + reader.finish()


def flat(items: Sequence[Item]) -> list[ReadResource | Rejection]:
    """Items with those of transactions in lines one by one."""
    found: list[ReadResource | Rejection] = []
    for item in items:
        found += [*item.resources, *item.rejected] if isinstance(item, Whole) else [item]
    return found


def shaped(data: bytes) -> tuple[str, int, bytes]:
    """A label, a size of pieces and a content from an input: its first byte decides."""
    choice, content = under(data, 256)
    label = LABELS[choice % len(LABELS)]
    if choice >= 128:
        content = gzip.compress(content, 1, mtime=0)
    if choice % 64 == 63:
        content = content[: len(content) // 2]
    return label, PIECE_SIZES_BYTES[choice // len(LABELS) % len(PIECE_SIZES_BYTES)], content


def _reader(data: bytes) -> None:
    label, size, content = shaped(data)
    judge_reading(label, content, max(size, len(content) // 2000))


def judge_reading(label: str, content: bytes, piece_size_bytes: int) -> None:
    """Raise AssertionError, or whatever the reader raises, where it does what it must not."""
    items = items_of(label, content, piece_size_bytes)
    spoilt = any(isinstance(one, Rejection) and one.reason.startswith(_SPOILT) for one in items)
    whole = items_of(label, content, max(1, len(content)))
    assert spoilt or items == whole, "pieces change what is read"
    assert items or content == b"" or _may_be_empty(content), "nothing was said of the file"
    for item in flat(items):
        if isinstance(item, ReadResource):
            _judge_resource(item)
        else:
            assert item.source == label, "another file's rejection"
            assert item.reason, "a rejection says nothing"


def _judge_resource(resource: ReadResource) -> None:
    """The bytes, the decoded document and the names must be of one thing."""
    again = json.loads(resource.original, parse_float=Decimal)
    assert again == resource.document, "other bytes"
    assert again["resourceType"] == resource.type, "another type"
    assert again.get("id", resource.id) == resource.id, "another id"
    (alone,) = items_of("one.json", resource.original, 65_536)
    assert isinstance(alone, ReadResource), "what was taken is not taken alone"
    assert alone.original == resource.original, "other bytes"


def _may_be_empty(content: bytes) -> bool:
    """A Bundle without entries says nothing."""
    try:
        plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError, zlib.error):
        return False
    return b"entry" in plain or b"\\u" in plain


def _gzip(data: bytes) -> None:
    """Compressed bytes changed after they were compressed."""
    for label in ("fuzz.json.gz", "fuzz.ndjson"):
        for item in items_of(label, data, max(7, len(data) // 50)):
            assert isinstance(item, ReadResource | Rejection | Whole)


def _resource(data: bytes) -> None:
    """Everything that is asked of a resource before it is in a chart."""
    reading = read_resources("fuzz.ndjson", data, checked=False)
    for one in reading.resources:
        document = one.document
        patient_reference(one, reading.references)
        lane = placement_of(document, None, in_file(reading.references)).lane
        assert lane in ("summary", "care", "sensitive")
        assert patient_face(document).name.isprintable(), "a terminal escape in a name"
        person = person_of([document])
        blocking_keys(person)
        bearer_keys(person)
        assert parse_person(person.encoded()) == person, "a person is read as another"
        assert not touched_elements(document, document), "it differs from itself"
        assert len(element_names(document)) >= len(elements(document)) > -1
        canonical(document)
        schema_flaw(document)
        line = ndjson_line(one.original)
        assert line.count(b"\n") == 1, "a line has a line end in it"
        (again,) = read_resources("one.json", one_line(line), checked=False).resources
        assert again.document == document, "an exported line says something else"
        list(urn_targets(one.original))
        merged = parse_document(one.original, one.type)
        assert merged is not None, "the merge reads otherwise than the importer"
        assert merged.registers is not None


def _scanner(data: bytes) -> None:
    text = data.decode(errors="replace")
    for read in ("value", "document", "entry", "name", "after_value", "after_element"):
        scanner = Scanner(text)
        try:
            getattr(scanner, read)(scanner.skip_space(0))
        except NotJson as error:
            says_why(error)


def _merge_document(data: bytes) -> None:
    document = parse_document(data, "Patient")
    if document is not None:
        assert json.loads(data)["resourceType"] == "Patient"
        assert all(value.canonical for value in document.registers.values())


def _explained(data: bytes) -> None:
    label, size, content = shaped(data)
    explanation = Explanation(label, None)
    for at in range(0, len(content), max(size, 1000)):
        explanation.feed(content[at : at + max(size, 1000)], _quiet)
    assert set(explanation.finish(_quiet)) == {"resources", "lanes", "rejected", "rejected_count"}


def _quiet(_what: str, _done: int, _total: int | None) -> None:
    """Nobody looks."""


def _search(data: bytes) -> None:
    text = data.decode(errors="replace")
    for one in readings(text, date(2026, 11, 22)):
        assert one.tokens, "a reading without a word"
    source_base(text)


@cache
def resources() -> tuple[bytes, ...]:
    """Made-up resources, a few of each type, each on a line."""
    found: dict[str, list[bytes]] = {}
    for made in Population(7).patients(3):
        for one in made.resources:
            kept = found.setdefault(str(one["resourceType"]), [])
            if len(kept) < 3:
                kept.append(json.dumps(one).encode())
    return tuple(line for lines in found.values() for line in lines)


@cache
def bundles() -> tuple[bytes, ...]:
    """Small Bundles of each type, and a made-up patient's."""
    few = [json.loads(line) for line in resources()[:4]]
    put = {"method": "PUT", "url": "x"}
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one, "request": put} for one in few]
    kinds = ("transaction", "batch", "collection", "document", "searchset", "message")
    made = [
        json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()
        for kind in kinds
    ]
    last = json.dumps({"entry": entries, "type": "transaction", "resourceType": "Bundle"}).encode()
    whole = bundle(next(iter(Population(8).patients(1))))
    return (*made, last, *([whole] if len(whole) < 60_000 else []))


def _files() -> Sequence[bytes]:
    lines = b"\n".join(resources()[:5])
    return [
        *(b"\x00" + one for one in bundles()),
        *(b"\x01" + one for one in resources()),
        b"\x01" + lines,
        b"\x83" + lines,
        b"\x04" + lines,
        b"\x80" + bundles()[0],
        b"\x01" + b"\n".join(bundles()[:2]),
    ]


TARGETS = (
    Target("reader", _reader, _files, Form.JSON,
           ("node.fhir.reader:Reader.feed", "node.fhir.document:Document.feed",
            "node.fhir.lines:Lines.feed", "node.fhir.gunzip:Gunzip.feed"), weight=2, head=1),
    Target("gzip", _gzip, lambda: [gzip.compress(one, 1, mtime=0) for one in resources()[:6]],
           Form.BYTES, ("node.fhir.gunzip:Gunzip.feed",), weight=3),
    Target("resource", _resource, lambda: [*resources(), b"\n".join(resources()[:6])], Form.JSON,
           ("node.fhir.reading:read_resources", "node.matching.person:parse_person",
            "sync.merge.document:parse_document"), weight=3),
    Target("json", _scanner, lambda: [*resources()[:8], *bundles()[:2]], Form.JSON,
           ("node.fhir.json_spans:Scanner.value",), weight=4),
    Target("merged-document", _merge_document, lambda: list(resources()[:3]), Form.JSON,
           ("sync.merge.document:parse_document",), weight=4),
    Target("explained", _explained, _files, Form.JSON,
           ("node.fhir.placement.explaining:Explanation.feed",), weight=1, head=1),
    Target("search", _search, lambda: [b"amara okafor 1980", b"+254 712 345 678", b"age 42 female",
           "Амара Окафор 3 лет".encode(), b"~40y", b"12/03/1980", b"#12-345/6"], Form.TEXT,
           ("node.search.query:readings",), weight=3),
)  # fmt: skip
