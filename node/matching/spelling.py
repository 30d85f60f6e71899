# ruff: noqa: RUF001 - names in their own scripts
"""Names of any script as Latin letters, as consonants, and as they sound; all of matching uses it.

Latin letters by anyascii. A romanised name has other vowels than its bearer writes, or none at all
(Arabic, Hebrew), so names of two scripts are compared by their consonants.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import jellyfish
from anyascii import anyascii

from node.matching.limits import name_words_max, text_length_chars_max, word_length_chars_max

_REMEMBERED: Final = 20_000
_BREAKS: Final = re.compile("[\\s\\-\u2010-\u2015\u05be\u30fb\u00b7,;/_]+")
_UNWRITTEN: Final = re.compile("[^a-z]+")
_VOWELS: Final = frozenset("aeiou")
_DOUBLED: Final = re.compile(r"(.)\1+")

_SAME_SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("shch|tsch|sch|dzh|tch|sh|ch|zh|cz|sz|ts|tz|j", "s"),
        ("c(?=[eiy])|z", "s"),
        ("x", "ks"),
        ("kh|gh|gu(?=[ei])|ck|qu|q|c|g", "k"),
        ("th|dh|d", "t"),
        ("b", "p"),
        ("v|w(?=[aeiouy])", "f"),
        ("[wy]", "i"),
    )
)
"""Spellings that languages and transliterations exchange; the order counts."""


@lru_cache(_REMEMBERED)
def words(text: str) -> tuple[str, ...]:
    """The words of a name in small Latin letters, without accents, digits and points."""
    found = []
    for part in _BREAKS.split(text[:text_length_chars_max]):
        if word := latin(part):
            found.append(word)
    return tuple(found[:name_words_max])


_GREEK: Final = (("μπ", "b"), ("ντ", "d"), ("γκ", "g"), ("γγ", "ng"), ("τζ", "j"), ("ου", "u"))
"""Two Greek letters that write one foreign sound."""


def latin(text: str) -> str:
    """One word in small Latin letters and nothing else; empty where it has none."""
    plain = unicodedata.normalize("NFKC", text)
    if not plain.isascii():
        plain = plain.casefold() if _is_greek(plain) else plain
        for pair, sound_of_it in _GREEK:
            plain = plain.replace(pair, sound_of_it)
        plain = anyascii(plain)
    return _UNWRITTEN.sub("", plain.casefold())[:word_length_chars_max]


def _is_greek(text: str) -> bool:
    return any("\u0370" <= letter < "\u0400" for letter in text)


def is_latin(text: str) -> bool:
    """Whether a text is written in Latin letters, accents and all."""
    return all(
        ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00 or not letter.isalpha()
        for letter in text[:text_length_chars_max]
    )


@lru_cache(_REMEMBERED)
def consonants(word: str) -> str:
    """The consonants of a word, those alike in sound as one letter; `a` for a vowel in front."""
    spelled = word
    for pattern, sound in _SAME_SOUNDS:
        spelled = pattern.sub(sound, spelled)
    bare = "".join(letter for letter in spelled if letter not in _VOWELS and letter != "h")
    front = "a" if spelled[:1] in _VOWELS else ""
    return front + _DOUBLED.sub(r"\1", bare)


@lru_cache(_REMEMBERED)
def sound(word: str) -> str:
    """How a word sounds to an English ear (Metaphone); empty where that says nothing."""
    return str(jellyfish.metaphone(word))


@lru_cache(_REMEMBERED)
def sound_class(word: str) -> str:
    """The first consonants as coarse classes (Soundex, the first letter classed too).

    Blocks by it hold most misspellings and transliterations of a name.
    """
    # Consonants keep `a` in front of a vowel; with another one there Soundex classes all.
    code = jellyfish.soundex("a" + consonants(word).lstrip("a"))
    return str(code)[1:]
