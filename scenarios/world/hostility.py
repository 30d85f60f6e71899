"""Puts a member into hostile hands: from the start, from a theft on, or when somebody turns."""

from collections.abc import Sequence

from scenarios.engine.draws import Draws
from scenarios.engine.member import Member
from scenarios.malice.kinds import hostile_of
from scenarios.world.world import World


def turn(world: World, draws: Draws, member: Member, kinds: Sequence[str]) -> None:
    """From now on a member does these kinds of harm, one of them in each session."""
    stream = draws.stream(f"malice/{member.name}")
    member.fall_to(kinds, lambda: hostile_of(kinds, member, stream))
    world.ledger.hostile.add(member.name)
    world.history.note("fault", what="hostile", subject=member.name, detail=", ".join(kinds))
