"""How much speaks for two people being one: Fellegi and Sunter's sum of weights, with reasons.

A weight is in bits: how many times likelier the agreement is between two records of one person
than between records of two, as a power of two. A rare name weighs more than a common one. The sum
less the bits that it takes to find one person among all is the score: 0 is even odds.

I. P. Fellegi, A. B. Sunter, "A Theory for Record Linkage", JASA 64 (1969).
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, Protocol

from rapidfuzz.distance import OSA

from node.matching.dates import Dates, compare_dates
from node.matching.keys import pair_of
from node.matching.naming import Likeness, NameLikeness, Parts, lay_side_by_side
from node.matching.person import Person
from node.matching.reasons import Reason


class Population(Protocol):
    """How common things are among the people of a node."""

    @property
    def size(self) -> int:
        """How many people there are."""

    def bearers(self, word: str) -> int:
        """How many have this word, or pair of words, in a name (`keys.bearer_key`)."""


class Grade(StrEnum):
    """How likely, in a word."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


LIKELY_BITS_MIN: Final = 7.0
POSSIBLE_BITS_MIN: Final = 2.0
"""Pairs from here on are shown to a person."""
_UNSHOWN_BITS: Final = -1.0
"""The most that a pair gets against which a rule speaks."""

PEOPLE_MIN: Final = 1_000
"""A node that holds fewer is judged as one with so many: they come from a larger town."""
_PRIOR_PEOPLE: Final = 300
_PRIOR_BEARERS: Final = 1.0
"""A name that nobody else here has is still taken for one in so many."""
_PRIOR_NAMESAKES: Final = 0.02
"""Family and given name together: how many others have both, where nobody here does."""

NAME_BITS: Final = (2.0, 11.0)
"""The least and the most that one word of a name weighs."""
_OF_NAME: Final = {
    Parts.SAME: 1.0,
    Parts.SAME_WORDS: 0.9,
    Parts.TYPO: 0.8,
    Parts.SOUND: 0.7,
    Parts.SCRIPT: 0.55,
    Parts.SHORTENED: 0.6,
    Parts.CLOSE: 0.3,
    Parts.INITIAL: 0.15,
    Parts.UNCLEAR: 0.0,
    Parts.UNKNOWN: 0.0,
}
"""The share of a word's weight by how alike the parts are."""
_OTHER_FAMILY_BITS: Final = -4.0
_OTHER_GIVEN_BITS: Final = -6.0
_SWAPPED_BITS: Final = -1.5

_OF_DATES: Final = {
    Dates.SAME: (12.0, Reason.SAME_BIRTH_DATE),
    Dates.SAME_FIRST_DAY: (8.0, Reason.SAME_BIRTH_DATE),
    Dates.DAY_AND_MONTH_SWAPPED: (8.0, Reason.DAY_AND_MONTH_SWAPPED),
    Dates.DIGITS_SWAPPED: (7.0, Reason.DIGITS_SWAPPED),
    Dates.ONE_DIGIT: (5.0, Reason.ONE_DIGIT),
    Dates.AS_FAR_AS_KNOWN: (5.0, Reason.AS_FAR_AS_KNOWN),
    Dates.DAY_AND_MONTH: (4.0, Reason.OTHER_YEAR),
    Dates.NEAR: (2.0, Reason.BORN_NEAR),
    Dates.SAME_YEAR: (0.0, Reason.SAME_YEAR),
    Dates.APART: (-4.5, Reason.OTHER_BIRTH_DATE),
    Dates.A_GENERATION_APART: (-8.0, Reason.OTHER_BIRTH_DATE),
}

_SAME_IDENTIFIER_BITS: Final = 20.0
_SAME_NUMBER_BITS: Final = 9.0
_OTHER_IDENTIFIER_BITS: Final = -2.0
_SAME_GENDER_BITS: Final = 1.0
_OTHER_GENDER_BITS: Final = -4.0
_SAME_CONTACT_BITS: Final = 6.0
_CONTACT_TYPO_BITS: Final = 3.0
_SAME_ADDRESS_BITS: Final = 6.0
_SAME_TOWN_BITS: Final = 0.5
HOUSEHOLD_BITS_MAX: Final = 9.0
"""Telephone and address together: families share both."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What two people's records have in common, and what it is worth."""

    bits: float
    reasons: tuple[Reason, ...]

    @property
    def grade(self) -> Grade:
        """The score in a word."""
        return grade_of(self.bits)


def grade_of(bits: float) -> Grade:
    """A score in a word."""
    if bits >= LIKELY_BITS_MIN:
        return Grade.LIKELY
    return Grade.POSSIBLE if bits >= POSSIBLE_BITS_MIN else Grade.UNLIKELY


@dataclass(frozen=True, slots=True)
class _Part:
    """One field's share of the sum."""

    bits: float = 0.0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Named(_Part):
    """What the names say, and how alike the parts are."""

    family: Parts = Parts.UNKNOWN
    given: Parts = Parts.UNKNOWN
    swapped: bool = False

    @property
    def is_doubtful(self) -> bool:
        """Whether too little of the names agrees to say that nobody else is meant."""
        parts = {self.family, self.given}
        if self.swapped:
            return bool(parts & {Parts.UNCLEAR, Parts.OTHER})
        return Parts.UNCLEAR in parts and min(parts) > Parts.SCRIPT


def judge(one: Person, other: Person, among: Population) -> Judgement:
    """Whether two records may be of one person; the same either way round."""
    numbers = _identifiers(one, other)
    named = _best_names(one, other, among)
    dates = _dates(one, other)
    dated, date_reason = _OF_DATES.get(dates, (0.0, None))
    gender = _gender(one, other)
    household = _household(one, other)
    bits = numbers.bits + named.bits + dated + gender.bits + household.bits
    bits -= math.log2(max(among.size, PEOPLE_MIN))
    reasons = [*numbers.reasons, *named.reasons, *([date_reason] if date_reason else [])]
    reasons += [*household.reasons, *gender.reasons]
    proven = any(reason is Reason.SAME_IDENTIFIER for reason in numbers.reasons)
    for rule in () if proven else _rules(one, other, named, dates, household):
        reasons.append(rule)
        bits = min(bits, _UNSHOWN_BITS)
    return Judgement(round(bits, 2), tuple(dict.fromkeys(reasons)))


def _rules(
    one: Person, other: Person, named: _Named, dates: Dates, household: _Part
) -> list[Reason]:
    """What keeps a pair off the list whatever else agrees, unless an identifier does."""
    found: list[Reason] = []
    if one.birth_orders and other.birth_orders and not one.birth_orders & other.birth_orders:
        found.append(Reason.BIRTH_ORDER)
    if named.given is Parts.OTHER:
        twins = named.family is not Parts.OTHER and dates in (Dates.SAME, Dates.SAME_FIRST_DAY)
        found.append(Reason.TWINS if twins else Reason.OTHER_GIVEN)
    elif named.is_doubtful and household.bits < _CONTACT_TYPO_BITS:
        found.append(Reason.OTHER_GIVEN)
    elif dates is Dates.A_GENERATION_APART:
        found.append(Reason.GENERATION)
    elif (
        named.family is Parts.OTHER
        and named.given > Parts.TYPO
        and household.bits < _CONTACT_TYPO_BITS
    ):
        found.append(Reason.OTHER_FAMILY)
    return found


# -- names


def _best_names(one: Person, other: Person, among: Population) -> _Named:
    """The pair of names, and the way of laying them side by side, that says most."""
    laid = [
        _names(likeness, among)
        for mine, theirs in product(one.names, other.names)
        for likeness in lay_side_by_side(mine, theirs)
    ]
    return max(
        laid,
        key=lambda named: (named.bits, named.reasons, -named.given, -named.family),
        default=_Named(),
    )


def _names(likeness: NameLikeness, among: Population) -> _Named:
    family, given = likeness.family, likeness.given
    bits = _part_bits(family, _OTHER_FAMILY_BITS, among)
    bits += _part_bits(given, _OTHER_GIVEN_BITS, among)
    bits = min(bits, _namesakes_bits(family, given, among))
    reasons: list[Reason] = []
    if likeness.swapped:
        bits += _SWAPPED_BITS
        reasons.append(Reason.NAMES_SWAPPED)
    if family.level is Parts.SAME and given.level is Parts.SAME:
        if not likeness.swapped:
            reasons.append(Reason.SAME_NAME)
    else:
        reasons += [_FAMILY_REASONS[family.level]] if family.level in _FAMILY_REASONS else []
        reasons += [_GIVEN_REASONS[given.level]] if given.level in _GIVEN_REASONS else []
    return _Named(
        bits,
        tuple(reasons),
        family.level,
        given.level,
        likeness.swapped,
    )


_EITHER_REASONS: Final = {
    Parts.SAME_WORDS: Reason.PART_OF_NAME,
    Parts.SCRIPT: Reason.OTHER_SCRIPT,
    Parts.SHORTENED: Reason.PART_OF_NAME,
    Parts.CLOSE: Reason.NAMES_CLOSE,
    Parts.INITIAL: Reason.PART_OF_NAME,
    Parts.UNCLEAR: Reason.SCRIPT_UNCLEAR,
}
_FAMILY_REASONS: Final = {
    Parts.SAME: Reason.SAME_FAMILY,
    Parts.TYPO: Reason.FAMILY_TYPO,
    Parts.SOUND: Reason.FAMILY_SOUND,
    Parts.OTHER: Reason.OTHER_FAMILY,
    **_EITHER_REASONS,
}
_GIVEN_REASONS: Final = {
    Parts.SAME: Reason.SAME_GIVEN,
    Parts.TYPO: Reason.GIVEN_TYPO,
    Parts.SOUND: Reason.GIVEN_SOUND,
    Parts.OTHER: Reason.OTHER_GIVEN,
    **_EITHER_REASONS,
}


def _part_bits(likeness: Likeness, other_bits: float, among: Population) -> float:
    if likeness.level is Parts.OTHER:
        return other_bits
    if likeness.level is Parts.UNKNOWN:
        return 0.0
    bearers = max(among.bearers(word) for word in likeness.words)
    share = (bearers + _PRIOR_BEARERS) / (max(among.size, PEOPLE_MIN) + _PRIOR_PEOPLE)
    least, most = NAME_BITS
    return _OF_NAME[likeness.level] * min(most, max(least, -math.log2(min(1.0, share))))


def _namesakes_bits(family: Likeness, given: Likeness, among: Population) -> float:
    """The most that two names weigh together: some go together, and families repeat them."""
    unlike = {Parts.OTHER, Parts.UNKNOWN} & {family.level, given.level}
    if unlike or not (family.words[0] and given.words[0]):
        return math.inf
    pairs = {pair_of(one, other) for one in family.words for other in given.words}
    others = max(0, max(among.bearers(pair) for pair in pairs) - 2)
    people = max(among.size, PEOPLE_MIN) + _PRIOR_PEOPLE
    return -math.log2(min(1.0, (others + _PRIOR_NAMESAKES) / people))


# -- everything else


def _dates(one: Person, other: Person) -> Dates:
    return min(
        (compare_dates(mine, theirs) for mine, theirs in product(one.born, other.born)),
        default=Dates.UNKNOWN,
    )


def _gender(one: Person, other: Person) -> _Part:
    if not (one.genders and other.genders):
        return _Part()
    if one.genders & other.genders:
        return _Part(_SAME_GENDER_BITS)
    return _Part(_OTHER_GENDER_BITS, (Reason.OTHER_GENDER,))


def _identifiers(one: Person, other: Person) -> _Part:
    if one.identifiers & other.identifiers:
        return _Part(_SAME_IDENTIFIER_BITS, (Reason.SAME_IDENTIFIER,))
    bits = 0.0
    reasons: list[Reason] = []
    if {value for _, value in one.identifiers} & {value for _, value in other.identifiers}:
        bits += _SAME_NUMBER_BITS
        reasons.append(Reason.SAME_NUMBER)
    if any(
        system == another and OSA.distance(value, different, score_cutoff=1) > 1
        for (system, value), (another, different) in product(one.identifiers, other.identifiers)
        if system
    ):
        bits += _OTHER_IDENTIFIER_BITS
        reasons.append(Reason.OTHER_IDENTIFIER)
    return _Part(bits, tuple(reasons))


def _household(one: Person, other: Person) -> _Part:
    bits = 0.0
    reasons: list[Reason] = []
    if one.contacts & other.contacts:
        bits += _SAME_CONTACT_BITS
        reasons.append(Reason.SAME_CONTACT)
    elif any(
        OSA.distance(mine, theirs, score_cutoff=1) == 1
        for mine, theirs in product(one.contacts, other.contacts)
    ):
        bits += _CONTACT_TYPO_BITS
        reasons.append(Reason.CONTACT_TYPO)
    pairs = list(product(one.addresses, other.addresses))
    if any(mine.line and mine.line == theirs.line for mine, theirs in pairs):
        bits += _SAME_ADDRESS_BITS
        reasons.append(Reason.SAME_ADDRESS)
    elif any(mine.city and mine.city == theirs.city for mine, theirs in pairs):
        bits += _SAME_TOWN_BITS
        reasons.append(Reason.SAME_TOWN)
    return _Part(min(bits, HOUSEHOLD_BITS_MAX), tuple(reasons))
