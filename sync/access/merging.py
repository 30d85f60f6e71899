"""Which operations merge: the least fixpoint of AUTHORITY rules 6, 7 and 9; used by the fold.

Without a revocation everything with a right merges, in one pass. Otherwise only operations that
something stands against are looked at again, and only when what could cover them has merged.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sync.access.evidence import Evidence
from sync.access.grants import GrantTree, key_is_its_own
from sync.access.logs import Log, Logs, log_of
from sync.access.membership import Membership
from sync.access.revocations import NONE, Revocations
from sync.access.roots import Roots
from sync.acts import Accept, BreakGlass, Notice, Revoke, Vouch
from sync.cut import Run
from sync.grantee import Right
from sync.identifiers import ActId, DeviceKey, LaneId, OperationId
from sync.operation import Operation


@dataclass(frozen=True, slots=True)
class Speech:
    """An act that can cover operations: by a cut, or by naming them."""

    id: ActId
    operation: Operation
    act: Revoke | Notice | Vouch | Accept


@dataclass(frozen=True, slots=True)
class Rights:
    """Who ever held what: the right under which an operation is stored and can merge."""

    evidence: Evidence
    membership: Membership
    roots: Roots
    tree: GrantTree
    _known: dict[tuple[DeviceKey, ActId, LaneId], bool]
    glass: frozenset[OperationId]
    """Operations that are a break-glass."""

    def held(self, operation: Operation) -> bool:
        """Whether to keep an operation and look at it: a right, or a break-glass."""
        return self.acted(operation) or operation.id in self.glass

    def acted(self, operation: Operation) -> bool:
        """Whether an operation's device ever held what it is written under (section (b))."""
        prefix = operation.prefix
        return self.may_write(prefix.device, prefix.under, prefix.lane)

    def may_write(self, device: DeviceKey, under: ActId, lane: LaneId) -> bool:
        """Whether a device ever held what it writes under in a lane."""
        key = (device, under, lane)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._may(*key)
        return known

    def _may(self, device: DeviceKey, under: ActId, lane: LaneId) -> bool:
        if under == self.evidence.root:
            return self.roots.ever(device)
        granted = self.tree.by_id.get(under)
        if granted is None or not self.membership.acts_for(device, granted.to):
            return False
        if lane == self.evidence.access:
            return True  # acts without their own right are void; any grantee may write `want`
        return granted.allows(Right.APPEND, lane, self.evidence.access)


def read_rights(
    evidence: Evidence, membership: Membership, roots: Roots, tree: GrantTree
) -> Rights:
    """Put the rights together, once a fold."""
    glass = frozenset(
        written.operation.id
        for written, act in evidence.acts(BreakGlass)
        if key_is_its_own(written.operation.prefix.device, act.sealing, act.sealing_signature)
    )
    return Rights(evidence, membership, roots, tree, {}, glass)


class Merging:
    """One run of the fixpoint. `merged` and `good` are its result."""

    def __init__(self, rights: Rights, revocations: Revocations) -> None:
        self.rights = rights
        self.evidence = rights.evidence
        self.tree = rights.tree
        self.revocations = revocations
        self.merged: set[OperationId] = set()
        self.good: set[OperationId] = set()
        """Operations with grants whose signer is barred, and which rule 9 covers all the same."""
        self._signer_bars: dict[ActId, frozenset[ActId]] = {}
        self._barred: dict[OperationId, frozenset[ActId]] = {}
        self._covers: dict[OperationId, list[Speech]] = {}
        self._covered: dict[OperationId, list[OperationId]] = defaultdict(list)
        self.doubtful_logs: set[Log] = set()
        """Logs in which something stands against an operation: there, more may change much."""
        self._fallback: dict[tuple[ActId, ActId], bool] | None = None
        self._spoken_at: frozenset[OperationId] = frozenset()

    def run(self) -> None:
        """Find what merges."""
        doubtful = self._begin()
        if not doubtful:
            return
        self.doubtful_logs = {log_of(operation) for operation in doubtful}
        self._find_covers(doubtful)
        self._settle(doubtful)
        if any(isinstance(each.act, Notice) for each in self.revocations.counted.values()):
            self._fallback = {}
            self._spoken_at = frozenset(self.merged)
            self._settle(doubtful)

    def against(self, operation: Operation) -> frozenset[ActId]:
        """Rule 7: everything that stands against an operation, covered or not."""
        prefix = operation.prefix
        if not self.revocations.counted:
            return NONE
        if operation.id in self.rights.glass and prefix.under not in self.tree.by_id:
            return self.revocations.notices.get(prefix.device, NONE)
        return self.standing_against(prefix.device, prefix.under)

    def merges_plainly(self, operation: Operation) -> bool:
        """Whether a new content operation merges and changes nothing else, or is without effect.

        Where its log holds anything in doubt it may be a run's head, or show a fork.
        """
        return log_of(operation) not in self.doubtful_logs and not (
            self.rights.acted(operation) and self.against(operation)
        )

    def standing_against(self, device: DeviceKey, under: ActId) -> frozenset[ActId]:
        """Rule 7, of whatever a device writes under a grant."""
        return against(self.revocations, self._signer_bars, device, under)

    @cached_property
    def live(self) -> frozenset[ActId]:
        """The live grants."""
        return frozenset(grant for grant in self.tree.by_id if is_live(self, grant))

    def signer_bars(self, grant: ActId) -> frozenset[ActId]:
        """Rule 6: bars on the signers of grants in a chain that are not good."""
        return self._signer_bars.get(grant, NONE)

    def _begin(self) -> list[Operation]:
        """Merge what nothing stands against; return the rest, and grants of barred signers."""
        self._read_signers()
        doubtful = []
        for operation in self.evidence.operations.values():
            if not self.rights.held(operation):
                continue
            if not self.against(operation):
                self.merged.add(operation.id)
                if operation.id not in self._barred:
                    continue
            doubtful.append(operation)
        return doubtful

    def _read_signers(self) -> None:
        if not self.revocations.counted:
            return
        for granted in self.tree.by_id.values():
            if granted.author is not None and granted.operation is not None:
                bars = self.revocations.bars(granted.author, granted.parent)
                if bars:
                    self._barred[granted.operation] = bars
        self._hand_down_signer_bars()

    def _hand_down_signer_bars(self) -> None:
        """By grant: bars on the signers in its chain that are not good (parents come first)."""
        for granted in self.tree.by_id.values():
            bars = self._signer_bars.get(granted.parent, NONE)
            own = NONE
            if granted.operation in self._barred and granted.operation not in self.good:
                own = self._barred[granted.operation]
            self._signer_bars[granted.id] = bars | own if own else bars

    def _find_covers(self, doubtful: list[Operation]) -> None:
        """By operation in doubt: the acts that cover it, should they come to count."""
        named: dict[OperationId, list[Speech]] = defaultdict(list)
        runs: dict[Log, list[tuple[Run, Speech]]] = defaultdict(list)
        for speech in self._speeches():
            if isinstance(speech.act, Accept):
                for operation_id in speech.act.operations:
                    named[operation_id].append(speech)
            else:
                for run in speech.act.cut:
                    runs[run.instance, run.lane].append((run, speech))
        lines: dict[Log, list[Operation]] = defaultdict(list)
        for operation in sorted(doubtful, key=lambda each: each.prefix.sequence):
            self._covers[operation.id] = list(named.get(operation.id, ()))
            lines[log_of(operation)].append(operation)
        logs = Logs(self.evidence.operations)
        for log, line in lines.items():
            for run, speech in runs.get(log, ()):
                for operation_id in logs.within(run, line):
                    if operation_id in self._covers:
                        self._covers[operation_id].append(speech)
        for operation in doubtful:
            for speech in self._covers[operation.id]:
                self._covered[speech.operation.id].append(operation.id)

    def _speeches(self) -> Iterable[Speech]:
        for revocation in self.revocations.counted.values():
            yield Speech(revocation.id, revocation.operation, revocation.act)
        for written, vouch in self.evidence.acts(Vouch):
            if self.rights.acted(written.operation):  # a break-glass gives no say
                yield Speech(written.id, written.operation, vouch)
        for written, accept in self.evidence.acts(Accept):
            if self.rights.acted(written.operation):
                yield Speech(written.id, written.operation, accept)

    def _settle(self, doubtful: list[Operation]) -> None:
        """Add what is covered until nothing more is; goods are handed down between rounds."""
        while True:
            goods = len(self.good)
            queue = deque(doubtful)
            queued = {operation.id for operation in doubtful}
            while queue:
                operation = queue.popleft()
                queued.discard(operation.id)
                self._look_at_signer(operation)
                if operation.id in self.merged:
                    continue
                if all(self._is_covered(operation, reason) for reason in self.against(operation)):
                    self.merged.add(operation.id)
                    for waiting in self._covered.get(operation.id, ()):
                        if waiting not in queued:
                            queued.add(waiting)
                            queue.append(self.evidence.operations[waiting])
            if len(self.good) == goods:
                return
            self._hand_down_signer_bars()

    def _look_at_signer(self, operation: Operation) -> None:
        bars = self._barred.get(operation.id)
        if (
            bars
            and operation.id not in self.good
            and all(self._is_covered(operation, reason) for reason in bars)
        ):
            self.good.add(operation.id)

    def _is_covered(self, operation: Operation, reason: ActId) -> bool:
        """Rule 9, for one thing that stands against an operation."""
        revocation = self.revocations.counted[reason]
        is_access = operation.prefix.lane == self.evidence.access
        for speech in self._covers[operation.id]:
            if speech.id == reason and is_own_cut_enough(speech, is_access):
                return True
            if not is_merged(self.merged, speech):
                continue
            if not self._has_lane(speech, operation.prefix.lane):
                continue
            if revocation.is_lost and not answers_lost(speech):
                continue
            if (
                not is_access
                or self._is_above(speech, operation)
                or self._may_fall_back(operation, reason)
            ):
                return True
        return False

    def _has_lane(self, speech: Speech, lane: LaneId) -> bool:
        """Rule 9: `append` on that lane, for an accept `admin`."""
        under = speech.operation.prefix.under
        if under == self.evidence.root:
            return True
        right = Right.ADMIN if isinstance(speech.act, Accept) else Right.APPEND
        return self.tree.by_id[under].allows(right, lane, self.evidence.access)

    def _is_above(self, speech: Speech, operation: Operation) -> bool:
        upper = speech.operation.prefix.under
        lower = operation.prefix.under
        return is_admin_above(self.tree, upper, lower)

    def _may_fall_back(self, operation: Operation, reason: ActId) -> bool:
        """Rule 9, last: a bar of which no merged cut of an admin above speaks."""
        if self._fallback is None:
            return False
        revocation = self.revocations.counted[reason]
        if not isinstance(revocation.act, Notice):
            return False
        key = (operation.prefix.under, reason)
        if key not in self._fallback:
            self._fallback[key] = not any(
                speech.operation.id in self._spoken_at and speaks_of(speech, reason, revocation.act)
                for speech in self._admins_above(operation)
            )
        return self._fallback[key]

    def _admins_above(self, operation: Operation) -> Iterable[Speech]:
        return (
            speech
            for speech in self._speeches()
            if self._has_lane(speech, self.evidence.access) and self._is_above(speech, operation)
        )


def is_live(merging: Merging, grant: ActId) -> bool:
    """Rule 6: no grant in its chain is hit, and each is good."""
    return not merging.revocations.hits[grant] and not merging.signer_bars(grant)


def against(
    revocations: Revocations,
    signer_bars: Mapping[ActId, frozenset[ActId]],
    device: DeviceKey,
    under: ActId,
) -> frozenset[ActId]:
    """Rule 7: hits on its chain, bars on its device, bars on signers in the chain not good."""
    hits = revocations.hits_on(under, device)
    bars = revocations.bars(device, under)
    signers = signer_bars.get(under, NONE)
    if not bars and not signers:
        return hits
    return hits | bars | signers


def is_own_cut_enough(speech: Speech, is_access: bool) -> bool:
    """Rule 9 (i): its own cut answers it; for access operations only a revoke's."""
    return isinstance(speech.act, Revoke) or (isinstance(speech.act, Notice) and not is_access)


def is_merged(merged: set[OperationId], speech: Speech) -> bool:
    """Rule 9 (ii): a cut or accept counts while its own operation is merged."""
    return speech.operation.id in merged


def answers_lost(speech: Speech) -> bool:
    """Rule 10, last: a revoke marked lost or stolen is answered by `accept` alone."""
    return isinstance(speech.act, Accept)


def is_admin_above(tree: GrantTree, upper: ActId, lower: ActId) -> bool:
    """Rule 9: for access operations, only with `admin` under the same grant or an ancestor."""
    if upper == tree.root:
        return True
    return Right.ADMIN in tree.by_id[upper].rights and tree.is_in_chain(upper, lower)


def speaks_of(speech: Speech, reason: ActId, notice: Notice) -> bool:
    """Whether a cut was made about a bar: a notice of that device, or a vouch that answers it."""
    if isinstance(speech.act, Notice):
        return speech.act.device == notice.device
    if isinstance(speech.act, Vouch):
        return reason in speech.act.answers and reason not in speech.act.knew
    return False
