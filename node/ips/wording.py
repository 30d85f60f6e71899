"""FHIR's data types in words for a narrative: codes, quantities, dates. Read by the sections.

Numbers and dates keep the characters that they were written in. Values of another shape than
FHIR's become empty texts: a summary never fails for what a record says.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from node.ips.statement import Resource

_JOINERS: Final = frozenset("\u200c\u200d")
"""Persian and the scripts of India spell with these."""
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})")
_OWN_WORDS: Final = ("http://terminology.hl7.org/", "http://hl7.org/fhir/")
"""Systems whose codes are words themselves: `active`, `entered-in-error`."""
_TOLD_USES: Final = frozenset({"maiden", "old", "nickname", "temp", "anonymous"})
"""Uses of a name that must be told with it."""
_SYSTEM_NAMES: Final = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://www.whocc.no/atc": "ATC",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
}


def plain(value: object) -> str:
    """A text without control and direction-changing characters, on one line; else empty."""
    if not isinstance(value, str):
        return ""
    kept = (
        character
        for character in value
        if character in _JOINERS
        or character in "\t\n\r"
        or unicodedata.category(character) not in _UNSHOWN
    )
    return " ".join("".join(kept).split())


def objects(value: object) -> Iterator[Resource]:
    """The objects of a list, or the one object."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def member(value: object, *path: str) -> object:
    """What lies at a path of members, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def codings(value: object) -> Iterator[tuple[str, str]]:
    """The (system, code) pairs of CodeableConcepts or Codings."""
    for concept in objects(value):
        listed = objects(concept["coding"]) if "coding" in concept else iter([concept])
        for coding in listed:
            code = coding.get("code")
            if isinstance(code, str):
                system = coding.get("system")
                yield (system if isinstance(system, str) else ""), code


def codes(value: object) -> frozenset[str]:
    """The codes of a code, a CodeableConcept, or a list of either."""
    texts = value if isinstance(value, list) else [value]
    return frozenset(
        {code for _, code in codings(value)} | {text for text in texts if isinstance(text, str)}
    )


def concept(value: object) -> str:
    """A CodeableConcept: its text, else what a coding shows, else the code itself."""
    found = [_concept(each) for each in objects(value)]
    return ", ".join(dict.fromkeys(text for text in found if text))


def _concept(value: Resource) -> str:
    text = plain(value.get("text"))
    if text:
        return text
    listed = list(objects(value.get("coding")))
    listed.sort(key=lambda coding: coding.get("userSelected") is not True)
    for coding in listed:
        shown = plain(coding.get("display"))
        if shown:
            return shown
    for coding in listed:
        code = plain(coding.get("code"))
        if code:
            system = plain(coding.get("system"))
            if system.startswith(_OWN_WORDS) and system not in _SYSTEM_NAMES:
                return code.replace("-", " ")
            return f"{_SYSTEM_NAMES.get(system, system)} {code}".strip()
    return ""


def number(value: object) -> str:
    """A number in its own digits."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        return ""
    return str(value)


def quantity(value: object) -> str:
    """A Quantity, an Age, a Duration or Money: `<5 mg`."""
    if not isinstance(value, dict):
        return ""
    amount = number(value.get("value"))
    if not amount:
        return ""
    unit = plain(value.get("unit")) or plain(value.get("code")) or plain(value.get("currency"))
    return f"{plain(value.get('comparator'))}{amount} {unit}".strip()


def between(value: object) -> str:
    """A Range: `5 mg to 10 mg`."""
    low, high = quantity(member(value, "low")), quantity(member(value, "high"))
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else f"up to {high}" if high else ""


def ratio(value: object) -> str:
    """A Ratio: `5 mg / 1 mL`."""
    parts = [quantity(member(value, "numerator")), quantity(member(value, "denominator"))]
    return " / ".join(part for part in parts if part)


def day(value: object) -> str:
    """A date or the date of a dateTime, as it was written."""
    found = _DATE.match(value) if isinstance(value, str) else None
    return found[0] if found else ""


def minute(value: object) -> str:
    """A dateTime to the minute where it has one, as the clock there showed it."""
    found = _TIME.match(value) if isinstance(value, str) else None
    return f"{found[1]} {found[2]}" if found else day(value)


def period(value: object) -> str:
    """A Period: `2019-01-02 to 2019-02-03`."""
    start, end = day(member(value, "start")), day(member(value, "end"))
    if start and end:
        return start if start == end else f"{start} to {end}"
    return f"since {start}" if start else f"until {end}" if end else ""


def choice(document: Resource, name: str) -> str:
    """An element of several types (`onset[x]`, `value[x]`) in words; empty where it is absent."""
    for key, value in document.items():
        if key.startswith(name) and key[len(name) : len(name) + 1].isupper():
            text = _of_type(key[len(name) :], value)
            if text:
                return text
    return ""


def _of_type(kind: str, value: object) -> str:
    match kind:
        case "DateTime" | "Date" | "Instant":
            return day(value)
        case "Period":
            return period(value)
        case "Age":
            return f"at {quantity(value)}" if quantity(value) else ""
        case "Quantity" | "Duration" | "Money" | "Count" | "Distance":
            return quantity(value)
        case "Range":
            return between(value)
        case "Ratio":
            return ratio(value)
        case "CodeableConcept" | "Coding":
            return concept(value if kind == "CodeableConcept" else {"coding": [value]})
        case "Boolean":
            return {True: "yes", False: "no"}.get(value) or "" if isinstance(value, bool) else ""
        case "Integer" | "Decimal" | "PositiveInt" | "UnsignedInt":
            return number(value)
        case "SampledData":
            return "a recording (see the entry)"
        case "Timing":
            return concept(member(value, "code"))
        case "Reference":
            return plain(member(value, "display"))
        case _:
            return plain(value)


def newest(document: Resource, *names: str) -> str:
    """The first of these elements that says when, as a key that sorts by time; empty if none."""
    for name in names:
        for key, value in document.items():
            if key == name or (key.startswith(name) and key[len(name) : len(name) + 1].isupper()):
                found = _moment(member(value, "end") or member(value, "start") or value)
                if found:
                    return found
    return ""


def _moment(value: object) -> str:
    if not isinstance(value, str) or not _DATE.match(value):
        return ""
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC).isoformat() if at.tzinfo else value
    except (ValueError, OverflowError):
        return value


def human_name(document: Resource) -> str:
    """The name of a Patient, Practitioner or the like; of a Patient see also `all_names`."""
    return next(iter(all_names(document)), "")


def all_names(document: Resource) -> list[str]:
    """Every name that a person has, as `text` or put together."""
    found: list[str] = []
    for name in objects(document.get("name")):
        given = name.get("given")
        listed = given if isinstance(given, list) else [given]
        prefix = name.get("prefix")
        parts = [*(prefix if isinstance(prefix, list) else []), *listed, name.get("family")]
        text = plain(name.get("text")) or " ".join(filter(None, map(plain, parts)))
        use = plain(name.get("use"))
        if text:
            found.append(f"{text} ({use})" if use in _TOLD_USES else text)
    if not found and plain(document.get("name")):
        found.append(plain(document.get("name")))
    return list(dict.fromkeys(found))


def notes(document: Resource) -> str:
    """What was noted freely."""
    return "; ".join(
        filter(None, (plain(each.get("text")) for each in objects(document.get("note"))))
    )
