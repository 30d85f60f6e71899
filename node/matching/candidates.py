"""Who may be somebody: those who share the most blocking keys, judged, and ranked.

The work for one person is bounded: full blocks are not read, and few people are judged.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from node.matching.keys import blocking_keys
from node.matching.limits import block_people_max, candidates_max
from node.matching.person import Person
from node.matching.scoring import POSSIBLE_BITS_MIN, Judgement, Population, judge


class Register(Population, Protocol):
    """The people of a node, by local number."""

    def under(self, key: str, count_max: int) -> list[int]:
        """At most so many people under a blocking key."""

    def people(self, numbers: Iterable[int]) -> Mapping[int, Person]:
        """What is compared of some people."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be the same person."""

    number: int
    judgement: Judgement


def candidates(
    person: Person, register: Register, *, but: int | None = None, bits_min: float | None = None
) -> list[Candidate]:
    """The people who may be this one, the likeliest first. `but` is the person's own number."""
    if not person.is_comparable:
        return []
    least = POSSIBLE_BITS_MIN if bits_min is None else bits_min
    found = [
        Candidate(number, judge(person, other, register))
        for number, other in register.people(_sharing(person, register, but)).items()
    ]
    listed = [candidate for candidate in found if candidate.judgement.bits >= least]
    return sorted(listed, key=lambda candidate: (-candidate.judgement.bits, candidate.number))


def _sharing(person: Person, register: Register, but: int | None) -> list[int]:
    """Those who share the most: a key that few have says more."""
    shares: dict[int, float] = {}
    size = max(register.size, block_people_max) + 1
    for key in blocking_keys(person):
        block = register.under(key, block_people_max + 1)
        if len(block) > block_people_max:
            continue
        says = math.log2(size / max(1, len(block)))
        for number in block:
            shares[number] = shares.get(number, 0.0) + says
    if but is not None:
        shares.pop(but, None)
    return sorted(shares, key=lambda number: (-shares[number], number))[:candidates_max]
