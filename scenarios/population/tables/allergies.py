"""Allergies with SNOMED CT codes, and the reactions that people tell of."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Allergy:
    """One allergy; `key` is what the medicines' table forbids by."""

    key: str
    snomed: str
    display: str
    category: Literal["medication", "food", "environment"]
    weight: int


ALLERGIES: Final = (
    Allergy("penicillin", "91936005", "Allergy to penicillin", "medication", 8),
    Allergy("sulfonamide", "91939003", "Allergy to sulfonamide", "medication", 3),
    Allergy("aspirin", "293586001", "Allergy to aspirin", "medication", 3),
    Allergy("peanut", "91935009", "Allergy to peanut", "food", 3),
    Allergy("egg", "91930004", "Allergy to egg protein", "food", 2),
    Allergy("shellfish", "300913006", "Allergy to shellfish", "food", 2),
    Allergy("bee venom", "424213003", "Allergy to bee venom", "environment", 2),
    Allergy("latex", "1003755004", "Allergy to Hevea brasiliensis latex protein", "environment", 2),
    Allergy("grass pollen", "418689008", "Allergy to grass pollen", "environment", 4),
)

REACTIONS: Final = (
    ("126485001", "Urticaria", "mild"),
    ("271807003", "Eruption of skin", "mild"),
    ("418290006", "Itching", "mild"),
    ("422587007", "Nausea", "moderate"),
    ("267036007", "Dyspnea", "severe"),
    ("39579001", "Anaphylaxis", "severe"),
)
"""(SNOMED CT code, display, severity). A severe one makes the allergy's criticality high."""
