"""Which revokes and notices count, which grants they hit, and which devices they bar.

AUTHORITY rules 3 to 5. What counts once counts for ever, whatever became of its author.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sync.access.evidence import Evidence
from sync.access.grants import Granted, GrantTree
from sync.access.membership import Membership
from sync.access.roots import Handed, RootKey, Roots, Standing
from sync.acts import Notice, Revoke
from sync.charter import Root
from sync.grantee import Device, Grantee, Group, Right
from sync.identifiers import ActId, DeviceKey, OperationId
from sync.operation import Operation

NONE: frozenset[ActId] = frozenset()


@dataclass(frozen=True, slots=True)
class Revocation:
    """A revoke or notice that counts, and for whom it was done."""

    id: ActId
    act: Revoke | Notice
    operation: Operation
    by: Standing

    @property
    def target(self) -> Grantee:
        """Whom it is about."""
        return self.act.target if isinstance(self.act, Revoke) else Device(self.act.device)

    @property
    def is_lost(self) -> bool:
        """Whether it says that the device is lost or stolen."""
        return isinstance(self.act, Revoke) and self.act.lost


@dataclass(slots=True)
class Revocations:
    """All that counts, and whom it reaches."""

    tree: GrantTree
    counted: dict[ActId, Revocation] = field(default_factory=dict)
    void: set[ActId] = field(default_factory=set)
    hits: dict[ActId, frozenset[ActId]] = field(default_factory=dict)
    """By grant: what hits it or a grant above it."""
    root_hits: dict[DeviceKey, frozenset[ActId]] = field(default_factory=dict)
    """By a key whose every handover is hit."""
    roots: tuple[Root, ...] = ()
    """The roots that stand."""
    notices: dict[DeviceKey, frozenset[ActId]] = field(default_factory=dict)
    _revokes: dict[Grantee, list[Revocation]] = field(default_factory=dict)
    _above: dict[ActId, frozenset[Standing]] = field(default_factory=dict)
    _bars: dict[tuple[DeviceKey, ActId], frozenset[ActId]] = field(default_factory=dict)

    def hits_on(self, under: ActId, device: DeviceKey) -> frozenset[ActId]:
        """What hits the standing that a device writes under."""
        if under == self.tree.root:
            return self.root_hits.get(device, NONE)
        return self.hits.get(under, NONE)

    def is_above(self, standing: Standing, granted: Granted) -> bool:
        """Whether somebody is strictly above a grant: a root, or a grantee in its chain."""
        return isinstance(standing, RootKey) or standing in self._above[granted.id]

    def removed(self, grantee: Grantee) -> bool:
        """Whether a revoke that counts is about a device or group, whatever it hits."""
        return bool(self._revokes.get(grantee))

    def bars(self, device: DeviceKey, under: ActId) -> frozenset[ActId]:
        """What bars a device in what it does under a grant (rules 3 and 4)."""
        granted = self.tree.by_id.get(under)
        if granted is None or not self.counted:
            return NONE
        key = (device, under)
        if key not in self._bars:
            members = (
                revocation.id
                for revocation in self._revokes.get(Device(device), ())
                if bars_member(self, revocation, granted)
            )
            self._bars[key] = bars_everywhere(self, device).union(members)
        return self._bars[key]


def read_revocations(
    evidence: Evidence, membership: Membership, roots: Roots, tree: GrantTree
) -> Revocations:
    """Find what counts and whom it reaches."""
    found = Revocations(tree)
    _count_revokes(found, evidence, membership, roots)
    _count_notices(found, evidence, membership, roots)
    _reach_roots(found, roots)
    _reach_grants(found)
    return found


def may_revoke(by: Standing, rights: Right, target: Grantee) -> bool:
    """Rule 3: a root or an admin; a single device itself; a group never itself."""
    if isinstance(by, RootKey):
        return True
    if by == target:
        return may_revoke_itself(by)
    return Right.ADMIN in rights


def may_revoke_itself(by: Grantee) -> bool:
    """Rule 3: a single device may, a group may not."""
    return isinstance(by, Device)


def is_said_again(
    said: Collection[tuple[OperationId, Standing, Grantee]],
    operation: Operation,
    by: Standing,
    target: Grantee,
) -> bool:
    """Whether one operation revokes a target twice: every epoch would name each for ever."""
    return (operation.id, by, target) in said


def may_notice(granted: Granted) -> bool:
    """Rule 4: anyone holding `append` may carry a registry revocation in."""
    return Right.APPEND in granted.rights


def hits_grant(found: Revocations, revocation: Revocation, granted: Granted) -> bool:
    """Rules 3 and 5: a revoke hits every grant to its target that its author stands above."""
    own = revocation.by == granted.to
    if revocation.target != granted.to or not (own or found.is_above(revocation.by, granted)):
        return False
    return not escapes(found, revocation, granted)


def escapes(found: Revocations, revocation: Revocation, granted: Granted) -> bool:
    """Rule 5: it names that revoke in `despite`, and its issuer is the revoker (self: anyone)."""
    if revocation.id not in granted.despite:
        return False
    own = revocation.by == revocation.target
    return own or found.tree.issuer(granted) == revocation.by


def hits_handover(revocation: Revocation, handed: Handed) -> bool:
    """A handover is hit by its signing root alone."""
    return revocation.by == RootKey(handed.by) and revocation.target == Device(handed.root.signing)


def bars_member(found: Revocations, revocation: Revocation, granted: Granted) -> bool:
    """Rule 3: a member device is barred by who stands strictly above the group's grant."""
    return isinstance(granted.to, Group) and found.is_above(revocation.by, granted)


def bars_everywhere(found: Revocations, device: DeviceKey) -> frozenset[ActId]:
    """Rule 4: a notice bars its device in everything below the charter."""
    return found.notices.get(device, NONE)


def _count_revokes(
    found: Revocations, evidence: Evidence, membership: Membership, roots: Roots
) -> None:
    said: set[tuple[OperationId, Standing, Grantee]] = set()
    for written, act in evidence.acts(Revoke):
        prefix = written.operation.prefix
        by: Standing | None = None
        if prefix.under == evidence.root:
            if roots.ever(prefix.device):
                by = RootKey(prefix.device)
        else:
            granted = found.tree.by_id.get(prefix.under)
            if (
                granted is not None
                and membership.acts_for(prefix.device, granted.to)
                and may_revoke(granted.to, granted.rights, act.target)
            ):
                by = granted.to
        if by is None or is_said_again(said, written.operation, by, act.target):
            found.void.add(written.id)
            continue
        said.add((written.operation.id, by, act.target))
        revocation = Revocation(written.id, act, written.operation, by)
        found.counted[written.id] = revocation
        found._revokes.setdefault(act.target, []).append(revocation)


def _count_notices(
    found: Revocations, evidence: Evidence, membership: Membership, roots: Roots
) -> None:
    notices: dict[DeviceKey, set[ActId]] = defaultdict(set)
    for written, act in evidence.acts(Notice):
        prefix = written.operation.prefix
        granted = found.tree.by_id.get(prefix.under)
        by: Standing | None = None
        if prefix.under == evidence.root and roots.ever(prefix.device):
            by = RootKey(prefix.device)
        elif (
            granted is not None
            and membership.acts_for(prefix.device, granted.to)
            and may_notice(granted)
        ):
            by = granted.to
        if by is None or not evidence.notice_valid(evidence.charter.network, act):
            found.void.add(written.id)
            continue
        found.counted[written.id] = Revocation(written.id, act, written.operation, by)
        notices[act.device].add(written.id)
    found.notices = {device: frozenset(ids) for device, ids in notices.items()}


def _reach_roots(found: Revocations, roots: Roots) -> None:
    struck: dict[ActId, frozenset[ActId]] = {}
    for key, handovers in roots.handed.items():
        for handed in handovers:
            revokes = found._revokes.get(Device(key), ())
            struck[handed.id] = frozenset(
                each.id for each in revokes if hits_handover(each, handed)
            )
    found.roots = roots.standing_roots(frozenset(id for id, hits in struck.items() if hits))
    standing = {root.signing for root in found.roots}
    for key in roots.handed.keys() - standing:
        reasons: set[ActId] = set()
        seen = {key}
        waiting = [key]
        while waiting:
            for handed in roots.handed.get(waiting.pop(), ()):
                reasons |= struck[handed.id]
                if handed.by not in seen:
                    seen.add(handed.by)
                    waiting.append(handed.by)
        found.root_hits[key] = frozenset(reasons)


def _reach_grants(found: Revocations) -> None:
    """Parents first: what is above and what hits is handed down, shared where nothing is added."""
    speakers = {each.by for each in found.counted.values()}
    tree = found.tree
    for granted in tree.by_id.values():
        parent = tree.by_id.get(granted.parent)
        above: frozenset[Standing] = frozenset()
        hits = NONE
        if parent is not None:
            above, hits = found._above[parent.id], found.hits[parent.id]
            if parent.to in speakers and parent.to not in above:
                above = above | {parent.to}
        elif granted.author is not None:
            hits = found.root_hits.get(granted.author, NONE)
        found._above[granted.id] = above
        own = [
            revocation.id
            for revocation in found._revokes.get(granted.to, ())
            if hits_grant(found, revocation, granted)
        ]
        found.hits[granted.id] = hits.union(own) if own else hits
