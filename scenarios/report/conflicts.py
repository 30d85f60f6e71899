"""Conflicts: when each was first seen, and when nobody saw it open any more."""

from dataclasses import dataclass

from scenarios.report.given import Given


@dataclass(frozen=True)
class Step:
    """A moment at which the number of open conflicts changed."""

    at: int
    open: int


@dataclass(frozen=True)
class Conflicts:
    """How many there were, and how many were open when. One that several nodes see counts once."""

    opened: int
    closed: int
    steps: list[Step]

    @property
    def left(self) -> int:
        """Open at the end."""
        return self.steps[-1].open if self.steps else 0

    @property
    def most(self) -> int:
        """Open at once."""
        return max((step.open for step in self.steps), default=0)


def conflicts_of(given: Given) -> Conflicts:
    """A conflict is open from when one node sees it until all that saw it see it closed."""
    seen_at: dict[str, set[str]] = {}
    ever: set[str] = set()
    steps: list[Step] = []
    for event in given.of("conflict"):
        identity = event["id"]
        if event["open"]:
            ever.add(identity)
            seen_at.setdefault(identity, set()).add(event["node"])
        elif identity in seen_at:
            seen_at[identity].discard(event["node"])
            if not seen_at[identity]:
                del seen_at[identity]
        if steps and steps[-1].at == event["at"]:
            steps.pop()
        if len(seen_at) != (steps[-1].open if steps else 0):
            steps.append(Step(event["at"], len(seen_at)))
    return Conflicts(len(ever), len(ever) - len(seen_at), steps)
