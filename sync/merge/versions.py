"""All merged versions of one resource, and the heads that follow from them (AUTHORITY rule 17).

Two decisions beyond the rule's text, each a function of a change's own bytes:
a change that supersedes nothing touches every element that it contains, as its author wrote all
of it; and one whose content cannot be read touches nothing, so that it can hide nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

from sync.merge.causality import Causality
from sync.merge.document import ABSENT, Document, Value, parse_document
from sync.merge.merged_change import MergedChange
from sync.merge.register import register_of


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

    def __init__(self, changes: Iterable[MergedChange]) -> None:
        """Order the changes; everything else is computed when it is first asked for."""
        self.causality = Causality(changes)
        self.changes = self.causality.changes

    @cached_property
    def documents(self) -> list[Document | None]:
        """What each version says; None where it cannot be read."""
        return [parse_document(m.change.content, m.change.type) for m in self.changes]

    @cached_property
    def touched(self) -> list[frozenset[str]]:
        """The registers that each version touches."""
        return [touched_registers(*pair) for pair in zip(self.changes, self.documents, strict=True)]

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
            hides = hidden[place] or self.documents[place] is not None
            for cause in self.causality.before[place] if hides else ():
                hidden[cause] = True
        return tuple(
            place
            for place, document in enumerate(self.documents)
            if document is not None and not hidden[place]
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

    def document(self, place: int) -> Document:
        """The version at a place where one that can be read is known to be."""
        document = self.documents[place]
        assert document is not None, "heads are readable"
        return document

    def value(self, place: int, register: str) -> Value:
        """What the version at a place says in a register."""
        document = self.documents[place]
        return ABSENT if document is None else document.value(register)

    def newest_first(self, places: Iterable[int]) -> list[int]:
        """Places by stamp, then by reference, the latest first."""
        return sorted(places, key=lambda place: self.changes[place].order, reverse=True)

    def refs_sorted(self, places: Sequence[int]) -> list[int]:
        """Places by the references of their changes."""
        return sorted(places, key=lambda place: self.changes[place].ref)
