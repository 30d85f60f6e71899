"""Finds the Medication that a prescription of the same file refers to; the importer hands it on."""

from node.fhir.placement.rules import InFile
from node.fhir.references import Local, ReferenceIndex


def in_file(references: ReferenceIndex) -> InFile:
    """A finder over what a reader remembers of its file."""

    def find(reference: str) -> dict[str, object] | None:
        target = references.resolve({"reference": reference}, {})
        return references.held(target) if isinstance(target, Local) else None

    return find
