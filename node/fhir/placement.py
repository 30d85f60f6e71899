"""Which lane a resource goes to when nobody says; the importer and `record add` call it."""

from typing import Final, Literal

Lane = Literal["summary", "care", "sensitive"]

SUMMARY_TYPES: Final = frozenset(
    {
        "Patient",
        "AllergyIntolerance",
        "Condition",
        "MedicationRequest",
        "MedicationStatement",
        "Flag",
    }
)
"""The emergency essentials (DESIGN section 2)."""


def lane_of(resource_type: str, override: Lane | None = None) -> Lane:
    """The lane for a new resource: what the person said, else by its type.

    `sensitive` is reached by the override alone. A resource that the chart holds already stays in
    its first lane (DESIGN section 4); the caller looks that up before it asks here.
    """
    if override is not None:
        return override
    return "summary" if resource_type in SUMMARY_TYPES else "care"
