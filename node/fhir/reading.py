"""Reads one FHIR file into resources with their original bytes; the importer calls it.

Taken are a Bundle of any type, a single resource, and lines of either (NDJSON). What cannot be
taken is named with its place and a reason that quotes nothing of the content, so that a rejection
may be printed and logged. A file that is not JSON is refused whole; otherwise what is wrong with
one entry stops that entry alone (a transaction's caller refuses the rest as well).
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from node.fhir.elements import canonical
from node.fhir.json_spans import Document, Entry, NotJson, Scanner, Span
from node.fhir.limits import bundle_nesting_max
from node.fhir.references import ReferenceIndex
from node.fhir.resource_types import R4_TYPES

_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_URN_ID: Final = re.compile(r"urn:(?:uuid|oid):([A-Za-z0-9\-.]{1,64})")
_BOM: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class ReadResource:
    """One resource as it was found.

    `original` is the resource's text byte for byte. `document` is that text decoded, its decimals
    as `Decimal` so that 1.10 stays 1.10. `position` says where in the content it stood, as
    `entry[3]` or `line 7 entry[0]`, and is empty for a file that is one resource.
    """

    type: str
    id: str
    full_url: str | None = field(repr=False)
    original: bytes = field(repr=False)
    document: dict[str, object] = field(repr=False)
    position: str

    @property
    def key(self) -> str:
        """The resource by type and id, as references spell it."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class Rejection:
    """What was not taken: the file's label, the place in it, and why; nothing of its content."""

    source: str
    position: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file held. `transaction` says that it is all or nothing."""

    resources: list[ReadResource]
    rejected: list[Rejection]
    transaction: bool
    references: ReferenceIndex = field(repr=False)
    """What the file's resources are called, so that references between them can be followed."""


def read_resources(label: str, content: bytes) -> Reading:
    """Read a file's content; `label` names the file in what is rejected. Never raises on content.

    An absent id is made up from the entry's `urn:` name or address or, without one, from the
    content, so that reading the same again gives the same id. One id twice is taken once where
    both are the same bytes, and the later is rejected where they differ.
    """
    reader = _Reader(label)
    try:
        text = content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        reader.reject("", f"not UTF-8 (byte {error.start})")
        return reader.reading()
    if not text.strip(" \t\r\n"):
        reader.reject("", "empty")
    else:
        reader.read(text, lines=label.endswith(".ndjson"))
    return reader.reading()


class _Reader:
    """Gathers what one file holds."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._taken: dict[str, ReadResource] = {}
        self._rejected: list[Rejection] = []
        self._index = ReferenceIndex()
        self._transaction = False

    def reading(self) -> Reading:
        return Reading(list(self._taken.values()), self._rejected, self._transaction, self._index)

    def reject(self, position: str, reason: str) -> None:
        self._rejected.append(Rejection(self._label, position, reason))

    def read(self, text: str, *, lines: bool) -> None:
        """One value, or one a line where more follows the first."""
        if not lines:
            try:
                scanner = Scanner(text)
                document = scanner.document(scanner.skip_space(0))
                after = scanner.skip_space(document.span.end)
                if after == len(text):
                    self._top(text, scanner, document, "")
                    return
                if "\n" not in text[document.span.end : after]:
                    self.reject("", "not JSON: more follows the resource")
                    return
            except NotJson as error:
                self.reject("", error.reason)
                return
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip(" \t\r"):
                self._line(line, f"line {number}")

    def _line(self, line: str, position: str) -> None:
        try:
            scanner = Scanner(line)
            document = scanner.document(scanner.skip_space(0))
            if scanner.skip_space(document.span.end) != len(line):
                self.reject(position, "not JSON: more follows the resource")
            else:
                self._top(line, scanner, document, position)
        except NotJson as error:
            self.reject(position, error.reason)

    def _top(self, text: str, scanner: Scanner, document: Document, position: str) -> None:
        if _is_bundle(document.span.value):
            value = document.span.value
            self._transaction |= isinstance(value, dict) and value.get("type") == "transaction"
            self._bundle(text, scanner, document, position, 1)
        else:
            self._resource(text, _whole(document), None, position)

    def _bundle(
        self, text: str, scanner: Scanner, document: Document, position: str, nesting: int
    ) -> None:
        value = document.span.value
        if document.span.flaw:
            self.reject(position, document.span.flaw)
        elif document.entries is None:
            if isinstance(value, dict) and "entry" in value:
                self.reject(position, "the Bundle's entry is not an array")
            elif nesting == 1:
                self.reject(position, "the Bundle has no entries")
        else:
            for number, entry in enumerate(document.entries):
                place = f"{position} entry[{number}]".lstrip()
                self._entry(text, scanner, entry, place, nesting)

    def _entry(
        self, text: str, scanner: Scanner, entry: Entry, position: str, nesting: int
    ) -> None:
        full_url = entry.members.get("fullUrl")
        if entry.flaw:
            self.reject(position, entry.flaw)
        elif entry.resource is None:
            self.reject(position, _without_resource(entry.members))
        elif full_url is not None and not isinstance(full_url, str):
            self.reject(position, "fullUrl is not a text")
        elif not _is_bundle(entry.resource.value):
            self._resource(text, entry.resource, full_url, position)
        elif nesting == bundle_nesting_max:
            self.reject(position, f"Bundles nested deeper than {bundle_nesting_max}")
        else:
            inner = scanner.document(entry.resource.start)
            self._bundle(text, scanner, inner, position, nesting + 1)

    def _resource(self, text: str, span: Span, full_url: str | None, position: str) -> None:
        document = span.value
        flaw = span.flaw or _flaw_of(document)
        if flaw or not isinstance(document, dict):
            self.reject(position, flaw or "not an object")
            self._index.refuse(full_url)
            return
        resource = ReadResource(
            type=str(document["resourceType"]),
            id=str(document.get("id") or _made_up_id(full_url, document)),
            full_url=full_url,
            original=text[span.start : span.end].encode(),
            document=document,
            position=position,
        )
        held = self._taken.setdefault(resource.key, resource)
        if held.original != resource.original:
            self.reject(position, f"the id of this {resource.type} is there twice")
            self._index.refuse(full_url)
            return
        self._index.add(resource.type, resource.id, full_url, document)


def _whole(document: Document) -> Span:
    """A document that is no Bundle, with whatever is wrong anywhere in it."""
    span = document.span
    flaws: list[str] = []
    for entry in document.entries or []:
        flaws += [flaw for flaw in (entry.flaw, entry.resource and entry.resource.flaw) if flaw]
    return Span(span.start, span.end, span.value, span.flaw or next(iter(flaws), None))


def _is_bundle(value: object) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "Bundle"


def _without_resource(members: dict[str, object]) -> str:
    request = members.get("request")
    if isinstance(request, dict) and request.get("method") == "DELETE":
        return "asks to delete, which is not taken: correct or refute the resource"
    return "the entry holds no resource"


def _flaw_of(document: object) -> str | None:
    if not isinstance(document, dict):
        return "not an object"
    if "resourceType" not in document:
        return "no resourceType: not FHIR"
    named = document["resourceType"]
    if not isinstance(named, str) or named not in R4_TYPES:
        return "the resourceType is none of FHIR R4"
    identifier = document.get("id")
    if "id" in document and not (isinstance(identifier, str) and _ID.fullmatch(identifier)):
        return "the id is not a FHIR id (1 to 64 letters, digits, - and .)"
    return None


def _made_up_id(full_url: str | None, document: dict[str, object]) -> str:
    """The id of a resource that brings none: from its name in the Bundle, else from its content."""
    if full_url:
        urn = _URN_ID.fullmatch(full_url)
        if urn:
            return urn[1]
        kind, _, last = full_url.rpartition("/")
        if kind.endswith(f"/{document['resourceType']}") and _ID.fullmatch(last):
            return last
    return hashlib.sha256(canonical(document)).hexdigest()[:40]
