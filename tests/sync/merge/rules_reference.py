"""AUTHORITY section (d) and DESIGN section 5's group, written anew and naively from their text.

Shares no code with `sync.merge`: every question is answered by looking at all pairs. It knows
only the elements that the histories below use.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from itertools import combinations

import cbor2

from sync.change import ChangeRef
from sync.merge.merged_change import MergedChange

ELEMENTS = ("status", "verificationStatus", "code", "note", "telecom")

GROUPS: dict[str, set[str]] = {
    "Observation": set(ELEMENTS),
    "Immunization": set(ELEMENTS),
    "Consent": set(ELEMENTS),
    "Provenance": set(ELEMENTS),
    "Patient": set(),
    "AllergyIntolerance": {"verificationStatus", "code"},
    "Flag": {"status", "code"},
    "Condition": {"verificationStatus", "code"},
    "MedicationRequest": {"status", "verificationStatus"},
    "Encounter": {"status"},
    "Task": {"status", "code"},
    "Invented": {"status", "verificationStatus", "code"},
}
SETS: dict[str, set[str]] = {"Patient": {"telecom"}}
GRAVE: dict[str, set[tuple[str, str]]] = {
    "Observation": {("status", "entered-in-error")},
    "Immunization": {("status", "entered-in-error")},
    "Consent": {("status", "entered-in-error"), ("status", "inactive")},
    "Provenance": set(),
    "Patient": set(),
    "AllergyIntolerance": {
        ("verificationStatus", "refuted"),
        ("verificationStatus", "entered-in-error"),
    },
    "Flag": {("status", "inactive"), ("status", "entered-in-error")},
    "Condition": {("verificationStatus", "refuted"), ("verificationStatus", "entered-in-error")},
    "MedicationRequest": {("status", "stopped"), ("status", "entered-in-error")},
    "Encounter": {("status", "entered-in-error")},
    "Task": {("status", "entered-in-error")},
    "Invented": {
        ("status", "stopped"),
        ("status", "inactive"),
        ("status", "entered-in-error"),
        ("verificationStatus", "refuted"),
        ("verificationStatus", "entered-in-error"),
    },
}


@dataclass(frozen=True)
class Expected:
    """What the rules say of one resource: heads, heads by element, conflicts."""

    heads: set[ChangeRef]
    elements: dict[str, set[ChangeRef]]
    conflicts: dict[str, tuple[frozenset[ChangeRef], frozenset[str]]]


class Rules:
    """One resource's merged changes, all of one key, by the rules' own words."""

    def __init__(self, chart: bytes, changes: list[MergedChange]) -> None:
        self.chart = chart
        self.by_ref = {m.ref: m for m in changes}
        self.type = changes[0].change.type

    def lists(self, later: ChangeRef) -> set[ChangeRef]:
        return {r for r in self.by_ref[later].change.supersedes if r in self.by_ref}

    def is_after(self, later: ChangeRef, earlier: ChangeRef) -> bool:
        """c is after a if c lists a, or lists a merged b that is after a."""
        return any(b == earlier or self.is_after(b, earlier) for b in self.lists(later))

    def is_concurrent(self, one: ChangeRef, other: ChangeRef) -> bool:
        return one != other and not self.is_after(one, other) and not self.is_after(other, one)

    def content(self, ref: ChangeRef) -> dict[str, object] | None:
        try:
            found = json.loads(self.by_ref[ref].change.content)
        except ValueError:
            return None
        return found if isinstance(found, dict) and "resourceType" in found else None

    def touches(self, ref: ChangeRef) -> set[str]:
        content = self.content(ref)
        if content is None:
            return set()
        change = self.by_ref[ref].change
        own = set() if change.supersedes else content.keys() - {"resourceType"}
        return own | set(change.touched)

    def element_heads(self) -> dict[str, set[ChangeRef]]:
        """Heads of an element = changes touching it with no later change touching it."""
        names = {name for ref in self.by_ref for name in self.touches(ref)}
        return {
            name: {
                a
                for a in self.by_ref
                if name in self.touches(a)
                and not any(name in self.touches(c) and self.is_after(c, a) for c in self.by_ref)
            }
            for name in names
        }

    def says(self, ref: ChangeRef, names: set[str]) -> dict[str, object]:
        content = self.content(ref)
        assert content is not None
        return {name: content[name] for name in names if name in content}

    def expected(self) -> Expected:
        heads = {a for a in self.by_ref if not any(self.is_after(c, a) for c in self.by_ref)}
        elements = self.element_heads()
        return Expected(heads, elements, self.conflicts(elements))

    def conflicts(
        self, elements: dict[str, set[ChangeRef]]
    ) -> dict[str, tuple[frozenset[ChangeRef], frozenset[str]]]:
        sets = SETS.get(self.type, set())
        group = {n for n in elements if n in GROUPS[self.type] or self._is_whole(n)} - sets
        in_group = {ref for name in group for ref in elements[name]}
        grave = {ref for ref in in_group if self.is_grave(ref, elements)}
        clinical: set[ChangeRef] = set()
        for a, b in combinations({r for refs in elements.values() for r in refs}, 2):
            counts = (a in in_group and b in in_group) or a in grave or b in grave
            if (
                counts
                and self.is_concurrent(a, b)
                and self.says(a, self.group_names(sets)) != self.says(b, self.group_names(sets))
            ):
                clinical |= {a, b}
        named: set[str] = set()
        found: dict[str, tuple[frozenset[ChangeRef], frozenset[str]]] = {}
        joined = set(clinical)
        for name in elements.keys() - group:
            refs = elements[name]
            differ = name not in sets and any(
                self.says(a, {name}) != self.says(b, {name}) for a in refs for b in refs
            )
            if refs & (clinical - in_group) or (differ and refs <= clinical):
                named.add(name)
                joined |= refs if differ else set()
            elif differ:
                key = self.conflict_id(f"element/{name}", refs)
                found[key] = (frozenset(refs), frozenset({name}))
        if clinical:
            named |= {n for n in group if elements[n] & joined}
            key = self.conflict_id("group/clinical", joined)
            found[key] = (frozenset(joined), frozenset(named))
        return found

    def is_grave(self, ref: ChangeRef, elements: dict[str, set[ChangeRef]]) -> bool:
        return any(
            ref in elements.get(name, set()) and self.says(ref, {name}).get(name) == code
            for name, code in GRAVE[self.type]
        )

    def group_names(self, sets: set[str]) -> set[str]:
        names = {name for ref in self.by_ref for name in self.content(ref) or {}}
        return {n for n in names if n in GROUPS[self.type] or self._is_whole(n)} - sets

    def _is_whole(self, name: str) -> bool:
        return GROUPS[self.type] == set(ELEMENTS) and name != "resourceType"

    def conflict_id(self, group: str, refs: set[ChangeRef]) -> str:
        key = next(iter(self.by_ref.values())).key
        heads = [[operation, place] for operation, place in sorted(refs)]
        value = [self.chart, key.lane, key.type, key.id, group, heads]
        digest = hashlib.sha256(b"satchel/conflict\x00" + cbor2.dumps(value, canonical=True))
        return base64.b32encode(digest.digest()).decode().lower()[:26]
