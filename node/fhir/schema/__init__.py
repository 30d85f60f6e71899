"""The official FHIR R4 JSON schema and what it says of a resource; the judge and exports call it.

The schema is HL7's file, shipped unchanged (LICENSE beside it). It is opened when first asked, and
each type's part is compiled when first met (3 ms). Resources inside others (contained, in a Bundle,
in Parameters) are judged one by one by their own type: the file's choice among 148 types would
be tried 148 times for each. Measured: 5 µs for a resource of 1.1 KB.
"""

import functools
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any, Final

import jsonschema_rs

from node.fhir.errors import SchemaDamaged

SCHEMA_SHA256: Final = "2230406893b4cf002a4ee1e5e2bbeca22ac5d2d4931b3e9ef7b9594bbc376a01"
"""Of the file that HL7 published, unpacked."""

_FILE: Final = "fhir.schema.r4.json.gz"
_ANY_RESOURCE: Final = "ResourceList"
_REFERENCE: Final = re.compile(r'"#/definitions/([^"]+)"')
_AS_FHIR_MEANS_IT: Final = {
    r"^[ \r\n\t\S]+$": r"^[\s\S]+$",
    r"^\S*$": r"^[^ \t\n\r]*$",
    r"^[^\s]+(\s[^\s]+)*$": r"^[^ \t\n\r]+([ \t\n\r][^ \t\n\r]+)*$",
}
"""FHIR's patterns are XML Schema's, in which white space is these four characters. Read as
ECMAScript's they would refuse every text with a no-break space, which HL7's own validator takes."""
_RESOURCE_MEMBERS: Final = ("resource", "outcome")
"""Where Bundle.entry, Bundle.entry.response and Parameters.parameter hold a resource."""


def schema_flaw(document: dict[str, object]) -> str | None:
    """What the schema refuses in a resource: the path and the rule, never a value; None if nothing.

    `document` is decoded JSON, its decimals floats or Decimals, its `resourceType` one of FHIR R4.
    """
    kind = str(document["resourceType"])
    validator = _validator(kind)
    if not validator.is_valid(document):
        error = next(iter(validator.iter_errors(document)))
        return f"the FHIR schema refuses {_path(kind, error.instance_path)}: {_rule(error)}"
    if "contained" not in document and kind not in ("Bundle", "Parameters"):
        return None
    for path, inner in _inner(kind, document):
        flaw = _inner_flaw(path, inner)
        if flaw:
            return flaw
    return None


def schema_text() -> str:
    """The whole schema as HL7 published it. Raises SchemaDamaged."""
    packed = resources.files(__name__).joinpath(_FILE).read_bytes()
    try:
        content = gzip.decompress(packed)
    except (OSError, EOFError):
        raise SchemaDamaged from None
    if hashlib.sha256(content).hexdigest() != SCHEMA_SHA256:
        raise SchemaDamaged
    return content.decode()


def _inner_flaw(path: str, inner: object) -> str | None:
    if not isinstance(inner, dict):
        return f"the FHIR schema refuses {path}: not an object"
    kind = inner.get("resourceType")
    if not isinstance(kind, str) or kind not in _definitions()[1]:
        return f"the FHIR schema refuses {path}: no resource type of FHIR R4"
    flaw = schema_flaw(inner)
    return f"{flaw} (inside {path})" if flaw else None


def _inner(kind: str, document: dict[str, object]) -> Iterator[tuple[str, object]]:
    """The resources inside a resource, each with its path. The shape around them is valid."""
    contained = document.get("contained")
    for place, inner in enumerate(contained if isinstance(contained, list) else []):
        yield f"{kind}.contained[{place}]", inner
    if kind == "Bundle":
        yield from _held(document.get("entry"), f"{kind}.entry")
    elif kind == "Parameters":
        yield from _held(document.get("parameter"), f"{kind}.parameter")


def _held(elements: object, path: str) -> Iterator[tuple[str, object]]:
    for place, element in enumerate(elements if isinstance(elements, list) else []):
        if not isinstance(element, dict):
            continue
        here = f"{path}[{place}]"
        for holder, within in ((element, here), (element.get("response"), f"{here}.response")):
            for name in _RESOURCE_MEMBERS:
                if isinstance(holder, dict) and name in holder:
                    yield f"{within}.{name}", holder[name]
        yield from _held(element.get("part"), f"{here}.part")


@functools.cache
def _definitions() -> tuple[dict[str, Any], frozenset[str], frozenset[str]]:
    """The schema's definitions, the names of resource types, and the names of all elements."""
    text = schema_text()
    for written, meant in _AS_FHIR_MEANS_IT.items():
        text = text.replace(json.dumps(written), json.dumps(meant))
    schema = json.loads(text)
    definitions: dict[str, Any] = schema["definitions"]
    for definition in definitions.values():
        if "properties" in definition:  # the file does not say so: a text would pass as a HumanName
            definition["type"] = "object"
    named = {name for one in definitions.values() for name in one.get("properties", ())}
    return definitions, frozenset(schema["discriminator"]["mapping"]), frozenset(named)


@functools.cache
def _validator(kind: str) -> jsonschema_rs.Draft6Validator:
    """What judges one type, without what is inside it."""
    definitions = _definitions()[0]
    needed = {_ANY_RESOURCE: {"type": "object"}}
    waiting = [kind]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = definitions[name]
            waiting += _REFERENCE.findall(json.dumps(definitions[name]))
    return jsonschema_rs.Draft6Validator(
        {"definitions": needed, "$ref": f"#/definitions/{kind}"}, validate_formats=False
    )


def _path(kind: str, steps: list[str | int]) -> str:
    """`Patient.name[0].family`; a name that is not the schema's own is not repeated."""
    known = _definitions()[2]
    parts = [
        f"[{step}]" if isinstance(step, int) else f".{step if step in known else '?'}"
        for step in steps
    ]
    return kind + "".join(parts)


def _rule(error: jsonschema_rs.ValidationError) -> str:
    """The rule that was broken, in words; nothing of the value."""
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=missing):
            return f"it lacks {missing}"
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties():
            return "it has a member that FHIR R4 does not know"
        case jsonschema_rs.ValidationErrorKind.Type(types=types):
            return f"it is no {' or '.join(types)}"
        case jsonschema_rs.ValidationErrorKind.Enum():
            return "it is none of the codes that are allowed there"
        case jsonschema_rs.ValidationErrorKind.Pattern():
            return f"it is not written as a FHIR {_definition(error)} is"
        case _:
            return f"the rule `{error.kind.name}` is broken"


def _definition(error: jsonschema_rs.ValidationError) -> str:
    """The definition that holds the broken rule: `date`; of an element in place, its own name."""
    path = [str(step) for step in error.schema_path]
    return path[path.index("definitions") + 1] if "definitions" in path else "value"
