"""No loss: what a node acknowledged is where a person can see it, there and wherever it came."""

import json

from scenarios.checking.check import Check
from scenarios.checking.entitled import Entitled
from scenarios.checking.evidence import Evidence, evidence_of
from scenarios.checking.ledger import Written
from scenarios.checking.put_back import PutBack
from scenarios.engine.member import Member
from scenarios.world.entries import canonical
from scenarios.world.world import World


def no_loss(world: World) -> Check:
    """Look for each acknowledged version where it was written and where it may be read."""
    evidence, entitled = evidence_of(world), Entitled(world)
    by_chart: dict[str, list[Written]] = {}
    for written in world.ledger.written:
        by_chart.setdefault(written.chart, []).append(written)
    lost: list[tuple[Written, str]] = []
    shunned = world.ledger.hostile | set(world.ledger.revoked)
    looked = places = 0
    put_back = PutBack(world)
    waiting = {name: waits(member) for name, member in world.members.items()}
    for chart in evidence.charts:
        versions = [
            written
            for written in by_chart.get(chart, [])
            if not put_back.undid(written.node, written.at)
            or _held_honestly(world, evidence, written)
        ]
        looked += len(versions)
        readers = set(entitled.must_read(chart))
        for name in sorted(readers | {written.node for written in versions}):
            shown = visible(world.members[name], chart) | waiting[name]
            for written in versions:
                own = written.node == name
                if own and name in shunned and put_back.undid(name, written.at):
                    own = False  # nobody syncs with it as ever: what it forgot may never return
                if own or (name in readers and _came(evidence, written, name)):
                    places += 1
                    key = (written.kind, written.id)
                    if (*key, written.content) not in shown and key not in shown:
                        lost.append((written, name))
    if lost:
        first, name = lost[0]
        return Check(
            "no loss",
            False,
            f"{len(lost)} of {places} acknowledged versions are nowhere;"
            f" first {first.kind}/{first.id} at {name}",
        )
    return Check(
        "no loss",
        True,
        f"{looked} acknowledged entries, seen at {places} places: {evidence.extent}",
    )


def visible(member: Member, chart: str) -> set[tuple[str, ...]]:
    """Every version in a chart's history at a node."""
    node = member.running
    if not member.holds(chart):
        return set()
    found: set[tuple[str, ...]] = set()
    for piece in node.export(chart, form="ndjson", history=True):
        if piece:
            resource = json.loads(piece)
            found.add((resource["resourceType"], resource["id"], canonical(resource)))
    return found


def waits(member: Member) -> set[tuple[str, ...]]:
    """By type and id, what waits at a node to be accepted."""
    found: set[tuple[str, ...]] = set()
    for line in member.running.quarantine():
        resources = line["resources"]
        assert isinstance(resources, list)
        found |= {tuple(str(name).split("/", 1)) for name in resources}
    return found


def _key(written: Written) -> tuple[str, str, str, str, str]:
    return written.chart, written.node, written.kind, written.id, written.content


def _held_honestly(world: World, evidence: Evidence, written: Written) -> bool:
    """Whether somebody has it who gives it back."""
    found = evidence.written.get(_key(written))
    return found is not None and not world.ledger.hostile.issuperset(found.holders)


def _came(evidence: Evidence, written: Written, name: str) -> bool:
    """Whether the operation that says so is in a node's store."""
    found = evidence.written.get(_key(written))
    return found is not None and name in found.holders
