"""A population's names as they are spread in life: few that many have, and many that few have.

The search measurement calls it. The names of the population's cultures and their usual spellings
come first; made-up ones of the same syllables make the long tail.
"""

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final

from scenarios.population.tables.names import CULTURES

_COMMON_GIVEN: Final = (
    "Mohammed Muhammad Mohamed Ahmed Fatima Ali Maria Jose Aisha Ibrahim Hassan Hussein Omar Juan"
    " Abdullah Yusuf Mary John Ana Amina Khadija Luis Carlos Mariam Sara Zainab Grace David Daniel"
).split()
_COMMON_FAMILY: Final = (
    "Garcia Hassan Ali Nguyen Rodriguez Ahmed Hernandez Lopez Martinez Ibrahim Gonzalez Wang Li"
    " Kumar Singh Smith Johnson Tran Perez Sanchez Diallo Okafor Haile Abdi Mohamed Kimani Garcés"
).split()
_SYLLABLES: Final = (
    "ba be bi bo bu cha che da de di do du fa fe go gu ha he hi ho ja je jo ka ke ki ko ku la le li"
    " lo lu ma me mi mo mu na ne ni no nu pa pe po ra re ri ro ru sa se sha shi so su ta te ti to"
    " tu va ve wa we ya yo za ze zi"
).split()
_ENDINGS: Final = (
    "n r s l m h na ni ra ri wa la li ki ko ro to ez ov ova ski yan ani aldo ine son dze ssa"
).split()


class NamePool:
    """Draws given and family names, each by Zipf's law."""

    def __init__(self, rng: Random, given_count: int = 6_000, family_count: int = 30_000) -> None:
        """Make so many names of either kind."""
        self._rng = rng
        given = [
            name
            for culture in CULTURES
            for pair in (*culture.women, *culture.men)
            for name in pair
            if name
        ]
        family = [
            name for culture in CULTURES for pair in culture.families for name in pair if name
        ]
        self.given = self._filled([*_COMMON_GIVEN, *given], given_count)
        self.family = self._filled([*_COMMON_FAMILY, *family], family_count)
        self._given_weights = list(accumulate(1 / (rank + 8) for rank in range(len(self.given))))
        self._family_weights = list(accumulate(1 / (rank + 15) for rank in range(len(self.family))))

    def draw(self) -> str:
        """One person's name: one or two given names, and a family name."""
        given = self._pick(self.given, self._given_weights)
        if self._rng.random() < 0.2:
            given += " " + self._pick(self.given, self._given_weights)
        return f"{given} {self._pick(self.family, self._family_weights)}"

    def _pick(self, names: list[str], weights: list[float]) -> str:
        return names[min(bisect(weights, self._rng.random() * weights[-1]), len(names) - 1)]

    def _filled(self, first: list[str], count: int) -> list[str]:
        names = dict.fromkeys(first)
        while len(names) < count:
            syllables = self._rng.choices(_SYLLABLES, k=self._rng.choice((1, 2, 2, 3)))
            names["".join(syllables).capitalize() + self._rng.choice(_ENDINGS)] = None
        return list(names)
