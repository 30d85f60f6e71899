"""Who met whom: every session between two nodes, and what came of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from scenarios.report.given import Given
from scenarios.report.traffic import WELL

Outcome = Literal["brought", "nothing", "broken"]


@dataclass(frozen=True)
class Encounter:
    """One session."""

    begin: int
    end: int
    one: str
    other: str
    link: str
    ended: str
    operations: int
    wire_bytes: int

    @property
    def outcome(self) -> Outcome:
        """Broken; or ended well, with or without something new."""
        if self.ended not in WELL:
            return "broken"
        return "brought" if self.operations else "nothing"


def encounters_of(given: Given) -> list[Encounter]:
    """By the time at which they ended."""
    return [
        Encounter(
            begin=event["at"] - round(event["seconds"] * 1000),
            end=event["at"],
            one=event["a"],
            other=event["b"],
            link=event["link"],
            ended=event["ended"],
            operations=event["ops_ab"] + event["ops_ba"],
            wire_bytes=event["bytes_ab"] + event["bytes_ba"],
        )
        for event in given.of("met")
    ]


def endings_of(encounters: list[Encounter]) -> dict[str, int]:
    """How many sessions ended how, the most first."""
    counts = Counter(one.ended for one in encounters)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
