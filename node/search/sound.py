"""Sound keys: names of many languages that are said alike, and written differently, share one.

The search index keeps them for every word. The consonants of a word in Latin letters, in the few
classes that survive being written down by somebody else: Soundex's idea, with the digraphs of the
languages that field clinics meet. English schemes (Metaphone, NYSIIS) tell "Mohammed" from
"Muhamad" and "Yusuf" from "Youssouf", and know nothing of scripts without vowels; decision 0027.
"""

import re
from functools import lru_cache
from typing import Final

from node.search.limits import sound_length_chars_max, sounds_per_word_max

_BEFORE_SOFT: Final = "(?=[eiy])"

_RULES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    # At the beginning of a word. A is any vowel there; elsewhere vowels go, and part consonants.
    ("^[gkp]n", ("N",)),
    ("^wr", ("R",)),
    ("^ps", ("S",)),
    ("^hs", ("S", "HS")),
    ("^x", ("X", "S", "KS")),
    ("^wh?", ("W", "F")),
    ("^y(?=[aeiou])", ("Y",)),
    ("^[aeiouy]+", ("A.",)),
    # Several letters for one sound.
    ("tsch|tch|tsh|cz", ("X",)),
    ("sch(?=[bcdfgklmnprtvwz])", ("X", "S")),
    ("sch|sh", ("X",)),
    ("ch", ("X", "K")),
    ("dzh|dj|zh", ("J",)),
    ("kh", ("K", "H")),
    ("gh", ("K", "")),
    ("pf|ph", ("F",)),
    ("ts|tz|dz|sz", ("S",)),
    ("sc" + _BEFORE_SOFT, ("S",)),
    ("ng$", ("N",)),
    ("gu" + _BEFORE_SOFT + "|qu|ck", ("K",)),
    ("g" + _BEFORE_SOFT, ("K", "J")),
    ("c" + _BEFORE_SOFT, ("S",)),
    ("(?:th|dh)", ("T",)),
    ("bh", ("P",)),
    ("rh", ("R",)),
    ("lh", ("L", "LH")),
    ("nh", ("N",)),
    ("h$", ("",)),
    # Single letters.
    ("[aeiouy]", (".",)),
    ("w(?=[aeiou])", (".", "F")),
    ("w", ("",)),
    ("j", ("J", "Y")),
    ("x", ("KS",)),
    ("[bp]", ("P",)),
    ("[dt]", ("T",)),
    ("[fv]", ("F",)),
    ("[cgkq]", ("K",)),
    ("[sz]", ("S",)),
    ("h", ("H",)),
    ("l", ("L",)),
    ("m", ("M",)),
    ("n", ("N",)),
    ("r", ("R",)),
)
_PATTERN: Final = re.compile("|".join(f"({pattern})" for pattern, _ in _RULES))
_DOUBLED: Final = re.compile(r"([a-z])\1+")
_REPEATED: Final = re.compile(r"([A-Z])\1+")
"""One sound that several letters wrote; a full stop is where a vowel parted two."""


@lru_cache(maxsize=8192)
def sounds(word: str) -> tuple[str, ...]:
    """The sound keys of a word in small Latin letters, the likeliest first; none for others."""
    letters = "".join(character for character in word if character.isalpha())
    if not letters.isascii():
        return ()
    found = [""]
    for match in _PATTERN.finditer(_DOUBLED.sub(r"\1", letters)):
        outputs = _RULES[(match.lastindex or 1) - 1][1]
        found = [key + output for output in outputs for key in found][:sounds_per_word_max]
    keys = (_REPEATED.sub(r"\1", key).replace(".", "")[:sound_length_chars_max] for key in found)
    return tuple(dict.fromkeys(key for key in keys if key))
