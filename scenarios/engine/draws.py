"""Seeded randomness, a stream a subject; everything in a simulation that draws, draws here.

Each subject has a stream of its own, so that taking a fault out of a scenario, as shrinking does,
changes nothing that others draw.
"""

import random


class Draws:
    """The streams of one run."""

    def __init__(self, seed: int) -> None:
        """The same seed gives the same streams, on every machine and Python."""
        self.seed = seed

    def stream(self, subject: str) -> random.Random:
        """A new stream for a subject; asked twice, it begins again."""
        return random.Random(f"{self.seed}/{subject}")
