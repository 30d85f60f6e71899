"""Target: the file of intents that somebody asks us to send and to pay for."""

import base64
from collections.abc import Sequence

from contracts import calls
from contracts.loader import Name
from contracts.slots import credential_slot
from node.registry.carried_intents import outbox_text, parse_outbox
from node.registry.errors import OutboxFileInvalid
from node.registry.intent import Effect, Intent
from scenarios.soak.fuzz.target import Form, Target, says_why, under

_FINGERPRINT = b"f" * 32
_ISSUER, _KEY = b"i" * 20, b"k" * 32


def _text() -> str:
    slot = credential_slot(_ISSUER, _KEY)
    done = Effect.state_at_least(Name.ACCREDITATION, slot, shift_bits=152, width_bits=8, value=1)
    call = calls.issue_signed(_ISSUER, [_KEY], 0, 2, 1_800_000_000, b"s" * 65)
    intent = Intent("issue", Name.ACCREDITATION, call, done, "a device", b"o" * 20, 1_800_000_000)
    return outbox_text(_FINGERPRINT, [intent])


def _seeds() -> Sequence[bytes]:
    payload = _text().rpartition(":")[2]
    return [
        b"\x00" + _text().encode(),
        b"\x01" + base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)),
    ]


def _read(data: bytes) -> None:
    anew, data = under(data, 2)
    text = data.decode(errors="replace")
    if anew:
        text = "satchel-outbox:1:" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    try:
        found = parse_outbox(text, _FINGERPRINT)
    except OutboxFileInvalid as error:
        says_why(error)
        return
    assert outbox_text(_FINGERPRINT, found), "what was read cannot be written"


TARGETS = (
    Target("outbox-file", _read, _seeds, Form.CBOR,
           ("node.registry.carried_intents:parse_outbox",
            "node.registry.intent:decode_effect"), head=1),
)  # fmt: skip
