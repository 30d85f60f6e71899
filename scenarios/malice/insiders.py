"""What insiders do by the ordinary commands of their own node, with every right to be there."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from node.application.node import Node
from node.errors import NodeError
from scenarios.malice.hostile import Owner, running

Resource = dict[str, Any]

_REFUTED: Final = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
            "code": "refuted",
        }
    ]
}
_AT_ONCE: Final = 3


def read_much(owner: Owner, draws: random.Random) -> int:
    """Look into the charts of many people; gives how many pages were seen."""
    charts = _charts(running(owner))
    for chart in draws.sample(charts, min(len(charts), 5 * _AT_ONCE)):
        running(owner).chart_show(chart)
        running(owner).chart_history(chart)
    return len(charts)


def break_glass_again(owner: Owner, draws: random.Random) -> int:
    """Break the glass of charts again and again; gives how often nothing refused it."""
    broken = 0
    for chart in _some(draws, _charts(running(owner))):
        for _ in range(3):
            try:
                running(owner).patients.break_glass(
                    chart, reason="I want to know", seconds=(), holders=()
                )
            except NodeError:
                continue
            broken += 1
    return broken


def rewrite_doses(owner: Owner, draws: random.Random) -> int:
    """Multiply doses that others prescribed; gives how many were taken by the own node."""
    return _rewrite(
        owner,
        draws,
        "MedicationRequest",
        lambda one: {**one, "dosageInstruction": [{"text": f"{draws.randrange(50, 500)} mg"}]},
    )


def refute_allergies(owner: Owner, draws: random.Random) -> int:
    """Strike out allergies that others found; gives how many were taken by the own node."""
    return _rewrite(
        owner, draws, "AllergyIntolerance", lambda one: {**one, "verificationStatus": _REFUTED}
    )


def revoke_colleagues(owner: Owner, draws: random.Random) -> int:
    """End the access of everybody that is paired; gives how often nothing refused it."""
    ended = 0
    for peer in running(owner).peers_list():
        try:
            running(owner).revoke("all", from_=str(peer["name"]))
        except NodeError:
            continue
        ended += 1
    return ended


def _rewrite(
    owner: Owner, draws: random.Random, kind: str, change: Callable[[Resource], Resource]
) -> int:
    done = 0
    for chart in _some(draws, _charts(running(owner))):
        for piece in list(running(owner).export(chart, form="ndjson", history=False)):
            resource = json.loads(piece)
            if resource["resourceType"] == kind:
                content = json.dumps(change(resource)).encode()
                try:
                    done += int(str(running(owner).record_add(chart, "rogue", content)["accepted"]))
                except NodeError:
                    continue
    return done


def _some(draws: random.Random, charts: Sequence[str]) -> list[str]:
    return draws.sample(charts, min(len(charts), _AT_ONCE))


def _charts(node: Node) -> list[str]:
    """The patients' charts that a node holds."""
    return [str(line["chart"]) for line in node.charts() if line["name"] != "(directory)"]


INSIDERS: Final[Mapping[str, Callable[[Owner, random.Random], int]]] = {
    "reads much": read_much,
    "breaks the glass again and again": break_glass_again,
    "rewrites doses": rewrite_doses,
    "refutes allergies": refute_allergies,
    "revokes colleagues": revoke_colleagues,
}
"""By what they do; each says how often its own node let it."""
