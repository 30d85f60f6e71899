"""What lists and search show of a Patient: taken from any shape of document, safe for a terminal.

The chart list and the search index call it. The truth stays in the original bytes; this is a view.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from node.fhir.limits import face_text_length_chars_max, face_values_max

_DATE: Final = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_GENDERS: Final = frozenset({"male", "female", "other", "unknown"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""Persian and the scripts of India spell with these; every other format character goes."""
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_USE_ORDER: Final = ("official", "usual", "", "nickname", "anonymous", "temp", "maiden", "old")


@dataclass(frozen=True, slots=True)
class PatientFace:
    """A Patient in a list. What is absent or malformed is empty."""

    name: str = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    """Every name, the shown one first."""
    birth_date: str = field(repr=False)
    """A FHIR date: a year, a month or a day."""
    gender: str = field(repr=False)
    identifiers: tuple[tuple[str, str], ...] = field(repr=False)
    """(system, value); the system may be empty."""
    phones: tuple[str, ...] = field(repr=False)
    searched_names: tuple[str, ...] = field(repr=False)
    """Names in use, as a text and put together from their parts."""
    former_names: tuple[str, ...] = field(repr=False)
    """Names in use no more, likewise."""
    tags: tuple[str, ...] = field(repr=False)
    """`meta.tag`: a triage tag, a list that somebody is on."""


def patient_face(document: dict[str, object]) -> PatientFace:
    """The face of a Patient, whatever its shape; never raises."""
    ranked = sorted(_objects(document.get("name")), key=_use_rank)
    names = _distinct(_human_name(name) for name in ranked)
    in_use = [name for name in ranked if name.get("use") != "old"]
    former = [name for name in ranked if name.get("use") == "old"]
    birth_date = document.get("birthDate")
    gender = document.get("gender")
    return PatientFace(
        name=names[0] if names else "",
        names=names,
        birth_date=birth_date
        if isinstance(birth_date, str) and _DATE.fullmatch(birth_date)
        else "",
        gender=gender if isinstance(gender, str) and gender in _GENDERS else "",
        identifiers=tuple(_identifiers(document.get("identifier"))),
        phones=_distinct(
            shown(point.get("value"))
            for point in _objects(document.get("telecom"))
            if point.get("system") in ("phone", "sms") and point.get("use") != "old"
        ),
        searched_names=_distinct(form for name in in_use for form in _forms(name)),
        former_names=_distinct(form for name in former for form in _forms(name)),
        tags=_distinct(_tags(document.get("meta"))),
    )


def shown(value: object) -> str:
    """A text made fit for a line of a terminal; anything that is no text becomes empty.

    Control, escape and direction-changing characters go, white space becomes single spaces, and
    what is too long is cut.
    """
    if not isinstance(value, str):
        return ""
    head = value[: face_text_length_chars_max * 4]
    spaced = " ".join(
        "".join(
            character
            for character in head
            if character in _JOINERS
            or character in "\t\n\r"
            or unicodedata.category(character) not in _UNSHOWN
        ).split()
    )
    return spaced[:face_text_length_chars_max].rstrip()


def _objects(value: object) -> list[dict[str, object]]:
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    return [item for item in value[:face_values_max] if isinstance(item, dict)]


def _use_rank(name: dict[str, object]) -> int:
    use = name.get("use", "")
    return _USE_ORDER.index(use) if isinstance(use, str) and use in _USE_ORDER else 2


def _human_name(name: dict[str, object]) -> str:
    return shown(name.get("text")) or _of_parts(name)


def _forms(name: dict[str, object]) -> tuple[str, str]:
    return shown(name.get("text")), _of_parts(name)


def _of_parts(name: dict[str, object]) -> str:
    parts = [*_texts(name.get("given")), shown(name.get("family"))]
    return " ".join(part for part in parts if part)[:face_text_length_chars_max].rstrip()


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [shown(value)]
    if not isinstance(value, list):
        return []
    return [shown(item) for item in value[:face_values_max]]


def _identifiers(value: object) -> Iterator[tuple[str, str]]:
    for identifier in _objects(value):
        number = shown(identifier.get("value"))
        if number:
            yield shown(identifier.get("system")), number


def _tags(meta: object) -> Iterator[str]:
    for one in _objects(meta)[:1]:
        for tag in _objects(one.get("tag")):
            yield shown(tag.get("code"))
            yield shown(tag.get("display"))


def _distinct(values: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
