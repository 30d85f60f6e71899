"""What a search text may mean: its readings, of which a result must satisfy one whole.

A word is a name or a tag; a number may be an identifier, a telephone number, a year or an age; `f`
is a gender or the beginning of a name. The store's search tries the readings one after the other.
"""

import itertools
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from node.search.birth import Born, ages, dates
from node.search.limits import (
    readings_max,
    text_length_chars_max,
    tokens_max,
    word_length_chars_max,
)
from node.search.months import in_figures
from node.search.number import digits_of, searched_forms
from node.search.spelling import PARTICLES, Spelling, chunks, folded, in_latin, parts_of, spellings

_GENDERS: Final = {
    **dict.fromkeys(("f", "female", "woman", "girl"), "female"),
    **dict.fromkeys(("m", "male", "man", "boy"), "male"),
}
_CHART: Final = re.compile("[a-z2-7]{6,52}")
_NUMERIC: Final = re.compile(r"[+(]*[0-9][0-9()./+-]*")
_AGE_WORDS: Final = frozenset({"age", "aged", "age:", "about", "ca", "ca."})
_BIRTH_WORDS: Final = frozenset({"born", "dob", "dob:", "b.", "*"})
_PHONE_WORDS: Final = frozenset({"tel", "tel.", "tel:", "phone", "phone:"})
_UNITS: Final = frozenset(
    {"years", "year", "yrs", "yr", "yo", "months", "month", "mos", "mo", "days", "day"}
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text in everything that it may mean; any of it satisfies it."""

    names: tuple[Spelling, ...] = ()
    """Spellings that it may have in the index, or begin there."""
    numbers: tuple[str, ...] = ()
    """Forms of an identifier, a telephone number or a tag, or of its beginning."""
    born: tuple[Born, ...] = ()
    """Days of birth, of which one must fit."""
    gender: str = ""
    """FHIR's administrative gender, where nothing else fits better."""
    chart: str = ""
    """The beginning of a chart's id."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text may mean: all its words together."""

    tokens: tuple[Token, ...]
    is_typed: bool
    """As it was typed; else words were joined, and only what is written so fits."""


def readings(text: str, today: date) -> list[Reading]:
    """What a text may mean on a day, the likeliest first; nothing where it has no word."""
    typed = _words(text)
    if not typed:
        return []
    words = in_figures(typed)
    apart = [part for word in words for part in _apart(word)][:tokens_max]
    found = [Reading(_tokens(words, today), is_typed=True)]
    if apart != words:
        found.append(Reading(_tokens(apart, today), is_typed=True))
    found += [Reading(tokens, is_typed=False) for tokens in _joined(words, today)]
    if words != typed:  # a month's name may be a person's
        found.append(Reading(_tokens(typed, today), is_typed=True))
    return list(dict.fromkeys(one for one in found if Token() not in one.tokens))


def _tokens(words: list[str], today: date) -> tuple[Token, ...]:
    alone = len(words) == 1
    return tuple(_token(word, today, alone=alone) for word in words)


def _words(text: str) -> list[str]:
    """Words, with what says how to read a number put together with it."""
    words = [
        word for word in text[:text_length_chars_max].split() if word == "~" or any(chunks(word))
    ][:tokens_max]
    found: list[str] = []
    for word in words:
        before = found[-1].lower() if found else ""
        numeric = bool(_NUMERIC.fullmatch(word.lstrip("~")))
        if (numeric and (before in _AGE_WORDS or before == "~")) or (
            found and word.lower() in _UNITS and re.fullmatch("[~0-9]+", before.split(" ")[-1])
        ):
            found[-1] += ("" if before == "~" else " ") + word
        elif numeric and before in _BIRTH_WORDS | _PHONE_WORDS:
            found[-1] = word
        else:
            found.append(word)
    return [word for word in found if any(part for part in parts_of("".join(chunks(word))))]


def _token(word: str, today: date, *, alone: bool) -> Token:
    plain = _ascii_digits(word.lower())
    whole = "".join(parts_of("".join(chunks(word))))
    has_digits = bool(digits_of(word))
    is_age = bool(re.match(r"(aged?|about|ca)\b", plain)) or " " in word
    is_name = any(character.isalpha() for character in whole) and not is_age
    numbers: list[str] = []
    if has_digits and not is_age:
        numbers = searched_forms(word)
    elif is_name:
        numbers = [folded(whole)[:word_length_chars_max]]  # a tag may be a word
    return Token(
        names=_forms(whole) if is_name else (),
        numbers=tuple(numbers),
        born=tuple(dict.fromkeys([*dates(plain, today), *ages(plain, today)])),
        gender="" if alone else _GENDERS.get(plain, ""),
        chart=plain if alone and _CHART.fullmatch(plain) else "",
    )


def _forms(word: str) -> tuple[Spelling, ...]:
    """Spellings of a whole word, without the later beginnings that only the index needs."""
    own = folded(word)[:word_length_chars_max]
    if own.isascii():
        return tuple(s for s in spellings(word) if s.text == own or own.isalpha())
    latin = (Spelling(text, True) for text in in_latin(own))
    return (Spelling(own, False), *latin)


def _joined(words: list[str], today: date) -> list[tuple[Token, ...]]:
    """The words with neighbours as one: numbers in groups, names written apart."""
    found: list[tuple[Token, ...]] = []
    groups: list[list[str]] = []
    for word in words:
        if groups and _NUMERIC.fullmatch(word) and _NUMERIC.fullmatch(groups[-1][-1]):
            groups[-1].append(word)
        else:
            groups.append([word])
    if len(groups) < len(words):
        found.append(tuple(_group(group, today, alone=len(groups) == 1) for group in groups))
    whole = "".join(words)
    if len(words) > 1 and digits_of(whole) and any(character.isalpha() for character in whole):
        found.append((Token(numbers=tuple(searched_forms(whole))),))
    for place, (word, following) in enumerate(itertools.pairwise(words)):
        if word.isalpha() and following.isalpha():
            pair = word + following
            found.append(_tokens([*words[:place], pair, *words[place + 2 :]], today))
    return found[:readings_max]


def _apart(word: str) -> list[str]:
    """The parts of a name with hyphens or apostrophes, but for particles; a number stays whole."""
    parts = parts_of("".join(chunks(word)))
    if digits_of(word) or len(parts) < 2:
        return [word]
    return [part for part in parts if folded(part) not in PARTICLES] or parts


def _group(words: list[str], today: date, *, alone: bool) -> Token:
    """A number or a date that was typed in groups."""
    if len(words) == 1:
        return _token(words[0], today, alone=alone)
    return Token(
        numbers=tuple(searched_forms("".join(words))),
        born=tuple(dates(_ascii_digits(" ".join(words)), today)),
    )


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(digits_of(c) if c.isdecimal() else c for c in text)
