"""What a reference leads to among the resources that a chart and its directory hold.

The sections ask it for names, the document for what must go along. A reference is followed only
within its own source: another system's `Medication/1` is another medicine.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from node.fhir.export import full_url_base
from node.ips.statement import Key, Resource, Statement
from node.ips.wording import member, objects

_LOCAL: Final = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})")
_VERSION: Final = re.compile(r"/_history/[^/?#]+$")
_URN: Final = re.compile(r"urn:(?:uuid|oid):(?P<id>[A-Za-z0-9\-.]{1,64})")
_SEARCH: Final = re.compile(r"(?P<type>[A-Z][A-Za-z]+)\?identifier=(?P<token>[^&]+)")


class Holdings:
    """Resources by name, by `urn:` and by identifier. The chart's come before the directory's."""

    def __init__(self, chart: Iterable[Statement], directory: "Directory") -> None:
        """Hold the statements of one chart and of the directory that goes with it."""
        self._chart = _Index(chart)
        self._directory = directory.index
        self._patients: dict[str, list[Key]] = {}
        for key in self._chart.statements:
            if key.type == "Patient":
                self._patients.setdefault(key.id, []).append(key)

    def find(self, key: Key) -> Statement | None:
        """A resource by what names it."""
        return self._chart.statements.get(key) or self._directory.statements.get(key)

    def identified(self, resource_type: str, value: str) -> Statement | None:
        """The one resource of the directory, of any source, with an identifier of this value."""
        return self._directory.valued.get((resource_type, value))

    def target(self, source: str, reference: object, container: Resource) -> Resource | None:
        """The document that a Reference leads to, one contained in `container` included."""
        text = member(reference, "reference")
        if isinstance(text, str) and text.startswith("#"):
            return next(
                (one for one in objects(container.get("contained")) if one.get("id") == text[1:]),
                None,
            )
        held = self.follow(source, text)
        return None if held is None else held.document

    def follow(self, source: str, text: object) -> Statement | None:
        """The resource that a reference's text leads to, or None where it cannot be told."""
        if not isinstance(text, str):
            return None
        urn = _URN.fullmatch(text)
        if urn:
            return self._either("urns", (source, urn["id"]))
        search = _SEARCH.fullmatch(text)
        if search:
            system, bar, value = unquote(search["token"]).partition("|")
            wanted = (source, search["type"], system if bar else "", value if bar else system)
            return self._either("identified", wanted)
        local = _LOCAL.fullmatch(_VERSION.sub("", _path(text)))
        if not local:
            return None
        found = self.find(Key(source, local["type"], local["id"]))
        if found is None and local["type"] == "Patient":
            # Everything in a chart is about one patient, whichever system named them.
            others = self._patients.get(local["id"], [])
            return self.find(others[0]) if len(others) == 1 else None
        return found

    def _either(self, index: str, wanted: object) -> Statement | None:
        for held in (self._chart, self._directory):
            found: dict[object, Key | None] = getattr(held, index)
            if wanted in found:
                key = found[wanted]
                return None if key is None else held.statements[key]
        return None


class _Index:
    """Statements by everything that may lead to them; what several share leads nowhere."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.statements: dict[Key, Statement] = {}
        self.urns: dict[object, Key | None] = {}
        self.identified: dict[object, Key | None] = {}
        self.valued: dict[tuple[str, str], Statement | None] = {}
        for statement in statements:
            key = statement.key
            if self.statements.setdefault(key, statement) is not statement:
                continue
            _note(self.urns, (key.source, key.id), key)
            for identifier in objects(statement.document.get("identifier")):
                value = identifier.get("value")
                if not isinstance(value, str):
                    continue
                system = identifier.get("system")
                named = (key.source, key.type, system if isinstance(system, str) else "", value)
                _note(self.identified, named, key)
                first = self.valued.setdefault((key.type, value), statement)
                if first is not statement:
                    self.valued[key.type, value] = None


class Directory:
    """The resources of no patient that go with a chart; made once for many charts."""

    def __init__(self, statements: Iterable[Statement] = ()) -> None:
        """Hold the statements of one directory."""
        self.index = _Index(statements)


def references(value: object) -> Iterator[str]:
    """The text of every Reference in a decoded resource, in the order of writing."""
    if isinstance(value, dict):
        text = value.get("reference")
        if isinstance(text, str):
            yield text
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def _note(index: dict[object, Key | None], name: object, key: Key) -> None:
    if index.setdefault(name, key) != key:
        index[name] = None


def _path(text: str) -> str:
    """The last two steps of an address that this software gave; any other text as it is.

    Those of other servers are not taken for ours: their `Medication/1` may be another medicine.
    """
    if not text.startswith(full_url_base):
        return text
    return "/".join(text.removeprefix(full_url_base).split("/")[1:])
