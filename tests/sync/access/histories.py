"""Small charts with real keys and signatures, written act by act; for the tests of this folder."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from sync.access import Evidence, Fold, cut_for, fold
from sync.acts import (
    Accept,
    Act,
    Box,
    Deed,
    Grant,
    Handover,
    Keys,
    Notice,
    Rekey,
    Revoke,
    RosterAct,
    Vouch,
)
from sync.belonging import sign_belonging
from sync.charter import ACCESS, CARE, SENSITIVE, SUMMARY, Charter, Kind, Root, draw_charter
from sync.clock import Stamp, stamp_of
from sync.cut import Cut
from sync.grantee import RIGHTS_BY_NAME, Device, Grantee, Group, Right
from sync.identifiers import (
    ActId,
    DeviceKey,
    EpochId,
    InstanceId,
    LaneId,
    OperationId,
    OrganisationAddress,
    SealingKey,
    act_id,
    hashed,
    root_standing,
)
from sync.operation import HeaderPrefix, Operation, sign_operation
from sync.roster import RosterDevice, RosterGroup, organisation_address, sign_roster
from sync.sealing import Opener, sign_sealing_key
from sync.signing import Signer

RELAY = RIGHTS_BY_NAME["relay"]
READ = RIGHTS_BY_NAME["read"]
APPEND = RIGHTS_BY_NAME["append"]
ADMIN = RIGHTS_BY_NAME["admin"]
GENUINE = b"genuine"
"""The proof of a notice that counts as valid here."""


def notice_valid(network: bytes | None, notice: Notice) -> bool:
    return notice.proof == GENUINE


@dataclass(frozen=True)
class Person:
    """A device (or root) with its keys."""

    name: str
    signer: Signer
    opener: Opener

    @property
    def key(self) -> DeviceKey:
        return self.signer.public

    @property
    def sealing(self) -> SealingKey:
        return self.opener.public

    @property
    def device(self) -> Device:
        return Device(self.key)

    @property
    def root(self) -> Root:
        return Root(self.key, self.sealing)

    @property
    def sealing_signature(self) -> bytes:
        return _statement(self.name)


@cache
def person(name: str) -> Person:
    seed = hashlib.sha256(name.encode()).digest()
    return Person(name, Signer(seed), Opener(hashlib.sha256(b"seal" + seed).digest()))


@cache
def _statement(name: str) -> bytes:
    return sign_sealing_key(person(name).signer, person(name).sealing)


def organisation_secret(name: str) -> bytes:
    return hashlib.sha256(b"organisation " + name.encode()).digest()


@cache
def organisation(name: str) -> OrganisationAddress:
    return organisation_address(organisation_secret(name))


@cache
def generation_opener(name: str, group: str, number: int) -> Opener:
    return Opener(hashlib.sha256(f"{name}/{group}/{number}".encode()).digest())


@cache
def roster(
    name: str, number: int, generations: tuple[tuple[str, int, tuple[str, ...]], ...]
) -> bytes:
    """A statement of (group, generation, members' names), with all members' keys."""
    names = sorted({member for _, _, members in generations for member in members})
    devices = tuple(
        RosterDevice(
            person(n).key,
            person(n).sealing,
            person(n).sealing_signature,
            sign_belonging(person(n).signer, organisation(name)),
        )
        for n in names
    )
    groups = tuple(
        RosterGroup(
            group,
            generation,
            generation_opener(name, group, generation).public,
            tuple(person(member).key for member in members),
        )
        for group, generation, members in generations
    )
    return sign_roster(organisation_secret(name), number, None, devices, groups, ()).encoded()


def epoch_named(name: str) -> EpochId:
    return EpochId(hashed("test-epoch", name.encode()))


def grant_to(
    to: Person | Group,
    rights: Right = APPEND,
    lanes: Iterable[LaneId] = (),
    **more: object,
) -> Grant:
    """A grant act; for a device with its own sealing key and signature."""
    if isinstance(to, Group):
        return Grant(to, frozenset(lanes), rights, **more)  # type: ignore[arg-type]  # as named
    values = {"sealing": to.sealing, "sealing_signature": to.sealing_signature, **more}
    return Grant(to.device, frozenset(lanes), rights, **values)  # type: ignore[arg-type]  # as named


@dataclass
class History:
    """A chart as one all-seeing scribe writes it; folds are taken of all of it or of a part."""

    organisation: str = "clinic"
    roots: tuple[str, ...] = ("root",)
    operations: dict[OperationId, Operation] = field(default_factory=dict)
    deeds: dict[OperationId, Deed] = field(default_factory=dict)
    tips: dict[tuple[str, LaneId], Operation] = field(default_factory=dict)
    now: int = 1_700_000_000_000

    def __post_init__(self) -> None:
        first = draw_charter(
            organisation(self.organisation),
            person(self.roots[0]).root,
            Kind.PATIENT,
            None,
            bytes(range(48)),
        )
        self.charter = Charter(
            first.nonce,
            first.kind,
            tuple(person(name).root for name in self.roots),
            first.custodian,
            first.lanes,
            first.network,
            first.grants,
        )
        self.root = root_standing(self.charter.chart)
        self.all, self.admin = self.charter.grant_ids()
        self.access = self.charter.lane(ACCESS)
        self.care = self.charter.lane(CARE)
        self.summary = self.charter.lane(SUMMARY)
        self.sensitive = self.charter.lane(SENSITIVE)
        self.lanes = self.charter.lane_ids

    def group(self, name: str, organisation_name: str | None = None) -> Group:
        return Group(organisation(organisation_name or self.organisation), name)

    def write(
        self,
        author: str,
        lane: LaneId,
        under: ActId,
        deed: Deed | None = None,
        *,
        after: Operation | None = None,
        instance: str | None = None,
        epoch: EpochId | None = None,
        stamp: int | None = None,
    ) -> Operation:
        """Write an operation at the end of its author's log, or `after` another to fork it."""
        signer = person(author).signer
        name = instance or author
        previous = after or self.tips.get((name, lane))
        self.now += 1000
        prefix = HeaderPrefix(
            chart=self.charter.chart,
            lane=lane,
            device=signer.public,
            instance=InstanceId(hashlib.sha256(name.encode()).digest()[:16]),
            sequence=0 if previous is None else previous.prefix.sequence + 1,
            previous=None if previous is None else previous.id,
            stamp=Stamp(stamp_of(self.now if stamp is None else stamp)),
            epoch=epoch or epoch_named("any"),
            under=under,
        )
        operation = sign_operation(prefix, len(self.operations).to_bytes(8, "big"), signer)
        self.operations[operation.id] = operation
        self.tips[name, lane] = operation
        if deed is not None:
            self.deeds[operation.id] = deed
        return operation

    def act(self, author: str, under: ActId, *acts: Act, **more: object) -> Operation:
        """Write acts into the access lane."""
        return self.write(author, self.access, under, Deed(acts), **more)  # type: ignore[arg-type]  # as in write

    def did(self, author: str, under: ActId, act: Act, **more: object) -> ActId:
        """Write one act and return its id."""
        return act_id(self.act(author, under, act, **more).id, 0)

    def data(
        self, author: str, under: ActId, lane: LaneId | None = None, **more: object
    ) -> Operation:
        """Write an operation into a content lane (care, unless another is named)."""
        return self.write(author, lane or self.care, under, **more)  # type: ignore[arg-type]  # as in write

    def enrol(self, *generations: tuple[str, int, tuple[str, ...]], number: int = 1) -> Operation:
        """Carry a roster of the organisation in, by its first member."""
        first = generations[0][2][0]
        return self.act(
            first, self.all, RosterAct(roster(self.organisation, number, tuple(generations)))
        )

    def give(
        self,
        author: str,
        under: ActId,
        to: str | Group,
        rights: Right = APPEND,
        lanes: Iterable[LaneId] | None = None,
        **more: object,
    ) -> ActId:
        grantee = person(to) if isinstance(to, str) else to
        act = grant_to(grantee, rights, self.lanes if lanes is None else lanes, **more)
        return self.did(author, under, act)

    def revoke(
        self,
        author: str,
        under: ActId,
        target: str | Grantee,
        cut: Cut | None = None,
        *,
        lost: bool = False,
        without: Iterable[Operation] = (),
    ) -> ActId:
        """Revoke with the cut of somebody who holds everything but `without`."""
        grantee = person(target).device if isinstance(target, str) else target
        own = cut_for(self.fold(without), grantee) if cut is None else cut
        return self.did(author, under, Revoke(grantee, own, lost))

    def notice(
        self,
        author: str,
        under: ActId,
        device: str,
        cut: Cut | None = None,
        *,
        proof: bytes = GENUINE,
        without: Iterable[Operation] = (),
    ) -> ActId:
        own = cut_for(self.fold(without), person(device).device) if cut is None else cut
        return self.did(author, under, Notice(person(device).key, proof, own))

    def vouch(
        self,
        author: str,
        under: ActId,
        cut: Cut,
        answers: Iterable[ActId] = (),
        knew: Iterable[ActId] = (),
    ) -> ActId:
        return self.did(author, under, Vouch(cut, frozenset(answers), frozenset(knew)))

    def accept(self, author: str, under: ActId, *operations: Operation) -> ActId:
        return self.did(author, under, Accept(frozenset(each.id for each in operations)))

    def hand_over(self, author: str, to: str) -> ActId:
        return self.did(author, self.root, Handover(person(to).root))

    def rekey(
        self,
        author: str,
        under: ActId,
        lane: LaneId,
        name: str,
        boxes: Iterable[SealingKey],
        *,
        number: int = 1,
        knew: Iterable[ActId] = (),
        knew_from: ActId | None = None,
    ) -> ActId:
        sealed = tuple(Box(key, bytes(80)) for key in boxes)
        act = Rekey(lane, number, epoch_named(name), sealed, frozenset(knew), knew_from)
        return self.did(author, under, act)

    def keys(self, author: str, under: ActId, lane: LaneId, name: str, to: SealingKey) -> ActId:
        return self.did(author, under, Keys(lane, epoch_named(name), Box(to, bytes(80))))

    def evidence(self, without: Iterable[Operation] = ()) -> Evidence:
        left = {operation.id for operation in without}
        held = [each for each in self.operations.values() if each.id not in left]
        return Evidence(self.charter, held, self.deeds, notice_valid)

    def fold(self, without: Iterable[Operation] = ()) -> Fold:
        return fold(self.evidence(without))


def clinic(*members: str) -> History:
    """A chart of a clinic whose groups `all` and `admin` have these members (nurse, doctor)."""
    names = members or ("nurse", "doctor")
    history = History()
    history.enrol(("all", 1, names), ("admin", 1, names))
    return history
