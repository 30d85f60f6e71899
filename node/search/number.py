"""In which forms identifiers, tags and telephone numbers are indexed and looked for.

Separators, leading zeros and the ways to dial a country are what people add and leave out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final

from node.search.limits import number_length_chars_max, numbers_per_face_max

_FORM_LENGTH_MIN: Final = 3
_LOCAL_DIGITS: Final = 7
"""Digits of a telephone number within its town or network, in most countries."""
_INTERNATIONAL_DIGITS_MIN: Final = 10
_UUID_LENGTH: Final = 32
_ZONES_OF_TWO: Final = frozenset(
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64"
    " 65 66 81 82 84 86 90 91 92 93 94 95 98".split()
)
"""Calling codes of two digits (ITU-T E.164); 1 and 7 have one, all others three."""
_FILLING_ZEROS: Final = re.compile("(?<![0-9])0+(?=[0-9])")
_TRUNK: Final = re.compile(r"\(0\)")


class NumberKind(IntEnum):
    """What a number is; the index keeps it."""

    IDENTIFIER = 0
    PHONE = 1
    TAG = 2


def identifier_forms(value: str) -> list[str]:
    """An identifier without separators; its digits, and its last digits, without leading zeros."""
    whole = _letters_and_digits(value)
    found = [_without_zeros(whole)]
    if len(whole) < _UUID_LENGTH:
        runs = re.findall("[0-9]+", _spaced(value))
        found += ["".join(runs).lstrip("0"), runs[-1].lstrip("0") if runs else ""]
    kept = [form[:number_length_chars_max] for form in found[:1] if form]
    kept += [form[:number_length_chars_max] for form in found[1:] if len(form) >= _FORM_LENGTH_MIN]
    return list(dict.fromkeys(kept))


def phone_forms(value: str) -> list[str]:
    """A telephone number as dialled from within its country, and the end of it."""
    found = []
    for national in _nationals(value):
        found.append(national)
        if len(national) > _LOCAL_DIGITS:
            found.append(national[-_LOCAL_DIGITS:])
    return list(dict.fromkeys(form[:number_length_chars_max] for form in found if form))


def searched_forms(text: str) -> list[str]:
    """The forms of a number that somebody types, as an identifier and as a telephone number."""
    whole = _letters_and_digits(text)
    found = [_without_zeros(whole)]
    if not any(character.isalpha() for character in whole):
        found += _nationals(text)
    return list(dict.fromkeys(form[:number_length_chars_max] for form in found if form))


def number_forms(
    identifiers: Iterable[str], phones: Iterable[str], tags: Iterable[str]
) -> list[tuple[str, NumberKind]]:
    """Every form of a patient's numbers, with what it is; at most `numbers_per_face_max`."""
    found: dict[tuple[str, NumberKind], None] = {}
    for form, kind in _all_forms(identifiers, phones, tags):
        if len(found) >= numbers_per_face_max:
            break
        found[form, kind] = None
    return list(found)


def _all_forms(
    identifiers: Iterable[str], phones: Iterable[str], tags: Iterable[str]
) -> Iterator[tuple[str, NumberKind]]:
    for identifier in identifiers:
        yield from ((form, NumberKind.IDENTIFIER) for form in identifier_forms(identifier))
    for phone in phones:
        yield from ((form, NumberKind.PHONE) for form in phone_forms(phone))
    for tag in tags:
        yield from ((form, NumberKind.TAG) for form in identifier_forms(tag))


def _nationals(value: str) -> list[str]:
    """The number without its country and trunk prefix; both readings where it is not said."""
    value = _TRUNK.sub("", value).strip()
    number = digits_of(value)
    if value.startswith(("+", "00")):
        return [_without_country(number.lstrip("0")).lstrip("0")]
    found = [number.lstrip("0")]
    if not number.startswith("0") and len(number) > _INTERNATIONAL_DIGITS_MIN:
        found.append(_without_country(number).lstrip("0"))
    return found


def _without_country(number: str) -> str:
    if number[:1] in ("1", "7"):
        return number[1:]
    return number[2 if number[:2] in _ZONES_OF_TWO else 3 :]


def digits_of(text: str) -> str:
    """The decimal digits of a text, of whatever script, as ASCII."""
    if text.isascii():
        return "".join(character for character in text if character.isdigit())
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())


def _without_zeros(whole: str) -> str:
    """Without the zeros that fill a number up: MRN000123 is MRN123."""
    return _FILLING_ZEROS.sub("", whole)


def _letters_and_digits(text: str) -> str:
    if text.isascii():
        return "".join(character for character in text.lower() if character.isalnum())
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain if c.isalnum()
    )


def _spaced(text: str) -> str:
    """Digits of any script as ASCII, and everything else as it parts them."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else " " for c in text)
