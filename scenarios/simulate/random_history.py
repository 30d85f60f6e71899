"""Random small worlds with every fault on: five nodes, thirty hours, made from a seed alone.

Tests run hundreds of them, a soak thousands.

A world is a function of its seed, and so is what happens in it.
"""

import random
from datetime import UTC, datetime
from typing import Any, Final

from scenarios.plan.scenario import Scenario

_STARTS: Final = datetime(2026, 3, 1, 5, tzinfo=UTC)
_LINKS: Final = ("lan", "wifi", "radio", "satellite", "mobile", "broken")
_FAULTS: Final[tuple[tuple[str, float, dict[str, Any]], ...]] = (
    ("power-lost", 0.4, {"lasts": "2h"}),
    ("power-lost", 0.8, {"lasts": "1h", "in_act": True}),
    ("disk-full", 0.2, {"lasts": "2h"}),
    ("disk-rolled-back", 0.1, {"by": "5h"}),
    ("clock-jump", 0.3, {"by": "-3h"}),
    ("clock-jump", 0.1, {"by": "400d"}),
    ("clock-set-right", 0.3, {}),
    ("link-down", 0.5, {"lasts": "4h"}),
)


def random_scenario(seed: int) -> Scenario:
    """Five nodes in two or three places, of whom one is a relay, and all that can go wrong."""
    draws = random.Random(f"random history {seed}")
    places = ["hill", "river", "port"][: draws.randint(2, 3)]
    nodes = [_node(draws, name, places) for name in ("a", "b", "c", "d")]
    relay = {"name": "truck", "kind": "relay", "place": places[0]}
    care = {
        "at": ["clinic"],
        "patients": draws.randint(1, 2),
        "entries": (1, 3),
        "returns": draws.uniform(1, 6),
        "ends": "12h",
        "return_between": ("1h", "12h"),
        "edits": 0.6,
        "apart": 0.3,
        "elsewhere": 0.5,
        "sensitive": 0.2,
        "twice": 0.1,
    }
    return Scenario.model_validate(
        {
            "scenario": {
                "title": f"random history {seed}",
                "introduction": "Five nodes, thirty hours, every fault.",
                "fault": "all of them",
                "must_hold": ["whatever always must"],
                "starts": _STARTS,
                "lasts": "30h",
                "rest": "2h",
            },
            "place": [
                {
                    "name": name,
                    "at": (draws.uniform(0, 40), draws.uniform(0, 40)),
                    "meet_every": draws.choice(("3h", "6h", "12h")),
                    "link": draws.choice(_LINKS),
                }
                for name in places
            ],
            "node": [*nodes, relay],
            "road": [
                {
                    "between": (places[0], other),
                    "every": draws.choice(("6h", "10h")),
                    "link": draws.choice(_LINKS),
                }
                for other in places[1:]
            ],
            "mule": [
                {"node": "truck", "route": places, "travel": "4h", "stop": "1h", "breakdown": 0.1}
            ],
            "care": [care],
            "fault": [*_faults(draws), _partition(draws, places)],
            "incident": _incidents(draws),
        }
    )


def _node(draws: random.Random, name: str, places: list[str]) -> dict[str, Any]:
    partners = draws.sample([one for one in "abcd" if one != name], draws.randint(1, 3))
    return {
        "name": name,
        "place": draws.choice(places),
        "shares_with": [*partners, "truck"],
        "rights": draws.choice(("append", "append", "admin")),
        "clock_offset": draws.choice(("0s", "0s", "-9500d", "90min", "-20min")),
        "clock_drift_ppm": draws.choice((0, 0, 200, -500)),
    }


def _faults(draws: random.Random) -> list[dict[str, Any]]:
    return [
        {"what": what, "who": ["all"], "per_day": per_day * draws.uniform(0.5, 3), **how}
        for what, per_day, how in _FAULTS
    ]


def _partition(draws: random.Random, places: list[str]) -> dict[str, Any]:
    who = [draws.choice(places)]
    return {"what": "partition", "who": who, "per_day": draws.uniform(0.3, 2), "lasts": "6h"}


def _incidents(draws: random.Random) -> list[dict[str, Any]]:
    one, other = draws.sample("abcd", 2)
    found: list[dict[str, Any]] = []
    if draws.random() < 0.6:
        found += [
            {"what": "stolen", "about": other, "at": f"{draws.randint(4, 12)}h"},
            {"what": "revoke", "by": one, "about": other, "at": f"{draws.randint(12, 24)}h"},
        ]
    if draws.random() < 0.5:
        found.append({"what": "grant", "by": other, "about": one, "at": f"{draws.randint(1, 24)}h"})
    if draws.random() < 0.5:
        found.append({"what": "break-glass", "by": one, "at": f"{draws.randint(6, 24)}h"})
    if draws.random() < 0.7:
        found.append({"what": "resolve", "by": one, "at": f"{draws.randint(12, 26)}h"})
    if draws.random() < 0.3:
        found.append({"what": "link", "by": one, "at": f"{draws.randint(12, 26)}h"})
    return found
