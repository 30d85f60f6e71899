"""Convergence: whoever may read a chart shows the same of it, down to its conflicts."""

from collections import defaultdict

from scenarios.checking.check import Check
from scenarios.checking.entitled import Entitled
from scenarios.checking.evidence import evidence_of
from scenarios.engine.looking import readable_lanes, shown_by_lane
from scenarios.world.world import World


def convergence(world: World) -> Check:
    """Compare what honest nodes show of each lane that several of them read."""
    evidence = evidence_of(world)
    entitled = Entitled(world)
    seen: dict[tuple[str, str, str], dict[str, tuple[str, ...]]] = defaultdict(dict)
    for name, member in world.members.items():
        if name in world.ledger.hostile or name in world.ledger.revoked:
            continue
        node = member.running
        for chart in filter(member.holds, evidence.charts):
            lanes = readable_lanes(node, chart)
            for lane, pieces in shown_by_lane(node, chart).items():
                if lane in lanes:
                    together = min(entitled.reached(chart, name))
                    seen[chart, lane, together][name] = pieces
    apart = [place for place, views in seen.items() if len(set(views.values())) > 1]
    several = sum(len(views) > 1 for views in seen.values())
    if apart:
        chart, lane, _ = apart[0]
        where = ", ".join(sorted(seen[apart[0]]))
        return Check(
            "convergence",
            False,
            f"{len(apart)} of {several} shared lanes differ,"
            f" first {lane} of {chart[:22]} at {where}",
        )
    told = f"{several} shared lanes, alike wherever they are read: {evidence.extent}"
    return Check("convergence", True, told)
