"""One measured number beside what is wanted and what a baseline of the same run took."""

from dataclasses import dataclass
from typing import Final

AT_LEAST: Final = "at least"
AT_MOST: Final = "at most"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit. `bound` says which way the target lies."""

    name: str
    value: float
    unit: str
    target: float | None = None
    bound: str = AT_MOST
    baseline: float | None = None
    """The same unit, by `against`, on the same bytes in the same run."""
    against: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.bound == AT_LEAST else self.value <= self.target

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of its baseline."""
        return None if not self.baseline else self.value / self.baseline

    @property
    def of_target(self) -> float | None:
        """How far the target is met: over 1 it is, whichever way it lies."""
        if not self.target or not self.value:
            return None
        by = self.value / self.target
        return by if self.bound == AT_LEAST else 1 / by

    def as_json(self) -> dict[str, object]:
        """As `bench.json` holds it."""
        return {
            "name": self.name,
            "value": rounded(self.value),
            "unit": self.unit,
            "target": self.target,
            "bound": self.bound if self.target is not None else None,
            "reached": self.reached,
            "baseline": None if self.baseline is None else rounded(self.baseline),
            "against": self.against or None,
            "ratio": None if self.ratio is None else float(f"{self.ratio:.3g}"),
        }


def rounded(value: float) -> float:
    """Four figures: more are noise."""
    return float(f"{value:.4g}")
