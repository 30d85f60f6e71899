"""The account of every change that was written: where it is now. Used by `audit verify` and tests.

Goal 1: nothing that anyone wrote is ever absent from state, conflicts and quarantine together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync.change import ChangeRef
from sync.merge.lane_view import LaneView
from sync.merge.merged_change import MergedChange
from sync.merge.resource_view import ResourceView


class Standing(StrEnum):
    """Where a change, or one element of it, is now."""

    SHOWN = "shown"
    """It says what shows, or takes part in a set that shows."""
    IN_CONFLICT = "in conflict"
    """A head that disagrees with another: on the worklist with all values."""
    SUPERSEDED = "superseded"
    """A later merged change touches the element."""
    SET_ASIDE = "set aside"
    """A head whose value its policy does not let show; labelled, and among the values."""
    AGREED = "agreed"
    """A head that is not shown, and says the same as one that is in all that can be compared."""
    CARRIED = "carried"
    """It touches nothing, and is in history and among the heads or before one."""
    UNREADABLE = "unreadable"
    """It cannot be read; labelled, in history, hiding nothing."""
    QUARANTINED = "quarantined"
    """Kept, not merged, waiting for a person."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where one change is: by element, or as a whole under the name of no element."""

    ref: ChangeRef
    standing: tuple[tuple[str, Standing], ...]


def account(view: LaneView, quarantined: Iterable[MergedChange]) -> dict[ChangeRef, Account]:
    """Where each change of the lane is now."""
    found: dict[ChangeRef, Account] = {}
    for merged in quarantined:
        if merged.lane == view.lane:
            found[merged.ref] = Account(merged.ref, (("", Standing.QUARANTINED),))
    for resource in view.resources.values():
        found.update({each.ref: each for each in _accounts(resource)})
    return found


def unaccounted(
    view: LaneView, quarantined: Iterable[MergedChange], written: Iterable[ChangeRef]
) -> tuple[ChangeRef, ...]:
    """Of all that was written, what is in neither state, conflicts nor quarantine: always none."""
    found = account(view, quarantined)
    return tuple(sorted(ref for ref in set(written) if ref not in found))


def _accounts(resource: ResourceView) -> Iterable[Account]:
    versions = resource.versions
    elements = resource.elements
    disputed = {(name, v.ref) for c in resource.conflicts for name, said in c.values for v in said}
    heads = {name: set(element.heads) for name, element in elements.items()}
    shown = {name: set(element.shown_from) for name, element in elements.items()}
    aside = {name: set(element.set_aside) for name, element in elements.items()}
    for place, merged in enumerate(versions.changes):
        ref = merged.ref
        if not versions.readable[place]:
            yield Account(ref, (("", Standing.UNREADABLE),))
            continue
        standing: list[tuple[str, Standing]] = []
        for name in sorted(versions.touched[place]):
            if ref not in heads[name]:
                standing.append((name, Standing.SUPERSEDED))
            elif (name, ref) in disputed:
                standing.append((name, Standing.IN_CONFLICT))
            elif ref in shown[name]:
                standing.append((name, Standing.SHOWN))
            elif ref in aside[name]:
                standing.append((name, Standing.SET_ASIDE))
            else:
                standing.append((name, Standing.AGREED))
        yield Account(ref, tuple(standing) or (("", Standing.CARRIED),))
