"""Random charts: honest, careless and hostile acts by devices that hold all or little of a chart.

Nothing keeps to the rules here; the fold must say what of it counts.
"""

import random
from collections.abc import Callable

from histories import (
    ADMIN,
    APPEND,
    GENUINE,
    READ,
    RELAY,
    History,
    Person,
    epoch_named,
    generation_opener,
    grant_to,
    person,
    roster,
)

from sync.acts import (
    Accept,
    Act,
    Box,
    BreakGlass,
    Deed,
    Grant,
    Handover,
    Keys,
    Notice,
    Rekey,
    Revoke,
    RosterAct,
    UnknownAct,
    Vouch,
    Want,
)
from sync.cut import Cut, Run
from sync.grantee import Device, Grantee, Group, Right
from sync.identifiers import ActId, OperationId, SealingKey, act_id
from sync.operation import Operation

STAFF = ("nurse", "doctor")
GUESTS = ("visitor", "porter", "midwife")
TEAM = ("driver", "medic")
ROOTS = ("root", "heir", "second-heir")
EVERYBODY = (*STAFF, *GUESTS, *TEAM, *ROOTS)
TEAM_GENERATIONS = (("team", 1, ("driver",)), ("team", 2, TEAM))
STAFF_GENERATIONS = (("all", 1, STAFF), ("admin", 1, ("doctor",)))
RIGHTS = (ADMIN, ADMIN, APPEND, APPEND, READ, RELAY, Right.APPEND, Right.READ | Right.ADMIN)


class Scribe:
    """Writes one random history."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        roots = self.random.choice([("root",), ("root",), ("root", "heir")])
        self.history = History(roots=roots)
        self.history.enrol(*STAFF_GENERATIONS)
        self.history.act(
            "medic", self.history.all, RosterAct(roster("agency", 1, TEAM_GENERATIONS))
        )
        self.team = self.history.group("team", "agency")
        self.all = self.history.group("all")
        self.grants: list[tuple[ActId, tuple[str, ...]]] = [
            (self.history.all, STAFF),
            (self.history.admin, ("doctor",)),
            (self.history.root, roots),
        ]
        self.revocations: list[ActId] = []
        self.rekeys: list[ActId] = []
        self.lanes = [self.history.care, self.history.summary, self.history.sensitive]
        self.kinds: list[tuple[int, Callable[[], tuple[Act, ...]]]] = [
            (8, self.grant),
            (5, self.revoke),
            (2, self.notice),
            (3, self.vouch),
            (1, self.accept),
            (1, self.hand_over),
            (3, self.rekey),
            (1, self.keys),
            (1, self.revoke_and_grant),
            (1, self.odds),
        ]

    def write(self, steps: int) -> History:
        for _ in range(steps):
            if self.random.random() < 0.4:
                self.data()
            else:
                self.enter(self.acts() + (self.acts() if self.random.random() < 0.2 else ()))
        return self.history

    def acts(self) -> tuple[Act, ...]:
        weights = [weight for weight, _ in self.kinds]
        return self.random.choices([kind for _, kind in self.kinds], weights)[0]()

    def standing(self) -> tuple[str, ActId]:
        """An author and what it writes under: mostly its own, sometimes anything."""
        under, holders = self.random.choice(self.grants)
        if self.random.random() < 0.06:
            return self.random.choice(EVERYBODY), under
        return self.random.choice(holders), under

    def fork(self, author: str, lane: bytes) -> Operation | None:
        mine = [
            each
            for each in self.history.operations.values()
            if each.prefix.lane == lane and each.prefix.device == person(author).key
        ]
        return self.random.choice(mine) if mine and self.random.random() < 0.08 else None

    def data(self) -> None:
        author, under = self.standing()
        lane = self.random.choice(self.lanes)
        self.history.data(author, under, lane, after=self.fork(author, lane))

    def enter(self, acts: tuple[Act, ...]) -> None:
        author, under = self.standing()
        if self.random.random() < 0.3:
            author, under = self.random.choice(STAFF), self.history.all
        lane = self.history.access
        deed = Deed(acts)
        operation = self.history.write(author, lane, under, deed, after=self.fork(author, lane))
        for place, act in enumerate(acts):
            id = act_id(operation.id, place)
            match act:
                case Grant():
                    self.grants.append((id, self.holders(act.to)))
                case Revoke() | Notice():
                    self.revocations.append(id)
                case Rekey():
                    self.rekeys.append(id)
                case Handover():
                    heirs = tuple(n for n in ROOTS if person(n).key == act.root.signing)
                    self.grants.append((self.history.root, heirs))
                case _:
                    pass

    def holders(self, to: Device | Group) -> tuple[str, ...]:
        if isinstance(to, Group):
            return TEAM if to == self.team else STAFF
        return tuple(name for name in EVERYBODY if person(name).key == to.key)

    def some(self, ids: list[ActId], share: float = 0.4) -> frozenset[ActId]:
        return frozenset(id for id in ids if self.random.random() < share)

    def grant(self) -> tuple[Act, ...]:
        guests: list[Person | Group] = [person(name) for name in (*GUESTS, *TEAM)]
        to = self.random.choice([*guests, self.team, self.all])
        lanes = self.random.choice([self.lanes, self.lanes, self.lanes[:1]])
        until = self.random.choice([None, None, None, 1_000, 2_000])
        history = self.random.random() < 0.5
        despite = self.some(self.revocations) if self.random.random() < 0.4 else frozenset()
        more: dict[str, object] = {
            "until_milliseconds": until,
            "history": history,
            "despite": despite,
        }
        if self.random.random() < 0.04:
            more["sealing"] = person("stranger").sealing
        return (grant_to(to, self.random.choice(RIGHTS), lanes, **more),)

    def revoke(self) -> tuple[Act, ...]:
        to = self.random.choice(EVERYBODY)
        device: Grantee = person(to).device
        target = self.random.choice([device, device, self.team, self.all])
        return (Revoke(target, self.cut(), self.random.random() < 0.1),)

    def revoke_and_grant(self) -> tuple[Act, ...]:
        """In one operation: the grant names the revoke by its index."""
        to = person(self.random.choice(GUESTS))
        lanes = self.random.choice([self.lanes, self.lanes[:1]])
        grant = grant_to(to, APPEND, lanes, despite_here=frozenset({0}))
        return (Revoke(to.device, self.cut()), grant)

    def notice(self) -> tuple[Act, ...]:
        device = person(self.random.choice((*STAFF, *TEAM, *GUESTS, "heir"))).key
        proof = GENUINE if self.random.random() < 0.8 else b"made up"
        return (Notice(device, proof, self.cut()),)

    def vouch(self) -> tuple[Act, ...]:
        return (Vouch(self.cut(), self.some(self.revocations), self.some(self.revocations)),)

    def accept(self) -> tuple[Act, ...]:
        return (Accept(frozenset(each.id for each in self.held(0.2))),)

    def hand_over(self) -> tuple[Act, ...]:
        return (Handover(person(self.random.choice(ROOTS[1:])).root),)

    def sealing(self) -> SealingKey:
        if self.random.random() < 0.3:
            number = self.random.choice((1, 2))
            return generation_opener("agency", "team", number).public
        if self.random.random() < 0.3:
            return generation_opener("clinic", "all", 1).public
        return person(self.random.choice((*EVERYBODY, "stranger"))).sealing

    def rekey(self) -> tuple[Act, ...]:
        boxes = {self.sealing() for _ in range(self.random.randint(0, 3))}
        full = self.random.random() < 0.7
        knew = frozenset(self.revocations) if full else self.some(self.revocations)
        knew_from = None
        if self.rekeys and self.random.random() < 0.2:
            knew_from = self.random.choice(self.rekeys)
        lane = self.random.choice([*self.lanes, self.history.access])
        return (
            Rekey(
                lane,
                self.random.randint(1, 4),
                epoch_named(f"epoch {self.random.randint(0, 5)}"),
                tuple(Box(key, bytes(80)) for key in sorted(boxes)),
                knew,
                knew_from,
            ),
        )

    def keys(self) -> tuple[Act, ...]:
        lane = self.random.choice(self.lanes)
        epoch = epoch_named(f"epoch {self.random.randint(0, 5)}")
        return (Keys(lane, epoch, Box(self.sealing(), bytes(80))),)

    def odds(self) -> tuple[Act, ...]:
        asker = person(self.random.choice(EVERYBODY))
        odd: list[Act] = [
            Want(self.history.care, epoch_named("epoch 1")),
            UnknownAct(77),
            RosterAct(b"no roster"),
            RosterAct(roster("clinic", 2, (("all", 2, ("nurse", "porter")),))),
            BreakGlass(asker.sealing, asker.sealing_signature),
        ]
        return (self.random.choice(odd),)

    def held(self, share: float) -> list[Operation]:
        operations = list(self.history.operations.values())
        return [each for each in operations if self.random.random() < share]

    def cut(self) -> Cut:
        """Runs of what somebody might have held; now and then of what nobody has."""
        runs = []
        share = self.random.choice([0.0, 0.15, 0.4])
        for head in self.held(share):
            prefix = head.prefix
            first = self.random.randint(0, prefix.sequence)
            if self.random.random() < 0.7:
                first = 0
            named = head.id
            last = prefix.sequence
            if self.random.random() < 0.1:
                named = OperationId(head.id[:-4] + b"none")
                last += self.random.randint(0, 3)
            runs.append(Run(prefix.instance, prefix.lane, first, last, named))
        return tuple(runs)
