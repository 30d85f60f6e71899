"""Who a scenario's names mean: one node, all of a kind, all at a place, all."""

from collections.abc import Sequence

from scenarios.plan.scenario import NodePart, Scenario


def cast_of(scenario: Scenario) -> dict[str, NodePart]:
    """Every node by its own name, in the order of the file."""
    found: dict[str, NodePart] = {}
    for part in scenario.node:
        for number in range(part.count):
            found[part.name if part.count == 1 else f"{part.name}-{number + 1}"] = part
    return found


def names_of(scenario: Scenario) -> list[str]:
    """Every node's own name; two nodes of one name are both there."""
    return [
        part.name if part.count == 1 else f"{part.name}-{number + 1}"
        for part in scenario.node
        for number in range(part.count)
    ]


def meant(scenario: Scenario, words: Sequence[str]) -> list[str]:
    """The nodes that words mean: names, groups of nodes, kinds, places, `all`; each once."""
    return [
        name
        for name, part in cast_of(scenario).items()
        if any(word in (name, part.name, part.kind, part.place, "all") for word in words)
    ]
