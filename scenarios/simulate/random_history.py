"""Random small worlds with every fault on: five nodes, thirty hours, made from a seed alone.

Power, disks, clocks, links, thefts, hostile hands, a chain that fails and lies: each world draws
some of each. Tests run hundreds of them, a soak thousands.

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
_CHAIN_FAULTS: Final[tuple[tuple[str, float, dict[str, Any]], ...]] = (
    ("chain-outage", 0.8, {"lasts": "5h"}),
    ("chain-reorg", 0.5, {}),
    *(
        ("chain-lie", 0.2, {"lie": lie, "lasts": "4h"})
        for lie in ("stale", "forged", "other-chain", "other-proof", "future", "other-hash")
    ),
)
_HARM_ON_THE_WAY: Final = ("forge", "withhold", "replay", "flood", "poison")
_HARM_FROM_WITHIN: Final = ("fork", "backdate", "postdate", "forge", "rogue", "eavesdrop")


def random_scenario(seed: int) -> Scenario:
    """Five nodes in two or three places, of whom one is a relay, and all that can go wrong."""
    draws = random.Random(f"random history {seed}")
    others = random.Random(f"hostile hands and chain of random history {seed}")
    places = ["hill", "river", "port"][: draws.randint(2, 3)]
    nodes = [_node(draws, name, places) for name in ("a", "b", "c", "d")]
    relay = {"name": "truck", "kind": "relay", "place": places[0]}
    registry, chain_faults, decided = _chain(others, nodes)
    _turn_some(others, nodes, relay)
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
            "registry": registry,
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
            "fault": [*_faults(draws), _partition(draws, places), *chain_faults],
            "incident": [*_incidents(draws), *decided],
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
    if draws.random() < 0.2:
        found.append({"what": "dies", "by": other, "at": f"{draws.randint(12, 26)}h"})
    return found


def _turn_some(draws: random.Random, nodes: list[dict[str, Any]], relay: dict[str, Any]) -> None:
    """Put the truck, or one of the clinics, into hostile hands; in most worlds neither."""
    if draws.random() < 0.3:
        relay["hostile"] = draws.sample(_HARM_ON_THE_WAY, draws.randint(1, 3))
    elif draws.random() < 0.3:
        nodes[-1]["hostile"] = draws.sample(_HARM_FROM_WITHIN, draws.randint(1, 2))


def _chain(
    draws: random.Random, nodes: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """A registry, who meets it, what goes wrong with it, and what a council decides."""
    if draws.random() > 0.4:
        return {"kind": "none"}, [], []
    for node in draws.sample(nodes, draws.randint(1, 3)):
        node["reaches_chain"] = True
    for node in nodes:  # who lives long before the evidence believes none, and gives no key
        node["clock_offset"] = node["clock_offset"].replace("-9500d", "-50min")
    faults = [
        {"what": what, "who": ["all"], "per_day": per_day * draws.uniform(0.5, 3), **how}
        for what, per_day, how in _CHAIN_FAULTS
    ]
    by, about = draws.sample("abcd", 2)
    decided: list[dict[str, Any]] = []
    if draws.random() < 0.5:
        at = f"{draws.randint(6, 20)}h"
        decided.append({"what": "suspend", "by": by, "about": about, "at": at})
    if draws.random() < 0.3:
        at = f"{draws.randint(1, 20)}h"
        decided.append({"what": "disaster-mode", "by": by, "at": at, "lasts": "2d"})
    return {"kind": "model", "visit_every": draws.choice(("2h", "5h"))}, faults, decided
