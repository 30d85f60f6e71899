"""Targets: the two files by which a device joins an organisation, as a carrier may change them."""

import base64
from collections.abc import Sequence
from functools import cache

from node.card.joining import (
    Joining,
    answer_text,
    parse_answer,
    parse_request,
    request_text,
)
from node.errors import JoiningDamaged
from node.keystore.identity import Identity
from node.keystore.making import make_secrets
from node.keystore.secrets import NodeKind
from scenarios.soak.fuzz.statements import loaded
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.codec import encode
from sync.identifiers import hashed
from sync.pledge import sign_recoverable
from sync.roster import RosterDevice, RosterGroup, sign_roster
from sync.sealing import seal

_REQUEST = "satchel-device:1:"
_ANSWER = "satchel-joining:1:"


@cache
def _holder() -> Identity:
    return Identity(make_secrets("a clinic", NodeKind.CLINIC, lambda count: b"\x2a" * count)[0])


@cache
def _tablet() -> Identity:
    return Identity(make_secrets("a tablet", NodeKind.CLINIC, lambda count: b"\x2b" * count)[0])


def _key_in_use() -> bytes:
    keys = _holder().secrets.succession
    assert keys is not None
    return keys.secret


@cache
def _answer() -> str:
    holder, tablet = _holder(), _tablet()
    named = parse_request(request_text(tablet, holder.organisation)).device.device
    own = RosterDevice(
        holder.device, holder.sealing_key, holder.sealing_key_signature, holder.belonging
    )
    keys = holder.secrets.succession
    assert keys is not None
    group = RosterGroup(
        "all", 0, holder.group_opener("all", 0).public, (holder.device, tablet.device)
    )
    stated = sign_roster(keys.secret, 1, b"p" * 32, (own, named), (group,), (), keys.pledges)
    given = Joining(stated, {("all", 0): holder.group_opener("all", 0).secret}, holder.secrets.root)
    return answer_text(given, tablet.sealing_key, keys.secret, b"e" * 32)


def _payload(text: str) -> bytes:
    payload = text.rpartition(":")[2]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def _line(prefix: str, values: list[object]) -> str:
    return prefix + base64.urlsafe_b64encode(encode(values)).rstrip(b"=").decode()


def _request_seeds() -> Sequence[bytes]:
    text = request_text(_tablet(), _holder().organisation)
    return [b"\x00" + text.encode(), b"\x01" + loaded(_payload(text))[0]]


def _read_request(data: bytes) -> None:
    anew, data = under(data, 2)
    text = data.decode(errors="replace")
    if anew:
        text = _line(_REQUEST, [data, _tablet().signer.sign("device-request", data)])
    try:
        asked = parse_request(text)
    except JoiningDamaged as error:
        says_why(error)
        return
    assert asked.device.device.key == _tablet().device or not anew, "it asks for another device"


def _answer_seeds() -> Sequence[bytes]:
    _, box, _ = loaded(_payload(_answer()))
    return [b"\x00" + _answer().encode(), b"\x01" + _tablet().opener.open(box)]


def _read_answer(data: bytes) -> None:
    anew, data = under(data, 2)
    text = data.decode(errors="replace")
    if anew:
        organisation = _holder().organisation
        box = seal(data, _tablet().sealing_key, b"e" * 32)
        signature = sign_recoverable(_key_in_use(), hashed("device-answer", organisation, box))
        text = _line(_ANSWER, [organisation, box, signature])
    try:
        given = parse_answer(text, _tablet().opener, _tablet().device)
    except JoiningDamaged as error:
        says_why(error)
        return
    assert given.roster.organisation == _holder().organisation, "another organisation took it in"
    assert _tablet().device in {one.key for one in given.roster.devices}


TARGETS = (
    Target("device-request", _read_request, _request_seeds, Form.BYTES,
           ("node.card.joining:parse_request",), head=1),
    Target("device-answer", _read_answer, _answer_seeds, Form.BYTES,
           ("node.card.joining:parse_answer",), head=1),
)  # fmt: skip
