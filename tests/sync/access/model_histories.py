"""Drives the executable model and writes its histories as real, signed operations."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from histories import (
    GENUINE,
    History,
    generation_opener,
    grant_to,
    notice_valid,
    person,
    roster,
)

from sync.access import Evidence, Fold, fold
from sync.acts import Accept, Act, Box, Deed, Keys, Notice, Rekey, Revoke, RosterAct, Vouch
from sync.clock import Stamp
from sync.cut import Cut, Run
from sync.grantee import Grantee, Right
from sync.identifiers import (
    ActId,
    DeviceKey,
    EpochId,
    InstanceId,
    LaneId,
    OperationId,
    SealingKey,
    act_id,
)
from sync.operation import HeaderPrefix, Operation, sign_operation

MODEL = Path(__file__).resolve().parents[3].parent / "shared" / "model" / "model.py"
RIGHTS = {"read": Right.READ, "append": Right.APPEND, "admin": Right.ADMIN}
DEVICES = ("0", "1", "2", "3", "4")
GENERATIONS = (("A", 2, ("0", "1")), ("A", 1, ("0",)), ("B", 2, ("3", "4")), ("B", 1, ("3",)))
"""The model prefers its generation 1, which has both members; here that is the newer one."""


READINGS = (
    (
        # Rule 9 asks for each operation whether an admin at or above *it* spoke of the bar. The
        # model asks once for each bar, of admins at or below any group of the barred device.
        "ok=(c.kind=='revoke' and c.id==N) or ((c.id in M) and (s.above(c,o) or "
        "not fix['admincut'] or N in fallback))",
        "ok=(c.kind=='revoke' and c.id==N) or ((c.id in M) and (s.above(c,o) or "
        "N in fallback and not any(q.id in fallback[N] and s.above(q,o) and "
        "(q.kind=='notice' and q.b['target']==s.by[N].b['target'] or q.kind=='vouch' "
        "and N not in q.b['knew'] and N in q.b['for']) for q in cutops)))",
    ),
    ("run(M,good,fb)", "run(M,good,{N.id:frozenset(M) for N in s.revs if N.kind=='notice'})"),
    (
        # Rule 9 lets `accept` take access operations in, too; the model only content.
        "o.id in a.b['ops'] and o.lane!='x' and (a.under==0 or "
        "o.lane in s.grants[a.under].b['lanes'])",
        "o.id in a.b['ops'] and (s.above(a,o) if o.lane=='x' else a.under==0 or "
        "o.lane in s.grants[a.under].b['lanes'])",
    ),
)
"""Where the model is coarser than the rules' text, which is what counts: its words, and ours."""


def load_model() -> ModuleType:
    """Import the model in the rules' reading, or raise FileNotFoundError."""
    if "satchel_model" not in sys.modules:
        source = MODEL.read_text()
        for theirs, ours in READINGS:
            assert source.count(theirs) == 1, "the model has changed: look at its reading again"
            source = source.replace(theirs, ours)
        module = ModuleType("satchel_model")
        sys.modules["satchel_model"] = module
        exec(compile(source, str(MODEL), "exec"), module.__dict__)  # noqa: S102  # our own model
    return sys.modules["satchel_model"]


class Translation:
    """The operations of one model history, each written once as a real one."""

    def __init__(self) -> None:
        self.history = History(organisation="nobody", roots=("R",))
        self.lanes: dict[str, LaneId] = {
            "x": self.history.access,
            "c": self.history.care,
            "s": self.history.sensitive,
        }
        self.written: dict[int, Operation] = {}
        self.acts: dict[int, ActId] = {0: self.history.root}
        self.deeds: dict[OperationId, Deed] = {}
        statement = roster("clinic", 1, GENERATIONS)
        self.enrolment = self.history.act(
            "R", self.history.root, RosterAct(statement), instance="enrolment"
        )

    def evidence(self, ops: Iterable[Any]) -> Evidence:
        operations = [self.operation(each) for each in sorted(ops, key=lambda each: each.id)]
        deeds = {**self.deeds, **self.history.deeds}
        return Evidence(self.history.charter, [self.enrolment, *operations], deeds, notice_valid)

    def fold(self, ops: Iterable[Any]) -> Fold:
        return fold(self.evidence(ops))

    def operation(self, op: Any) -> Operation:
        """The real operation of a model's one; those it names must be known already."""
        if op.id not in self.written:
            signer = person(op.dev).signer
            prefix = HeaderPrefix(
                chart=self.history.charter.chart,
                lane=self.lanes[op.lane],
                device=signer.public,
                instance=self.instance(op.inst),
                sequence=op.seq,
                previous=None if op.prev is None else self.written[op.prev].id,
                stamp=Stamp(op.id << 16),
                epoch=EpochId(bytes(32)),
                under=self.acts[op.under],
            )
            operation = sign_operation(prefix, op.id.to_bytes(8, "big"), signer)
            self.written[op.id] = operation
            self.acts[op.id] = act_id(operation.id, 0)
            if op.lane == "x":
                self.deeds[operation.id] = Deed((self.act(op),))
        return self.written[op.id]

    def instance(self, name: str) -> InstanceId:
        return InstanceId(name.encode().ljust(16, b"\0"))

    def grantee(self, name: str) -> Grantee:
        return self.history.group(name, "clinic") if name in "AB" else person(name).device

    def act(self, op: Any) -> Act:
        body = op.b
        match op.kind:
            case "grant":
                to = body["to"]
                rights = Right(0)
                for right in body["rights"]:
                    rights |= RIGHTS[right]
                return grant_to(
                    self.history.group(to, "clinic") if to in "AB" else person(to),
                    rights,
                    [self.lanes[lane] for lane in body["lanes"]],
                    despite=self.ids(body["despite"]),
                )
            case "revoke":
                return Revoke(self.grantee(body["target"]), self.cut(body["cut"]))
            case "notice":
                return Notice(person(body["target"]).key, GENUINE, self.cut(body["cut"]))
            case "vouch":
                return Vouch(self.cut(body["cut"]), self.ids(body["for"]), self.ids(body["knew"]))
            case "accept":
                return Accept(frozenset(self.written[each].id for each in body["ops"]))
            case "rekey":
                boxes = [Box(self.sealing(to), bytes(80)) for to in sorted(body["boxes"], key=str)]
                return Rekey(
                    self.lanes[body["lane"]],
                    body["num"],
                    self.epoch(op.id),
                    tuple(boxes),
                    self.ids(body["knew"]),
                )
            case "keys":
                lane = self.rekeys_lane(body["epoch"])
                return Keys(
                    lane, self.epoch(body["epoch"]), Box(self.sealing(body["to"]), bytes(80))
                )
        raise AssertionError(op.kind)

    def rekeys_lane(self, epoch: int) -> LaneId:
        (act,) = self.deeds[self.written[epoch].id].acts
        assert isinstance(act, Rekey)
        return act.lane

    def ids(self, ops: Iterable[int]) -> frozenset[ActId]:
        return frozenset(self.acts[each] for each in ops)

    def epoch(self, op: int) -> EpochId:
        """Smallest id first, in both worlds."""
        return EpochId(op.to_bytes(32, "big"))

    def sealing(self, to: str | tuple[str, int]) -> SealingKey:
        if isinstance(to, tuple):
            group, number = to
            return generation_opener("clinic", group, 3 - number).public
        return person(to).sealing

    def cut(self, cut: dict[tuple[str, str], tuple[tuple[int, int, int], ...]]) -> Cut:
        return tuple(
            Run(self.instance(instance), self.lanes[lane], first, last, self.written[head].id)
            for (instance, lane), runs in cut.items()
            for first, last, head in runs
        )

    def device(self, name: str) -> DeviceKey:
        return person(name).key


def views(model: ModuleType, seed: int, steps: int) -> Iterator[list[Any]]:
    """All operations of a history, two beginnings of it, and a part of prefixes of logs."""
    sim = model.Sim(seed, dict.fromkeys(model.FIXES, True), steps)
    sim.check = lambda _: None  # its own invariants are its own business; here it only acts
    sim.run()
    everything: dict[int, Any] = {}
    for node in sim.nodes.values():
        everything.update(node.ops)
    ops = sorted(everything.values(), key=lambda op: op.id)
    yield ops
    for count in (len(ops) // 3, 2 * len(ops) // 3):
        yield ops[:count]
    logs: dict[tuple[str, str], list[Any]] = {}
    for op in ops:
        logs.setdefault((op.inst, op.lane), []).append(op)
    kept: dict[int, Any] = {}
    for log in logs.values():
        for op in log[: sim.r.randint(0, len(log))]:
            if op.prev is None or op.prev in kept:
                kept[op.id] = op
    yield list(kept.values())
