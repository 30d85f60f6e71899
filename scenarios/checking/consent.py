"""Consent: nobody can open what they were not entitled to, with every secret that they ever had.

Each device's secrets are tried on each body of each store. What they open is compared with the
simulator's own account of who was given what, who took it back, and which writer knew of that.
"""

from collections.abc import Iterator

from scenarios.checking.check import Check
from scenarios.checking.entitled import Entitled
from scenarios.checking.evidence import Evidence, Found, evidence_of, unsealed
from scenarios.checking.reach import Reach
from scenarios.world.world import World
from sync.acts import Revoke
from sync.grantee import Device, Grantee


def consent(world: World) -> Check:
    """Try to open everything with everything."""
    evidence, entitled = evidence_of(world), Entitled(world)
    tried = 0
    wrong: list[str] = []
    for name, member in world.members.items():
        reach = Reach(world, evidence, member)
        for chart in evidence.charts:
            keys = reach.keys(chart)
            lanes = entitled.may_read(name, chart)
            ended = set(revoking(world, evidence, entitled, name, chart))
            for found in evidence.by_chart[chart]:
                if found.body is None or found.lane == "access" or found.author == name:
                    continue
                why = _why_not(world, entitled, name, found, lanes, ended)
                tried += 1
                if why and _opens(found, keys):
                    wrong.append(f"{name} opens {found.lane} of {chart[:22]}, {why}")
    if wrong:
        return Check("consent", False, f"{len(wrong)} bodies open wrongly: {wrong[0]}")
    return Check(
        "consent",
        True,
        f"{tried} bodies tried with all secrets of {len(world.members)} devices: {evidence.extent}",
    )


def revoking(
    world: World, evidence: Evidence, entitled: Entitled, name: str, chart: str
) -> Iterator[bytes]:
    """The operations by which a node's access to a chart ended for good."""
    ends = {event["node"] for event in entitled.ends(name, chart)}
    if not ends:
        return
    for found in evidence.by_chart[chart]:
        for act in found.acts:
            if isinstance(act, Revoke) and found.author in ends and _is(world, act.target, name):
                yield found.id


def _is(world: World, target: Grantee, name: str) -> bool:
    member = world.members[name]
    if isinstance(target, Device):
        return target.key == member.device
    return target.organisation == member.running.context.identity.organisation


def _why_not(
    world: World,
    entitled: Entitled,
    name: str,
    found: Found,
    lanes: frozenset[str],
    ended: set[bytes],
) -> str:
    """Why a node may not open an operation; empty where it may."""
    if found.lane not in lanes:
        return "a relay" if entitled.is_relay(name) else "which it was never given"
    if not ended or (found.lane == "summary" and name in world.ledger.glass_breakers(found.chart)):
        return ""
    author = found.author
    when = None if author is None else world.watch.tick(author, found.id)
    if author is None or when is None or author in world.ledger.hostile:
        return ""  # who does harm may write under any key that it ever had
    if any(world.watch.had(author, operation, when) for operation in ended):
        return f"written by {author}, who knew of its revocation"
    return ""


def _opens(found: Found, keys: set[bytes]) -> bool:
    assert found.body is not None
    prefix = found.prefix
    return any(unsealed(found.body, prefix, key) is not None for key in keys)
