"""Problems with their SNOMED CT and ICD-10 codes, whom they befall, and what is given for them.

Codes: SNOMED CT International (the free global patient set where it has them), ICD-10 (WHO).
"""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One diagnosis. `medicines` are keys of the medicines' table; most get the first that fits."""

    snomed: str
    icd10: str
    display: str
    ages: tuple[int, int]
    """Years of age, inclusive, at which it begins."""
    chronic: bool
    weight: int
    """How often it is drawn beside the others."""
    medicines: tuple[str, ...] = ()
    sex: Literal["female", "male"] | None = None
    fever: bool = False
    days: int = 14
    """How long it lasts where it passes."""


PROBLEMS: Final = (
    Problem("38341003", "I10", "Hypertensive disorder", (30, 95), True, 12,
            ("amlodipine", "enalapril", "hydrochlorothiazide")),
    Problem("44054006", "E11.9", "Type 2 diabetes mellitus", (35, 95), True, 8,
            ("metformin", "gliclazide")),
    Problem("195967001", "J45.9", "Asthma", (3, 80), True, 7, ("salbutamol", "beclometasone")),
    Problem("13645005", "J44.9", "Chronic obstructive pulmonary disease", (45, 95), True, 3,
            ("salbutamol",)),
    Problem("84757009", "G40.9", "Epilepsy", (2, 80), True, 2, ("levetiracetam",)),
    Problem("35489007", "F32.9", "Depressive disorder", (18, 90), True, 3, ("fluoxetine",)),
    Problem("40930008", "E03.9", "Hypothyroidism", (20, 90), True, 3, ("levothyroxine",)),
    Problem("87522002", "D50.9", "Iron deficiency anemia", (1, 90), True, 5, ("ferrous sulfate",)),
    Problem("396275006", "M19.9", "Osteoarthritis", (50, 95), True, 5,
            ("ibuprofen", "paracetamol")),
    Problem("37796009", "G43.9", "Migraine", (12, 60), True, 3, ("ibuprofen", "paracetamol")),
    Problem("235595009", "K21.9", "Gastroesophageal reflux disease", (18, 90), True, 4,
            ("omeprazole",)),
    Problem("417357006", "D57.1", "Sickling disorder due to hemoglobin S", (1, 40), True, 2,
            ("folic acid",)),
    Problem("709044004", "N18.9", "Chronic kidney disease", (45, 95), True, 2, ("enalapril",)),
    Problem("77386006", "Z33", "Pregnancy", (16, 44), False, 6, ("folic acid",), "female",
            days=280),
    Problem("61462000", "B54", "Malaria", (1, 90), False, 9, ("artemether-lumefantrine",),
            fever=True),
    Problem("56717001", "A16.9", "Tuberculosis", (15, 80), False, 2, ("rifampicin-isoniazid",),
            fever=True, days=180),
    Problem("233604007", "J18.9", "Pneumonia", (0, 95), False, 7, ("amoxicillin", "azithromycin"),
            fever=True),
    Problem("54150009", "J06.9", "Upper respiratory infection", (0, 95), False, 10,
            ("paracetamol",), fever=True),
    Problem("62315008", "A09", "Diarrhea", (0, 10), False, 8, ("zinc sulfate",)),
    Problem("68566005", "N39.0", "Urinary tract infectious disease", (16, 90), False, 5,
            ("nitrofurantoin",), "female"),
    Problem("86406008", "B24", "Human immunodeficiency virus infection", (16, 70), True, 3,
            ("tenofovir-lamivudine-dolutegravir",)),
    Problem("65363002", "H66.9", "Otitis media", (1, 12), False, 6,
            ("amoxicillin", "azithromycin"), fever=True),
)  # fmt: skip
"""What a small clinic sees."""
