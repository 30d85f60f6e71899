"""Changes that are held more than once: as they were written, and written again for a shred.

AUTHORITY rule 18. Whoever wrote something again took nothing from it and added nothing, so it is
the same change. One that says something else in another's place is a change of its own.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from sync.change import ChangeRef
from sync.merge.merged_change import MergedChange


def distinct(changes: Iterable[MergedChange]) -> tuple[MergedChange, ...]:
    """Each change once: as it was written where that is held, else by the smallest carrier."""
    listed = tuple(changes)
    if all(merged.carrier is None for merged in listed):
        return listed
    found: dict[ChangeRef, MergedChange] = {}
    for merged in sorted(listed, key=_preference):
        held = found.get(merged.ref)
        if held is None:
            found[merged.ref] = merged
        elif merged.carrier is not None and not merged.change.says_what(held.change):
            found[merged.carrier] = dataclasses.replace(merged, ref=merged.carrier, carrier=None)
    return tuple(found.values())


def _preference(merged: MergedChange) -> tuple[bool, Sequence[object]]:
    return merged.carrier is not None, merged.written
