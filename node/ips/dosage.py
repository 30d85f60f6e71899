"""Dosage instructions in words: what is written freely, and what is coded beside it.

Both are shown where both are there: a person must see it when they disagree. What has no words
here is named as being in the entry, so that nobody takes the words for the whole.
"""

from typing import Final

from node.ips.statement import Resource
from node.ips.wording import (
    between,
    concept,
    member,
    number,
    objects,
    period,
    plain,
    quantity,
    ratio,
)

_UNITS: Final = {
    "s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month",
    "a": "year",
}  # fmt: skip
_WHEN: Final = {
    "MORN": "in the morning", "NOON": "at noon", "AFT": "in the afternoon",
    "EVE": "in the evening", "NIGHT": "at night", "HS": "before sleep", "WAKE": "on waking",
    "C": "with meals", "CM": "with breakfast", "CD": "with lunch", "CV": "with dinner",
    "AC": "before meals", "ACM": "before breakfast", "ACD": "before lunch",
    "ACV": "before dinner", "PC": "after meals", "PCM": "after breakfast",
    "PCD": "after lunch", "PCV": "after dinner",
}  # fmt: skip
_WORDED: Final = frozenset(
    "id sequence text timing asNeededBoolean asNeededCodeableConcept route site method doseAndRate "
    "maxDosePerPeriod maxDosePerAdministration patientInstruction additionalInstruction".split()
)
_WORDED_REPEAT: Final = frozenset(
    "frequency frequencyMax period periodMax periodUnit boundsDuration boundsPeriod boundsRange "
    "timeOfDay when dayOfWeek offset".split()
)


def dosages(value: object) -> str:
    """All instructions, in their order; empty where there is none."""
    listed = list(objects(value))
    listed.sort(key=_sequence)
    return "; then ".join(filter(None, map(dosage, listed)))


def _sequence(one: Resource) -> int:
    place = one.get("sequence")
    return place if isinstance(place, int) else 0


def dosage(one: Resource) -> str:
    """One instruction: what is coded, then the author's own words."""
    parts = [
        _doses(one),
        timing(one.get("timing")),
        _as_needed(one),
        concept(one.get("route")),
        concept(one.get("method")),
        _prefixed("at ", concept(one.get("site"))),
        concept(one.get("additionalInstruction")),
        _prefixed("at most ", ratio(one.get("maxDosePerPeriod"))),
        _prefixed("at most at once ", quantity(one.get("maxDosePerAdministration"))),
    ]
    coded = ", ".join(part for part in parts if part)
    if one.keys() - _WORDED or _unworded(one.get("timing")):
        coded = ", ".join(filter(None, [coded, "more in the entry"]))
    words = [plain(one.get("text")), plain(one.get("patientInstruction"))]
    said = "; ".join(dict.fromkeys(word for word in words if word))
    if said and coded and said.lower() != coded.lower():
        return f"{coded} (“{said}”)"
    return said or coded


def timing(value: object) -> str:
    """A Timing: `2 times a day for 5 d, before meals`."""
    repeat = member(value, "repeat")
    told = _frequency(repeat) if isinstance(repeat, dict) else ""
    code = concept(member(value, "code"))
    return ", ".join(filter(None, [told, code, *_texts(member(value, "event"))]))


def _frequency(repeat: Resource) -> str:
    unit = _UNITS.get(plain(repeat.get("periodUnit")), plain(repeat.get("periodUnit")))
    often = _span(repeat, "frequency")
    length = _span(repeat, "period")
    parts: list[str] = []
    if often or length:
        times = f"{often or '1'} time" + ("" if (often or "1") == "1" else "s")
        if not length:
            parts.append(times)
        elif not unit:
            parts.append(f"{times} every {length} (no unit given)")
        elif length in ("1", "1.0"):
            parts.append(f"{times} a {unit}")
        else:
            parts.append(f"{times} every {length} {unit}s")
    parts += [_WHEN.get(name, name) for name in _texts(repeat.get("when"))]
    parts.append(_prefixed("at ", ", ".join(_texts(repeat.get("timeOfDay")))))
    parts.append(_prefixed("on ", ", ".join(_texts(repeat.get("dayOfWeek")))))
    if number(repeat.get("offset")):
        parts.append(f"{number(repeat.get('offset'))} minutes from then")
    parts.append(_prefixed("for ", quantity(repeat.get("boundsDuration"))))
    parts.append(_prefixed("for ", between(repeat.get("boundsRange"))))
    parts.append(period(repeat.get("boundsPeriod")))
    return ", ".join(part for part in parts if part)


def _span(repeat: Resource, name: str) -> str:
    low, high = number(repeat.get(name)), number(repeat.get(f"{name}Max"))
    return f"{low or '1'} to {high}" if high else low


def _doses(one: Resource) -> str:
    found: list[str] = []
    for each in objects(one.get("doseAndRate")):
        found.append(_dose(each.get("doseQuantity")) or between(each.get("doseRange")))
        rate = (
            quantity(each.get("rateQuantity"))
            or between(each.get("rateRange"))
            or ratio(each.get("rateRatio"))
        )
        found.append(_prefixed("at ", rate))
    return ", ".join(part for part in found if part)


def _dose(value: object) -> str:
    text = quantity(value)
    return f"dose {text}" if text and not (member(value, "unit") or member(value, "code")) else text


def _as_needed(one: Resource) -> str:
    reason = concept(one.get("asNeededCodeableConcept"))
    if reason:
        return f"as needed for {reason}"
    return "as needed" if one.get("asNeededBoolean") is True else ""


def _unworded(value: object) -> bool:
    repeat = member(value, "repeat")
    return isinstance(repeat, dict) and bool(repeat.keys() - _WORDED_REPEAT)


def _texts(value: object) -> list[str]:
    return [plain(item) for item in value if plain(item)] if isinstance(value, list) else []


def _prefixed(prefix: str, text: str) -> str:
    return prefix + text if text else ""
