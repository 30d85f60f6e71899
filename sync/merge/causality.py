"""Which change is after which, within one resource (AUTHORITY rule 17). Used by the heads.

Only merged changes of the same resource count: what is absent or quarantined orders and hides
nothing. Everything here is iterative; a chain may have many thousands of versions.
"""

import heapq
from collections.abc import Iterable, Sequence

from sync.change import ChangeRef
from sync.merge.merged_change import MergedChange

CHUNK_BITS = 4096
"""Changes whose reach is followed in one pass: bounds what a pass holds in memory."""


class Causality:
    """The changes of one resource in causal order, with the links between them by place."""

    def __init__(self, changes: Iterable[MergedChange]) -> None:
        """Order the changes; ties go by stamp, then by reference, alike on every replica."""
        found = {merged.ref: merged for merged in changes}
        self.changes: tuple[MergedChange, ...]
        self.before: tuple[tuple[int, ...], ...]
        """For each place, the places that its change lists."""
        if len(found) == 1:
            self.changes, self.before = tuple(found.values()), ((),)
        else:
            self.changes, self.before = _ordered(found)

    def is_after_any(self) -> list[bool]:
        """For each place, whether a later change lists it."""
        listed = [False] * len(self.changes)
        for places in self.before:
            for place in places:
                listed[place] = True
        return listed

    def concurrent(self, places: Sequence[int]) -> list[int]:
        """For each of the given places, which of them are neither before nor after it, as bits."""
        found = [0] * len(places)
        for start in range(0, len(places), CHUNK_BITS):
            chunk = places[start : start + CHUNK_BITS]
            every = (1 << len(chunk)) - 1
            comparable = self._comparable(chunk)
            for i, place in enumerate(places):
                found[i] |= (every & ~comparable[place]) << start
        return found

    def _comparable(self, chunk: Sequence[int]) -> list[int]:
        """For each place, the bits of those in the chunk that are it, before it, or after it."""
        own = {place: 1 << bit for bit, place in enumerate(chunk)}
        earlier = [0] * len(self.changes)
        for place, listed in enumerate(self.before):
            bits = own.get(place, 0)
            for cause in listed:
                bits |= earlier[cause]
            earlier[place] = bits
        later = [0] * len(self.changes)
        for place in range(len(self.changes) - 1, -1, -1):
            later[place] |= own.get(place, 0)
            for cause in self.before[place]:
                later[cause] |= later[place]
        return [a | b for a, b in zip(earlier, later, strict=True)]


def _ordered(
    found: dict[ChangeRef, MergedChange],
) -> tuple[tuple[MergedChange, ...], tuple[tuple[int, ...], ...]]:
    causes = {
        ref: {cause for cause in merged.change.supersedes if cause in found and cause != ref}
        for ref, merged in found.items()
    }
    waiting = {ref: len(listed) for ref, listed in causes.items()}
    effects: dict[ChangeRef, list[ChangeRef]] = {ref: [] for ref in found}
    for ref, listed in causes.items():
        for cause in listed:
            effects[cause].append(ref)
    ready = [found[ref].order for ref, count in waiting.items() if not count]
    heapq.heapify(ready)
    place: dict[ChangeRef, int] = {}
    while len(place) < len(found):
        # Hashes make a circle impossible; were there one, it opens at its earliest change.
        _, ref = (
            heapq.heappop(ready)
            if ready
            else min(found[ref].order for ref in found if ref not in place)
        )
        if ref in place:
            continue
        place[ref] = len(place)
        for effect in effects[ref]:
            waiting[effect] -= 1
            if not waiting[effect]:
                heapq.heappush(ready, found[effect].order)
    before = tuple(
        tuple(sorted(place[cause] for cause in causes[ref] if place[cause] < place[ref]))
        for ref in place
    )
    return tuple(found[ref] for ref in place), before
