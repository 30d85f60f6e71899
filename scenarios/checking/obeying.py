"""Registry obedience: who has seen on chain that somebody is out exchanges nothing with them."""

from typing import Any

from scenarios.checking.check import Check
from scenarios.checking.put_back import PutBack
from scenarios.world.world import World


def suspensions(world: World) -> dict[str, int]:
    """Nodes whose organisation the council suspended, and when."""
    found: dict[str, int] = {}
    for event in world.history.of("incident"):
        if event["what"] == "suspend":
            found.setdefault(event["about"], event["at"])
    return found


def registry_obedience(world: World) -> Check:
    """Follow each suspension from the chain to who looked at it, and their sessions after that."""
    if world.scenario.registry.kind == "none":
        return Check("registry obedience", True, "no registry in this world")
    out = suspensions(world)
    put_back = PutBack(world)
    seen = [event for event in world.history.of("verdict") if event["answer"] == "seen"]
    known = {
        (event["node"], name): event["at"]
        for event in reversed(seen)
        for name in event["out"]  # by the chain's own words at the block that the node believes
        if event["node"] != name and not put_back.undid(event["node"], event["at"])
    }
    began: dict[frozenset[str], int] = {}
    sessions = 0
    wrong: list[str] = []
    for event in world.history.events:
        if event["kind"] == "meet":
            began[frozenset((event["a"], event["b"]))] = event["at"]
        elif event["kind"] == "met":
            for node, name in ((event["a"], event["b"]), (event["b"], event["a"])):
                since = known.get((node, name))
                if since is not None and since < began[frozenset((node, name))]:
                    sessions += 1
                    wrong += _exchanged(event, node, name, world)
    told = f"{len(seen)} visits, {len(out)} suspended, {sessions} sessions with them after"
    if wrong:
        return Check("registry obedience", False, f"{wrong[0]} ({len(wrong)} in all); {told}")
    return Check("registry obedience", True, told)


def _exchanged(event: dict[str, Any], node: str, name: str, world: World) -> list[str]:
    if node in world.ledger.hostile or not event["ops_ab"] + event["ops_ba"]:
        return []
    return [f"{node} and {name} exchanged operations after {node} had seen the suspension"]
