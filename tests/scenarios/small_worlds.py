"""Worlds of three or four nodes and half a day, in which a checker is shown to fail."""

from typing import Any

from scenarios.plan.scenario import Scenario
from scenarios.simulate.running import Run, run_scenario

ABOUT = {
    "title": "a small world",
    "introduction": "Two clinics and a truck.",
    "fault": "none",
    "must_hold": ["whatever always must"],
    "starts": "2026-03-01T06:00:00Z",
    "lasts": "16h",
    "rest": "1h",
}


def small_world(**changes: Any) -> Scenario:
    """Clinics `a` and `b` share all charts, a truck carries; `changes` replaces whole tables."""
    world: dict[str, Any] = {
        "scenario": ABOUT,
        "place": [{"name": "hill", "at": (0, 0), "meet_every": "5h"}],
        "node": [
            {"name": "a", "place": "hill", "shares_with": ["b", "truck"], "rights": "append"},
            {"name": "b", "place": "hill", "shares_with": ["a", "truck"], "rights": "append"},
            {"name": "truck", "place": "hill", "kind": "relay"},
        ],
        "care": [
            {
                "at": ["clinic"],
                "patients": 1,
                "ends": "2h",
                "entries": (2, 2),
                "returns": 8,
                "return_between": ("1h", "13h"),
                "edits": 0.9,
                "elsewhere": 0.5,
                "sensitive": 0.3,
            }
        ],
    }
    return Scenario.model_validate({**world, **changes})


def failing(run: Run) -> dict[str, str]:
    """The checks that do not hold, with what they say."""
    return {check.name: check.detail for check in run.checks if not check.passed}


def said(run: Run, name: str) -> str:
    """What a check says."""
    return next(check.detail for check in run.checks if check.name == name)


def fails_alike(scenario: Scenario, seed: int = 1) -> dict[str, str]:
    """Run a scenario twice: the checks that do not hold, which are the same both times."""
    one, other = run_scenario(scenario, seed), run_scenario(scenario, seed)
    assert one.digest == other.digest, "a replay is another run"
    assert failing(one) == failing(other)
    return failing(one)
