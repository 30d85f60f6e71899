"""Conflicts: which heads of one resource disagree, and the id of their disagreement.

AUTHORITY rule 17 gives the heads, DESIGN section 5 the clinical group and what is grave. Decided
here: concurrent changes that say the same throughout the group do not disagree (both stay in
history and among the heads); and a disagreement over another element joins the clinical one when
its heads all take part there, or one of them only for its being concurrent with something grave,
so that a person answers once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sync.change import ChangeRef
from sync.codec import encode
from sync.identifiers import ChartId, base32, hashed
from sync.merge.document import Value
from sync.merge.merged_change import ResourceKey
from sync.merge.policy import Policy, codes_of, comparable
from sync.merge.versions import Versions

CLINICAL: Final = "group/clinical"
"""The name of the clinical group in a conflict's id; other groups are `element/<register>`."""

ID_LENGTH_CHARS: Final = 26


@dataclass(frozen=True, slots=True)
class HeadValue:
    """What one head says in one element. The repr shows no content."""

    ref: ChangeRef
    value: Value

    def __repr__(self) -> str:
        """Show the reference only."""
        return f"HeadValue({self.ref.operation.hex()[-8:]} {self.ref.place})"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One disagreement on the worklist: the same on every replica that merged the same."""

    id: str
    key: ResourceKey
    group: str
    elements: tuple[str, ...]
    heads: tuple[ChangeRef, ...]
    """Sorted. A `resolve` that lists them and touches `elements` closes this conflict."""
    values: tuple[tuple[str, tuple[HeadValue, ...]], ...]
    """Element to what each head of it that takes part says, sorted by reference."""


def conflict_id(chart: ChartId, key: ResourceKey, group: str, heads: Sequence[ChangeRef]) -> str:
    """The id of a disagreement between these heads (DESIGN section 5): 26 letters and digits."""
    ordered = sorted(heads)
    value = encode([chart, key.lane, key.type, key.id, group, [list(ref) for ref in ordered]])
    return base32(hashed("conflict", value))[:ID_LENGTH_CHARS]


def find_conflicts(
    chart: ChartId, key: ResourceKey, policy: Policy, versions: Versions
) -> tuple[Conflict, ...]:
    """The open conflicts of a resource: the clinical one first, then by element."""
    if len(versions.changes) < 2 or (
        all(len(places) < 2 for places in versions.heads.values())
        and len(_union(versions.heads.values())) < 2
    ):
        return ()
    clinical = _clinical_heads(policy, versions)
    found: list[Conflict] = []
    alone: list[str] = []
    elements: list[str] = []
    joined = set(clinical)
    outside = clinical - _union(h for r, h in versions.heads.items() if policy.in_group(r))
    for register, heads in versions.heads.items():
        if policy.in_group(register):
            continue
        differs = register not in policy.sets and _disagree(versions, register, heads)
        if outside.intersection(heads) or (differs and clinical.issuperset(heads)):
            elements.append(register)
            joined.update(heads if differs else ())
        elif differs:
            alone.append(register)
    elements += [r for r, h in versions.heads.items() if policy.in_group(r) and joined & set(h)]
    if clinical:
        found.append(_conflict(chart, key, CLINICAL, elements, joined, versions))
    for register in alone:
        heads = versions.heads[register]
        found.append(_conflict(chart, key, f"element/{register}", [register], heads, versions))
    return tuple(found)


def grave_heads(policy: Policy, versions: Versions) -> set[int]:
    """The heads that stop, refute, correct or void, by what they say where they are heads."""
    return {
        place
        for register, codes in policy.grave.items()
        for place in versions.heads.get(register, ())
        if codes & codes_of(register, versions.value(place, register))
    }


def _clinical_heads(policy: Policy, versions: Versions) -> set[int]:
    """The heads that disagree with a concurrent one over the clinical group."""
    group = _union(heads for r, heads in versions.heads.items() if policy.in_group(r))
    grave = grave_heads(policy, versions)
    members = sorted(_union(versions.heads.values()) if grave else group)
    statements = [_statement(policy, versions, place) for place in members]
    if len(set(statements)) < 2:
        return set()
    if any(
        len(heads) == len(members) and set(heads) == set(members)
        for heads in versions.heads.values()
    ):
        return _disagreeing_fan(members, statements, group, grave)
    alike: dict[str, int] = {}
    for bit, statement in enumerate(statements):
        alike[statement] = alike.get(statement, 0) | 1 << bit
    group_bits = sum(1 << bit for bit, place in enumerate(members) if place in group)
    grave_bits = sum(1 << bit for bit, place in enumerate(members) if place in grave)
    found: set[int] = set()
    for bit, concurrent in enumerate(versions.causality.concurrent(members)):
        against = concurrent & ~alike[statements[bit]]
        if members[bit] not in grave:
            against &= group_bits if members[bit] in group else grave_bits
        if against:
            found.add(members[bit])
    return found


def _disagreeing_fan(
    members: Sequence[int], statements: Sequence[str], group: set[int], grave: set[int]
) -> set[int]:
    """The same for members that are all heads of one element, so all concurrent: by counting."""
    every = Counter(statements)
    grouped = Counter(s for place, s in zip(members, statements, strict=True) if place in group)
    graves = Counter(s for place, s in zip(members, statements, strict=True) if place in grave)
    found: set[int] = set()
    for place, statement in zip(members, statements, strict=True):
        against = every if place in grave else grouped if place in group else graves
        if len(against) > (1 if statement in against else 0):
            found.add(place)
    return found


def _statement(policy: Policy, versions: Versions, place: int) -> str:
    """What a version says throughout the clinical group, in a form that can be compared."""
    registers = versions.document(place).registers
    parts = (
        (register, comparable(register, value))
        for register, value in registers.items()
        if policy.in_group(register)
    )
    return repr(sorted(part for part in parts if part[1]))


def _disagree(versions: Versions, register: str, heads: Sequence[int]) -> bool:
    if len(heads) < 2:
        return False
    return len({comparable(register, versions.value(place, register)) for place in heads}) > 1


def _conflict(
    chart: ChartId,
    key: ResourceKey,
    group: str,
    elements: Iterable[str],
    heads: Iterable[int],
    versions: Versions,
) -> Conflict:
    places = versions.refs_sorted(list(heads))
    refs = tuple(versions.changes[place].ref for place in places)
    own = {element: set(versions.heads[element]) for element in sorted(elements)}
    values = tuple(
        (
            element,
            tuple(
                HeadValue(versions.changes[place].ref, versions.value(place, element))
                for place in places
                if place in element_heads
            ),
        )
        for element, element_heads in own.items()
    )
    return Conflict(
        conflict_id(chart, key, group, refs),
        key,
        group,
        tuple(element for element, _ in values),
        refs,
        values,
    )


def _union(groups: Iterable[Iterable[int]]) -> set[int]:
    return {place for places in groups for place in places}
