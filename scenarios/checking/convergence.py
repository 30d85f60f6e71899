"""Convergence: whoever may read a chart shows the same of it, down to its conflicts."""

import json
from collections import defaultdict

from scenarios.checking.check import Check
from scenarios.world.world import World


def convergence(world: World) -> Check:
    """Compare what honest nodes show of each chart that several of them hold."""
    seen: dict[str, dict[str, str]] = defaultdict(dict)
    for name, member in world.members.items():
        if name in world.ledger.hostile or name in world.ledger.revoked:
            continue
        node = member.running
        for line in node.charts():
            chart = str(line["chart"])
            pieces = sorted(node.export(chart, form="ndjson", history=False))
            conflicts = sorted(str(one["conflict"]) for one in node.conflicts(chart))
            if pieces:
                shown = json.dumps([[piece.decode() for piece in pieces], conflicts])
                seen[chart][name] = shown
    apart = [chart for chart, views in seen.items() if len(set(views.values())) > 1]
    several = sum(len(views) > 1 for views in seen.values())
    if apart:
        first = apart[0]
        return Check(
            "convergence",
            False,
            f"{len(apart)} of {several} shared charts differ, first {first[:22]} at "
            + ", ".join(sorted(seen[first])),
        )
    return Check("convergence", True, f"{several} shared charts, alike wherever they are read")
