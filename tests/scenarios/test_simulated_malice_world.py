"""A small world with somebody hostile in it: every check holds, and a run is the same again."""

from collections.abc import Sequence

import pytest

from scenarios.malice.kinds import HOSTILE, Mixed, hostile_of
from scenarios.plan.reading import parse_scenario
from scenarios.simulate.running import Run, run_scenario

WORLD = """
[scenario]
title = "Two camps and somebody"
introduction = "Who carries between them means harm."
fault = "somebody hostile"
must_hold = ["nothing is lost"]
starts = 2026-03-01T06:00:00Z
lasts = "14h"
rest = "3h"
[[place]]
name = "ford"
at = [0, 0]
meet_every = "2h"
[[node]]
name = "camp"
place = "ford"
count = 2
shares_with = ["camp", "guest"]
[[node]]
name = "guest"
place = "ford"
shares_with = ["camp"]
hostile = [KINDS]
[[care]]
at = ["camp", "guest"]
patients = 2
ends = "6h"
returns = 1.0
edits = 0.4
elsewhere = 0.5
"""


def run(kinds: Sequence[str], seed: int) -> Run:
    """A run of that world."""
    text = WORLD.replace("KINDS", ", ".join(f'"{kind}"' for kind in kinds))
    return run_scenario(parse_scenario(text, "world.toml"), seed)


def test_a_world_stands_every_kind_at_once() -> None:
    """All kinds take turns in the sessions of one node."""
    done = run(tuple(HOSTILE), 1)
    assert [check.name for check in done.checks if not check.passed] == []
    assert done.world.ledger.hostile == {"guest"}
    hostile = done.world.members["guest"].hostile
    assert isinstance(hostile, Mixed)
    assert {one.kind for one in hostile.kinds} == set(HOSTILE)


def test_what_hostile_peers_do_is_the_same_again() -> None:
    kinds = ("forge", "fork", "poison", "flood", "replay", "stolen")
    assert run(kinds, 2).digest == run(kinds, 2).digest


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError):
        hostile_of(["kindness"], None, None)  # type: ignore[arg-type]  # it never gets so far
