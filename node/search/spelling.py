"""Under which spellings a word of a name is found: other scripts, accents, joined and apart.

The index keeps them for stored names, and a search text is turned into them in the same way.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from anyascii import anyascii

from node.search.limits import word_length_chars_max, words_per_face_max

_MARKS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640\u200c\u200d]")
"""Accents of Latin, Greek and Cyrillic, the vowel points of Hebrew and Arabic, and joiners."""

_LETTERS: Final = str.maketrans(
    {
        **{"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"},
        # One letter of Arabic script is written with several characters.
        **{"\u06cc": "\u064a", "\u0649": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647"},
    }
)
_SPELT_OUT: Final = str.maketrans(
    {
        **{"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"},
        **{"č": "ch", "ć": "ch", "š": "sh", "ş": "sh", "ș": "sh", "ž": "zh", "ț": "ts", "ç": "s"},
    }
)
"""What stands for a letter with a mark where the keyboard has none; beside leaving the mark out."""

_ARABIC: Final = str.maketrans(
    {
        **dict.fromkeys("\u0627\u0622\u0623\u0625\u0639\u0671", "a"),
        **{"\u0624": "u", "\u0626": "i", "\u0621": "", "\u0648": "u", "\u064a": "i"},
    }
)
"""Letters that mark vowels, which a transliteration of consonants leaves out."""

_INDIC: Final = str.maketrans({**dict.fromkeys("शषশষશષ", "sh"), **dict.fromkeys("ंংં", "n")})
"""Letters of northern India that would lose what tells them apart."""

_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]"
)
"""Scripts written without spaces between the parts of a name, and Hangul, where names are short."""

_JOINTS: Final = re.compile("[-\u00ad\u2010-\u2015'`\u2018\u2019\u02b9-\u02bc\u00b4\u05f3\u30fb]")
"""Hyphens and apostrophes: written, left out or replaced by a space."""

PARTICLES: Final = frozenset(
    "a abd abdal abdel abdou abdul abu al an ar as ash at az bar ben bin bint d da dal das de del"
    " della den der des di do dos du el ibn la las le les lo los mac mc nic o s san santa st ter"
    " umm van ver von zu".split()
)
"""Words that are written apart from the next one, or not."""

_GHE: Final = "\u0433"
_ARTICLE: Final = "\u0627\u0644"
_ARTICLE_LETTERS_MIN: Final = 5


class Spelling(NamedTuple):
    """A word as it stands in the index."""

    text: str
    transcribed: bool
    """Made here from another script."""


def folded(text: str) -> str:
    """A text without case and accents: what names are compared and sorted by."""
    if text.isascii():
        return text.lower()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", plain.translate(_LETTERS))


def spellings_of_names(names: Iterable[str]) -> dict[str, bool]:
    """Every spelling that some names are found by, each with whether it was transcribed.

    At most `words_per_face_max`, those of the first names first.
    """
    found: dict[str, bool] = {}
    for name in names:
        for word in written_words(name):
            for text, transcribed in spellings(word):
                found[text] = found.get(text, True) and transcribed
        if len(found) >= words_per_face_max:
            return dict(list(found.items())[:words_per_face_max])
    return found


def written_words(name: str) -> Iterator[str]:
    """The words of a name: with joints and without, and with the particles before them."""
    before = ""
    for chunk in chunks(name):
        parts = parts_of(chunk)
        yield from parts
        whole = "".join(parts)
        if len(parts) > 1:
            yield whole
        if len(parts) > 2:  # of "O'Brien-Smith", "OBrien" too
            yield from (one + following for one, following in pairwise(parts))
        joined = before + whole
        if before:
            yield joined
        # Of "van der Berg" all three are one word, and so are the last two.
        before = joined if folded(whole) in PARTICLES else ""


def chunks(text: str) -> list[str]:
    """What white space and punctuation part, hyphens and apostrophes still in place."""
    return "".join(
        character
        if unicodedata.category(character)[0] in "LMN" or _JOINTS.match(character)
        else ("" if character in "\u200c\u200d" else " ")
        for character in text
    ).split()


def parts_of(chunk: str) -> list[str]:
    """What hyphens and apostrophes part."""
    return [part for part in _JOINTS.split(chunk) if part]


@lru_cache(maxsize=8192)
def spellings(word: str) -> tuple[Spelling, ...]:
    """The spellings of one written word: as it stands, spelt out, and in Latin letters."""
    own = folded(word)[:word_length_chars_max]
    if own.isascii():
        found = [Spelling(own, False)]
        spelt_out = folded(unicodedata.normalize("NFC", word.casefold()).translate(_SPELT_OUT))
        found.append(Spelling(spelt_out[:word_length_chars_max], False))
        letters = "".join(character for character in own if not character.isdigit())
        if letters != own:
            found.append(Spelling(letters, False))
    else:
        beginnings = [*_beginnings(own), *_family(own)]
        found = [Spelling(text, False) for text in beginnings]
        found += [Spelling(latin, True) for text in beginnings for latin in in_latin(text)]
    return tuple(dict.fromkeys(spelling for spelling in found if spelling.text))


@lru_cache(maxsize=8192)
def in_latin(text: str) -> tuple[str, ...]:
    """A folded word of another script in Latin letters, in one or two readings."""
    readings = [anyascii(text.translate(_ARABIC if _is_arabic(text) else _INDIC))]
    if _is_arabic(text) and text[:1] in "\u0648\u064a":
        readings = ["wy"[text[0] == "\u064a"] + readings[0][1:]]
    if _GHE in text:  # Ukrainian and Belarusian read it as h
        readings.append(anyascii(text.replace(_GHE, "h")))
    latin = (
        re.sub("aa+", "a", "".join(c for c in reading.lower() if c.isalnum()))
        for reading in readings
    )
    return tuple(dict.fromkeys(reading[:word_length_chars_max] for reading in latin if reading))


def _beginnings(own: str) -> Iterator[str]:
    """Where a word may begin that is written as one: at every character, or after an article."""
    yield own
    if _UNSPACED.search(own):
        for place in range(1, len(own)):
            if not unicodedata.category(own[place]).startswith("M"):
                yield own[place:]
    elif own.startswith(_ARTICLE) and len(own) >= _ARTICLE_LETTERS_MIN:
        yield own[len(_ARTICLE) :]


def _family(own: str) -> list[str]:
    """The first character where a name is written as one: most family names of East Asia."""
    return [own[:1]] if _UNSPACED.match(own) and len(own) > 1 else []


def _is_arabic(text: str) -> bool:
    return any("\u0600" <= character <= "\u06ff" for character in text)
