"""A resource's top-level elements in one canonical form: which of them did an author touch?

The node calls `touched_elements` when it writes a change; receivers never compare documents
themselves (DESIGN section 5).
"""

from decimal import Decimal
from json.encoder import encode_basestring
from typing import Final

_IDENTITY: Final = frozenset({"resourceType", "id"})
"""What names a resource is no element of it that could be touched."""

_SERVER_META: Final = frozenset({"versionId", "lastUpdated"})
"""Parts of `meta` that every server writes anew; security, profile, tag and source are authored."""


def canonical(value: object) -> bytes:
    """Decoded JSON in one form: members sorted, no white space, numbers as they were written.

    1.10 and 1.1 differ, as they do to a laboratory; 1E2 and 1e2 do not.
    """
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode(errors="surrogatepass")  # others may have written half of a pair


def elements(document: dict[str, object]) -> dict[str, bytes]:
    """Every top-level element with its canonical bytes.

    The extensions of a primitive (`_birthDate`) belong to their element (`birthDate`).
    `resourceType` and `id` are left out, as are `meta.versionId` and `meta.lastUpdated`.
    """
    grouped: dict[str, dict[str, object]] = {}
    for name, value in document.items():
        if name not in _IDENTITY:
            grouped.setdefault(name.removeprefix("_") or name, {})[name] = value
    found: dict[str, bytes] = {}
    for name, members in grouped.items():
        if name == "meta" and isinstance(members.get("meta"), dict):
            members["meta"] = _authored(members["meta"])
            if not members["meta"] and len(members) == 1:
                continue
        alone = members[name] if set(members) == {name} else members
        found[name] = canonical(alone)
    return found


def element_names(document: dict[str, object]) -> list[str]:
    """The names of all elements of a new resource, sorted: what its author touched."""
    names = {name.removeprefix("_") or name for name in document if name not in _IDENTITY}
    meta = document.get("meta")
    if isinstance(meta, dict) and _SERVER_META.issuperset(meta) and "_meta" not in document:
        names.discard("meta")
    return sorted(names)


def touched_elements(old: dict[str, object] | None, new: dict[str, object]) -> list[str]:
    """The names of the elements in which two versions differ, sorted; without an old one, all."""
    if old is None:
        return element_names(new)
    before = elements(old)
    after = elements(new)
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def _authored(meta: object) -> dict[str, object]:
    if not isinstance(meta, dict):
        return {}
    return {name: value for name, value in meta.items() if name not in _SERVER_META}


def _write(value: object, parts: list[str]) -> None:
    match value:
        case str():
            parts.append(encode_basestring(value))
        case bool():
            parts.append("true" if value else "false")
        case None:
            parts.append("null")
        case int():
            parts.append(str(value))
        case float() | Decimal():
            parts.append(str(value).lower())
        case dict():
            mark = "{"
            for name in sorted(value):
                parts.append(f"{mark}{encode_basestring(name)}:")
                _write(value[name], parts)
                mark = ","
            parts.append("{}" if mark == "{" else "}")
        case list():
            mark = "["
            for item in value:
                parts.append(mark)
                _write(item, parts)
                mark = ","
            parts.append("[]" if mark == "[" else "]")
        case _:
            raise TypeError(f"not decoded JSON: {type(value).__name__}")
