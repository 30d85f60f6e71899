"""Registers: which members of a resource's JSON are one value. Used by everything in the merge.

A register is a whole top-level element (DESIGN section 5). FHIR spells one element as several
members in two cases: a primitive and its extensions (`birthDate`, `_birthDate`), and the forms
of a choice (`deceasedBoolean`, `deceasedDateTime`), of which a document may hold only one.
"""

import re
from functools import lru_cache
from typing import Final

CHOICES: Final = (
    "abatement age asNeeded born code created deceased doseNumber effective identified item "
    "legallyBinding manufacturer medication module multipleBirth occurred occurrence onset "
    "performed product quantity reported seriesDoses serviced source start statusReason subject "
    "target timing topic value"
).split()
"""Elements of FHIR R4 resources that have a choice of types, from the official schema."""

FORMS: Final = (
    "Age Attachment Base64Binary Boolean Canonical CodeableConcept Coding Date DateTime Decimal "
    "Duration Identifier Instant Integer Money Period PositiveInt Quantity Range Ratio Reference "
    "SampledData String Time Timing UnsignedInt Uri"
).split()
"""The types that such a choice is made among. `Code` is left out: `reasonCode` is no choice."""

_CHOICE: Final = re.compile(f"({'|'.join(CHOICES)})(?:{'|'.join(FORMS)})")


@lru_cache(maxsize=4096)
def register_of(member: str) -> str:
    """The register that a member of a resource belongs to: `_valueString` to `value[x]`.

    A register's own name belongs to itself, so an author may list either as touched.
    """
    name = member.removeprefix("_")
    choice = _CHOICE.fullmatch(name)
    return name if choice is None else f"{choice[1]}[x]"
