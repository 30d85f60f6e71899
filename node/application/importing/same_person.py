"""Whether a Patient that comes under a held Patient's id is somebody else; the importer asks.

Two systems both have a `Patient/1`. One whose name and birth date both disagree is not the next
version of the other (DESIGN section 4); where either agrees, or is not said, it may be.
"""

from node.fhir.face import patient_face
from node.search.spelling import folded


def is_another(held: dict[str, object], new: dict[str, object]) -> bool:
    """Whether name and birth date of two Patients both disagree."""
    one, other = patient_face(held), patient_face(new)
    if not (one.birth_date and other.birth_date and one.names and other.names):
        return False
    length = min(len(one.birth_date), len(other.birth_date))
    if one.birth_date[:length] == other.birth_date[:length]:
        return False
    return not any(_agree(mine, theirs) for mine in one.names for theirs in other.names)


def _agree(one: str, other: str) -> bool:
    """Whether two names may be one person's: all words of the shorter, or two, are in both."""
    mine, theirs = set(folded(one).split()), set(folded(other).split())
    shared = len(mine & theirs)
    return shared >= min(2, len(mine), len(theirs)) and shared > 0
