"""AUTHORITY.md once more, naive and slow, sharing nothing with sync.access but the inputs.

An oracle for random histories: sets are recomputed by comprehension until they stop growing, and
every question walks the chart again. Numbers in comments are the rules'.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sync.acts import (
    Accept,
    BreakGlass,
    Deed,
    Grant,
    Handover,
    Notice,
    Revoke,
    RosterAct,
    Vouch,
)
from sync.charter import Charter
from sync.cut import Run
from sync.errors import RosterError, SignatureError
from sync.grantee import Device, Right
from sync.identifiers import act_id, root_standing
from sync.operation import Operation
from sync.roster import Roster, parse_roster
from sync.sealing import verify_sealing_key

ROOT = "root"
_rosters: dict[bytes, Roster | None] = {}
_signed: dict[tuple[Any, ...], bool] = {}


class Reference:
    """Everything as AUTHORITY.md says it, of one set of operations."""

    def __init__(
        self,
        charter: Charter,
        operations: Iterable[Operation],
        deeds: Mapping[Any, Deed],
        notice_valid: Callable[[bytes | None, Notice], bool],
    ) -> None:
        self.charter = charter
        self.charter_id = root_standing(charter.chart)
        self.access = charter.lane("access")
        self.ops = {operation.id: operation for operation in operations}
        self.acts = [
            (act_id(operation.id, place), operation, act)
            for operation in self.ops.values()
            if operation.prefix.lane == self.access and operation.id in deeds
            for place, act in enumerate(deeds[operation.id].acts)
        ]
        self.notice_valid = notice_valid
        self.generations = dict(self._read_generations())
        self.own_keys = list(self._read_own_keys())
        self.handovers = self._read_handovers()
        self.grants = self._read_grants()
        self.counted = dict(self._read_counted())
        self.merged, self.good = self._fixpoint()
        self.live = {g for g in self.grants if self._is_live(g)}
        self.waiting = {
            id for id, op in self.ops.items() if self._right(op) and id not in self.merged
        }

    # 1 ------------------------------------------------------------------------------------
    def _read_generations(self) -> Iterator[tuple[tuple[Any, ...], set[bytes]]]:
        found: dict[tuple[Any, ...], set[bytes]] = {}
        for _, _, act in self.acts:
            statement = _roster(act.statement) if isinstance(act, RosterAct) else None
            for part in statement.groups if statement else ():
                assert statement is not None
                key = (statement.organisation, part.name, part.generation, part.sealing)
                found[key] = found.get(key, set()) | set(part.members)
        yield from found.items()

    def _read_own_keys(self) -> Iterator[tuple[bytes, bytes, int]]:
        """(device, key, number of the roster)."""
        for _, _, act in self.acts:
            statement = _roster(act.statement) if isinstance(act, RosterAct) else None
            for device in statement.devices if statement else ():
                assert statement is not None
                yield device.key, device.sealing, statement.number

    def members(self, grantee: Any) -> set[bytes]:
        if isinstance(grantee, Device):
            return {grantee.key}
        return {
            member
            for (organisation, name, _, _), devices in self.generations.items()
            if (organisation, name) == (grantee.organisation, grantee.name)
            for member in devices
        }

    # roots and handovers --------------------------------------------------------------------
    def _read_handovers(self) -> Sequence[tuple[bytes, bytes, bytes]]:
        """(signer, heir, heir's sealing key) of those whose signer ever was a root."""
        roots = {root.signing for root in self.charter.roots}
        while True:
            found = [
                (op.prefix.device, act.root.signing, act.root.sealing)
                for _, op, act in self.acts
                if isinstance(act, Handover)
                and op.prefix.under == self.charter_id
                and op.prefix.device in roots
            ]
            more = roots | {heir for _, heir, _ in found}
            if more == roots:
                return found
            roots = more

    def is_ever_root(self, device: bytes) -> bool:
        return device in {r.signing for r in self.charter.roots} | {h for _, h, _ in self.handovers}

    def handover_hits(self, signer: bytes, heir: bytes) -> set[Any]:
        return {
            id
            for id, (op, act) in self.counted.items()
            if isinstance(act, Revoke)
            and op.prefix.under == self.charter_id
            and op.prefix.device == signer
            and act.target == Device(heir)  # type: ignore[arg-type]  # bytes are the key
        }

    def standing_roots(self) -> set[bytes]:
        roots: set[bytes] = {root.signing for root in self.charter.roots}
        while True:
            more = roots | {
                heir
                for signer, heir, _ in self.handovers
                if signer in roots and not self.handover_hits(signer, heir)
            }
            if more == roots:
                return roots
            roots = more

    def root_keys(self) -> set[bytes]:
        standing = self.standing_roots()
        return {root.sealing for root in self.charter.roots} | {
            sealing
            for signer, heir, sealing in self.handovers
            if signer in standing and not self.handover_hits(signer, heir)
        }

    def root_hits(self, device: bytes) -> set[Any]:
        if device in self.standing_roots():
            return set()
        heirs, hits = {device}, set()
        while True:
            signers = {signer for signer, heir, _ in self.handovers if heir in heirs}
            hits = {
                hit
                for signer, heir, _ in self.handovers
                if heir in heirs
                for hit in self.handover_hits(signer, heir)
            }
            if signers <= heirs:
                return hits
            heirs |= signers

    # 0 and 2 --------------------------------------------------------------------------------
    def _read_grants(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {
            id: {
                "parent": ROOT,
                "to": group,
                "lanes": self.charter.lane_ids,
                "rights": Right.RELAY | Right.READ | Right.APPEND | Right.ADMIN,
                "until": None,
                "op": None,
                "despite": set(),
                "sealing": None,
            }
            for id, group in zip(self.charter.grant_ids(), self.charter.grants, strict=True)
        }
        while True:
            fresh = {
                id: self._grant(op, act)
                for id, op, act in self.acts
                if isinstance(act, Grant) and id not in found and self._fits(op, act, found)
            }
            if not fresh:
                return found
            found.update(fresh)

    def _grant(self, op: Operation, act: Grant) -> dict[str, Any]:
        under = op.prefix.under
        return {
            "parent": ROOT if under == self.charter_id else under,
            "to": act.to,
            "lanes": act.lanes,
            "rights": act.rights,
            "until": act.until_milliseconds,
            "op": op,
            "despite": set(act.despite) | {act_id(op.id, place) for place in act.despite_here},
            "sealing": act.sealing,
        }

    def _fits(self, op: Operation, act: Grant, found: dict[Any, dict[str, Any]]) -> bool:
        if isinstance(act.to, Device):
            if act.sealing is None or act.sealing_signature is None:
                return False
            if not _signs(act.to.key, act.sealing, act.sealing_signature):
                return False
        elif act.sealing is not None or act.sealing_signature is not None:
            return False
        if op.prefix.under == self.charter_id:
            return self.is_ever_root(op.prefix.device) and act.lanes <= self.charter.lane_ids
        parent = found.get(op.prefix.under)
        if parent is None or op.prefix.device not in self.members(parent["to"]):
            return False
        late = parent["until"] is not None and (
            act.until_milliseconds is None or act.until_milliseconds > parent["until"]
        )
        return (
            bool(parent["rights"] & Right.ADMIN)
            and act.lanes <= parent["lanes"]
            and (act.rights | parent["rights"]) == parent["rights"]
            and not late
        )

    def chain(self, grant: Any) -> list[Any]:
        return [grant, *self.chain(self.grants[grant]["parent"])] if grant != ROOT else []

    def above(self, grant: Any) -> list[Any]:
        """Grantees strictly above; everybody with root standing besides."""
        return [self.grants[each]["to"] for each in self.chain(grant)[1:]]

    # 3 and 4 --------------------------------------------------------------------------------
    def speaker(self, op: Operation) -> Any:
        """S, or None if the device does not act for whom it writes under."""
        under, device = op.prefix.under, op.prefix.device
        if under == self.charter_id:
            return (ROOT, device) if self.is_ever_root(device) else None
        grant = self.grants.get(under)
        return grant["to"] if grant and device in self.members(grant["to"]) else None

    def _read_counted(self) -> Iterator[tuple[Any, tuple[Operation, Any]]]:
        said: list[Any] = []
        for id, op, act in self.acts:
            speaker = self.speaker(op)
            if speaker is None or not isinstance(act, Revoke | Notice):
                continue
            rights = self.grants[op.prefix.under]["rights"] if not _is_root(speaker) else Right(15)
            if isinstance(act, Notice):
                counts = bool(rights & Right.APPEND) and self.notice_valid(
                    self.charter.network, act
                )
            elif speaker == act.target:
                counts = isinstance(speaker, Device)
            else:
                counts = bool(rights & Right.ADMIN)
            if isinstance(act, Revoke):  # one operation says it once: all its acts have one S
                counts = counts and (op.id, act.target) not in said
                said.append((op.id, act.target))
            if counts:
                yield id, (op, act)

    def _hits_itself(self, id: Any, grant: Any) -> bool:
        op, act = self.counted[id]
        if not isinstance(act, Revoke) or act.target != self.grants[grant]["to"]:
            return False
        speaker = self.speaker(op)
        is_self = speaker == act.target
        if not (is_self or _is_root(speaker) or speaker in self.above(grant)):
            return False
        if id in self.grants[grant]["despite"]:  # 5
            parent = self.grants[grant]["parent"]
            own = self.grants[grant]["op"]
            issuer = (ROOT, own.prefix.device) if parent == ROOT else self.grants[parent]["to"]
            return not (is_self or issuer == speaker)
        return True

    def hits(self, device: bytes, under: Any) -> set[Any]:
        """What hits the chain of what a device writes under."""
        if under == self.charter_id:
            return self.root_hits(device)
        found = {r for r in self.counted for g in self.chain(under) if self._hits_itself(r, g)}
        top = self.grants[self.chain(under)[-1]]["op"]
        return found | (self.root_hits(top.prefix.device) if top is not None else set())

    def bars(self, device: bytes, under: Any) -> set[Any]:
        if under not in self.grants:
            return set()
        return {id for id in self.counted if self._bars(id, device, under)}

    def _bars(self, id: Any, device: bytes, under: Any) -> bool:
        op, act = self.counted[id]
        if isinstance(act, Notice):
            return act.device == device
        speaker = self.speaker(op)
        return (
            act.target == Device(device)  # type: ignore[arg-type]  # bytes are the key
            and not isinstance(self.grants[under]["to"], Device)
            and (_is_root(speaker) or speaker in self.above(under))
        )

    # (b) ------------------------------------------------------------------------------------
    def _right(self, op: Operation) -> bool:
        if self._is_glass(op):
            return True
        if self.speaker(op) is None:
            return False
        if op.prefix.under == self.charter_id or op.prefix.lane == self.access:
            return True
        grant = self.grants[op.prefix.under]
        return bool(grant["rights"] & Right.APPEND) and op.prefix.lane in grant["lanes"]

    def _is_glass(self, op: Operation) -> bool:
        return any(
            each == op
            and isinstance(act, BreakGlass)
            and _signs(op.prefix.device, act.sealing, act.sealing_signature)
            for _, each, act in self.acts
        )

    def against(self, op: Operation, good: set[Any]) -> set[Any]:  # 7
        device, under = op.prefix.device, op.prefix.under
        if under != self.charter_id and under not in self.grants:
            return {
                id
                for id, (_, act) in self.counted.items()
                if isinstance(act, Notice) and act.device == device
            }
        found = self.hits(device, under) | self.bars(device, under)
        for grant in self.chain(under) if under != self.charter_id else ():
            signed = self.grants[grant]["op"]
            if signed is not None and signed.id not in good:
                found |= self.bars(signed.prefix.device, signed.prefix.under)
        return found

    def in_run(self, op: Operation, run: Run) -> bool:  # 8
        prefix = op.prefix
        if (prefix.instance, prefix.lane) != (run.instance, run.lane):
            return False
        if prefix.sequence < run.first or prefix.sequence > run.last:
            return False
        log = [
            each
            for each in self.ops.values()
            if (each.prefix.instance, each.prefix.lane) == (run.instance, run.lane)
        ]
        if run.head in self.ops:
            at: Operation | None = self.ops[run.head]
            while at is not None and at in log:
                if at == op:
                    return True
                before = self.ops.get(at.prefix.previous) if at.prefix.previous else None
                in_order = before and before.prefix.sequence + 1 == at.prefix.sequence
                at = before if in_order else None
            return False
        return all(
            len([each for each in log if each.prefix.sequence == number]) < 2
            for number in range(prefix.sequence + 1)
        )

    def _cuts(self) -> Iterator[tuple[Any, Operation, Any]]:
        for id, op, act in self.acts:
            if (isinstance(act, Revoke | Notice) and id in self.counted) or (
                isinstance(act, Vouch | Accept) and self.speaker(op) is not None
            ):
                yield id, op, act

    def _rights_of(self, op: Operation) -> Right:
        under = op.prefix.under
        return Right(15) if under == self.charter_id else self.grants[under]["rights"]

    def _is_above(self, upper: Operation, lower: Operation) -> bool:
        if upper.prefix.under == self.charter_id:
            return True
        if lower.prefix.under == self.charter_id or not self._rights_of(upper) & Right.ADMIN:
            return False
        return lower.prefix.under in self.grants and upper.prefix.under in self.chain(
            lower.prefix.under
        )

    def _covers(self, op: Operation, reason: Any, merged: set[Any], spoken: Any) -> bool:  # 9
        is_access = op.prefix.lane == self.access
        _, revocation = self.counted[reason]
        for id, at, act in self._cuts():
            if isinstance(act, Accept):
                inside = op.id in act.operations
            else:
                inside = any(self.in_run(op, run) for run in act.cut)
            if not inside:
                continue
            if id == reason and (isinstance(act, Revoke) or not is_access):
                return True
            if at.id not in merged:
                continue
            if isinstance(revocation, Revoke) and revocation.lost and not isinstance(act, Accept):
                continue  # 10
            needed = Right.ADMIN if isinstance(act, Accept) else Right.APPEND
            if not self._rights_of(at) & needed:
                continue
            if not is_access:
                under = at.prefix.under
                if under == self.charter_id or op.prefix.lane in self.grants[under]["lanes"]:
                    return True
            elif self._is_above(at, op) or (
                spoken is not None
                and isinstance(revocation, Notice)
                and not self._spoken(op, reason, spoken)
            ):
                return True
        return False

    def _spoken(self, op: Operation, reason: Any, merged: set[Any]) -> bool:
        """Whether a merged cut of an admin at or above speaks of the bar."""
        device = self.counted[reason][1].device
        return any(
            at.id in merged
            and self._is_above(at, op)
            and (
                (isinstance(act, Notice) and act.device == device)
                or (
                    isinstance(act, Vouch)
                    and self._rights_of(at) & Right.APPEND
                    and reason in act.answers
                    and reason not in act.knew
                )
            )
            for _, at, act in self._cuts()
        )

    def _fixpoint(self) -> tuple[set[Any], set[Any]]:
        merged: set[Any] = set()
        good: set[Any] = set()
        signed = [each["op"] for each in self.grants.values() if each["op"] is not None]
        for last in (False, True):
            spoken = set(merged) if last else None
            while True:
                more_good = good | {
                    op.id
                    for op in signed
                    if all(
                        self._covers(op, reason, merged, spoken)
                        for reason in self.bars(op.prefix.device, op.prefix.under)
                    )
                }
                more = merged | {
                    op.id
                    for op in self.ops.values()
                    if op.id not in merged
                    and self._right(op)
                    and all(
                        self._covers(op, reason, merged, spoken)
                        for reason in self.against(op, more_good)
                    )
                }
                if (more, more_good) == (merged, good):
                    break
                merged, good = more, more_good
        return merged, good

    def _is_live(self, grant: Any) -> bool:  # 6
        top = self.grants[self.chain(grant)[-1]]["op"]
        if top is not None and self.root_hits(top.prefix.device):
            return False
        for each in self.chain(grant):
            if any(self._hits_itself(id, each) for id in self.counted):
                return False
            op = self.grants[each]["op"]
            if op is not None and op.id not in self.good:
                return False
        return True


def _is_root(speaker: Any) -> bool:
    return isinstance(speaker, tuple)


def _roster(statement: bytes) -> Roster | None:
    if statement not in _rosters:
        try:
            _rosters[statement] = parse_roster(statement)
        except RosterError:
            _rosters[statement] = None
    return _rosters[statement]


def _signs(device: Any, sealing: Any, signature: bytes) -> bool:
    key = (device, sealing, signature)
    if key not in _signed:
        try:
            verify_sealing_key(device, sealing, signature)
            _signed[key] = True
        except SignatureError:
            _signed[key] = False
    return _signed[key]
