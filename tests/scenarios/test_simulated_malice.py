"""Each kind of hostile peer, each of its tricks: honest nodes stand it, and go on."""

from collections.abc import Callable

import pytest
from hostile_ward import Ward

from scenarios.malice.flooding import Flood
from scenarios.malice.forging import Forge
from scenarios.malice.poisoning import Poison
from scenarios.malice.replaying import Replay
from scenarios.malice.withholding import Withhold

TRICKS = [
    (one.kind, trick) for one in (Forge, Withhold, Flood, Poison, Replay) for trick in one.TRICKS
] + [("fork", None), ("backdate", None), ("postdate", None), ("eavesdrop", None)]


@pytest.mark.parametrize(("kind", "trick"), TRICKS)
def test_honest_nodes_stand_what_a_hostile_peer_does(
    ward: Callable[..., Ward], kind: str, trick: str | None
) -> None:
    here = ward()
    here.turn(kind, trick)
    here.meet_all(rounds=3)
    here.assert_unharmed()
