"""Revocation reach: how long until each node knows of a revocation, and that it obeys then."""

from typing import Any

from scenarios.checking.check import Check
from scenarios.checking.consent import revoking
from scenarios.checking.entitled import Entitled
from scenarios.checking.evidence import Evidence, Found, evidence_of
from scenarios.checking.obeying import suspensions
from scenarios.checking.put_back import PutBack
from scenarios.world.world import World

_HOUR = 3_600_000


def revocation_reach(world: World) -> Check:
    """Follow each revocation to every node that holds the chart, and what it served after."""
    evidence, entitled = evidence_of(world), Entitled(world)
    put_back, suspended = PutBack(world), suspensions(world)
    delays: list[tuple[int, str]] = []
    wrong: list[str] = []
    for name in sorted({event["about"] for event in world.history.of("incident")} - {""}):
        for chart in evidence.charts:
            ends = entitled.ends(name, chart)
            if not ends or (not entitled.may_read(name, chart) and not entitled.is_relay(name)):
                continue
            ops = [
                evidence.operations[one] for one in revoking(world, evidence, entitled, name, chart)
            ]
            if not ops and all(_forgot(put_back, entitled, chart, end) for end in ends):
                continue
            if not ops and name in suspended:
                continue  # who knew of that gave nothing that could be ended
            if not ops:
                wrong.append(f"no operation ends what {name} has of {chart[:22]}")
            for end in ops:
                wrong += _unknown(world, entitled, name, end, delays, ends[0]["at"])
            wrong += _served(world, evidence, name, chart, ops)
    worst, where = max(delays, default=(0, "nowhere"))
    told = f"{len(delays)} learnt of it, after {worst / _HOUR:.1f} h at most ({where})"
    limit = world.scenario.limits.revoked_within
    if limit is not None and worst > limit:
        wrong.append(f"{limit / _HOUR:g} h were allowed")
    if wrong:
        return Check("revocation reach", False, f"{wrong[0]} ({len(wrong)} in all); {told}")
    return Check("revocation reach", True, f"{told}: {evidence.extent}")


def _forgot(put_back: PutBack, entitled: Entitled, chart: str, end: dict[str, Any]) -> bool:
    """Whether the one who revoked had its disk put back: to before that, or before the chart."""
    name = end["node"]
    return put_back.undid(name, end["at"]) or put_back.undid(name, entitled.opened.get(chart, 0))


def _unknown(
    world: World,
    entitled: Entitled,
    name: str,
    end: Found,
    delays: list[tuple[int, str]],
    at: int,
) -> list[str]:
    """Nodes that never learnt; when the others did goes to `delays`."""
    missing = []
    author = end.author or world.ledger.charts[end.chart]
    for other in sorted(entitled.reached(end.chart, author) - {name, author}):
        arrived = world.watch.arrived(other, end.id)
        if other not in end.holders:
            missing.append(f"{other} never learnt that {name} is out")
        elif arrived is not None:
            delays.append((arrived.at - at, f"{other} of {name}"))
    return missing


def _served(
    world: World, evidence: Evidence, name: str, chart: str, ends: list[Found]
) -> list[str]:
    """What came to a revoked node from one that knew before their session began."""
    if name in world.ledger.glass_breakers(chart):
        return []
    wrong = []
    for found in evidence.by_chart[chart]:
        if found.lane == "access" or found.author == name or name not in found.holders:
            continue
        arrived = world.watch.arrived(name, found.id)
        if arrived is None or arrived.peer is None:
            continue
        for end in ends:
            knew = world.watch.arrived(arrived.peer, end.id)
            if knew is not None and knew.at < arrived.began_at:
                wrong.append(f"{arrived.peer} served {name} after it knew of the revocation")
                break
    return wrong
