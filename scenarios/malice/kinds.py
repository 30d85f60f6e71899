"""Every kind of hostile peer by the name that scenario files use, and several in one."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from node.replicator.interface import Session
from scenarios.malice.dating import Backdate, Postdate
from scenarios.malice.eavesdropping import Eavesdrop
from scenarios.malice.flooding import Flood
from scenarios.malice.forging import Forge
from scenarios.malice.forking import Fork
from scenarios.malice.hostile import Hostile, Owner
from scenarios.malice.poisoning import Poison
from scenarios.malice.replaying import Replay
from scenarios.malice.rogue import Rogue
from scenarios.malice.stolen import Stolen
from scenarios.malice.withholding import Withhold
from sync.identifiers import DeviceKey

HOSTILE: Final[Mapping[str, Callable[[Owner, random.Random], Hostile]]] = {
    one.kind: one
    for one in (
        Forge,
        Fork,
        Backdate,
        Postdate,
        Withhold,
        Flood,
        Poison,
        Replay,
        Eavesdrop,
        Rogue,
        Stolen,
    )
}


class Mixed:
    """Does in each session one of several kinds of harm."""

    def __init__(self, kinds: Sequence[Hostile], draws: random.Random) -> None:
        """Be all of these in turn, as the stream draws."""
        self.kinds = tuple(kinds)
        self._draws = draws

    @property
    def kind(self) -> str:
        """All their names."""
        return "+".join(one.kind for one in self.kinds)

    def session(self, peer: DeviceKey, *, initiator: bool) -> Session:
        """A session of one of them."""
        return self._draws.choice(self.kinds).session(peer, initiator=initiator)


def hostile_of(kinds: Sequence[str], owner: Owner, draws: random.Random) -> Hostile:
    """A hostile peer of one kind or of several. Raises KeyError for a kind that there is not."""
    made = [HOSTILE[kind](owner, draws) for kind in kinds]
    return made[0] if len(made) == 1 else Mixed(made, draws)
