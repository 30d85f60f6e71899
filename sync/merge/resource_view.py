"""What a chart shows of one resource: its heads, elements, conflicts, document and labels.

Made by `merge_lane`, read by the node's views, worklist and writers. Everything is computed when
it is first asked for, as most resources of a chart have one version and are not looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from sync.change import ChangeRef
from sync.identifiers import ChartId
from sync.merge.composition import (
    Shown,
    attached_places,
    choose,
    chosen_alone,
    shown_document,
    whole_document,
)
from sync.merge.disagreement import CLINICAL, Conflict, HeadValue, find_conflicts
from sync.merge.document import Document, Value, parse_document
from sync.merge.merged_change import MergedChange, ResourceKey
from sync.merge.policy import IN_ERROR, codes_of, comparable
from sync.merge.policy_table import policy_for
from sync.merge.register import register_of
from sync.merge.versions import Versions


class Label(StrEnum):
    """What a person must be told about a resource beside its document."""

    IN_CONFLICT = "in conflict"
    ENTERED_IN_ERROR = "entered in error"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    ASKS_REASON = "dispensing asks for a reason"
    UNREADABLE = "a version cannot be read"
    SET_ASIDE = "a later value is not shown"
    CARRIES_OTHERS = "a version carries values of changes that are not merged here"
    INCOMPLETE = "an earlier version is not merged here"
    CLOCK_DOUBTFUL = "clock doubtful"


@dataclass(frozen=True, slots=True)
class ElementView:
    """One element of a resource: all that is said of it now, and what of that shows first."""

    name: str
    heads: tuple[ChangeRef, ...]
    """The changes touching it with no later change touching it, sorted; several are concurrent."""
    values: tuple[HeadValue, ...]
    """What each head says."""
    shown: Value
    shown_from: tuple[ChangeRef, ...]
    set_aside: tuple[ChangeRef, ...]
    """Heads whose value a policy does not let show (an error never goes back)."""
    carried: tuple[HeadValue, ...]
    """What current versions contain here without having touched it, where nothing above says so."""


class ResourceView:
    """One resource after the merge. Its repr shows no content."""

    def __init__(self, chart: ChartId, key: ResourceKey, changes: Sequence[MergedChange]) -> None:
        """Hold the merged changes of one resource; `merge_lane` makes these."""
        self.chart = chart
        self.key = key
        self.policy = policy_for(key.type)
        self._changes = changes

    def __repr__(self) -> str:
        """Show the type and the number of versions."""
        return f"ResourceView({self.key.type}, {len(self._changes)} versions)"

    @cached_property
    def versions(self) -> Versions:
        """The versions by place in causal order."""
        return Versions(self.policy, self._changes)

    @property
    def history(self) -> tuple[MergedChange, ...]:
        """Every merged version in causal order, whatever the clocks say; ties by stamp."""
        return self.versions.changes

    @cached_property
    def heads(self) -> tuple[ChangeRef, ...]:
        """The merged heads of the resource, sorted."""
        return self._refs(self.versions.resource_heads)

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The disagreements that wait for a person."""
        if len(self._changes) < 2:
            return ()
        return find_conflicts(self.chart, self.key, self.policy, self.versions)

    @cached_property
    def shown(self) -> bytes | None:
        """The document: one version's original bytes where one says it all, else composed.

        None when no version can be read. Of a version that is attached it is the skeleton.
        """
        if self._is_alone:
            document = self.versions.read(0)
            return None if document is None else document.content
        return shown_document(self.policy, self.versions, self._chosen)

    @cached_property
    def attached(self) -> tuple[MergedChange, ...]:
        """The versions whose attachments the whole document needs; mostly none."""
        if all(merged.change.attachment is None for merged in self._changes):
            return ()
        places = attached_places(self.policy, self.versions, self._chosen)
        return tuple(self.versions.changes[place] for place in places)

    def whole(self, load: Callable[[MergedChange], bytes | None]) -> bytes | None:
        """The document with nothing left out, or None: not readable, or not all here yet.

        `load` gives an attached version's original bytes, checked to agree with its skeleton.
        """
        if not self.attached:
            return self.shown

        def document(place: int) -> Document | None:
            merged = self.versions.changes[place]
            if merged.change.attachment is None:
                return self.versions.read(place)
            original = load(merged)
            return None if original is None else parse_document(original, merged.change.type)

        return whole_document(self.policy, self.versions, self._chosen, document)

    @cached_property
    def elements(self) -> Mapping[str, ElementView]:
        """Register (a whole top-level element, such as `value[x]`) to what is said of it."""
        carried = self._carried()
        return {
            name: self._element(name, shown, tuple(carried.get(name, ())))
            for name, shown in self._chosen.items()
        }

    @property
    def is_entered_in_error(self) -> bool:
        """Whether what shows was entered in error, and so is not used."""
        return any(IN_ERROR in self._codes(register) for register in self.policy.withdrawn)

    @property
    def is_withdrawn(self) -> bool:
        """Whether it has gone away: refuted or void, with nothing that disputes it."""
        return any(codes & self._codes(name) for name, codes in self.policy.withdrawn.items())

    @property
    def is_stopped(self) -> bool:
        """Whether it is an order that shows as stopped, disputed or not."""
        return any(codes & self._codes(name) for name, codes in self.policy.stopped.items())

    @property
    def asks_reason(self) -> bool:
        """Whether dispensing asks for a reason: doses or the order itself are disputed."""
        return any(self.policy.asks_reason.intersection(c.elements) for c in self.conflicts)

    @cached_property
    def unreadable(self) -> tuple[ChangeRef, ...]:
        """Versions whose content is not JSON of this type: kept in history, hiding nothing."""
        found = enumerate(self.versions.readable)
        return self._refs([place for place, readable in found if not readable])

    @cached_property
    def unmerged(self) -> tuple[ChangeRef, ...]:
        """What versions list as superseded that is not merged here: absent or in quarantine."""
        held = {merged.ref for merged in self._changes}
        return tuple(
            sorted({r for m in self._changes for r in m.change.supersedes if r not in held})
        )

    @property
    def set_aside(self) -> tuple[ChangeRef, ...]:
        """Heads of which some value may not show, as the policy says."""
        return tuple(sorted({ref for e in self.elements.values() for ref in e.set_aside}))

    @property
    def labels(self) -> tuple[Label, ...]:
        """What to tell a person beside the document."""
        elements = () if self._is_alone else tuple(self.elements.values())
        doubtful = set(self.heads).union(*(e.shown_from for e in elements))
        said = {
            Label.IN_CONFLICT: bool(self.conflicts),
            Label.ENTERED_IN_ERROR: self.is_entered_in_error,
            Label.WITHDRAWN: self.is_withdrawn,
            Label.STOPPED: self.is_stopped,
            Label.ASKS_REASON: self.asks_reason,
            Label.UNREADABLE: bool(self.unreadable),
            Label.SET_ASIDE: any(e.set_aside for e in elements),
            Label.CARRIES_OTHERS: any(e.carried for e in elements),
            Label.INCOMPLETE: bool(self.unmerged),
            Label.CLOCK_DOUBTFUL: any(m.doubtful and m.ref in doubtful for m in self._changes),
        }
        return tuple(label for label, is_said in said.items() if is_said)

    def supersedes_for(self, touched: Sequence[str]) -> tuple[ChangeRef, ...]:
        """What a writer of this resource lists (AUTHORITY rule 16), sorted.

        The merged heads of the resource and of each element that it touches. A `resolve` is
        written in the same way, touching its conflict's elements.
        """
        places = set(self.versions.resource_heads)
        for element in touched:
            places.update(self.versions.heads.get(register_of(element), ()))
        return self._refs(list(places))

    @property
    def _is_alone(self) -> bool:
        """Whether there is one version, which says all: most resources of a chart."""
        return len(self._changes) == 1

    @cached_property
    def _chosen(self) -> dict[str, Shown]:
        if self._is_alone:
            return chosen_alone(self.versions)
        clinical = {ref for c in self.conflicts if c.group == CLINICAL for ref in c.heads}
        disputed = frozenset(
            place for place, merged in enumerate(self.versions.changes) if merged.ref in clinical
        )
        return choose(self.policy, self.versions, disputed)

    def _codes(self, register: str) -> frozenset[str]:
        shown = self._chosen.get(register)
        return frozenset() if shown is None else codes_of(register, shown.value)

    def _refs(self, places: Sequence[int]) -> tuple[ChangeRef, ...]:
        return tuple(sorted(self.versions.changes[place].ref for place in places))

    def _element(self, name: str, shown: Shown, carried: tuple[HeadValue, ...]) -> ElementView:
        versions = self.versions
        heads = versions.refs_sorted(versions.heads.get(name, ()))
        return ElementView(
            name,
            self._refs(heads),
            self._values(name, heads),
            shown.value,
            self._refs(shown.places),
            self._refs(shown.set_aside),
            carried,
        )

    def _values(self, name: str, places: Sequence[int]) -> tuple[HeadValue, ...]:
        return tuple(
            HeadValue(self.versions.changes[place].ref, self.versions.value(place, name))
            for place in places
        )

    def _carried(self) -> dict[str, list[HeadValue]]:
        """Element to what current versions contain there that none of its heads says."""
        versions = self.versions
        said = {
            name: {comparable(name, shown.value)}.union(
                comparable(name, versions.value(p, name)) for p in versions.heads.get(name, ())
            )
            for name, shown in self._chosen.items()
            if name not in self.policy.sets
        }
        found: dict[str, list[HeadValue]] = {}
        for place in versions.refs_sorted(versions.document_heads):
            document = versions.document(place)
            for name, statements in said.items():
                value = document.value(name)
                if value.same_as(self._chosen[name].value):
                    continue
                if comparable(name, value) not in statements:
                    head = HeadValue(versions.changes[place].ref, value)
                    found.setdefault(name, []).append(head)
        return found
