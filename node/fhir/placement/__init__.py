"""Which lane a resource goes to when it is new: rules, labels and code lists; the importer asks.

Pure functions over a decoded document (docs/decisions/0021-lanes.md).
"""

from node.fhir.placement.in_file import in_file
from node.fhir.placement.lane import Lane, Placement, Rule
from node.fhir.placement.rules import SUMMARY_TYPES, InFile, placement_of

__all__ = [
    "SUMMARY_TYPES",
    "InFile",
    "Lane",
    "Placement",
    "Rule",
    "in_file",
    "placement_of",
]
