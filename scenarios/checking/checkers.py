"""The checkers in the order in which a run is judged; the docs' catalogue is made from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from scenarios.checking.check import Check
from scenarios.checking.convergence import convergence
from scenarios.checking.loss import no_loss
from scenarios.world.world import World


@dataclass(frozen=True)
class Checker:
    """A checker by name, and in words what must hold."""

    name: str
    promise: str
    judge: Callable[[World], Check]


CHECKERS: Final = (
    Checker(
        "convergence",
        "After the last meetings whoever may read a chart shows the same of it,"
        " down to its open conflicts.",
        convergence,
    ),
    Checker(
        "no loss",
        "Every entry that a node acknowledged is where a person can see it:"
        " merged, in the history, or waiting.",
        no_loss,
    ),
)


def judge(world: World) -> list[Check]:
    """What every checker says."""
    return [checker.judge(world) for checker in CHECKERS]
