"""Encoding of access operations' bodies, used where they are sealed and opened."""

from collections.abc import Callable
from typing import Final

from sync.acts import (
    Accept,
    Act,
    Box,
    BreakGlass,
    CancelShred,
    Deed,
    Grant,
    Handover,
    Keys,
    Notice,
    Rekey,
    Revoke,
    RosterAct,
    Shred,
    UnknownAct,
    Vouch,
    Want,
)
from sync.charter import Root
from sync.codec import decode, encode, fields, is_number, items, natural, octets
from sync.cut import cut_value, parse_cut
from sync.errors import BodyError, CodecError, IdentifierError
from sync.grantee import Basis, GivenBy, How, Right, grantee_value, parse_grantee
from sync.identifiers import (
    ActId,
    DeviceKey,
    EpochId,
    LaneId,
    SealingKey,
    parse_operation_id,
)
from sync.limits import acts_per_operation_max, lanes_per_chart_max
from sync.operation import SEQUENCE_MAX

IDS_MAX: Final = 4096
"""Ids that one set of an act may list."""
BOXES_MAX: Final = 400
"""Boxes that one rekey may hold: they must fit an operation."""
SEALED_KEY_SIZE_BYTES: Final = 80
"""A 32-byte key in a sealed box."""


def encode_deed(deed: Deed) -> bytes:
    """The bytes of an access operation's body that are sealed."""
    acts = [_act_value(act) for act in deed.acts]
    return encode([1, acts, deed.practitioner, deed.certificate])


def parse_deed(data: bytes) -> Deed:
    """Decode an access operation's body, or raise BodyError."""
    try:
        version, acts, practitioner, certificate = fields(decode(data), 4, "deed")
        if not is_number(version, 1):
            raise BodyError("access entry is of a newer version")
        return Deed(
            tuple(_parse_act(act) for act in items(acts, "acts", acts_per_operation_max)),
            None if practitioner is None else DeviceKey(octets(practitioner, 32, "practitioner")),
            None if certificate is None else octets(certificate, None, "certificate"),
        )
    except (CodecError, IdentifierError, ValueError) as error:
        raise BodyError("access entry is malformed") from error


def _act_value(act: Act) -> list[object]:
    match act:
        case RosterAct(statement):
            return [0, statement]
        case Grant():
            return [1, *_grant_value(act)]
        case Revoke(target, cut, lost):
            return [2, grantee_value(target), cut_value(cut), lost]
        case Notice(device, proof, cut):
            return [3, device, proof, cut_value(cut)]
        case Vouch(cut, answers, knew):
            return [4, cut_value(cut), sorted(answers), sorted(knew)]
        case Accept(operations):
            return [5, sorted(operations)]
        case Rekey(lane, number, epoch, boxes, knew, knew_from):
            return [6, lane, number, epoch, [list(b) for b in boxes], sorted(knew), knew_from]
        case Keys(lane, epoch, box):
            return [7, lane, epoch, list(box)]
        case Want(lane, epoch):
            return [8, lane, epoch]
        case Handover(root):
            return [9, root.signing, root.sealing]
        case BreakGlass(sealing, signature):
            return [10, sealing, signature]
        case Shred(lanes, cut, not_before):
            return [11, sorted(lanes), cut_value(cut), not_before]
        case CancelShred(shred):
            return [12, shred]
        case UnknownAct():
            raise CodecError("an act of a newer version is never written")


def _grant_value(grant: Grant) -> list[object]:
    return [
        grantee_value(grant.to),
        sorted(grant.lanes),
        int(grant.rights),
        int(grant.basis),
        int(grant.given_by),
        int(grant.how),
        grant.until_milliseconds,
        grant.history,
        sorted(grant.despite),
        sorted(grant.despite_here),
        grant.sealing,
        grant.sealing_signature,
        grant.policy,
    ]


def _parse_act(value: object) -> Act:
    if not isinstance(value, list) or not value:
        raise CodecError("act is not an array")
    kind = natural(value[0], "kind", 255)
    parse = _PARSERS.get(kind)
    return UnknownAct(kind) if parse is None else parse(value[1:])


def _parse_roster(value: object) -> RosterAct:
    (statement,) = fields(value, 1, "roster act")
    return RosterAct(octets(statement, None, "statement"))


def _parse_grant(value: object) -> Grant:
    parts = fields(value, 13, "grant")
    if type(parts[7]) is not bool:
        raise CodecError("history is not true or false")
    return Grant(
        parse_grantee(parts[0]),
        frozenset(
            LaneId(octets(lane, 8, "lane"))
            for lane in items(parts[1], "lanes", lanes_per_chart_max)
        ),
        Right(natural(parts[2], "rights", 15)),
        Basis(natural(parts[3], "basis", max(Basis))),
        GivenBy(natural(parts[4], "given by", max(GivenBy))),
        How(natural(parts[5], "how", max(How))),
        None if parts[6] is None else natural(parts[6], "until"),
        parts[7],
        _ids(parts[8], "despite"),
        frozenset(
            natural(index, "index", acts_per_operation_max)
            for index in items(parts[9], "despite here", acts_per_operation_max)
        ),
        None if parts[10] is None else SealingKey(octets(parts[10], 32, "sealing key")),
        None if parts[11] is None else octets(parts[11], 64, "signature"),
        None if parts[12] is None else octets(parts[12], 16, "policy"),
    )


def _parse_revoke(value: object) -> Revoke:
    target, cut, lost = fields(value, 3, "revoke")
    if type(lost) is not bool:
        raise CodecError("lost is not true or false")
    return Revoke(parse_grantee(target), parse_cut(cut), lost)


def _parse_notice(value: object) -> Notice:
    device, proof, cut = fields(value, 3, "notice")
    return Notice(
        DeviceKey(octets(device, 32, "device")), octets(proof, None, "proof"), parse_cut(cut)
    )


def _parse_vouch(value: object) -> Vouch:
    cut, answers, knew = fields(value, 3, "vouch")
    return Vouch(parse_cut(cut), _ids(answers, "answers"), _ids(knew, "knew"))


def _parse_accept(value: object) -> Accept:
    (operations,) = fields(value, 1, "accept")
    return Accept(
        frozenset(
            parse_operation_id(octets(operation, 36, "operation"))
            for operation in items(operations, "operations", IDS_MAX)
        )
    )


def _parse_rekey(value: object) -> Rekey:
    lane, number, epoch, boxes, knew, knew_from = fields(value, 6, "rekey")
    return Rekey(
        LaneId(octets(lane, 8, "lane")),
        natural(number, "number", SEQUENCE_MAX),
        EpochId(octets(epoch, 32, "epoch")),
        tuple(_parse_box(box) for box in items(boxes, "boxes", BOXES_MAX)),
        _ids(knew, "knew"),
        None if knew_from is None else ActId(octets(knew_from, 16, "rekey")),
    )


def _parse_keys(value: object) -> Keys:
    lane, epoch, box = fields(value, 3, "keys")
    return Keys(
        LaneId(octets(lane, 8, "lane")), EpochId(octets(epoch, 32, "epoch")), _parse_box(box)
    )


def _parse_want(value: object) -> Want:
    lane, epoch = fields(value, 2, "want")
    return Want(LaneId(octets(lane, 8, "lane")), EpochId(octets(epoch, 32, "epoch")))


def _parse_handover(value: object) -> Handover:
    signing, sealing = fields(value, 2, "handover")
    return Handover(
        Root(DeviceKey(octets(signing, 32, "root")), SealingKey(octets(sealing, 32, "root")))
    )


def _parse_break_glass(value: object) -> BreakGlass:
    sealing, signature = fields(value, 2, "break-glass")
    return BreakGlass(
        SealingKey(octets(sealing, 32, "sealing key")), octets(signature, 64, "signature")
    )


def _parse_shred(value: object) -> Shred:
    lanes, cut, not_before = fields(value, 3, "shred")
    return Shred(
        frozenset(
            LaneId(octets(lane, 8, "lane")) for lane in items(lanes, "lanes", lanes_per_chart_max)
        ),
        parse_cut(cut),
        natural(not_before, "not before"),
    )


def _parse_cancel_shred(value: object) -> CancelShred:
    (shred,) = fields(value, 1, "cancel")
    return CancelShred(ActId(octets(shred, 16, "shred")))


def _parse_box(value: object) -> Box:
    to, sealed = fields(value, 2, "box")
    return Box(
        SealingKey(octets(to, 32, "recipient")), octets(sealed, SEALED_KEY_SIZE_BYTES, "box")
    )


def _ids(value: object, what: str) -> frozenset[ActId]:
    return frozenset(ActId(octets(item, 16, what)) for item in items(value, what, IDS_MAX))


_PARSERS: Final[dict[int, Callable[[object], Act]]] = {
    0: _parse_roster,
    1: _parse_grant,
    2: _parse_revoke,
    3: _parse_notice,
    4: _parse_vouch,
    5: _parse_accept,
    6: _parse_rekey,
    7: _parse_keys,
    8: _parse_want,
    9: _parse_handover,
    10: _parse_break_glass,
    11: _parse_shred,
    12: _parse_cancel_shred,
}
