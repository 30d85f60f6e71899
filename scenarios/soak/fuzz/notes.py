"""Targets: notes that a peer hands over, what they say, and a second person's confirmation."""

import base64
from collections.abc import Callable

from node.application.errors import SecondPersonRefused
from node.application.patients.second_person import confirmation_text, parse_confirmation
from scenarios.soak.fuzz.people import AT_MILLISECONDS, DEVICE, OPENER, PERSON, operation, roster
from scenarios.soak.fuzz.statements import loaded
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.codec import encode
from sync.errors import CodecError, NoteError
from sync.identifiers import ChartId
from sync.note import (
    DOMAIN,
    NoteKind,
    Request,
    StatedKey,
    parse_note,
    parse_request,
    parse_sealed_words,
    parse_stated_key,
    seal_words,
    write_note,
)

CHART = ChartId(b"c" * 32)
KEY = StatedKey(OPENER.public, b"s" * 64)
_CONFIRMATION = "satchel-second:1:"


def _payloads() -> dict[NoteKind, bytes]:
    request = Request(KEY, roster().encoded(), ("summary", "care"), 7, "referred")
    words = seal_words("unconscious", operation().id, (OPENER.public,), bytes(range(88)))
    return {
        NoteKind.GLASS: KEY.encoded(),
        NoteKind.ANSWER: b"a letter",
        NoteKind.REASON: words,
        NoteKind.REQUEST: request.encoded(),
    }


def _notes() -> list[bytes]:
    return [
        head + write_note(kind, CHART, payload, DEVICE, AT_MILLISECONDS).encoded()
        for kind, payload in _payloads().items()
        for head in (b"\x00", b"\x01")
    ]


def _read_note(data: bytes) -> None:
    anew, data = under(data, 2)
    value = loaded(data)
    if anew and isinstance(value, list) and value:
        try:
            bare = value[:-1]
            data = encode([*bare, DEVICE.sign(DOMAIN, encode(bare))])
        except CodecError:
            return
    try:
        note = parse_note(data)
    except NoteError as error:
        says_why(error)
        return
    assert note.encoded() == data, "a note is not written as it came"
    _read_payload(note.payload)


def _read_payload(data: bytes) -> None:
    readers: tuple[Callable[[bytes], object], ...] = (
        parse_stated_key,
        parse_request,
        parse_sealed_words,
    )
    for read in readers:
        try:
            found = read(data)
        except NoteError as error:
            says_why(error)
            continue
        if isinstance(found, StatedKey | Request):
            assert found.encoded() == data, "a payload is not written as it came"


def _read_words(data: bytes) -> None:
    try:
        found = parse_sealed_words(data)
    except NoteError as error:
        says_why(error)
        return
    found.open((OPENER,))


def _read_confirmation(data: bytes) -> None:
    anew, data = under(data, 2)
    text = data.decode("latin-1")
    if anew:
        value = loaded(data)
        if not isinstance(value, list):
            return
        try:
            content = encode(value)
        except CodecError:
            return
        signed = encode([content, PERSON.sign("second-person", content)])
        text = _CONFIRMATION + base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
    try:
        found = parse_confirmation(text)
    except SecondPersonRefused as error:
        says_why(error)
        return
    assert found.person == PERSON.public, "somebody else confirmed"


def _confirmations() -> list[bytes]:
    text = confirmation_text(CHART, DEVICE.public, PERSON, AT_MILLISECONDS)
    content = encode([1, CHART, DEVICE.public, PERSON.public, AT_MILLISECONDS])
    return [b"\x00" + text.encode(), b"\x01" + content]


TARGETS = (
    Target(
        "note",
        _read_note,
        _notes,
        Form.CBOR,
        ("sync.note:parse_note", "sync.note:parse_stated_key", "sync.note:parse_request"),
        weight=2,
        head=1,
    ),
    Target(
        "note-words",
        _read_words,
        lambda: [_payloads()[NoteKind.REASON]],
        Form.CBOR,
        ("sync.note:parse_sealed_words", "sync.note:SealedWords.open"),
    ),
    Target(
        "second-person",
        _read_confirmation,
        _confirmations,
        Form.CBOR,
        ("node.application.patients.second_person:parse_confirmation",),
        head=1,
    ),
)
