"""Reads one FHIR file that is whole in memory; conflict answers and tests call it.

`node.fhir.reader` does the work, and is what large files are read with.
"""

from dataclasses import dataclass, field

from node.fhir.found import ReadResource, Rejection, Whole
from node.fhir.reader import Reader
from node.fhir.references import ReferenceIndex

__all__ = ["ReadResource", "Reading", "Rejection", "read_resources"]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file held. `transaction` says that it is all or nothing."""

    resources: list[ReadResource]
    rejected: list[Rejection]
    transaction: bool
    references: ReferenceIndex = field(repr=False)
    """What the file's resources are called, so that references between them can be followed."""


def read_resources(label: str, content: bytes, *, checked: bool = True) -> Reading:
    """Read a file's content; see `Reader`. Never raises on content."""
    reader = Reader(label, checked=checked)
    items: list[ReadResource | Rejection] = []
    is_transaction = False
    for item in [*reader.feed(content), *reader.finish()]:
        if isinstance(item, Whole):
            items += [*item.resources, *item.rejected]
            is_transaction = True
        else:
            items.append(item)
    return Reading(
        [item for item in items if isinstance(item, ReadResource)],
        [item for item in items if isinstance(item, Rejection)],
        is_transaction or reader.is_transaction,
        reader.references,
    )
