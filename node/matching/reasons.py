"""Why two people may be one, or why not: codes that the store keeps, and plain words for them.

No reason says a name, a number or a date: the words are fit for a log.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final


class Reason(IntEnum):
    """One thing that speaks for two people being one, or against it. Numbers never change."""

    words: str
    against: bool

    def __new__(cls, value: int, words: str, against: bool = False) -> "Reason":
        """Make one code with its words."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.words = words
        code.against = against
        return code

    SAME_IDENTIFIER = 1, "same identifier"
    SAME_NUMBER = 2, "same identifier, said to be of another system"
    SAME_NAME = 3, "same name"
    NAMES_SWAPPED = 4, "given and family name swapped"
    FAMILY_TYPO = 5, "family names differ by a slip"
    GIVEN_TYPO = 6, "given names differ by a slip"
    FAMILY_SOUND = 7, "family names sound alike"
    GIVEN_SOUND = 8, "given names sound alike"
    OTHER_SCRIPT = 9, "names alike once in one script"
    SAME_FAMILY = 10, "same family name"
    SAME_GIVEN = 11, "same given name"
    PART_OF_NAME = 12, "one name is part of the other, or begins it"
    NAMES_CLOSE = 13, "names close"
    SCRIPT_UNCLEAR = 14, "names of two scripts that may be one"
    SAME_BIRTH_DATE = 20, "same birth date"
    DAY_AND_MONTH_SWAPPED = 21, "birth dates differ by swapped day and month"
    DIGITS_SWAPPED = 22, "birth dates differ by two swapped digits"
    ONE_DIGIT = 23, "birth dates differ by one digit"
    AS_FAR_AS_KNOWN = 24, "birth dates agree as far as they are known"
    OTHER_YEAR = 25, "same day of birth, another year"
    BORN_NEAR = 26, "born within weeks of each other"
    SAME_YEAR = 27, "born in the same year"
    SAME_CONTACT = 30, "same telephone number or mail address"
    CONTACT_TYPO = 31, "telephone numbers differ by a slip"
    SAME_ADDRESS = 32, "same address"
    SAME_TOWN = 33, "same town"
    OTHER_GENDER = 40, "other gender", True
    OTHER_GIVEN = 41, "other given name", True
    OTHER_FAMILY = 42, "other family name", True
    OTHER_BIRTH_DATE = 43, "other birth date", True
    OTHER_IDENTIFIER = 44, "different identifiers of the same system", True
    TWINS = 45, "twins? same birth date and family name, other given name", True
    GENERATION = 46, "parent and child with one name? born years apart", True
    BIRTH_ORDER = 47, "twins: registered as different children of one birth", True


REASONS: Final[Mapping[int, Reason]] = MappingProxyType({int(reason): reason for reason in Reason})
"""Code to its reason."""
