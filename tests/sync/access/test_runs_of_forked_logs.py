"""Runs of cuts over logs that are forked, broken, or whose heads are missing (AUTHORITY rule 8)."""

import random

import pytest
from histories import History, clinic

from sync.access.logs import Logs
from sync.cut import Run
from sync.operation import Operation


def grown(history: History, chance: random.Random, count: int) -> list[Operation]:
    """A log whose author forks it at many places."""
    made = [history.data("nurse", history.all)]
    for _ in range(count):
        made.append(history.data("nurse", history.all, after=chance.choice(made[-6:])))
    return made


def drawn(chance: random.Random, made: list[Operation]) -> Run:
    """A run that may mean anything of a log."""
    head = chance.choice(made)
    first, last = sorted((chance.randrange(12), chance.randrange(12)))
    return Run(head.prefix.instance, head.prefix.lane, first, last, head.id)


@pytest.mark.parametrize("seed", range(6))
def test_what_lies_within_a_run_is_what_it_holds(seed: int) -> None:
    chance = random.Random(seed)
    made = grown(clinic(), chance, 0 if seed == 5 else 24)
    if seed == 4:  # a line
        made = [one for one in made if one.prefix.previous in {None, made[0].id}][:2]
    held = [one for one in made if seed % 2 == 0 or chance.random() < 0.8]
    logs = Logs({one.id: one for one in held})
    some = sorted(
        (one for one in held if chance.random() < 0.5), key=lambda one: one.prefix.sequence
    )
    found = 0
    for _ in range(80):
        run = drawn(chance, made)
        meant = {one.id for one in held if logs.holds(run, one)}
        assert set(logs.within(run)) == meant
        asked = {one.id for one in some}
        assert set(logs.within(run, some)) & asked == meant & asked
        found += len(meant)
    assert found
