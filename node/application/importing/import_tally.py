"""What one import did so far: counts, and the first of the rejections with their reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.limits import import_rejections_listed_max
from sync.identifiers import ChartId, chart_text


@dataclass
class ImportTally:
    """Kept for one file. A rejection names a place in it and quotes nothing of it."""

    label: str
    accepted: int = 0
    unchanged: int = 0
    moved: int = 0
    rejected_count: int = 0
    charts: set[ChartId] = field(default_factory=set)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    """Positions and reasons, the first of them."""

    def reject(self, position: str, reason: str) -> None:
        """Note what is not taken."""
        self.rejected_count += 1
        if len(self.rejected) < import_rejections_listed_max:
            self.rejected.append((position, reason))

    def place(self, position: str) -> str:
        """A position with the file's label."""
        return f"{self.label} {position}".rstrip()

    def add(self, other: "ImportTally") -> None:
        """Count what was done beside this one."""
        self.accepted += other.accepted
        self.unchanged += other.unchanged
        self.moved += other.moved
        self.charts |= other.charts
        for position, reason in other.rejected:
            self.reject(position, reason)
        self.rejected_count += other.rejected_count - len(other.rejected)

    def as_result(self) -> dict[str, object]:
        """As the API answers it."""
        return {
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "rejected": [
                {"source": self.place(position), "reason": reason}
                for position, reason in self.rejected
            ],
            "rejected_count": self.rejected_count,
            "moved": self.moved,
            "charts": sorted(chart_text(touched) for touched in self.charts),
        }


def first_refused(*tallies: Sequence[tuple[str, str]]) -> str:
    """The position of the first rejection of any."""
    return next(position for each in tallies for position, _ in each)
