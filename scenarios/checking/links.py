"""Links: linked charts are shown together where both may be read, and stay two charts."""

from collections import defaultdict

from scenarios.checking.check import Check
from scenarios.checking.put_back import PutBack
from scenarios.engine.looking import readable_lanes
from scenarios.engine.member import Member
from scenarios.world.world import World


def links(world: World) -> Check:
    """Look at both ends of every link that a person made, and for charts that became one."""
    amiss: list[str] = []
    seen = 0
    shunned = world.ledger.hostile | set(world.ledger.revoked)
    put_back = PutBack(world)
    for linker, one, other, at in world.ledger.links:
        if linker in shunned or put_back.undid(linker, at):
            continue  # what it says need not come to anybody, or was forgotten before it did
        for name, member in world.members.items():
            if name in shunned:
                continue
            for chart, far in ((one, other), (other, one)):
                if not (_reads(member, chart) and _reads(member, far)):
                    continue
                seen += 1
                told = member.running.chart_show(chart, linked=True)["linked"]
                assert isinstance(told, list)
                if far not in [str(line["chart"]) for line in told]:
                    amiss.append(f"{far[:22]} is not shown beside {chart[:22]} at {name}")
    people: dict[str, set[str]] = defaultdict(set)
    for written in world.ledger.written:
        if written.kind == "Patient":
            people[written.chart].add(written.id)
    amiss += [f"{chart[:22]} is of two people" for chart, who in people.items() if len(who) > 1]
    if amiss:
        return Check("links", False, f"{len(amiss)} amiss, first: {amiss[0]}")
    detail = f"{len(people)} charts, each of one registration; {seen} ends of links seen"
    return Check("links", True, detail)


def _reads(member: Member, chart: str) -> bool:
    """Whether a node holds a chart and reads the lane that links are in."""
    return member.holds(chart) and "summary" in readable_lanes(member.running, chart)
