"""What a FHIR reference points at, as far as one file can tell; the compartment calls it.

A reference is a path (`Patient/1`), an address, a `urn:` name of another entry of the Bundle, a
fragment (`#p`) of a contained resource, a search (`Patient?identifier=…`), or only an identifier
or a display text. Nothing is ever rewritten.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from urllib.parse import unquote

from node.fhir.limits import (
    followed_size_bytes_max,
    names_remembered_max,
    patient_names_remembered_max,
)
from node.fhir.resource_types import R4_TYPES

_PATH: Final = re.compile(
    r"(?P<base>.*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[^/?#]+)?",
    re.DOTALL,
)
_URN: Final = re.compile(r"urn:(?:uuid|oid):(?P<id>[A-Za-z0-9\-.]{1,64})")


K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Local:
    """A resource by type and id, in this file or elsewhere."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Contained:
    """A resource that exists only inside the one that refers to it."""

    type: str
    fragment: str = field(repr=False)
    document: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identified:
    """Something named by a business identifier alone; `type` is empty where nobody says."""

    type: str
    system: str = field(repr=False)
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Something that is only described (a display text, or an extension), not referred to."""

    type: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reference that leads nowhere: the reason, and its text for a caller who knows more."""

    reason: str
    reference: str = field(repr=False)
    type: str = ""


Target = Local | Contained | Identified | Unnamed | Unreadable


class ReferenceIndex:
    """What the resources of one file are called: filled by the reader, asked by the compartment.

    Bounded, whatever the file's size: Patients are remembered longest; of the other resources the
    newest are known by name, and of those the newest are kept to be followed to their patient.
    """

    def __init__(self) -> None:
        """Start with no resource."""
        self._urls: _Recent[str, Local | None] = _Recent(names_remembered_max)
        self._ids: _Recent[str, Local | None] = _Recent(names_remembered_max)
        self._bases: _Recent[Local, str] = _Recent(names_remembered_max)
        self._patient_urls: _Recent[str, Local | None] = _Recent(patient_names_remembered_max)
        self._patients: _Recent[tuple[str, str], Local | None] = _Recent(
            patient_names_remembered_max
        )
        self._followed: dict[Local, bytes] = {}
        self._followed_size_bytes = 0

    def add(
        self,
        type: str,
        id: str,
        full_url: str | None,
        document: dict[str, object],
        *,
        original: bytes,
    ) -> None:
        """Note a resource that was taken; `original` is the text of `document`."""
        local = self.name(type, id, full_url)
        if type == "Patient":
            for identified in identifiers(document):
                if self._patients.setdefault(identified, local) != local:
                    self._patients.put(identified, None)
        elif local not in self._followed:
            self._followed[local] = original
            self._followed_size_bytes += len(original)
            while self._followed_size_bytes > followed_size_bytes_max:
                oldest = next(iter(self._followed))
                self._followed_size_bytes -= len(self._followed.pop(oldest))

    def name(self, type: str, id: str, full_url: str | None) -> Local:
        """Note what a resource is called; the same again is harmless."""
        local = Local(type, id)
        if self._ids.setdefault(id, local) != local:
            self._ids.put(id, None)
        if full_url:
            urls = self._patient_urls if type == "Patient" else self._urls
            urls.setdefault(full_url, local)
            if full_url.startswith(("http:", "https:")):
                self._bases.setdefault(local, full_url.removesuffix(f"{type}/{id}"))
        return local

    def refuse(self, full_url: str | None) -> None:
        """Note the name of a resource that was not taken: what refers to it is unreadable."""
        if full_url and full_url not in self._patient_urls:
            self._urls.setdefault(full_url, None)

    def held(self, local: Local) -> dict[str, object] | None:
        """The document of a resource in this file, other than a Patient."""
        original = self._followed.get(local)
        if original is None:
            return None
        document: dict[str, object] = json.loads(original)
        return document

    def patient_identified(self, system: str, value: str) -> Local | None:
        """The one Patient in this file with this identifier."""
        return self._patients.get((system, value))

    def resolve(self, reference: object, container: dict[str, object]) -> Target:
        """What a Reference element of `container` points at; takes any shape."""
        if not isinstance(reference, dict):
            return Unreadable("the reference is not an object", "")
        named = reference.get("type")
        kind = named.rpartition("/")[2] if isinstance(named, str) else ""
        text = reference.get("reference")
        if text is not None and not isinstance(text, str):
            return Unreadable("the reference is not a text", "", kind)
        if text:
            return self._follow(text, kind, container)
        found = _identifier(reference.get("identifier"))
        return Identified(kind, *found) if found else Unnamed(kind)

    def _follow(self, text: str, kind: str, container: dict[str, object]) -> Target:
        if text.startswith("#"):
            return _contained(text[1:], kind, container)
        for urls in (self._patient_urls, self._urls):
            if text in urls:
                return urls.get(text) or Unreadable("it refers to what was rejected", text, kind)
        urn = _URN.fullmatch(text)
        if urn:
            missing = Unreadable("it refers to an entry that is not there", text, kind)
            return self._ids.get(urn["id"]) or missing
        if "?" in text:
            return _search(text, kind)
        path = _PATH.fullmatch(text.partition("#")[0])
        if not path or path["type"] not in R4_TYPES:
            return Unreadable("the reference cannot be read", text, kind)
        local = Local(path["type"], path["id"])
        base = self._bases.get(local)
        if base and "://" in (path["base"] or "") and base != path["base"]:
            return Unreadable("it refers to the same id on another server", text, local.type)
        return local


class _Recent(Generic[K, V]):
    """A table of the newest so many keys, at least; twice as many at most."""

    def __init__(self, keys_kept: int) -> None:
        self._keys_kept = keys_kept
        self._new: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._new or key in self._old

    def get(self, key: K) -> V | None:
        return self._new[key] if key in self._new else self._old.get(key)

    def setdefault(self, key: K, value: V) -> V:
        if key in self._new:
            return self._new[key]
        if key in self._old:
            return self._old[key]
        self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        self._new[key] = value
        if len(self._new) >= self._keys_kept:
            self._old, self._new = self._new, {}


def identifiers(document: dict[str, object]) -> list[tuple[str, str]]:
    """The (system, value) pairs of a resource's identifiers that have a value."""
    listed = document.get("identifier")
    found = [_identifier(item) for item in listed] if isinstance(listed, list) else []
    return [pair for pair in found if pair]


def _identifier(value: object) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return None
    system, number = value.get("system"), value.get("value")
    if not isinstance(number, str) or not number:
        return None
    return (system if isinstance(system, str) else ""), number


def _contained(fragment: str, kind: str, container: dict[str, object]) -> Target:
    if not fragment:
        return Unnamed(kind or str(container.get("resourceType")))
    inside = container.get("contained")
    for document in inside if isinstance(inside, list) else []:
        if isinstance(document, dict) and document.get("id") == fragment:
            return Contained(str(document.get("resourceType")), fragment, document)
    return Unreadable("it refers to a contained resource that is not there", f"#{fragment}", kind)


def _search(text: str, kind: str) -> Target:
    """`Patient?identifier=system|value`: the one search that names a single resource."""
    address, _, query = text.partition("?")
    type_ = address.rpartition("/")[2]
    if type_ not in R4_TYPES:
        return Unreadable("the reference cannot be read", text, kind)
    parameters = [part.partition("=") for part in query.split("&")]
    values = [unquote(value) for name, _, value in parameters if name == "identifier"]
    if len(values) != 1 or len(parameters) != 1 or not values[0]:
        return Unreadable("it searches by something other than one identifier", text, type_)
    system, bar, value = values[0].partition("|")
    if not bar:
        system, value = "", system
    if not value:
        return Unreadable("it searches by an identifier without a value", text, type_)
    return Identified(type_, system, value)
