"""Operations that are well signed and senseless, or cost much to look at; for `poisoning`."""

import random
from collections.abc import Callable, Mapping
from typing import Final

import zstandard

from scenarios.malice.drafts import Drafts
from scenarios.malice.hostile import running
from sync.acts import (
    Accept,
    Act,
    Box,
    CancelShred,
    Grant,
    Handover,
    Keys,
    Notice,
    Rekey,
    Revoke,
    Shred,
)
from sync.change import Change, ChangeKind, ChangeRef, Entry, Part
from sync.charter import Root
from sync.cut import Run
from sync.grantee import RIGHTS_BY_NAME, Device, GivenBy
from sync.identifiers import (
    ActId,
    ChartId,
    DeviceKey,
    EpochId,
    InstanceId,
    LaneId,
    OperationId,
    SealingKey,
    act_id,
    operation_id,
)
from sync.limits import cut_runs_max

_BOMB_SIZE_BYTES: Final = 20_000_000
_MANY: Final = 300
_DEPTH: Final = 100


def _content_lane(drafts: Drafts, chart: ChartId) -> LaneId:
    return drafts.replica(chart).charter.lane("care")


def _somebody(draws: random.Random) -> OperationId:
    return operation_id(draws.randbytes(40))


def _bomb(drafts: Drafts, chart: ChartId) -> None:
    """A body that decompresses to far more than may be."""
    packed = b"\x00" + zstandard.ZstdCompressor().compress(bytes(_BOMB_SIZE_BYTES))
    drafts.write(chart, _content_lane(drafts, chart), b"", packed=packed)


def _noise(drafts: Drafts, chart: ChartId) -> None:
    """Bodies that no key opens, that open to nothing, and that are no entry."""
    lane = _content_lane(drafts, chart)
    drafts.write(chart, lane, b"", sealed=drafts.draws.randbytes(300))
    drafts.write(chart, lane, b"", sealed=b"\x00")
    drafts.write(chart, lane, b"")
    drafts.write(chart, lane, drafts.draws.randbytes(300))
    drafts.write(chart, drafts.replica(chart).access_lane, drafts.draws.randbytes(300))


def _supersedes(drafts: Drafts, chart: ChartId) -> None:
    """Changes that replace everything that anybody ever wrote, each other, and what is not there.

    No operation can name one that names it; what comes nearest is two that name the same heads and
    one that names both and all before them.
    """
    lane = _content_lane(drafts, chart)
    replica = drafts.replica(chart)
    everything = [
        ChangeRef(operation.id, place)
        for operation in replica.operations.values()
        if operation.prefix.lane != replica.access_lane
        for place in range(2)
    ]
    nothing = [ChangeRef(_somebody(drafts.draws), 1 << 40) for _ in range(50)]
    for _ in range(3):
        named = tuple([*everything, *nothing][:4000])
        change = Change(ChangeKind.PUT, "nobody", "Patient", "p1", b"{}", ("name",), named)
        closing = Change(ChangeKind.RESOLVE, "nobody", "Patient", "p1", b"", (), named)
        written = drafts.changes(chart, lane, [change, closing])
        if written is not None:
            everything += [ChangeRef(written.id, 0), ChangeRef(written.id, 1)]


def _counts(drafts: Drafts, chart: ChartId) -> None:
    """Parts of transactions that never end, and elements and resources without measure."""
    lane = _content_lane(drafts, chart)
    many = tuple(f"e{number}" for number in range(500))
    changes = tuple(
        Change(ChangeKind.PUT, "nobody", "Basic", f"b{number}", b"{}", (), ())
        for number in range(_MANY)
    )
    wide = Change(ChangeKind.PUT, "nobody", "Basic", "wide", b"{}", many, ())
    for part, said in ((Part(2**31, 2**31 + 1), changes), (Part(0, 2**31), (wide,))):
        entry = Entry(drafts.draws.randbytes(16), part, None, b"\xff" * 50, said)
        drafts.write(chart, lane, entry.encoded())


def _to_itself(drafts: Drafts, chart: ChartId) -> None:
    """Everything that would let it in: grants, a root's standing, acceptance of all that waits."""
    identity = running(drafts.owner).context.identity
    replica = drafts.replica(chart)
    grant = Grant(
        Device(drafts.owner.device),
        replica.charter.lane_ids,
        RIGHTS_BY_NAME["admin"],
        given_by=GivenBy.PATIENT,
        history=True,
        despite=frozenset(replica.fold.counted),
        sealing=identity.sealing_key,
        sealing_signature=identity.sealing_key_signature,
    )
    root = Root(drafts.owner.device, identity.sealing_key)
    waiting = frozenset(replica.fold.quarantined) or frozenset({_somebody(drafts.draws)})
    acts: list[Act] = [grant, Handover(root), Accept(waiting)]
    drafts.acts(chart, acts)
    for under in [*replica.charter.grant_ids(), *list(replica.fold.grants)[:5]]:
        drafts.acts(chart, acts, under=under)


def _everybody(drafts: Drafts, chart: ChartId) -> None:
    """The end of everybody's access, and of the chart, by one who may end neither."""
    replica = drafts.replica(chart)
    others = {one.prefix.device for one in replica.operations.values()} - {drafts.owner.device}
    targets = {one.to for one in replica.fold.grants.values()} | {Device(one) for one in others}
    targets.discard(Device(drafts.owner.device))
    acts: list[Act] = [Revoke(target, (), True) for target in sorted(targets, key=repr)]
    acts += [Notice(device, b"\x00" * 100, ()) for device in sorted(others)]
    acts += [Shred(frozenset(), (), 0), CancelShred(ActId(bytes(16)))]
    drafts.acts(chart, acts)
    for under in replica.charter.grant_ids():
        drafts.acts(chart, acts, under=under)


def _false_keys(drafts: Drafts, chart: ChartId) -> None:
    """Epochs of which nobody gets the key, numbered beyond all others, and boxes of nothing."""
    replica = drafts.replica(chart)
    readers = [granted.sealing for granted in _grants(drafts, chart) if granted.sealing]
    for lane in sorted(replica.charter.lane_ids):
        boxes = tuple(Box(to, drafts.draws.randbytes(80)) for to in readers)
        epoch = EpochId(drafts.draws.randbytes(32))
        knew = frozenset(replica.fold.counted)
        acts: list[Act] = [Rekey(lane, (1 << 63) - 1, epoch, boxes, knew)]
        to = SealingKey(drafts.draws.randbytes(32))
        acts += [Keys(lane, epoch, Box(to, bytes(80))) for _ in range(20)]
        drafts.acts(chart, acts)


def _grants(drafts: Drafts, chart: ChartId) -> list[Grant]:
    deeds = drafts.replica(chart).deeds.values()
    return [act for deed in deeds for act in deed.acts if isinstance(act, Grant)]


def _long_cuts(drafts: Drafts, chart: ChartId) -> None:
    """Revocations of itself whose cuts list logs that do not exist."""
    lane = _content_lane(drafts, chart)
    draws = drafts.draws
    cut = tuple(
        Run(InstanceId(draws.randbytes(16)), lane, 0, (1 << 48) - 1, _somebody(draws))
        for _ in range(min(_MANY, cut_runs_max))
    )
    for _ in range(3):
        drafts.acts(chart, [Revoke(Device(drafts.owner.device), cut, False)])


def _long_chain(drafts: Drafts, chart: ChartId) -> None:
    """Grants under grants under grants, for whoever may give any."""
    made = drafts.acts(chart, [_grant_of_all(drafts, chart, drafts.owner.device)])
    for _ in range(_DEPTH):
        if made is None:
            return
        under = act_id(made.id, 0)
        made = drafts.acts(chart, [_grant_of_all(drafts, chart, drafts.owner.device)], under=under)


def _grant_of_all(drafts: Drafts, chart: ChartId, to: DeviceKey) -> Grant:
    identity = running(drafts.owner).context.identity
    return Grant(
        Device(to),
        drafts.replica(chart).charter.lane_ids,
        RIGHTS_BY_NAME["admin"],
        sealing=identity.sealing_key,
        sealing_signature=identity.sealing_key_signature,
    )


OPERATIONS: Final[Mapping[str, Callable[[Drafts, ChartId], None]]] = {
    "a bomb": _bomb,
    "noise": _noise,
    "supersedes everything": _supersedes,
    "counts without measure": _counts,
    "grants to itself": _to_itself,
    "revokes everybody": _everybody,
    "keys of nothing": _false_keys,
    "long cuts": _long_cuts,
    "a long chain": _long_chain,
}
"""By what they are; each writes them into a chart."""
