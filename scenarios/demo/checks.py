"""The checks: each judges what nodes exported, listed or have on disk, and knows nothing else.

Every one of them fails on falsified input: tests/scenarios/test_demo_checks.py breaks each.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.demo.evidence import Resource, contents, named, resources_of
from scenarios.demo.opened_home import OpenedHome, boxes_in, keys_from, opened_bodies
from scenarios.demo.plaintext_search import Search

Listed = Sequence[Mapping[str, Any]]
_NAMES_OF_NOBODY = ("", None, "(directory)")
"""What a list shows where a chart has no patient, or none that can be read."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `detail` is a figure, or what is wrong, without names."""

    name: str
    passed: bool
    detail: str


def same_copies(name: str, one: Sequence[bytes], other: Sequence[bytes]) -> Check:
    """Two exports are the same, line for line once sorted, and not empty."""
    same = bool(one) and sorted(one) == sorted(other)
    detail = f"{len(one):,} resources" if same else f"{len(one):,} and {len(other):,}, or unlike"
    return Check(name, same, detail)


def all_registered(exported: Sequence[bytes], papers: Iterable[Resource]) -> Check:
    """Everything that was registered is in the other clinic's export, as it was written."""
    missing = contents(papers) - contents(resources_of(exported))
    name = "hilltop reads all that was registered"
    return Check(
        name, not missing and bool(exported), f"{missing.total()} missing of {len(exported):,}"
    )


def worked_apart(
    riverside: Sequence[bytes],
    hilltop: Sequence[bytes],
    riverside_papers: Iterable[Resource],
    hilltop_papers: Iterable[Resource],
) -> Check:
    """Cut off, each clinic has all that it wrote and nothing of what the other wrote."""
    here, there = contents(resources_of(riverside)), contents(resources_of(hilltop))
    ours, theirs = contents(riverside_papers), contents(hilltop_papers)
    kept = not ours - here and not theirs - there
    apart = not ours & there and not theirs & here
    detail = f"{ours.total()} and {theirs.total()} edits, none crossed"
    if not kept:
        detail = "a clinic lacks its own edits"
    elif not apart:
        detail = "an edit crossed while they were cut off"
    return Check("cut off, each knows only its own edits", kept and apart and bool(ours), detail)


def nothing_lost(histories: Sequence[Sequence[bytes]], papers: Iterable[Resource]) -> Check:
    """Every version that anyone wrote is in every clinic's history."""
    written = contents(papers)
    held = [contents(resources_of(history)) for history in histories]
    missing = sum(version not in history for history in held for version in written)
    detail = f"{missing} missing" if missing else f"{len(written):,} versions in both"
    return Check("nothing that was written is lost", not missing and bool(held and written), detail)


def same_conflicts(riverside: Listed, hilltop: Listed, expected: Mapping[str, str]) -> Check:
    """Both clinics list the same conflicts: of these resources, about these elements."""
    here, there = _conflict_ids(riverside), _conflict_ids(hilltop)
    found = {one["resource"]: one["elements"] for one in riverside}
    right = set(found) == set(expected) and all(
        element in found[resource] for resource, element in expected.items()
    )
    detail = f"{len(here)} on each worklist, alike"
    if here != there:
        detail = f"{len(here)} and {len(there)}, or unlike"
    elif not right:
        detail = "not what was disagreed about"
    return Check("both list the same conflicts", bool(here) and here == there and right, detail)


def safe_side_shows(exports: Sequence[Sequence[bytes]], prescription: str) -> Check:
    """While a dose and a stop disagree, every clinic shows the medicine as stopped."""
    shown = [
        one.get("status") for export in exports for one in named(resources_of(export), prescription)
    ]
    stopped = len(shown) == len(exports) > 0 and set(shown) == {"stopped"}
    name = "until then the safe side shows"
    return Check(name, stopped, ", ".join(map(str, shown)) or "it is not shown at all")


def resolved(
    worklists: Sequence[Listed], exports: Sequence[Sequence[bytes]], chosen: Mapping[str, Resource]
) -> Check:
    """What people chose shows in every clinic, and no worklist holds anything."""
    waiting = sum(len(worklist) for worklist in worklists)
    differing = [
        reference
        for export in exports
        for reference, elements in chosen.items()
        if [_only(one, elements) for one in named(resources_of(export), reference)] != [elements]
    ]
    detail = f"{len(chosen)} decisions show in both"
    if waiting:
        detail = f"{waiting} still open"
    elif differing:
        detail = f"{len(differing)} show otherwise"
    name = "what people decided closes them"
    looked = bool(worklists and exports and chosen)
    return Check(name, looked and not waiting and not differing, detail)


def unreadable_after_revocation(
    riverside: Sequence[bytes], hilltop_history: Sequence[bytes], reference: str
) -> Check:
    """What was written after the revocation is in riverside's export, and not in hilltop's."""
    written = len(named(resources_of(riverside), reference))
    read = len(named(resources_of(hilltop_history), reference))
    detail = f"{written} at riverside, {read} at hilltop"
    return Check("after it, hilltop reads nothing new", written == 1 and not read, detail)


def keys_do_not_open(
    reference: str, writer: OpenedHome, carrier: OpenedHome, shut_out: OpenedHome
) -> Check:
    """No key that hilltop has, or gets out of any box, opens what the relay carries of it."""
    name = "no key of hilltop's opens it"
    marks = [part.encode() for part in reference.split("/")]
    readable = dict(opened_bodies(writer.operations, writer.keys))
    after = [one for one, text in readable.items() if all(mark in text for mark in marks)]
    if not after:
        return Check(name, False, "riverside itself cannot open it")
    carried = [one for one in carrier.operations if one in set(after) and one.body is not None]
    if len(carried) != len(after):
        return Check(name, False, "the relay does not carry it")
    offered = [*boxes_in(readable.values())]
    keys = {*shut_out.keys, *keys_from(offered, shut_out.openers)}
    if not keys or not any(opened_bodies(shut_out.operations, keys)):
        return Check(name, False, "hilltop's keys open nothing at all: nothing was tried")
    opened = sum(1 for _ in opened_bodies(carried, keys))
    detail = f"{len(keys)} keys, {len(offered)} boxes tried" if not opened else "opened"
    return Check(name, not opened, detail)


def keeps_what_it_had(before: Sequence[bytes], after: Sequence[bytes], quarantine: Listed) -> Check:
    """A revocation takes nothing away: hilltop reads on what it could, or sees it wait."""
    held = contents(resources_of(before)) - contents(resources_of(after))
    gone = [json.loads(one) for one in held.elements()]
    waiting = {reference for one in quarantine for reference in one["resources"]}
    lost = [one for one in gone if f"{one['resourceType']}/{one['id']}" not in waiting]
    detail = f"{len(before) - len(gone):,} still read, {len(gone)} waiting"
    if lost:
        detail = f"{len(lost)} lost"
    return Check("hilltop keeps what it had read", bool(before) and not lost, detail)


def waits_in_quarantine(quarantine: Listed, exported: Sequence[bytes], reference: str) -> Check:
    """What hilltop wrote too late is kept at riverside, listed, and not merged."""
    waiting = sum(1 for one in quarantine if reference in one["resources"])
    merged = len(named(resources_of(exported), reference))
    detail = f"{waiting} waiting, {merged} merged"
    return Check("hilltop's late record waits", waiting == 1 and not merged, detail)


def accepted_by_a_person(quarantine: Listed, exported: Sequence[bytes], late: Resource) -> Check:
    """After a person accepted it, it is in the chart as it was written, and waits no more."""
    merged = contents([late]) <= contents(resources_of(exported))
    detail = "merged" if merged else "not merged"
    detail += f", {len(quarantine)} waiting"
    return Check("a person accepts it: it counts", merged and not quarantine, detail)


def relay_reads_nothing(exported: Sequence[bytes], charts: Listed, carried: OpenedHome) -> Check:
    """The relay carries sealed operations of charts, and shows no resource, name or birth date."""
    shown = sum(
        1
        for one in charts
        if one["name"] not in _NAMES_OF_NOBODY or one["birth_date"] or one["resources"]
    )
    sealed = sum(1 for one in carried.operations if one.body is not None)
    passed = bool(charts) and bool(sealed) and not exported and not shown
    detail = f"{sealed:,} sealed, {len(exported)} readable"
    return Check("the relay carries, and reads nothing", passed, detail)


def relay_holds_no_words(search: Search) -> Check:
    """None of the patients' words lies in the relay's files, or in what its own keys open."""
    passed = not search.found_in and search.words > 0 and search.size_bytes > 0
    detail = f"{search.words:,} words sought in {search.size_bytes / 1e6:.1f} MB"
    if search.found_in:
        detail = f"found in {', '.join(search.found_in[:3])}"
    return Check("the relay's files name no patient", passed, detail)


def verified(audits: Sequence[Mapping[str, Any]]) -> Check:
    """Every node verifies every signature, hash and link that it stores."""
    operations = sum(int(one["operations"]) for one in audits)
    passed = operations > 0 and all(one["ok"] for one in audits)
    detail = f"{operations:,} operations" if passed else "a node's audit found something"
    return Check("all that is stored verifies", passed, detail)


def _conflict_ids(worklist: Listed) -> set[tuple[str, str]]:
    return {(str(one["conflict"]), str(one["resource"])) for one in worklist}


def _only(resource: Resource, elements: Resource) -> Resource:
    return {name: resource.get(name) for name in elements}
