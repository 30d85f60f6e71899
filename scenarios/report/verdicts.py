"""What the registry answered, by how old the evidence was."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import Final

from scenarios.report.given import Given

AGES: Final = (3_600, 21_600, 86_400, 3 * 86_400, 7 * 86_400)
"""Seconds at which the next class of age begins."""
CLASSES: Final = ("under 1 h", "1 to 6 h", "6 to 24 h", "1 to 3 d", "3 to 7 d", "over 7 d", "none")
"""Of AGES, and for verdicts without evidence."""
CHAIN: Final = "chain"
"""A verdict about it is a visit: whether its newest facts were seen."""
ANSWERS: Final = ("allow", "degraded", "deny")


@dataclass(frozen=True)
class Verdicts:
    """How many of each answer, in each class of age."""

    classes: list[str]
    answers: dict[str, list[int]]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(map(sum, self.answers.values()))


def visits_of(given: Given) -> dict[str, int]:
    """How many visits of the chain ended how, the most first: `seen`, or what was in the way."""
    counts = Counter(
        str(event["answer"]) for event in given.of("verdict") if event["about"] == CHAIN
    )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def verdicts_of(given: Given) -> Verdicts:
    """Count the verdicts on peers; answers of no known name come last."""
    counts: Counter[tuple[str, int]] = Counter()
    for event in given.of("verdict", "judged"):
        if event["about"] == CHAIN:
            continue
        counts[str(event["answer"]), _class(event.get("age_seconds"))] += 1
    others = sorted({answer for answer, _ in counts} - set(ANSWERS))
    answers = {
        answer: [counts[answer, number] for number in range(len(CLASSES))]
        for answer in (*ANSWERS, *others)
    }
    return Verdicts(list(CLASSES), answers if counts else {})


def _class(age_seconds: float | None) -> int:
    return len(CLASSES) - 1 if age_seconds is None else bisect_right(AGES, age_seconds)
