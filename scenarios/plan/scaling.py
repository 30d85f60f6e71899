"""The same scenario with more nodes or fewer, or a shorter time; `satchel simulate` asks for it."""

from collections.abc import Sequence

from scenarios.engine.errors import PlanInvalid
from scenarios.plan.moments import duration_milliseconds
from scenarios.plan.scenario import NodePart, Scenario

NODES_MAX = 1000


def lasting(scenario: Scenario, until: str) -> Scenario:
    """A scenario that ends at a moment; its time of rest shrinks with it. Raises PlanInvalid."""
    try:
        lasts = duration_milliseconds(until)
    except ValueError as error:
        raise PlanInvalid("--until", str(error)) from error
    about = scenario.scenario
    if not 0 < lasts <= about.lasts:
        raise PlanInvalid("--until", "must be a moment within the scenario")
    rest = about.rest * lasts // about.lasts
    changed = about.model_copy(update={"lasts": lasts, "rest": rest})
    incidents = [each for each in scenario.incident if each.at <= lasts]
    return scenario.model_copy(update={"scenario": changed, "incident": incidents})


def scaled(scenario: Scenario, asked: Sequence[str]) -> Scenario:
    """A scenario with other numbers of nodes: `40` in all, or `camp=12` of one group.

    A number scales the groups in proportion, or where there are none the clinics that nothing
    names. Raises PlanInvalid.
    """
    parts = list(scenario.node)
    for each in asked:
        name, equals, number = each.rpartition("=")
        if not number.isdigit() or not 0 < int(number) <= NODES_MAX:
            raise PlanInvalid("--nodes", f"{each!r} is neither a number nor NAME=NUMBER")
        if equals:
            parts = _with_count(parts, name, int(number))
        else:
            parts = _with_total(scenario, parts, int(number))
    return scenario.model_copy(update={"node": parts})


def _with_count(parts: list[NodePart], name: str, count: int) -> list[NodePart]:
    if name not in {part.name for part in parts}:
        known = ", ".join(part.name for part in parts)
        raise PlanInvalid("--nodes", f"there is no group {name!r}; there are {known}")
    return [
        part.model_copy(update={"count": count}) if part.name == name else part for part in parts
    ]


def _with_total(scenario: Scenario, parts: list[NodePart], total: int) -> list[NodePart]:
    growing = [part.name for part in parts if part.count > 1]
    if not growing:
        named = {incident.by for incident in scenario.incident}
        named |= {incident.about for incident in scenario.incident}
        named |= {mule.node for mule in scenario.mule}
        growing = [part.name for part in parts if part.kind == "clinic" and part.name not in named]
    fixed = sum(part.count for part in parts if part.name not in growing)
    if not growing or total < fixed + len(growing):
        least = fixed + max(1, len(growing))
        raise PlanInvalid("--nodes", f"this scenario has at least {least} nodes")
    room, weight = total - fixed, sum(part.count for part in parts if part.name in growing)
    counts: dict[str, int] = {}
    for place, part in enumerate(part for part in parts if part.name in growing):
        after = len(growing) - place - 1
        share = (
            room - sum(counts.values()) - after if not after else round(room * part.count / weight)
        )
        counts[part.name] = max(1, min(share, room - sum(counts.values()) - after))
    return [
        part.model_copy(update={"count": counts[part.name]}) if part.name in counts else part
        for part in parts
    ]
