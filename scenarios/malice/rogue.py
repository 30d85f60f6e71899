"""Rogue: a clinician with a valid device who does harm by ordinary acts before she syncs."""

import random

from node.replicator.interface import Session
from scenarios.malice.hostile import Owner, running
from scenarios.malice.insiders import INSIDERS
from sync.identifiers import DeviceKey


class Rogue:
    """Her node is unchanged; what she does with it is not what it is for."""

    kind = "rogue"

    def __init__(self, owner: Owner, draws: random.Random, trick: str | None = None) -> None:
        """She does one thing, or before each session another."""
        self.owner = owner
        self.draws = draws
        self.done = 0
        self._trick = trick

    def session(self, peer: DeviceKey, *, initiator: bool) -> Session:
        """An act, and then an honest session."""
        act = INSIDERS[self._trick or self.draws.choice(tuple(INSIDERS))]
        self.done += act(self.owner, self.draws)
        return running(self.owner).session(peer, initiator=initiator)
