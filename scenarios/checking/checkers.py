"""The checkers in the order in which a run is judged."""

from collections.abc import Callable
from typing import Final

from scenarios.checking.check import Check
from scenarios.checking.convergence import convergence
from scenarios.checking.loss import no_loss
from scenarios.world.world import World

Checker = Callable[[World], Check]

CHECKERS: Final[tuple[Checker, ...]] = (convergence, no_loss)


def judge(world: World) -> list[Check]:
    """What every checker says."""
    return [checker(world) for checker in CHECKERS]
