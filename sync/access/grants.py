"""The tree of valid grants under a charter, in which parents come before children.

AUTHORITY rules 0 and 2. Validity never ends; whether a grant is live is the fold's word.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from sync.access.evidence import Evidence, Written
from sync.access.membership import Membership
from sync.access.roots import RootKey, Roots, Standing
from sync.acts import Grant
from sync.errors import SignatureError
from sync.grantee import RIGHTS_BY_NAME, Device, Grantee, Right
from sync.identifiers import ActId, DeviceKey, LaneId, OperationId, SealingKey, act_id
from sync.sealing import verify_sealing_key


@dataclass(frozen=True, slots=True)
class Granted:
    """A valid grant. A charter's own has neither `author`, `operation` nor `act`."""

    id: ActId
    parent: ActId
    to: Grantee
    lanes: frozenset[LaneId]
    rights: Right
    until_milliseconds: int | None
    history: bool
    depth: int
    author: DeviceKey | None = None
    operation: OperationId | None = None
    sealing: SealingKey | None = None
    despite: frozenset[ActId] = frozenset()
    act: Grant | None = None

    def allows(self, right: Right, lane: LaneId, access: LaneId) -> bool:
        """Whether it gives a right on a lane; every grant reaches the access lane."""
        return right in self.rights and (lane == access or lane in self.lanes)

    def expired(self, now_milliseconds: int | None) -> bool:
        """Whether it is past its time by a clock; without a clock nothing is."""
        return (
            now_milliseconds is not None
            and self.until_milliseconds is not None
            and now_milliseconds >= self.until_milliseconds
        )


@dataclass(slots=True)
class GrantTree:
    """All valid grants, and who stands in which chain."""

    root: ActId
    by_id: dict[ActId, Granted] = field(default_factory=dict)
    """Parents before children."""
    by_grantee: dict[Grantee, list[Granted]] = field(default_factory=dict)
    void: set[ActId] = field(default_factory=set)
    _enter: dict[ActId, int] = field(default_factory=dict)
    _leave: dict[ActId, int] = field(default_factory=dict)

    def issuer(self, granted: Granted) -> Standing:
        """For whom a grant was given: the parent's grantee, or the root that signed it."""
        parent = self.by_id.get(granted.parent)
        if parent is not None:
            return parent.to
        return RootKey(granted.author or DeviceKey(b""))

    def is_in_chain(self, upper: ActId, lower: ActId) -> bool:
        """Whether `upper` is `lower` or one of its ancestors."""
        if upper not in self._enter or lower not in self._enter:
            return False
        return self._enter[upper] <= self._enter[lower] < self._leave[upper]

    def chain(self, grant: ActId) -> Iterator[Granted]:
        """A grant and its ancestors, upwards."""
        granted = self.by_id.get(grant)
        while granted is not None:
            yield granted
            granted = self.by_id.get(granted.parent)

    def held_by(self, grantees: list[Grantee]) -> list[Granted]:
        """All grants to any of these grantees."""
        return [granted for grantee in grantees for granted in self.by_grantee.get(grantee, ())]

    def number(self) -> None:
        """Number the grants so that ancestry is a comparison; deep chains need no recursion."""
        children: dict[ActId, list[ActId]] = defaultdict(list)
        for granted in self.by_id.values():
            children[granted.parent].append(granted.id)
        place = 0
        waiting = [(grant, False) for grant in children[self.root]]
        while waiting:
            grant, done = waiting.pop()
            if done:
                self._leave[grant] = place
                continue
            self._enter[grant] = place
            place += 1
            waiting.append((grant, True))
            waiting.extend((child, False) for child in children[grant])


def read_grants(evidence: Evidence, membership: Membership, roots: Roots) -> GrantTree:
    """Find every grant whose chain ends at the charter."""
    tree = GrantTree(evidence.root)
    offered: dict[ActId, list[tuple[Written, Grant]]] = defaultdict(list)
    for written, grant in evidence.acts(Grant):
        offered[written.operation.prefix.under].append((written, grant))
    first = _charter_grants(evidence)
    for written, grant in offered.pop(evidence.root, ()):
        if roots.ever(written.operation.prefix.device) and may_be_given_by_a_root(grant, evidence):
            first.append(_granted(written, grant, 0))
        else:
            tree.void.add(written.id)
    waiting = first
    while waiting:
        parent = waiting.pop()
        tree.by_id[parent.id] = parent
        tree.by_grantee.setdefault(parent.to, []).append(parent)
        for written, grant in offered.pop(parent.id, ()):
            acting = membership.acts_for(written.operation.prefix.device, parent.to)
            if acting and lies_within(grant, parent) and states_its_key(grant):
                waiting.append(_granted(written, grant, parent.depth + 1))
            else:
                tree.void.add(written.id)
    tree.void.update(written.id for left in offered.values() for written, _ in left)
    tree.number()
    return tree


def lies_within(grant: Grant, parent: Granted) -> bool:
    """Rule 2: the parent has `admin`; lanes, rights and times lie within the parent's."""
    until = parent.until_milliseconds
    return (
        Right.ADMIN in parent.rights
        and grant.lanes <= parent.lanes
        and grant.rights & ~parent.rights == 0
        and (
            until is None
            or (grant.until_milliseconds is not None and grant.until_milliseconds <= until)
        )
    )


def may_be_given_by_a_root(grant: Grant, evidence: Evidence) -> bool:
    """Rule 2 where the parent is the charter itself: any rights, on the chart's own lanes."""
    return grant.lanes <= evidence.charter.lane_ids and states_its_key(grant)


def states_its_key(grant: Grant) -> bool:
    """Rule 2: a device's grant carries its sealing key, signed by itself; a group's none."""
    if not isinstance(grant.to, Device):
        return grant.sealing is None and grant.sealing_signature is None
    if grant.sealing is None or grant.sealing_signature is None:
        return False
    return key_is_its_own(grant.to.key, grant.sealing, grant.sealing_signature)


@lru_cache(maxsize=16384)
def key_is_its_own(device: DeviceKey, sealing: SealingKey, signature: bytes) -> bool:
    """Whether a device signed a sealing key as its own; remembered, as folds are many."""
    try:
        verify_sealing_key(device, sealing, signature)
    except SignatureError:
        return False
    return True


def _charter_grants(evidence: Evidence) -> list[Granted]:
    charter = evidence.charter
    return [
        Granted(
            id=grant,
            parent=evidence.root,
            to=group,
            lanes=charter.lane_ids,
            rights=RIGHTS_BY_NAME["admin"],
            until_milliseconds=None,
            history=True,
            depth=0,
        )
        for grant, group in zip(charter.grant_ids(), charter.grants, strict=True)
    ]


def _granted(written: Written, grant: Grant, depth: int) -> Granted:
    operation = written.operation
    here = (act_id(operation.id, place) for place in grant.despite_here)
    return Granted(
        id=written.id,
        parent=operation.prefix.under,
        to=grant.to,
        lanes=grant.lanes,
        rights=grant.rights,
        until_milliseconds=grant.until_milliseconds,
        history=grant.history,
        depth=depth,
        author=operation.prefix.device,
        operation=operation.id,
        sealing=grant.sealing,
        despite=grant.despite.union(here),
        act=grant,
    )
