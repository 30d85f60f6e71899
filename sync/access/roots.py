"""Root standing: the charter's recovery keys and those it was handed to; read by grants and hits.

AUTHORITY rules 3 and 5 and its last section: a handover is a grant of root standing that only
the signing root can revoke.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from sync.access.evidence import Evidence
from sync.acts import Handover
from sync.charter import Root
from sync.grantee import Grantee
from sync.identifiers import ActId, DeviceKey, OperationId


@dataclass(frozen=True, slots=True)
class RootKey:
    """A root as the author of an act: above every grant of the chart."""

    key: DeviceKey


Standing = Grantee | RootKey
"""S in AUTHORITY rule 3: for whom a device did something."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A valid handover."""

    id: ActId
    operation: OperationId
    by: DeviceKey
    root: Root


@dataclass(slots=True)
class Roots:
    """Every key that ever had root standing, and by which handovers."""

    charter: tuple[Root, ...]
    first: frozenset[DeviceKey]
    """Those of the charter: nothing ends them."""
    handed: dict[DeviceKey, list[Handed]] = field(default_factory=dict)
    """By the key that got root standing."""
    void: set[ActId] = field(default_factory=set)

    def ever(self, device: DeviceKey) -> bool:
        """Whether a key ever had root standing."""
        return device in self.first or device in self.handed

    def standing_roots(self, hit: frozenset[ActId]) -> tuple[Root, ...]:
        """The roots that can be reached from the charter's by handovers that are not in `hit`."""
        onward: dict[DeviceKey, list[Handed]] = defaultdict(list)
        for handovers in self.handed.values():
            for handover in handovers:
                onward[handover.by].append(handover)
        found = {root.signing: {root} for root in self.charter}
        waiting = list(found)
        while waiting:
            for handover in onward[waiting.pop()]:
                if handover.id in hit:
                    continue
                if handover.root.signing not in found:
                    waiting.append(handover.root.signing)
                found.setdefault(handover.root.signing, set()).add(handover.root)
        every = {root for roots in found.values() for root in roots}
        return tuple(sorted(every, key=lambda root: (root.signing, root.sealing)))


def read_roots(evidence: Evidence) -> Roots:
    """Find every handover that a root signed, in any order."""
    charter = evidence.charter.roots
    roots = Roots(charter, frozenset(root.signing for root in charter))
    offered: dict[DeviceKey, list[Handed]] = defaultdict(list)
    for written, act in evidence.acts(Handover):
        prefix = written.operation.prefix
        if prefix.under == evidence.root:
            handed = Handed(written.id, written.operation.id, prefix.device, act.root)
            offered[prefix.device].append(handed)
        else:
            roots.void.add(written.id)
    waiting = sorted(roots.first)
    seen = set(waiting)
    while waiting:
        for handed in offered.pop(waiting.pop(), ()):
            roots.handed.setdefault(handed.root.signing, []).append(handed)
            if handed.root.signing not in seen:
                seen.add(handed.root.signing)
                waiting.append(handed.root.signing)
    roots.void.update(handed.id for left in offered.values() for handed in left)
    return roots
