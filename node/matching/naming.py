"""How alike two names are, part by part, and whether family and given name changed places.

`scoring.py` asks it. A part is a family name or the given names: one or several words.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from node.matching.person import Name
from node.matching.spelling import consonants, sound


class Parts(IntEnum):
    """How alike two parts of names are, from the most telling agreement down."""

    SAME = 0
    SAME_WORDS = 1
    """One has more words, or another order."""
    TYPO = 2
    SOUND = 3
    SCRIPT = 4
    """Alike once in one script."""
    SHORTENED = 5
    """One begins the other."""
    CLOSE = 6
    """More letters differ than a slip of a finger explains, or one of very few."""
    INITIAL = 7
    UNCLEAR = 8
    """Of two scripts, and not alike enough to say: spelling between scripts loses much."""
    UNKNOWN = 9
    OTHER = 10


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two parts are, and by which two words."""

    level: Parts
    words: tuple[str, str] = ("", "")


TYPO_LENGTH_MIN: Final = 4
"""Shorter names one letter apart may well be other names: Ana and Ada."""
CLOSE_LENGTH_MIN: Final = 3
TWO_TYPOS_LENGTH_MIN: Final = 8
CLOSE_MIN: Final = 0.86
SCRIPT_SIMILARITY_MIN: Final = 0.65
UNCLEAR_SIMILARITY_MIN: Final = 0.4
EASTERN_SLIP: Final = 0.14
CONSONANTS_MIN: Final = 2
"""Fewer consonants are shared by too many names to tell anything."""


def compare_parts(one: tuple[str, ...], other: tuple[str, ...], *, one_script: bool) -> Likeness:
    """Two family names, or the given names of two people; the same either way round."""
    if not one or not other:
        return Likeness(Parts.UNKNOWN)
    whole = compare_words("".join(one), "".join(other), one_script=one_script)
    if whole is Parts.SAME:
        return Likeness(whole, _pair(one[0], other[0]))
    if len(one) == len(other) == 1:
        return Likeness(whole, _pair(one[0], other[0]))
    found = [Likeness(whole, _pair(max(one, key=len), max(other, key=len)))]
    for mine in one:
        for theirs in other:
            level = compare_words(mine, theirs, one_script=one_script)
            if level is Parts.SAME:
                level = Parts.SAME_WORDS
            found.append(Likeness(level, _pair(mine, theirs)))
    return min(found, key=lambda likeness: (likeness.level, likeness.words))


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


@lru_cache(20_000)
def compare_words(one: str, other: str, *, one_script: bool) -> Parts:
    """Two words, in small Latin letters."""
    if one == other:
        return Parts.SAME
    if one > other:
        return compare_words(other, one, one_script=one_script)
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) == 1:
        return Parts.INITIAL if longer.startswith(shorter) else Parts.OTHER
    if _is_typo(one, other):
        return Parts.TYPO
    bare, other_bare = consonants(one), consonants(other)
    alike = JaroWinkler.similarity(one, other)
    if min(len(bare), len(other_bare)) >= CONSONANTS_MIN and bare == other_bare:
        return Parts.SOUND if one_script else Parts.SCRIPT
    if sound(one) and sound(one) == sound(other) and alike >= 0.75:
        return Parts.SOUND
    if len(shorter) >= 3 and longer.startswith(shorter):
        return Parts.SHORTENED
    if not one_script and (level := _between_scripts(bare, other_bare)) is not Parts.OTHER:
        return level
    one_slip = len(longer) >= CLOSE_LENGTH_MIN and OSA.distance(one, other, score_cutoff=1) == 1
    return Parts.CLOSE if one_slip or alike >= CLOSE_MIN else Parts.OTHER


def _between_scripts(bare: str, other_bare: str) -> Parts:
    """Two words of two scripts by their consonants.

    A vowel in front is often not written. East Asian scripts write l and r alike, which is
    taken for a part of a slip: other names would be alike too often.
    """
    bare, other_bare = bare.removeprefix("a"), other_bare.removeprefix("a")
    plain = OSA.normalized_similarity(bare, other_bare)
    eastern = OSA.normalized_similarity(bare.replace("r", "l"), other_bare.replace("r", "l"))
    alike = max(plain, eastern - EASTERN_SLIP)
    if alike >= SCRIPT_SIMILARITY_MIN and min(len(bare), len(other_bare)) >= CONSONANTS_MIN:
        return Parts.SCRIPT
    return Parts.UNCLEAR if alike >= UNCLEAR_SIMILARITY_MIN else Parts.OTHER


def _is_typo(one: str, other: str) -> bool:
    """Whether a slip or two of the finger makes one the other."""
    slips = OSA.distance(one, other, score_cutoff=2)
    shorter = min(len(one), len(other))
    if slips == 1:
        return shorter >= TYPO_LENGTH_MIN
    return slips == 2 and shorter >= TWO_TYPOS_LENGTH_MIN


@dataclass(frozen=True, slots=True)
class NameLikeness:
    """Two names laid side by side, straight or with family and given name swapped."""

    family: Likeness
    given: Likeness
    swapped: bool


def lay_side_by_side(one: Name, other: Name) -> list[NameLikeness]:
    """The ways in which two names may be one: straight, swapped, or in any order of words."""
    one_script = one.is_latin and other.is_latin
    if one.is_whole and other.is_whole:
        crosswise = (
            compare_parts(one.family, other.given, one_script=one_script),
            compare_parts(one.given, other.family, one_script=one_script),
        )
        better, worse = sorted(crosswise, key=lambda likeness: (likeness.level, likeness.words))
        return [
            NameLikeness(
                compare_parts(one.family, other.family, one_script=one_script),
                compare_parts(one.given, other.given, one_script=one_script),
                swapped=False,
            ),
            NameLikeness(better, worse, swapped=True),
        ]
    return [_in_any_order((*one.family, *one.given), (*other.family, *other.given), one_script)]


def _in_any_order(one: tuple[str, ...], other: tuple[str, ...], one_script: bool) -> NameLikeness:
    """Names of which one is a text alone: the two best pairs of words, wherever they stand."""
    pairs = sorted(
        (compare_words(mine, theirs, one_script=one_script), _pair(mine, theirs), at, to)
        for at, mine in enumerate(one)
        for to, theirs in enumerate(other)
    )
    chosen: list[Likeness] = []
    used: set[int] = set()
    taken: set[int] = set()
    for level, pair, at, to in pairs:
        if at not in used and to not in taken and len(chosen) < 2:
            chosen.append(Likeness(level, pair))
            used.add(at)
            taken.add(to)
    chosen += [Likeness(Parts.UNKNOWN)] * (2 - len(chosen))
    # Nobody knows which is the given name: the worse one is taken for it.
    return NameLikeness(chosen[0], chosen[1], swapped=False)
