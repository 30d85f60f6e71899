"""No silent overwrite: what was written apart is a conflict until a person who saw both decides.

Who had seen what is the simulator's own account of what had arrived in whose store, not what an
operation says it supersedes, and never a clock.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from scenarios.checking.check import Check
from scenarios.checking.entitled import Entitled
from scenarios.checking.evidence import RESOLVE, Found, Version, evidence_of
from scenarios.world.world import World

_GROUPS: Final[dict[str, tuple[frozenset[str], ...]]] = {
    "Observation": (frozenset({"status", "valueQuantity", "code", "effectiveDateTime"}),),
    "MedicationRequest": (frozenset({"status", "dosageInstruction"}),),
    "AllergyIntolerance": (frozenset({"criticality", "code", "verificationStatus"}),),
    "Condition": (frozenset({"code", "clinicalStatus"}), frozenset({"note"})),
    "Patient": (frozenset({"deceasedDateTime"}), frozenset({"birthDate"})),
}
"""Elements that two people may not change apart without being told, by type."""


@dataclass(frozen=True)
class _Version:
    """A version of one resource, and what its author had seen of it."""

    operation: bytes
    author: str
    document: dict[str, Any]
    resolves: bool
    says_touched: frozenset[str]
    saw: frozenset[bytes]
    """Which other versions' operations were in the author's store."""


def no_silent_overwrite(world: World) -> Check:
    """Look for versions written apart that show as if one of them had never been."""
    entitled = Entitled(world)
    apart = 0
    silent: list[str] = []
    versions = _versions(world)
    conflicts: dict[str, set[tuple[str, str]]] = {}
    for (chart, kind, identity), listed in versions.items():
        pairs = list(_disputed(kind, listed))
        if not pairs:
            continue
        apart += len(pairs)
        for name in entitled.must_read(chart):
            if name not in conflicts:
                conflicts[name] = _open_conflicts(world, name)
            if (
                all(_holds(world, name, one, other) for one, other in pairs)
                and (
                    chart,
                    f"{kind}/{identity}",
                )
                not in conflicts[name]
            ):
                silent.append(f"{kind}/{identity} at {name}")
    several = sum(len(listed) > 1 for listed in versions.values())
    told = f"{several} entries changed, {apart} pairs written apart"
    if silent:
        return Check(
            "no silent overwrite",
            False,
            f"{told}; {len(silent)} show one side as if the other were not, first {silent[0]}",
        )
    return Check(
        "no silent overwrite", True, f"{told}, every one open: {evidence_of(world).extent}"
    )


def _versions(world: World) -> dict[tuple[str, str, str], list[_Version]]:
    """The versions of each resource that more than one operation speaks of."""
    evidence = evidence_of(world)
    doubted = world.ledger.hostile | set(world.ledger.revoked)
    known = {
        (one.node, one.kind, one.id, one.content)
        for one in (*world.ledger.written, *world.ledger.doubtful)
    }
    by_name = defaultdict(list)
    for found in evidence.operations.values():
        for version in found.versions:
            if version.type in _GROUPS and _by_a_person(world, known, found, version):
                by_name[found.chart, version.type, version.id].append((found, version))
    made: dict[tuple[str, str, str], list[_Version]] = {}
    for key, listed in by_name.items():
        ids = [found.id for found, _ in listed]
        if len(ids) < 2 or any(found.author in doubted for found, _ in listed):
            continue
        for found, version in listed:
            assert found.author is not None
            when = world.watch.tick(found.author, found.id)
            if when is None:  # its store was put back: nobody knows what it had seen
                made.pop(key, None)
                break
            saw = frozenset(one for one in ids if world.watch.had(found.author, one, when))
            made.setdefault(key, []).append(
                _Version(
                    found.id,
                    found.author,
                    json.loads(version.content or "{}"),
                    version.kind == RESOLVE,
                    version.touched,
                    saw,
                )
            )
    return made


def _by_a_person(
    world: World, known: set[tuple[str, str, str, str]], found: Found, version: Version
) -> bool:
    """Whether somebody wrote it, or decided so: nothing else makes or closes a conflict."""
    name = found.author or ""
    if version.kind == RESOLVE:
        return (name, found.chart, f"{version.type}/{version.id}") in world.ledger.deciding
    return (name, version.type, version.id, version.content) in known


def _disputed(kind: str, versions: list[_Version]) -> list[tuple[_Version, _Version]]:
    """Pairs that nobody who saw both has decided between."""
    by_id = {version.operation: version for version in versions}
    found = []
    for group in _GROUPS[kind]:
        touching = [version for version in versions if _touches(version, group, by_id)]
        closing = [one for one in versions if one in touching or one.says_touched & group]
        heads = [
            version
            for version in touching
            if not any(version.operation in later.saw for later in closing)
        ]
        for one, other in combinations(heads, 2):
            touched = _touches(one, group, by_id) | _touches(other, group, by_id)
            if any(one.document.get(name) != other.document.get(name) for name in touched):
                found.append((one, other))
    return found


def _touches(
    version: _Version, group: frozenset[str], by_id: dict[bytes, _Version]
) -> frozenset[str]:
    """Elements of a group that an author surely changed: unlike in all that they had seen.

    A decision of a person touches them all.
    """
    seen = [by_id[one].document for one in version.saw if one in by_id]
    if version.resolves or not seen:
        return group
    return frozenset(
        name for name in group if all(version.document.get(name) != one.get(name) for one in seen)
    )


def _open_conflicts(world: World, name: str) -> set[tuple[str, str]]:
    return {
        (str(line["chart"]), str(line["resource"]))
        for line in world.members[name].running.conflicts()
    }


def _holds(world: World, name: str, one: _Version, other: _Version) -> bool:
    holders = evidence_of(world).operations
    return all(name in holders[version.operation].holders for version in (one, other))
