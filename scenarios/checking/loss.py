"""No loss: every version that a node acknowledged is somewhere where a person can see it."""

import json
from collections import defaultdict

from scenarios.checking.check import Check
from scenarios.world.entries import canonical
from scenarios.world.world import World


def no_loss(world: World) -> Check:
    """Look for each acknowledged version in the history at the node that acknowledged it."""
    lost = []
    by_node = defaultdict(list)
    for written in world.ledger.written:
        by_node[written.node].append(written)
    for name, versions in by_node.items():
        node = world.members[name].running
        held: set[tuple[str, str, str]] = set()
        for piece in node.export(None, form="ndjson", history=True):
            if piece:
                resource = json.loads(piece)
                held.add((resource["resourceType"], resource["id"], canonical(resource)))
        waiting = {
            str(name)
            for line in node.quarantine()
            for name in line["resources"]  # type: ignore[attr-defined]  # a list of names
        }
        lost += [
            written
            for written in versions
            if (written.kind, written.id, written.content) not in held
            and f"{written.kind}/{written.id}" not in waiting
        ]
    if lost:
        first = lost[0]
        where = f"first {first.kind}/{first.id} at {first.node}"
        return Check("no loss", False, f"{len(lost)} acknowledged entries are nowhere; {where}")
    return Check("no loss", True, f"{len(world.ledger.written)} acknowledged entries, all there")
