"""A small world for tests of chart replicas: organisations with one device each, one chart."""

import itertools
import random
from dataclasses import dataclass, field

from sync.access.cuts import cut_for
from sync.acts import Accept, Grant, Notice, Revoke
from sync.belonging import sign_belonging
from sync.certificate import certify
from sync.change import Change, ChangeKind, ChangeRef
from sync.chart.author import Author
from sync.chart.keyring import Keyring
from sync.chart.opening import open_chart
from sync.chart.place import Pen
from sync.chart.replica import ChartReplica
from sync.charter import CONTENT_LANE_NAMES, Charter, Kind, Root, draw_charter
from sync.grantee import RIGHTS_BY_NAME, Device, Right
from sync.identifiers import InstanceId, OperationId
from sync.merge.lane_view import LaneView, merge_lane
from sync.merge.merged_change import MergedChange
from sync.operation import Operation
from sync.roster import Roster, RosterDevice, RosterGroup, organisation_address, sign_roster
from sync.sealing import Opener, sign_sealing_key
from sync.signing import Signer

NOON = 1_800_000_000_000


def never(_network: bytes | None, _notice: Notice) -> bool:
    """Without a registry no notice is proven."""
    return False


class Clinic:
    """One organisation with one device and a person."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.rng = rng
        seed = number.to_bytes(1, "big")
        self.signer = Signer(seed * 32)
        self.person = Signer(bytes([number + 100]) * 32)
        self.opener = Opener(bytes([number + 50]) * 32)
        self.group_opener = Opener(bytes([number + 150]) * 32)
        self.organisation = bytes([number + 1]) * 32
        self.instance = InstanceId(seed * 16)
        self.sealing_signature = sign_sealing_key(self.signer, self.opener.public)
        self.replica: ChartReplica | None = None
        self.now = NOON

    @property
    def roster(self) -> Roster:
        device = RosterDevice(
            self.signer.public,
            self.opener.public,
            self.sealing_signature,
            sign_belonging(self.signer, organisation_address(self.organisation)),
        )
        groups = tuple(
            RosterGroup(name, 0, self.group_opener.public, (self.signer.public,))
            for name in ("all", "admin")
        )
        return sign_roster(self.organisation, 0, None, (device,), groups, ())

    def pen(self) -> Pen:
        certificate = certify(self.person, self.signer.public, self.instance, self.now)
        self.now += 1000
        return Pen(self.signer, self.instance, certificate, self.now, self.rng.randbytes)

    def openers(self) -> list[Opener]:
        return [self.opener, self.group_opener]

    def author(self) -> Author:
        assert self.replica is not None
        return Author(self.replica, self.pen())

    def write(self, lane: str, resource: str, text: str, element: str = "note") -> Operation:
        """A version of a resource, after what this clinic has merged."""
        author = self.author()
        view = content(author.replica)[lane]
        held = [key for key in view.resources if key.id == resource]
        supersedes = view.resources[held[0]].supersedes_for([element]) if held else ()
        body = f'{{"resourceType":"Basic","id":"{resource}","{element}":"{text}"}}'.encode()
        change = Change(
            ChangeKind.PUT, "ward", "Basic", resource, body, (element,), tuple(supersedes)
        )
        lane_id = author.replica.charter.lane(lane)
        return author.write(lane_id, self.rng.randbytes(16), [[change]])[0]

    def grant(self, to: "Clinic", rights: str = "append", despite: bool = False) -> None:
        author = self.author()
        lanes = frozenset(author.replica.charter.lane(name) for name in CONTENT_LANE_NAMES)
        under = author.standing(Right.ADMIN, None)
        escaped = (
            frozenset(
                identity
                for identity, revocation in author.replica.fold.revoked.items()
                if revocation.target == Device(to.signer.public)
            )
            if despite
            else frozenset()
        )
        author.act(
            [
                Grant(
                    Device(to.signer.public),
                    lanes,
                    RIGHTS_BY_NAME[rights],
                    history=True,
                    despite=escaped,
                    sealing=to.opener.public,
                    sealing_signature=to.sealing_signature,
                )
            ],
            under,
        )
        acts = [
            author.keys_act(lane, epoch, to.opener.public)
            for lane in lanes
            for epoch in author.replica.keyring.of_lane(lane)
        ]
        author.act(acts, under, personal=False)

    def revoke(self, whom: "Clinic") -> None:
        author = self.author()
        target = Device(whom.signer.public)
        under = author.standing(Right.ADMIN, None)
        author.act_then_rekey([Revoke(target, cut_for(author.replica.fold, target))], under)

    def accept(self, operation: OperationId) -> None:
        author = self.author()
        author.act([Accept(frozenset([operation]))], author.standing(Right.ADMIN, None))

    def learn_from(self, other: "Clinic") -> None:
        """Take everything that another clinic holds, its access keys by letter."""
        assert other.replica is not None
        if self.replica is None:
            self.replica = empty(other.replica.charter, self)
        lane = other.replica.access_lane
        for key in other.replica.keyring.of_lane(lane).values():
            self.replica.keyring.put(lane, key)
        self.replica.add(in_log_order(other.replica))


@dataclass
class Ward:
    """Clinics around one chart that the first of them opened."""

    seed: int
    clinics: list[Clinic] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)
        self.clinics = [Clinic(number, rng) for number in range(1, 5)]
        first = self.clinics[0]
        root = Root(Signer(b"\xf0" * 32).public, Opener(b"\xf1" * 32).public)
        charter = draw_charter(
            organisation_address(first.organisation), root, Kind.PATIENT, None, rng.randbytes(48)
        )
        author = open_chart(charter, first.roster, first.openers(), first.pen(), never)
        first.replica = author.replica


def empty(charter: Charter, clinic: Clinic) -> ChartReplica:
    """A replica that holds nothing yet."""
    return ChartReplica(charter, Keyring(charter.chart, clinic.openers()), never)


def in_log_order(replica: ChartReplica) -> list[Operation]:
    """All operations, each log ascending."""
    return sorted(replica.operations.values(), key=lambda one: one.prefix.sequence)


def content(replica: ChartReplica) -> dict[str, LaneView]:
    """The merged content lanes."""
    views = {}
    fold = replica.fold
    for name in CONTENT_LANE_NAMES:
        lane = replica.charter.lane(name)
        changes = []
        for operation in replica.operations.values():
            entry = replica.entry(operation) if operation.prefix.lane == lane else None
            if entry is not None and operation.id in fold.merged:
                changes += [
                    MergedChange(
                        ref,
                        lane,
                        change,
                        operation.prefix.stamp,
                        operation.prefix.device,
                        carrier=ChangeRef(operation.id, place) if entry.again else None,
                    )
                    for place, (ref, change) in enumerate(
                        zip(entry.refs(operation.id), entry.changes, strict=True)
                    )
                ]
        views[name] = merge_lane(replica.chart, lane, changes)
    return views


def derived(replica: ChartReplica) -> object:
    """Everything that must be alike on every replica that holds the same."""
    fold = replica.fold
    views = content(replica)
    return (
        fold.merged,
        fold.quarantined,
        fold.live,
        fold.counted,
        {
            name: [
                (key, view.heads, view.shown, [conflict.id for conflict in view.conflicts])
                for key, view in sorted(lane.resources.items())
            ]
            for name, lane in views.items()
        },
    )


def random_history(seed: int, steps: int = 14) -> Ward:
    """Clinics that write, grant, revoke and meet at random."""
    ward = Ward(seed)
    rng = random.Random(seed)
    first, *others = ward.clinics
    for other in others[:2]:
        first.grant(other, rng.choice(["append", "admin"]))
        other.learn_from(first)
    words = (f"word{number}" for number in itertools.count())
    for _ in range(steps):
        clinic = rng.choice([one for one in ward.clinics if one.replica is not None])
        assert clinic.replica is not None
        device = clinic.signer.public
        match rng.randrange(8):
            case 0 | 1 | 2 if clinic.replica.fold.standing(device, Right.APPEND, None, clinic.now):
                lane = rng.choice(["summary", "care"])
                clinic.write(
                    lane, f"r{rng.randrange(3)}", next(words), rng.choice(["note", "text"])
                )
            case 3 if clinic.replica.fold.standing(device, Right.ADMIN, None, clinic.now):
                other = rng.choice([one for one in ward.clinics if one is not clinic])
                clinic.grant(other, rng.choice(["append", "admin"]), despite=rng.random() < 0.5)
            case 4 if clinic.replica.fold.standing(device, Right.ADMIN, None, clinic.now):
                other = rng.choice([one for one in ward.clinics[1:] if one is not clinic])
                clinic.revoke(other)
            case 5 if clinic.replica.fold.standing(device, Right.ADMIN, None, clinic.now):
                waiting = [
                    one
                    for one in sorted(clinic.replica.fold.quarantined)
                    if clinic.replica.operations[one].prefix.lane != clinic.replica.access_lane
                ]
                if waiting:
                    clinic.accept(rng.choice(waiting))
            case _:
                other = rng.choice([one for one in ward.clinics if one.replica is not None])
                if other is not clinic:
                    clinic.learn_from(other)
    return ward
