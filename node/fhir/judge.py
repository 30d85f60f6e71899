"""Judges what was decoded: which resources are taken, and why the others are not.

The reader calls it with whole values and with a Bundle's entries one by one. Reasons quote nothing
of the content, so that a rejection may be printed and logged. What is wrong with one entry stops
that entry alone (a transaction's caller refuses the rest as well).
"""

import hashlib
import re
from datetime import date
from typing import Final

from node.fhir.elements import canonical
from node.fhir.found import Item, ReadResource, Rejection, Whole
from node.fhir.json_spans import Entry, NotJson, Scanner, Span
from node.fhir.limits import bundle_nesting_max, ids_remembered_max
from node.fhir.references import ReferenceIndex
from node.fhir.resource_types import R4_TYPES
from node.fhir.schema import schema_flaw

_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_URN_ID: Final = re.compile(r"urn:(?:uuid|oid):([A-Za-z0-9\-.]{1,64})")
_DAY: Final = len("1984-03-02")
_TYPES: Final = {name: name for name in R4_TYPES}
"""One string a type, however many resources are of it."""


class Judge:
    """What one file's values become. `items` holds what was found since it was emptied."""

    def __init__(self, label: str, *, checked: bool) -> None:
        """`checked`: the official schema is applied."""
        self.items: list[Item] = []
        self.references = ReferenceIndex()
        self.bundle_type: str | None = None
        self.is_transaction = False
        self._label = label
        self._checked = checked
        self._seen: dict[int, bytes] = {}
        self._seen_before: dict[int, bytes] = {}

    def reject(self, position: str, reason: str) -> None:
        """Note what is not taken."""
        self.items.append(Rejection(self._label, position, reason))

    def note_bundle_type(self, kind: object) -> None:
        """The type of an outermost Bundle, once it is known."""
        if isinstance(kind, str):
            self.bundle_type = kind
            self.is_transaction |= kind == "transaction"

    def top(self, scanner: Scanner, span: Span, position: str) -> None:
        """A whole value: a resource, or a Bundle to open."""
        if not is_bundle(span.value) or span.flaw:
            self._resource(scanner.text, span, None, position)
            return
        if isinstance(span.value, dict):
            self.note_bundle_type(span.value.get("type"))
        self._bundle(scanner, span.start, position, 1)

    def line(self, scanner: Scanner, span: Span, position: str) -> None:
        """A line of NDJSON: by itself, so that a resource again is its next version."""
        self._seen.clear()
        self._seen_before.clear()
        value = span.value
        if not is_bundle(value) or span.flaw or not isinstance(value, dict):
            self._resource(scanner.text, span, None, position)
        elif value.get("type") != "transaction":
            self._bundle(scanner, span.start, position, 1)
        else:
            before, self.items = self.items, []
            self._bundle(scanner, span.start, position, 1)
            found, self.items = self.items, before
            resources = tuple(one for one in found if isinstance(one, ReadResource))
            rejected = tuple(one for one in found if isinstance(one, Rejection))
            self.items.append(Whole(position, resources, rejected))

    def entry(self, scanner: Scanner, entry: Entry, position: str, nesting: int = 1) -> None:
        """One entry of a Bundle."""
        full_url = entry.members.get("fullUrl")
        if entry.flaw:
            self.reject(position, entry.flaw)
        elif entry.resource is None:
            self.reject(position, _without_resource(entry.members))
        elif full_url is not None and not isinstance(full_url, str):
            self.reject(position, "fullUrl is not a text")
        elif not is_bundle(entry.resource.value) or entry.resource.flaw:
            self._resource(scanner.text, entry.resource, full_url, position)
        elif nesting == bundle_nesting_max:
            self.reject(position, f"Bundles nested deeper than {bundle_nesting_max}")
        else:
            self._bundle(scanner, entry.resource.start, position, nesting + 1)

    def _bundle(self, scanner: Scanner, at: int, position: str, nesting: int) -> None:
        """A Bundle that is whole in memory."""
        document = scanner.document(at)
        if document.entries is not None:
            for number, entry in enumerate(document.entries):
                self.entry(scanner, entry, place_of(position, number), nesting)
        elif isinstance(document.span.value, dict) and "entry" in document.span.value:
            self.reject(position, "the Bundle's entry is not an array")
        else:
            self.reject(position, "the Bundle has no entries")

    def _resource(self, text: str, span: Span, full_url: str | None, position: str) -> None:
        document = span.value
        flaw = span.flaw or self._flaw_of(document)
        if flaw or not isinstance(document, dict):
            self.reject(position, flaw or "not an object")
            self.references.refuse(full_url)
            return
        resource = ReadResource(
            type=_TYPES[str(document["resourceType"])],
            id=str(document.get("id") or _made_up_id(full_url, document)),
            full_url=full_url,
            original=text[span.start : span.end].encode(),
            document=document,
            position=position,
        )
        if self._is_known(resource):
            return
        self.items.append(resource)
        self.references.add(
            resource.type, resource.id, full_url, document, original=resource.original
        )

    def _is_known(self, resource: ReadResource) -> bool:
        """Whether the file had this id before: the same again is silent, other content rejected.

        The last ids are remembered by their hash, in two generations of which the older goes.
        """
        named = hash(resource.key)
        content = hashlib.blake2b(resource.original, digest_size=8).digest()
        held = self._seen.get(named) or self._seen_before.get(named)
        if held is None:
            self._seen[named] = content
            if len(self._seen) >= ids_remembered_max:
                self._seen_before, self._seen = self._seen, {}
            return False
        if held != content:
            self.reject(resource.position, f"the id of this {resource.type} is there twice")
            self.references.refuse(resource.full_url)
        else:
            self.references.name(resource.type, resource.id, resource.full_url)
        return True

    def _flaw_of(self, document: object) -> str | None:
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
        if not self._checked:
            return None
        return schema_flaw(document) or _date_flaw(document)


def _date_flaw(document: dict[str, object]) -> str | None:
    """What the schema's pattern lets pass: a Patient's birth date on a day that never was."""
    born = document.get("birthDate")
    if document["resourceType"] != "Patient" or not isinstance(born, str) or len(born) != _DAY:
        return None
    try:
        date.fromisoformat(born)
    except ValueError:
        return "the birthDate is no day of the calendar"
    return None


def is_bundle(value: object) -> bool:
    """Whether a decoded value is a Bundle."""
    return isinstance(value, dict) and value.get("resourceType") == "Bundle"


def place_of(position: str, entry: int) -> str:
    """How the place of an entry is written."""
    return f"{position} entry[{entry}]" if position else f"entry[{entry}]"


def value_at(scanner: Scanner, text: str) -> Span:
    """The one value of a text. Raises NotJson, also where more follows."""
    scanner.text = text
    span = scanner.value(scanner.skip_space(0))
    if scanner.skip_space(span.end) != len(text):
        raise NotJson("not JSON: more follows the resource")
    return span


def _without_resource(members: dict[str, object]) -> str:
    request = members.get("request")
    if isinstance(request, dict) and request.get("method") == "DELETE":
        return "asks to delete, which is not taken: correct or refute the resource"
    return "the entry holds no resource"


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
