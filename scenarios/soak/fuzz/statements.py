"""Targets: what is signed. Half of the inputs are signed anew after the change, and so get in."""

import base64
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import cbor2
from coincurve import PrivateKey

from node.card.card import card_text, make_card, parse_card
from node.errors import NodeError
from node.keystore.identity import Identity
from node.keystore.making import make_secrets
from node.keystore.secrets import NodeKind
from scenarios.soak.fuzz.people import (
    AT_MILLISECONDS,
    DEVICE,
    OPENER,
    ORGANISATION,
    PERSON,
    certificate,
    charter,
    operation,
    roster,
    whole_letter,
)
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.attachment import Piece
from sync.attachment_manifest import parse_manifest, sign_manifest
from sync.certificate import parse_certificate
from sync.charter import parse_charter
from sync.codec import encode
from sync.cut import Run, cut_value, parse_cut
from sync.errors import (
    CertificateError,
    CharterError,
    CodecError,
    LetterError,
    ManifestError,
    RosterError,
    SessionError,
    SyncError,
)
from sync.grantee import Device, Group, grantee_value, parse_grantee
from sync.identifiers import ChartId, chart_id, hashed
from sync.letter import open_letter, parse_letter
from sync.roster import RosterDevice, RosterGroup, parse_roster, sign_roster
from sync.sealing import seal
from sync.session.receipt import Receipt, parse_receipt
from sync.signing import Signer

Sign = Callable[[bytes], bytes]
NOT_CBOR = (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError)


def loaded(data: bytes) -> Any:
    """A value from bytes, however they are spelt; None where they are none."""
    try:
        return cbor2.loads(data)
    except NOT_CBOR:
        return None


def _signed_by(sign: Sign) -> Sign:
    """Signs a changed statement, an array that ends in its signature, so that it fits again."""

    def anew(data: bytes) -> bytes:
        value = loaded(data)
        if not isinstance(value, list) or not value:
            return data
        try:
            return encode([*value[:-1], sign(encode(value[:-1]))])
        except CodecError:
            return data

    return anew


def _within(domain: str, signer: Signer) -> Sign:
    return _signed_by(lambda statement: signer.sign(domain, statement))


def _as_organisation(statement: bytes) -> bytes:
    return PrivateKey(ORGANISATION).sign_recoverable(hashed("roster", statement), hasher=None)


def _judge(
    read: Callable[[bytes], bytes], refusal: type[SyncError], sign: Sign
) -> Callable[[bytes], None]:
    """What is read must be what was written, and only `refusal` may be raised."""

    def fuzz_one(data: bytes) -> None:
        anew, data = under(data, 2)
        data = sign(data) if anew else data
        try:
            again = read(data)
        except refusal as error:
            says_why(error)
            return
        assert again == data, "what was read is not written as it came"

    return fuzz_one


def _twice(*seeds: bytes) -> Callable[[], Sequence[bytes]]:
    """Each seed as it is, and once more to be signed anew."""
    return lambda: [head + seed for seed in seeds for head in (b"\x00", b"\x01")]


def _letter(data: bytes) -> bytes:
    letter = parse_letter(data)
    open_letter(letter, OPENER)
    return letter.encoded()


def _in_a_letter(data: bytes) -> bytes:
    """A letter around a changed content: box, chart and signature fit."""
    content = loaded(data)
    chart = charter().chart
    if isinstance(content, list) and content and isinstance(content[0], bytes):
        chart = ChartId(chart_id(content[0]))
    bare = [1, chart, OPENER.public, DEVICE.public, seal(data, OPENER.public, b"e" * 32)]
    return encode([*bare, DEVICE.sign("letter", encode(bare))])


def _receipt(data: bytes) -> bytes:
    found = parse_receipt(data)
    return found.signed(DEVICE) if found.device == DEVICE.public else data


def _receipt_seed() -> bytes:
    return Receipt(DEVICE.public, PERSON.public, b"n" * 32, b"a" * 32, b"c" * 32).signed(DEVICE)


def _manifest_seed() -> bytes:
    pieces = (Piece(b"p" * 32, 300), Piece(b"q" * 32, 270_376))
    return sign_manifest(operation(), pieces, DEVICE).encoded


def _cut_and_grantee(data: bytes) -> None:
    value = loaded(data)
    given = cbor2.dumps(value)
    with suppress(CodecError):
        assert cbor2.dumps(cut_value(parse_cut(value))) == given, "a cut reads as another"
    with suppress(CodecError):
        assert cbor2.dumps(grantee_value(parse_grantee(value))) == given, "reads as another"


def _cut_seeds() -> Sequence[bytes]:
    prefix = operation().prefix
    run = Run(prefix.instance, prefix.lane, 0, 3, operation().id)
    return [
        encode(cut_value((run, run))),
        encode(grantee_value(Device(DEVICE.public))),
        encode(grantee_value(Group(roster().organisation, "all"))),
    ]


@cache
def _identity() -> Identity:
    secrets, _ = make_secrets("a clinic", NodeKind.CLINIC, lambda count: b"\x2a" * count)
    return Identity(secrets)


@cache
def _card() -> str:
    own = _identity()
    device = RosterDevice(own.device, own.sealing_key, own.sealing_key_signature, own.belonging)
    group = RosterGroup("all", 0, OPENER.public, (own.device,))
    stated = sign_roster(own.secrets.organisation_secret, 0, None, (device,), (group,), ())
    addresses = ("/ip4/127.0.0.1/tcp/4001", "/ip6/::1/tcp/4001")
    made = make_card(own, addresses, stated.encoded(), AT_MILLISECONDS // 1000, b"n" * 32)
    return card_text(made, own.signer)


def _card_seeds() -> Sequence[bytes]:
    payload = _card().rpartition(":")[2]
    signed = loaded(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return [b"\x00" + _card().encode(), b"\x01" + signed[0]]


def _read_card(data: bytes) -> None:
    anew, data = under(data, 2)
    text = data.decode(errors="replace")
    if anew:
        signed = encode([data, _identity().signer.sign("pairing-card", data)])
        payload = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
        text = f"{_card().rpartition(':')[0]}:{payload}"
    try:
        card = parse_card(text)
    except NodeError as error:
        says_why(error)
        return
    assert card.device == _identity().device or not anew, "a card names another device"


TARGETS = (
    Target(
        "charter",
        _judge(lambda data: parse_charter(data, chart_id(data)).encoded(), CharterError, bytes),
        _twice(charter().encoded()),
        Form.CBOR,
        ("sync.charter:parse_charter",),
        head=1,
    ),
    Target(
        "roster",
        _judge(
            lambda data: parse_roster(data).encoded(), RosterError, _signed_by(_as_organisation)
        ),
        _twice(roster().encoded()),
        Form.CBOR,
        ("sync.roster:parse_roster", "sync.pledge:parse_pledges"),
        weight=2,
        head=1,
    ),
    Target(
        "certificate",
        _judge(
            lambda data: parse_certificate(data).encoded(),
            CertificateError,
            _within("session-certificate", PERSON),
        ),
        _twice(certificate().encoded()),
        Form.CBOR,
        ("sync.certificate:parse_certificate",),
        head=1,
    ),
    Target(
        "letter",
        _judge(_letter, LetterError, _within("letter", DEVICE)),
        _twice(whole_letter().encoded()),
        Form.CBOR,
        ("sync.letter:parse_letter", "sync.letter:open_letter", "sync.sealing:Opener.open"),
        head=1,
    ),
    Target(
        "letter-content",
        _judge(_letter, LetterError, _in_a_letter),
        lambda: [b"\x01" + encode([charter().encoded(), [b"k" * 32, b"l" * 32]])],
        Form.CBOR,
        ("sync.letter:open_letter", "sync.charter:parse_charter"),
        weight=2,
        head=1,
    ),
    Target(
        "receipt",
        _judge(_receipt, SessionError, _within("receipt", DEVICE)),
        _twice(_receipt_seed()),
        Form.CBOR,
        ("sync.session.receipt:parse_receipt",),
        head=1,
    ),
    Target(
        "manifest",
        _judge(
            lambda data: parse_manifest(data).encoded,
            ManifestError,
            _within("attachment-manifest", DEVICE),
        ),
        _twice(_manifest_seed()),
        Form.CBOR,
        ("sync.attachment_manifest:parse_manifest", "sync.attachment:parse_pieces"),
        head=1,
    ),
    Target(
        "cut",
        _cut_and_grantee,
        _cut_seeds,
        Form.CBOR,
        ("sync.cut:parse_cut", "sync.grantee:parse_grantee"),
    ),
    Target(
        "pairing-card",
        _read_card,
        _card_seeds,
        Form.CBOR,
        ("node.card.card:parse_card",),
        weight=2,
        head=1,
    ),
)
