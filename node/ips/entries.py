"""Entries of the document: original bytes under names by which references to them resolve.

Nothing clinical is altered. Two things may be: a reference that would not lead to its entry under
the entry's name is pointed there, and a tag marks what must not be read as settled.
"""

import json
import re
from collections.abc import Iterable
from typing import Final

from node.fhir.export import one_line, source_base
from node.ips.codes import CONFLICTING, MARK, UNVERIFIED
from node.ips.holdings import Holdings, references
from node.ips.naming import address
from node.ips.statement import Key, Resource, Statement
from sync.merge.document import Member, compose, parse_document

_REFERENCE: Final = re.compile(rb'("reference"[ \t\r\n]*+:[ \t\r\n]*+)("(?:[^"\\]++|\\.)*+")')
"""In JSON this is a member's name and its text: a quote inside a text is escaped."""


def with_referred(listed: Iterable[Statement], holdings: Holdings) -> list[Statement]:
    """The statements, each once, and after them all that they refer to and that is held."""
    found: dict[Key, Statement] = {}
    waiting = list(listed)
    while waiting:
        referred: list[Statement] = []
        for statement in waiting:
            if found.setdefault(statement.key, statement) is not statement:
                continue
            for reference in references(statement.document):
                target = holdings.follow(statement.key.source, reference)
                if target is not None and target.key not in found:
                    referred.append(target)
        waiting = referred
    return list(found.values())


def names_of(statements: Iterable[Statement], holdings: Holdings) -> dict[Key, str]:
    """The full URL of each entry: the `urn:` by which others refer to it, else an address."""
    listed = list(statements)
    urns: dict[Key, str] = {}
    for statement in listed:
        for reference in references(statement.document):
            if reference.startswith("urn:"):
                target = holdings.follow(statement.key.source, reference)
                if target is not None:
                    urns.setdefault(target.key, reference)
    names: dict[Key, str] = {}
    used: set[str] = set()
    for statement in listed:
        name = urns.get(statement.key, "")
        if not name or name in used:
            name = address(statement.key)
        names[statement.key] = name
        used.add(name)
    return names


def entry(statement: Statement, names: dict[Key, str], holdings: Holdings) -> bytes:
    """One entry of the Bundle, on one line."""
    content = _pointed(statement, names, holdings)
    marks = [CONFLICTING] if statement.disputed else []
    marks += [UNVERIFIED] if statement.unverified else []
    if marks:
        content = _tagged(content, statement.key.type, marks)
    name = json.dumps(names[statement.key]).encode()
    return b'{"fullUrl":%b,"resource":%b}' % (name, one_line(content))


def generated_entry(resource: Resource) -> bytes:
    """The entry of a resource that the summary adds, under its own id."""
    name = json.dumps(f"urn:uuid:{resource['id']}").encode()
    return b'{"fullUrl":%b,"resource":%b}' % (name, json_bytes(resource))


def json_bytes(value: object) -> bytes:
    """JSON of what this package makes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _pointed(statement: Statement, names: dict[Key, str], holdings: Holdings) -> bytes:
    base = source_base(statement.key.source)
    here = names[statement.key].startswith(base)

    def point(found: re.Match[bytes]) -> bytes:
        text = json.loads(found[2])
        target = holdings.follow(statement.key.source, text)
        if target is None or "/_history/" in text:
            return found[0]
        name = names.get(target.key)
        if name is None or text == name or (here and base + text == name):
            return found[0]
        return found[1] + json.dumps(name).encode()

    return _REFERENCE.sub(point, statement.original)


def _tagged(content: bytes, resource_type: str, marks: list[str]) -> bytes:
    document = parse_document(content, resource_type)
    if document is None:
        return content
    members = dict(document.members)
    held = members.pop("meta", None)
    meta = held.value if held is not None and isinstance(held.value, dict) else {}
    tags = meta.get("tag")
    kept = list(tags) if isinstance(tags, list) else []
    own = [{"system": MARK, "code": mark} for mark in marks]
    made = {**meta, "tag": kept + [tag for tag in own if tag not in kept]}
    kind = members.pop("resourceType")
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    return compose([kind, Member('"meta"', text, made), *members.values()])
