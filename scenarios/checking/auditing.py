"""Audit completeness: every act is a line of its node's own audit, and no line was changed."""

from collections import Counter
from typing import Final

import cbor2

from scenarios.checking.check import Check
from scenarios.checking.entitled import Entitled
from scenarios.checking.evidence import evidence_of, hashed, rows_of
from scenarios.checking.put_back import PutBack
from scenarios.engine.member import Member
from scenarios.world.world import World

_WRITES: Final = ("import", "record")
_IN_EACH_CHART: Final = ("grant", "revoke")
"""Incidents that are a line a chart, under the same word."""


def audit_completeness(world: World) -> Check:
    """Follow each node's chain by its hashes, and count what people did against its lines."""
    wrong: list[str] = []
    lines = acts = 0
    put_back = PutBack(world).names
    whole = evidence_of(world).whole
    smallest = min(world.members, key=lambda name: _operations(world.members[name]))
    for name, member in world.members.items():
        _read_something(member)
        chain = rows_of(
            member, "SELECT number, at, kind, chart, practitioner, hash FROM audit ORDER BY number"
        )
        lines += len(chain)
        if not _follows(chain):
            wrong.append(f"the chain of {name} is broken")
        if whole or name == smallest:
            verified = member.running.audit_verify()
            if verified["ok"] is not True:
                wrong.append(f"audit verify does not hold at {name}: {verified['findings']}")
        said = Counter(str(line[2]) for line in chain)
        if name not in put_back:
            expected = _expected(world, name)
            acts += sum(expected.values())
            said["write"] = sum(said[kind] for kind in _WRITES)
            wrong += [
                f"{expected[kind]} acts of kind {kind} at {name}, {said[kind]} lines"
                for kind in expected
                if said[kind] < expected[kind]
            ]
    verified_at = "everywhere" if whole else f"at {smallest}"
    told = f"{lines} lines, {acts} acts of people among them; `audit verify` asked {verified_at}"
    if wrong:
        return Check("audit completeness", False, f"{wrong[0]} ({len(wrong)} in all); {told}")
    return Check("audit completeness", True, told)


def _expected(world: World, name: str) -> Counter[str]:
    """How many lines of each kind a node must have: of writes, the moments at which it wrote."""
    moments = {written.at for written in world.ledger.written if written.node == name}
    found = Counter(
        {"write": len(moments), "read": 1 if world.members[name].running.charts() else 0}
    )
    opened = Entitled(world).opened
    own = [opened[chart] for chart, opener in world.ledger.charts.items() if opener == name]
    for event in world.history.of("incident"):
        about_charts = event["what"] in _IN_EACH_CHART and any(at < event["at"] for at in own)
        if event["node"] == name and about_charts:
            found[event["what"]] += 1
    found["resolve"] = sum(who == name for who, _, _ in world.ledger.resolved)
    return found


def _operations(member: Member) -> int:
    return int(rows_of(member, "SELECT count(*) FROM operations")[0][0])


def _read_something(member: Member) -> None:
    """Look at one chart, as a person does."""
    for line in member.running.charts()[:1]:
        member.running.chart_show(str(line["chart"]))


def _follows(chain: list[tuple[int, int, str, bytes | None, bytes | None, bytes]]) -> bool:
    """Whether each line's hash covers the one before it."""
    previous = bytes(32)
    for place, (number, at, kind, chart, practitioner, link) in enumerate(chain, start=1):
        statement = cbor2.dumps([1, previous, number, at, kind, chart, practitioner])
        if number != place or hashed("audit", statement) != link:
            return False
        previous = link
    return True
