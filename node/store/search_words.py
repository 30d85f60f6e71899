"""Turns names, numbers and search texts of any script into words that match; `faces.py` uses it.

Letters lose case and accents; writing without spaces is cut into characters, so that part of a name
finds it; telephone numbers are found with and without their country's and trunk prefix.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from node.limits import search_length_chars_max, search_words_max

_UNSPACED: Final = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f])"
)
"""Scripts written without spaces between the parts of a name, and Hangul, where names are short."""

_MARKS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640\u200c\u200d]")
"""Accents of Latin, Greek and Cyrillic, the vowel points of Hebrew and Arabic, and joiners."""

_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)

_NUMBER: Final = re.compile(r"[0-9 +()./-]{4,}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}(-[0-9]{1,2})?")
_NUMBER_DIGITS_MIN: Final = 4
_ENDING_DIGITS: Final = (7, 8, 9, 10)
"""How long a telephone number is without country and trunk prefix, in most countries."""


def folded(text: str) -> str:
    """A text without case and accents: what names are compared and sorted by."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", plain.translate(_LETTERS))


def words_of(text: str) -> str:
    """A text as it is indexed: folded, and cut into characters where a script has no spaces."""
    return " ".join(_UNSPACED.sub(r" \1 ", folded(text)).split())


def words_of_numbers(identifiers: Iterable[str], phones: Iterable[str]) -> str:
    """Identifiers and telephone numbers as they are indexed, in every form that people type."""
    found: dict[str, None] = {}
    for identifier in identifiers:
        words = words_of(identifier)
        found[words] = None
        found["".join(c for c in words if c.isalnum())] = None
        found[_digits(words)] = None
    for phone in phones:
        digits = _digits(phone)
        found[digits] = None
        found[digits.lstrip("0")] = None
        for length in _ENDING_DIGITS:
            if len(digits) > length:
                found[digits[-length:]] = None
    return " ".join(form for form in found if form)


def search_expression(text: str, *, whole: bool) -> str | None:
    """A search text as an expression of FTS5: every word, as it stands or as the start of one.

    None where the text has nothing to look for.
    """
    text = text[:search_length_chars_max]
    star = "" if whole else "*"
    phrases = [
        f'"{words_of(word)}"{star}'.replace("\x00", "")
        for word in text.replace('"', " ").split()[:search_words_max]
        if any(character.isalnum() for character in folded(word))
    ]
    if not phrases:
        return None
    expression = " AND ".join(phrases)
    if _NUMBER.fullmatch(text.strip()) and not _DATE.fullmatch(text.strip()):
        digits = _digits(text)
        if len(digits) >= _NUMBER_DIGITS_MIN:
            forms = dict.fromkeys(form for form in (digits, digits.lstrip("0")) if form)
            numbers = " OR ".join(f'numbers : "{form}"{star}' for form in forms)
            expression = f"({expression}) OR {numbers}"
    return expression


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())
