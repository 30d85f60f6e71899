"""Completeness: from the bedside to everybody who may read, and how long that took."""

from functools import cache
from statistics import median

from scenarios.checking.check import Check
from scenarios.checking.entitled import Entitled
from scenarios.checking.evidence import evidence_of
from scenarios.world.world import World

_HOUR = 3_600_000


def completeness(world: World) -> Check:
    """Look for each acknowledged version in the store of each reader, and when it came there."""
    evidence, entitled = evidence_of(world), Entitled(world)
    honest = set(world.members) - world.ledger.hostile - set(world.ledger.revoked)
    looked = set(evidence.charts)
    missing: list[str] = []
    delays: list[tuple[int, str]] = []
    reached = cache(Entitled.reached)
    for written in world.ledger.written:
        key = (written.chart, written.node, written.kind, written.id, written.content)
        found = evidence.written.get(key)
        if written.chart not in looked or written.node not in honest or found is None:
            continue
        what = f"{written.kind}/{written.id}"
        near = reached(entitled, written.chart, written.node)
        for name, lanes in entitled.must_read(written.chart).items():
            if name == written.node or found.lane not in lanes or name not in near:
                continue
            if name not in found.holders and world.ledger.hostile.issuperset(found.holders):
                continue  # its author's disk was put back, and they do not give it back
            if name not in found.holders:
                missing.append(f"{what} at {name}")
            elif (arrived := world.watch.arrived(name, found.id)) is not None:
                delays.append((arrived.at - written.at, f"{what} at {name}"))
    if missing:
        return Check(
            "completeness", False, f"{len(missing)} entries never came, first {missing[0]}"
        )
    limit = world.scenario.limits.complete_within
    worst, where = max(delays, default=(0, "nowhere"))
    middle = median(delay for delay, _ in delays) if delays else 0
    told = (
        f"{len(delays)} arrivals, {middle / _HOUR:.1f} h in the middle,"
        f" {worst / _HOUR:.1f} h at most ({where})"
    )
    if limit is not None and worst > limit:
        return Check("completeness", False, f"{told}; {limit / _HOUR:g} h were allowed")
    return Check("completeness", True, f"{told}: {evidence.extent}")
