"""Vaccines with CVX codes, the ages at which they are due, and since when they are in use."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Vaccine:
    """One vaccine and its schedule; before the year `since` no record tells of it."""

    cvx: str
    display: str
    due_months: tuple[int, ...]
    since: int
    route: str
    """Of v3 RouteOfAdministration."""
    site: str
    """Of v3 ActSite."""
    amount_ml: float


VACCINES: Final = (
    Vaccine("19", "BCG", (0,), 1955, "IDINJ", "LA", 0.05),
    Vaccine("02", "trivalent poliovirus vaccine, live, oral", (2, 3, 4), 1964, "PO", "", 0.1),
    Vaccine("102", "DTP-Haemophilus influenzae type b conjugate and hepatitis B vaccine",
            (2, 3, 4), 2002, "IM", "LT", 0.5),
    Vaccine("133", "pneumococcal conjugate vaccine, 13 valent", (2, 3, 9), 2011, "IM", "RT", 0.5),
    Vaccine("119", "rotavirus, live, monovalent vaccine", (2, 3), 2009, "PO", "", 1.5),
    Vaccine("04", "measles and rubella virus vaccine", (9, 18), 1985, "SQ", "LA", 0.5),
    Vaccine("37", "yellow fever vaccine", (9,), 1960, "SQ", "RA", 0.5),
    Vaccine("62", "human papilloma virus vaccine, quadrivalent", (120, 126), 2009, "IM", "LA", 0.5),
    Vaccine("09", "tetanus and diphtheria toxoids, adsorbed, for adult use", (180, 300, 420),
            1970, "IM", "LA", 0.5),
    Vaccine("208", "SARS-COV-2 (COVID-19) vaccine, mRNA, 30 mcg/0.3 mL dose", (240, 241),
            2021, "IM", "LA", 0.3),
)  # fmt: skip
"""A schedule much like the WHO's for places with yellow fever."""
