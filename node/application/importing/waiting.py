"""A resource between reading and writing: what was worked out of it while it was decoded.

The decoded form takes ten times the memory of the text, so it is let go of as soon as whose the
resource is, and which lane it would go to, is known; an import then holds many more at once.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from node.fhir.compartment import PatientLink, patient_reference
from node.fhir.elements import element_names
from node.fhir.found import ReadResource
from node.fhir.placement import InFile, Lane, placement_of
from node.fhir.references import ReferenceIndex, identifiers

_URN: Final = "urn:"


@dataclass(slots=True)
class Waiting:
    """A resource as an import holds it. The repr shows type and place only."""

    type: str
    id: str = field(repr=False)
    position: str
    original: bytes = field(repr=False)
    lane: Lane
    """Where it goes unless the chart holds it already."""
    touched: tuple[str, ...]
    """All its elements."""
    link: PatientLink = field(repr=False)
    urn: str | None = field(repr=False)
    identifiers: tuple[tuple[str, str], ...] = field(repr=False)
    """Of a Patient: what it may be referred to by."""

    @property
    def key(self) -> str:
        """The resource by type and id, as references spell it."""
        return f"{self.type}/{self.id}"

    @property
    def document(self) -> dict[str, object]:
        """The resource decoded anew."""
        decoded = json.loads(self.original, parse_float=Decimal)
        assert isinstance(decoded, dict), "the reader took it"
        return decoded


def worked_out(
    resource: ReadResource, references: ReferenceIndex, lane: Lane | None, in_file: InFile
) -> Waiting:
    """What an import needs of a resource; `references` must know what it may refer to."""
    document = resource.document
    url = resource.full_url
    is_patient = resource.type == "Patient"
    return Waiting(
        type=resource.type,
        id=resource.id,
        position=resource.position,
        original=resource.original,
        lane=placement_of(document, lane, in_file).lane,
        touched=_shared(tuple(element_names(document))),
        link=patient_reference(resource, references),
        urn=url if url and url.startswith(_URN) else None,
        identifiers=tuple(identifiers(document)) if is_patient else (),
    )


_TOUCHED: Final[dict[tuple[str, ...], tuple[str, ...]]] = {}
_TOUCHED_MAX: Final = 4096


def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for all resources with the same elements, of which there are few kinds."""
    if len(_TOUCHED) > _TOUCHED_MAX:
        _TOUCHED.clear()
    return _TOUCHED.setdefault(names, names)
