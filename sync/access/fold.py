"""The fold: who may do what in a chart, and what merges. Called by the replica after every change.

AUTHORITY sections (a) and (b). A pure function of the evidence: no order, no clock. Times are
looked at only where a caller gives its own clock (rules 12 and 13).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from sync.access.evidence import Evidence, is_of_chart
from sync.access.glass import Breaking, read_breakings
from sync.access.grants import Granted, GrantTree, read_grants
from sync.access.logs import Logs
from sync.access.membership import Membership, read_membership
from sync.access.merging import Merging, Rights, read_rights
from sync.access.revocations import Revocation, Revocations, read_revocations
from sync.access.roots import Handed, read_roots
from sync.charter import SUMMARY, Root
from sync.grantee import Right
from sync.identifiers import ActId, DeviceKey, LaneId, OperationId, SealingKey
from sync.limits import clock_doubt_milliseconds
from sync.operation import Operation

BREAK_GLASS_MILLISECONDS = 4 * 3600 * 1000
"""How long a break-glass entitles (DESIGN section 6)."""


class Fold:
    """What a chart's evidence says. Made by `fold`; never changed."""

    def __init__(
        self, evidence: Evidence, merging: Merging, merged: frozenset[OperationId]
    ) -> None:
        self.evidence = evidence
        self.membership: Membership = merging.rights.membership
        self.tree: GrantTree = merging.rights.tree
        self.revocations: Revocations = merging.revocations
        self.merging = merging
        """What only the access operations decide; shared by the folds that `extended` makes."""
        self._rights: Rights = merging.rights
        self.merged = merged
        """Operations that take effect."""
        self._live_grants: dict[DeviceKey, tuple[Granted, ...]] = {}

    @property
    def grants(self) -> Mapping[ActId, Granted]:
        """All valid grants, the charter's own included, parents before children."""
        return self.tree.by_id

    @cached_property
    def counted(self) -> frozenset[ActId]:
        """The revokes and notices that count, which they do for ever (rule 5)."""
        return frozenset(self.revocations.counted)

    @property
    def revoked(self) -> Mapping[ActId, Revocation]:
        """The revokes and notices that count, with whom they are about."""
        return self.revocations.counted

    @property
    def roots(self) -> tuple[Root, ...]:
        """The roots that stand: the charter's, and those handed to and not revoked."""
        return self.revocations.roots

    @property
    def live(self) -> frozenset[ActId]:
        """The live grants (rule 6)."""
        return self.merging.live

    @cached_property
    def quarantined(self) -> frozenset[OperationId]:
        """Operations that wait for a person, as something stands against them uncovered.

        Only positive evidence quarantines: what has no right at all is without effect, not this.
        """
        return frozenset(
            operation.id
            for operation in self.evidence.operations.values()
            if operation.id not in self.merged and self._rights.held(operation)
        )

    @cached_property
    def void(self) -> frozenset[ActId]:
        """Acts without effect, being malformed or without the right; for the audit."""
        return frozenset(
            self.membership.void | self._rights.roots.void | self.tree.void | self.revocations.void
        )

    @cached_property
    def logs(self) -> Logs:
        """The held operations by log."""
        return Logs(self.evidence.operations)

    def against(self, operation: Operation) -> frozenset[ActId]:
        """Why an operation waits, or would: what stands against it, covered or not (rule 7)."""
        return self.merging.against(operation)

    def standing_against(self, device: DeviceKey, under: ActId) -> frozenset[ActId]:
        """What stands against anything that a device writes under a grant (rule 7)."""
        return self.merging.standing_against(device, under)

    def storable(self, operation: Operation) -> bool:
        """Whether to keep, count and relay an operation (section (b)), hit or not.

        An operation that brings its own device's roster or break-glass must be in the evidence
        with its deed: fold candidates with what is held, then keep those that are storable.
        """
        prefix = operation.prefix
        if prefix.chart != self.evidence.chart:
            return False
        if self._rights.held(operation):
            return True
        return prefix.lane == self.evidence.access and self.was_granted(prefix.device)

    def may_write(self, device: DeviceKey, under: ActId, lane: LaneId) -> bool:
        """Whether what a device writes under a grant is storable; of content lanes."""
        return self._rights.may_write(device, under, lane)

    def was_granted(self, device: DeviceKey) -> bool:
        """Whether a device was ever a grantee, a member of one, or a root."""
        return self._rights.roots.ever(device) or bool(self._held_by(device))

    def acted(self, operation: Operation) -> bool:
        """Whether an operation's device ever acted for whom it is written under, hit or not."""
        return self._rights.acted(operation)

    def is_root(self, device: DeviceKey) -> bool:
        """Whether a key has root standing now."""
        return any(root.signing == device for root in self.roots)

    def handovers(self, key: DeviceKey) -> Sequence[Handed]:
        """The handovers that gave a key root standing, hit or not; none for the charter's own."""
        roots = self._rights.roots
        return () if key in roots.first else roots.handed.get(key, ())

    def live_grants(self, device: DeviceKey) -> tuple[Granted, ...]:
        """The live grants that a device acts under, unless it is barred there."""
        if device not in self._live_grants:
            self._live_grants[device] = tuple(
                granted
                for granted in self._held_by(device)
                if granted.id in self.live and not self.revocations.bars(device, granted.id)
            )
        return self._live_grants[device]

    def standing(
        self,
        device: DeviceKey,
        right: Right,
        lane: LaneId | None = None,
        now_milliseconds: int | None = None,
    ) -> tuple[ActId, ...]:
        """What a device can write under now, best first: longest lasting, nearest the charter.

        `lane` None asks for the right on any lane; every grant reaches the access lane. A root
        stands under the charter itself. Without a clock nothing has expired.
        """
        if self.is_root(device):
            return (self.evidence.root,)
        found = [
            granted
            for granted in self.live_grants(device)
            if right in granted.rights
            and (lane is None or granted.allows(right, lane, self.evidence.access))
            and not granted.expired(now_milliseconds)
        ]
        found.sort(key=_preference)
        return tuple(granted.id for granted in found)

    def reads(self, device: DeviceKey, lane: LaneId, now_milliseconds: int | None) -> bool:
        """Whether a device is a live reader of a lane; of the access lane every grantee is."""
        if lane == self.evidence.access:
            return bool(self.standing(device, Right(0), lane, now_milliseconds))
        return bool(self.standing(device, Right.READ, lane, now_milliseconds))

    def entitled_lanes(
        self, device: DeviceKey, now_milliseconds: int | None = None
    ) -> frozenset[LaneId]:
        """The lanes whose operations a device is served: where any live right reaches."""
        access = self.evidence.access
        if self.is_root(device):
            return self.evidence.charter.lane_ids
        lanes: set[LaneId] = set()
        for granted in self.live_grants(device):
            if not granted.expired(now_milliseconds):
                lanes |= granted.lanes | {access}
        if self.breaking_glass(now_milliseconds).get(device):
            lanes |= {access, self.evidence.charter.lane(SUMMARY)}
        return frozenset(lanes)

    def breaking_glass(
        self, now_milliseconds: int | None
    ) -> dict[DeviceKey, tuple[SealingKey, ...]]:
        """Devices within four hours of a break-glass of theirs, and the keys they stated.

        Without a clock there are none. Who was removed breaks no glass, and nobody more than
        five an hour (see `glass`).
        """
        found: dict[DeviceKey, tuple[SealingKey, ...]] = {}
        if now_milliseconds is None:
            return found
        for device, sealing, stamp_ms, _ in self.breakings:
            age = now_milliseconds - stamp_ms
            if -clock_doubt_milliseconds <= age < BREAK_GLASS_MILLISECONDS:
                found[device] = (*found.get(device, ()), sealing)
        return found

    @cached_property
    def breakings(self) -> tuple[Breaking, ...]:
        """The break-glasses that have an effect for four hours each."""
        return read_breakings(self.evidence, self.membership, self.revocations)

    def _held_by(self, device: DeviceKey) -> list[Granted]:
        return self.tree.held_by(self.membership.grantees(device))


def fold(evidence: Evidence) -> Fold:
    """Compute who may do what and what merges. Wrong input is void, and never raises."""
    membership = read_membership(evidence)
    roots = read_roots(evidence)
    tree = read_grants(evidence, membership, roots)
    revocations = read_revocations(evidence, membership, roots, tree)
    rights = read_rights(evidence, membership, roots, tree)
    merging = Merging(rights, revocations)
    merging.run()
    return Fold(evidence, merging, frozenset(merging.merged))


def extended(before: Fold, operations: Iterable[Operation]) -> Fold:
    """The fold after more operations, as if folded anew; quick for content that is in no doubt.

    The deeds of new access operations must be in the mapping that the evidence was made with.
    """
    evidence = before.evidence
    new = [each for each in operations if each.id not in evidence.operations]
    if any(each.prefix.lane == evidence.access for each in new):
        every = [*evidence.operations.values(), *new]
        return fold(Evidence(evidence.charter, every, evidence.deeds, evidence.notice_valid))
    new = [each for each in new if is_of_chart(each, evidence.chart)]
    evidence = evidence.with_content(new)
    if not all(before.merging.merges_plainly(each) for each in new):
        return fold(evidence)
    merged = before.merged.union(each.id for each in new if before.acted(each))
    after = Fold(evidence, before.merging, merged)
    after._live_grants = before._live_grants
    return after


def _preference(granted: Granted) -> tuple[bool, int, int, ActId]:
    until = granted.until_milliseconds
    return until is not None, -(until or 0), granted.depth, granted.id
