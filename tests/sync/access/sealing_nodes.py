"""Nodes that write real ciphertext by what their own fold says; for the test of read safety."""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from histories import (
    APPEND,
    GENUINE,
    READ,
    History,
    generation_opener,
    grant_to,
    notice_valid,
    person,
)

from sync.access import (
    Debt,
    Evidence,
    Fold,
    cut_for,
    debt_of,
    fold,
    keys_owed,
    knew,
    next_number,
    recipients,
    usable_epoch,
    vouch_owed,
)
from sync.acts import Act, Box, Deed, Grant, Keys, Notice, Rekey, Revoke
from sync.body import open_body, seal_body
from sync.clock import Stamp
from sync.errors import BodyError, EpochKeyError
from sync.grantee import Right
from sync.identifiers import (
    ActId,
    DeviceKey,
    EpochId,
    EpochKey,
    InstanceId,
    LaneId,
    OperationId,
    SealingKey,
    epoch_id,
)
from sync.operation import HeaderPrefix, Operation, sign_operation
from sync.sealing import Opener, seal

GROUPS = {"nurse": ("all",), "doctor": ("all",), "midwife": ("all",)}
NAMES = ("nurse", "doctor", "midwife", "porter", "visitor", "root")
ACCESS_EPOCH = EpochId(bytes(32))


@dataclass
class Written:
    """An honest author's entry, whom its author held to be removed, and by what."""

    operation: Operation
    excluded: set[str]
    counted: frozenset[ActId]


@dataclass(frozen=True)
class Release:
    """A key that went out, what counted for the node that let it go, and who read for it."""

    by: str
    epoch: EpochId
    to: SealingKey
    counted: frozenset[ActId]
    readers: frozenset[str]


class Node:
    """One device: the operations it holds, every key that it ever could open, what it owes."""

    def __init__(self, chart: History, name: str, chance: random.Random) -> None:
        self.chart, self.name, self.chance = chart, name, chance
        self.person = person(name)
        self.operations: dict[OperationId, Operation] = {}
        self.deeds: dict[OperationId, Deed] = {}
        self.keys: dict[LaneId, dict[EpochId, EpochKey]] = defaultdict(dict)
        self.debts: list[Debt] = []
        self.releases: list[Release] = []
        self._fold: Fold | None = None
        self._settled: Fold | None = None

    @property
    def fold(self) -> Fold:
        if self._fold is None:
            held = self.operations.values()
            self._fold = fold(Evidence(self.chart.charter, held, self.deeds, notice_valid))
        return self._fold

    def openers(self) -> list[Opener]:
        groups = GROUPS.get(self.name, ())
        return [self.person.opener, *(generation_opener("clinic", name, 1) for name in groups)]

    def take(self, operations: Iterable[Operation], deeds: dict[OperationId, Deed]) -> None:
        """Store what is new, open what boxes it has, and note what it comes to owe."""
        for operation in operations:
            self.operations[operation.id] = operation
            if operation.id in deeds:
                self.deeds[operation.id] = deeds[operation.id]
                for act in deeds[operation.id].acts:
                    self.open_boxes(act)
        self._fold = None
        if self._settled is not None:
            debt = debt_of(self._settled, self.fold)
            self.debts += [] if debt is None else [debt]
        self._settled = self.fold

    def open_boxes(self, act: Act) -> None:
        if not isinstance(act, Rekey | Keys):
            return
        for box in act.boxes if isinstance(act, Rekey) else (act.box,):
            for opener in self.openers():
                if opener.public == box.to:
                    self.hold(act.lane, act.epoch, opener.open(box.sealed))

    def hold(self, lane: LaneId, epoch: EpochId, key: bytes) -> None:
        if epoch_id(self.chart.charter.chart, lane, EpochKey(key)) == epoch:
            self.keys[lane][epoch] = EpochKey(key)

    def append(
        self, lane: LaneId, under: ActId, deed: Deed | None, epoch: EpochId = ACCESS_EPOCH
    ) -> Operation:
        mine = [
            each
            for each in self.operations.values()
            if each.prefix.device == self.person.key and each.prefix.lane == lane
        ]
        last = max(mine, key=lambda each: each.prefix.sequence, default=None)
        prefix = HeaderPrefix(
            chart=self.chart.charter.chart,
            lane=lane,
            device=DeviceKey(self.person.key),
            instance=InstanceId(self.person.key[:16]),
            sequence=0 if last is None else last.prefix.sequence + 1,
            previous=None if last is None else last.id,
            stamp=Stamp(0),
            epoch=epoch,
            under=under,
        )
        body = self.chance.randbytes(32)
        if deed is None:
            body = seal_body(b"of a patient", self.keys[lane][epoch], prefix.encoded(), body[:24])
        operation = sign_operation(prefix, body, self.person.signer)
        self.take([operation], {} if deed is None else {operation.id: deed})
        return operation

    def act(self, under: ActId, *acts: Act) -> Operation:
        return self.append(self.chart.access, under, Deed(acts))

    def rekey(self, lane: LaneId, under: ActId, to: Iterable[SealingKey], number: int) -> EpochId:
        key = EpochKey(self.chance.randbytes(32))
        epoch = epoch_id(self.chart.charter.chart, lane, key)
        self.hold(lane, epoch, key)
        boxes = tuple(self.box(lane, epoch, key, each) for each in to)
        self.act(under, Rekey(lane, number, epoch, boxes, knew(self.fold)))
        return epoch

    def box(self, lane: LaneId, epoch: EpochId, key: EpochKey, to: SealingKey) -> Box:
        found = self.fold
        readers = frozenset(n for n in NAMES if found.reads(person(n).key, lane, None))
        self.releases.append(Release(self.name, epoch, to, found.counted, readers))
        return Box(to, seal(key, to, self.chance.randbytes(32)))

    def standing(self, right: Right, lane: LaneId | None = None) -> ActId | None:
        return next(iter(self.fold.standing(self.person.key, right, lane)), None)

    def write(self, lane: LaneId, everybody: Iterable[str]) -> Written | None:
        """Write an entry as rule 12 says: under a usable epoch, or one of its own."""
        under = self.standing(APPEND, lane)
        if under is None or self.name == "root":
            return None
        found = usable_epoch(self.fold, self.person.key, lane, self.keys[lane], None)
        if found is None:
            to = recipients(self.fold, lane, None)
            epoch = self.rekey(lane, under, to, next_number(self.fold, lane))
        else:
            epoch = found.epoch
        excluded = {each for each in everybody if self.holds_removed(each, lane)} - {self.name}
        counted = self.fold.counted
        return Written(self.append(lane, under, None, epoch), excluded, counted)

    def holds_removed(self, name: str, lane: LaneId) -> bool:
        """Whether this node's fold says of a device that it was a reader, and is no more."""
        key = person(name).key
        once = any(
            granted.allows(Right.READ, lane, self.chart.access)
            for granted in self.fold.grants.values()
            if self.fold.membership.acts_for(key, granted.to)
        )
        return once and not self.fold.reads(key, lane, None)

    def give(self, to: str, *, history: bool) -> None:
        under = self.standing(Right.ADMIN)
        if under is None:
            return
        lanes = self.chart.lanes if under == self.chart.root else self.fold.grants[under].lanes
        right = self.chance.choice([READ, APPEND])
        again = {id for id, each in self.fold.revoked.items() if each.target == person(to).device}
        despite = frozenset(again) if self.chance.random() < 0.2 else frozenset()
        grant = grant_to(person(to), right, lanes, history=history, despite=despite)
        assert isinstance(grant, Grant)
        self.act(under, grant)

    def revoke(self, target: str) -> None:
        under = self.standing(Right.ADMIN)
        if under is not None:
            device = person(target).device
            self.act(under, Revoke(device, cut_for(self.fold, device)))

    def notice(self, target: str) -> None:
        under = self.standing(APPEND)
        if under is not None:
            device = person(target)
            self.act(under, Notice(device.key, GENUINE, cut_for(self.fold, device.device)))

    def do_duties(self) -> bool:
        """Give the keys and write the vouches that it owes. True if anything was written."""
        before = len(self.operations)
        for lane in sorted(self.chart.lanes):
            under = self.standing(APPEND, lane)
            for owed in keys_owed(self.fold, self.person.key, set(self.keys[lane]), None):
                if owed.lane == lane and under is not None:
                    key = self.keys[lane][owed.epoch]
                    box = self.box(lane, owed.epoch, key, owed.to)
                    self.act(under, Keys(lane, owed.epoch, box))
        debts, self.debts = self.debts, []
        for debt in debts:
            vouches, rest = vouch_owed(debt, self.fold, self.person.key, None)
            for standing, vouch in vouches:
                self.act(standing, vouch)
            self.debts += [rest] if rest.lost else []
        return len(self.operations) > before

    def opens(self, operation: Operation) -> bool:
        """Whether any key that it ever held opens an entry, brute force."""
        assert operation.body is not None
        for key in self.keys[operation.prefix.lane].values():
            try:
                open_body(operation.body, key, operation.prefix.encoded())
            except (BodyError, EpochKeyError):
                continue
            return True
        return False


@dataclass
class Ward:
    """A chart at several nodes with a random link between them."""

    seed: int
    removed: tuple[str, ...] = ("visitor", "midwife")
    written: list[Written] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.chart = History()
        self.chart.enrol(("all", 1, tuple(GROUPS)))
        self.nodes = {name: Node(self.chart, name, self.chance) for name in NAMES}
        for node in self.nodes.values():
            node.take(self.chart.operations.values(), self.chart.deeds)
        self.lanes = [self.chart.care, self.chart.summary]

    def link(self, giver: Node, taker: Node, *, whole: bool = False) -> None:
        """Hand over what is new, access first, in order, perhaps cut short."""
        new = [each for id, each in giver.operations.items() if id not in taker.operations]
        new.sort(key=lambda each: each.prefix.lane != self.chart.access)
        if not whole and self.chance.random() < 0.4:
            new = new[: self.chance.randint(0, len(new))]
        ready = []
        known = set(taker.operations)
        for each in new:
            if each.prefix.previous is None or each.prefix.previous in known:
                known.add(each.id)
                ready.append(each)
        if ready:
            taker.take(ready, giver.deeds)

    def step(self) -> None:
        chance = self.chance
        node = self.nodes[chance.choice([name for name in self.nodes if name != "root"])]
        pick = chance.random()
        if node.name in self.removed and pick < 0.3:
            self.trick(node)
        elif pick < 0.4:
            written = node.write(chance.choice(self.lanes), self.nodes)
            if written is not None and node.name not in self.removed:
                self.written.append(written)
        elif pick < 0.72:
            self.link(self.nodes[chance.choice(list(self.nodes))], node)
        elif pick < 0.82:
            node.give(chance.choice(["porter", "visitor"]), history=chance.random() < 0.5)
        elif pick < 0.87:
            node.revoke(chance.choice(["visitor", "visitor", "porter"]))
        elif pick < 0.9:
            root = self.nodes["root"]
            self.link(node, root)
            root.revoke("midwife")
            self.link(root, node)
        elif pick < 0.91:
            node.notice(chance.choice(self.removed))
        else:
            node.do_duties()

    def trick(self, node: Node) -> None:
        """A reader who is or will be removed, at its worst: epochs and grants of its own."""
        mine = [
            granted.id
            for granted in node.fold.grants.values()
            if node.fold.membership.acts_for(node.person.key, granted.to)
        ]
        if not mine:
            return
        under = self.chance.choice(mine)
        lane = self.chance.choice(self.lanes)
        if self.chance.random() < 0.6:
            to = set(recipients(node.fold, lane, None)) - {node.person.sealing}
            node.rekey(lane, under, to, self.chance.choice([1, 5, 50]))
        else:
            grant = grant_to(person("visitor"), APPEND, self.chart.lanes, history=True)
            node.act(under, grant)

    def heal(self) -> None:
        """Everybody gets everything and does what it owes, until nothing more is written."""
        nodes = list(self.nodes.values())
        for _ in range(20):
            for giver in nodes:
                for taker in nodes:
                    self.link(giver, taker, whole=True)
            honest = [node for node in nodes if node.name not in self.removed]
            if not any([node.do_duties() for node in honest]):
                return
        raise AssertionError("keys and vouches do not come to rest")
