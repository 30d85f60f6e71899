"""Medicines with their ATC codes and doses as a field formulary gives them.

Doses follow the WHO model formulary's usual ranges; they make plausible records and treat nobody.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Dose:
    """How much for whom. Either `amounts`, or `per_kg` up to `amount_max`, in `unit` (UCUM)."""

    unit: str
    times: int
    """Doses in `period_hours`."""
    period_hours: int
    amounts: tuple[float, ...] = ()
    per_kg: float = 0.0
    amount_max: float = 0.0
    step: float = 1.0
    """Amounts by weight are rounded down to this."""
    as_needed: bool = False


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medicine: its adult and its child's dose, its days, and the allergy that forbids it."""

    name: str
    atc: str
    route: str
    """A key of ROUTES."""
    adult: Dose
    child: Dose | None = None
    days: int | None = None
    """Length of a course; None where it goes on."""
    forbidden_by: tuple[str, ...] = ()
    """Keys of the allergies' table, or `pregnancy`."""


ROUTES: Final = {
    "oral": ("26643006", "Oral route"),
    "inhaled": ("447694001", "Respiratory tract route"),
}
"""SNOMED CT route codes."""

_TABLETS: Final = "{tbl}"

MEDICINES: Final = {
    medicine.name: medicine
    for medicine in (
        Medicine("amlodipine", "C08CA01", "oral", Dose("mg", 1, 24, (5, 10))),
        Medicine("enalapril", "C09AA02", "oral", Dose("mg", 1, 24, (5, 10, 20)),
                 forbidden_by=("pregnancy",)),
        Medicine("hydrochlorothiazide", "C03AA03", "oral", Dose("mg", 1, 24, (12.5, 25)),
                 forbidden_by=("sulfonamide", "pregnancy")),
        Medicine("metformin", "A10BA02", "oral", Dose("mg", 2, 24, (500, 850, 1000))),
        Medicine("gliclazide", "A10BB09", "oral", Dose("mg", 1, 24, (40, 80)),
                 forbidden_by=("sulfonamide",)),
        Medicine("salbutamol", "R03AC02", "inhaled",
                 Dose("ug", 1, 6, (200,), as_needed=True),
                 Dose("ug", 1, 6, (100, 200), as_needed=True)),
        Medicine("beclometasone", "R03BA01", "inhaled",
                 Dose("ug", 2, 24, (200, 400)), Dose("ug", 2, 24, (50, 100))),
        Medicine("levetiracetam", "N03AX14", "oral", Dose("mg", 2, 24, (250, 500, 750)),
                 Dose("mg", 2, 24, per_kg=10, amount_max=750, step=10)),
        Medicine("fluoxetine", "N06AB03", "oral", Dose("mg", 1, 24, (20, 40))),
        Medicine("levothyroxine", "H03AA01", "oral", Dose("ug", 1, 24, (50, 75, 100))),
        Medicine("ferrous sulfate", "B03AA07", "oral", Dose("mg", 1, 24, (200,)),
                 Dose("mg", 1, 24, per_kg=9, amount_max=200, step=5)),
        Medicine("folic acid", "B03BB01", "oral", Dose("mg", 1, 24, (0.4, 5)),
                 Dose("mg", 1, 24, (2.5, 5))),
        Medicine("omeprazole", "A02BC01", "oral", Dose("mg", 1, 24, (20, 40))),
        Medicine("paracetamol", "N02BE01", "oral", Dose("mg", 1, 6, (500, 1000), as_needed=True),
                 Dose("mg", 1, 6, per_kg=15, amount_max=1000, step=10, as_needed=True), days=3),
        Medicine("ibuprofen", "M01AE01", "oral", Dose("mg", 3, 24, (400,), as_needed=True),
                 Dose("mg", 3, 24, per_kg=10, amount_max=400, step=10, as_needed=True), days=5,
                 forbidden_by=("aspirin", "pregnancy")),
        Medicine("amoxicillin", "J01CA04", "oral", Dose("mg", 3, 24, (500, 1000)),
                 Dose("mg", 2, 24, per_kg=40, amount_max=1500, step=25), days=5,
                 forbidden_by=("penicillin",)),
        Medicine("azithromycin", "J01FA10", "oral", Dose("mg", 1, 24, (500,)),
                 Dose("mg", 1, 24, per_kg=10, amount_max=500, step=10), days=3),
        Medicine("nitrofurantoin", "J01XE01", "oral", Dose("mg", 2, 24, (100,)), days=5),
        Medicine("artemether-lumefantrine", "P01BF01", "oral", Dose(_TABLETS, 2, 24, (4,)),
                 Dose(_TABLETS, 2, 24, per_kg=0.1, amount_max=4), days=3),
        Medicine("rifampicin-isoniazid", "J04AM02", "oral", Dose(_TABLETS, 1, 24, (3, 4)),
                 days=120),
        Medicine("tenofovir-lamivudine-dolutegravir", "J05AR27", "oral",
                 Dose(_TABLETS, 1, 24, (1,))),
        Medicine("zinc sulfate", "A12CB01", "oral", Dose("mg", 1, 24, (20,)),
                 Dose("mg", 1, 24, (20,)), days=10),
    )
}  # fmt: skip
"""By name. Where a child's dose is absent the medicine is not given to children."""
