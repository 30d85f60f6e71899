"""All merged versions of one resource, and the heads that follow from them (AUTHORITY rule 17).

Two decisions beyond the rule's text, each a function of a change's own bytes:
a change that supersedes nothing touches every element that it contains, as its author wrote all
of it; and one whose content cannot be read touches nothing, so that it can hide nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

from sync.merge.causality import Causality
from sync.merge.document import ABSENT, Document, Value, parse_document
from sync.merge.merged_change import MergedChange
from sync.merge.policy import IN_ERROR, Policy, codes_of
from sync.merge.register import register_of

DOCUMENTS_KEPT_MAX: Final = 256
"""Parsed versions of one resource that are kept in memory; the rest are parsed when asked for."""


def touched_registers(merged: MergedChange, document: Document | None) -> frozenset[str]:
    """The registers that a change speaks of, beyond carrying them along."""
    if document is None:
        return frozenset()
    named = {register_of(element) for element in merged.change.touched}
    if not merged.change.supersedes:
        named |= document.registers.keys()
    return frozenset(named - {"resourceType"})


class Versions:
    """The versions of one resource by their place in causal order."""

    def __init__(self, policy: Policy, changes: Iterable[MergedChange]) -> None:
        """Order the changes; everything else is computed when it is first asked for."""
        self.policy = policy
        self.causality = Causality(changes)
        self.changes = self.causality.changes
        self._documents: dict[int, Document | None] = {}
        self._said: dict[int, dict[str, Value]] = {}

    @cached_property
    def _read(self) -> tuple[list[bool], list[frozenset[str]], list[int]]:
        """One pass over all contents: which are readable, what they touch, which are errors."""
        readable: list[bool] = []
        touched: list[frozenset[str]] = []
        errors: list[int] = []
        sticky = self.policy.sticky_error
        for place, merged in enumerate(self.changes):
            document = self.read(place)
            readable.append(document is not None)
            touched.append(touched_registers(merged, document))
            if (
                document is not None
                and sticky in touched[place]
                and IN_ERROR in codes_of(sticky, document.value(sticky))
            ):
                errors.append(place)
        return readable, touched, errors

    @property
    def readable(self) -> list[bool]:
        """Whether each version is JSON of its type."""
        return self._read[0]

    @property
    def touched(self) -> list[frozenset[str]]:
        """The registers that each version touches."""
        return self._read[1]

    @property
    def errors(self) -> tuple[int, ...]:
        """The versions that say `entered-in-error` where the policy lets none take it back."""
        return tuple(self._read[2])

    @cached_property
    def resource_heads(self) -> tuple[int, ...]:
        """The versions that no later one follows."""
        return tuple(
            place for place, after in enumerate(self.causality.is_after_any()) if not after
        )

    @cached_property
    def document_heads(self) -> tuple[int, ...]:
        """The readable versions that no later readable one follows."""
        hidden = [False] * len(self.changes)
        for place in range(len(self.changes) - 1, -1, -1):
            hides = hidden[place] or self.readable[place]
            for cause in self.causality.before[place] if hides else ():
                hidden[cause] = True
        return tuple(
            place for place, readable in enumerate(self.readable) if readable and not hidden[place]
        )

    @cached_property
    def heads(self) -> dict[str, tuple[int, ...]]:
        """For each register, the changes that touch it with no later change touching it."""
        touching = Counter(register for names in self.touched for register in names)
        # Only registers that several changes touch need a bit; the others hide nothing.
        bits = {name: 1 << i for i, name in enumerate(n for n, c in touching.items() if c > 1)}
        found: dict[str, list[int]] = {register: [] for register in sorted(touching)}
        later = [0] * len(self.changes)
        for place in range(len(self.changes) - 1, -1, -1):
            own = 0
            for register in self.touched[place]:
                bit = bits.get(register, 0)
                own |= bit
                if not later[place] & bit:
                    found[register].append(place)
            hides = later[place] | own
            later[place] = 0
            for cause in self.causality.before[place] if hides else ():
                later[cause] |= hides
        return {register: tuple(reversed(places)) for register, places in found.items()}

    def read(self, place: int) -> Document | None:
        """What a version says, or None where it cannot be read.

        Of long histories, parsed versions are not kept: they take many times their bytes.
        """
        if place in self._documents:
            return self._documents[place]
        change = self.changes[place].change
        left_out = () if change.attachment is None else change.attachment.left_out
        document = parse_document(change.content, change.type, left_out)
        if len(self._documents) < DOCUMENTS_KEPT_MAX:
            self._documents[place] = document
        return document

    def document(self, place: int) -> Document:
        """The version at a place where one that can be read is known to be."""
        document = self.read(place)
        assert document is not None, "heads are readable"
        return document

    def value(self, place: int, register: str) -> Value:
        """What the version at a place says in a register."""
        if place not in self._documents:
            said = self._said.get(place)
            if said is None:
                document = self.read(place)
                said = {} if document is None else self._head_values(place, document)
                self._said[place] = said
            if register in said:
                return said[register]
        document = self.read(place)
        return ABSENT if document is None else document.value(register)

    def _head_values(self, place: int, document: Document) -> dict[str, Value]:
        """What a version says where it is a head: kept, as it is asked for again and again."""
        return {name: document.value(name) for name in self._head_of.get(place, ())}

    @cached_property
    def _head_of(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for register, places in self.heads.items():
            for place in places:
                found.setdefault(place, []).append(register)
        return found

    def newest_first(self, places: Iterable[int]) -> list[int]:
        """Places by stamp, then by reference, the latest first."""
        return sorted(places, key=lambda place: self.changes[place].order, reverse=True)

    def refs_sorted(self, places: Sequence[int]) -> list[int]:
        """Places by the references of their changes."""
        return sorted(places, key=lambda place: self.changes[place].ref)
