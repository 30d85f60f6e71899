"""Intents in a file, for whoever reaches a chain and pays; written and read by `registry outbox`.

    satchel-outbox:1:<base64url(canonical CBOR [fingerprint 32, [[kind, contract, calldata, effect,
                                                 label, order, expires] …]])>

Whoever pays is the sender of a transaction, and calls it in their own name: only calls that are
signed by somebody else are taken, whatever a file says.
"""

import base64
import dataclasses
import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from contracts.calls import selector
from contracts.loader import Name
from node.registry.errors import OutboxFileInvalid
from node.registry.intent import Intent, decode_effect
from node.registry.limits import (
    carried_calldata_size_bytes_max,
    carried_expiry_seconds_max,
    carried_intents_max,
    carried_size_chars_max,
)
from sync.codec import decode, encode, fields, items, natural, octets, text
from sync.errors import CodecError
from sync.identifiers import hashed

_PREFIX: Final = "satchel-outbox:1:"
_KIND_LENGTH_CHARS_MAX: Final = 32
_LABEL_LENGTH_CHARS_MAX: Final = 200
_RELAYED: Final = {
    Name.DID: (
        "changeOwnerSigned",
        "addDelegateSigned",
        "revokeDelegateSigned",
        "setAttributeSigned",
        "revokeAttributeSigned",
    ),
    Name.ACCREDITATION: ("issueSigned", "revokeSigned", "decide", "follow"),
    Name.CONSENT: (
        "grant",
        "revoke",
        "grantBatch",
        "revokeBatch",
        "anchorSigned",
        "breakGlassSigned",
    ),
}
"""Calls in which the sender has no say."""


def outbox_text(fingerprint: bytes, intents: Sequence[Intent]) -> str:
    """A file's text. Raises OutboxFileInvalid for what nobody else could send."""
    for intent in intents:
        _check(intent)
    values = [
        [
            intent.kind,
            str(intent.contract),
            intent.calldata,
            intent.effect.encoded(),
            intent.label,
            intent.order,
            intent.expires_at_seconds,
        ]
        for intent in intents
    ]
    return _PREFIX + base64.urlsafe_b64encode(encode([fingerprint, values])).rstrip(b"=").decode()


def parse_outbox(content: str, fingerprint: bytes) -> list[Intent]:
    """The intents of a file of this network. Raises OutboxFileInvalid."""
    content = content.strip(" \t\r\n")
    if not content.startswith(_PREFIX) or len(content) > carried_size_chars_max:
        raise OutboxFileInvalid("it is another file, or of a newer version")
    payload = content.removeprefix(_PREFIX)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", payload):
        raise OutboxFileInvalid("it is cut off or changed")
    try:
        data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        network, listed = fields(decode(data), 2, "outbox")
        if octets(network, 32, "network") != fingerprint:
            raise OutboxFileInvalid("it is for another network")
        found = [_intent(one) for one in items(listed, "intents", carried_intents_max)]
    except (CodecError, ValueError) as error:
        raise OutboxFileInvalid(str(error)) from error
    for intent in found:
        _check(intent)
    return found


def as_carried(intent: Intent) -> Intent:
    """The same in an order apart: a stranger's file has no place among this node's own intents.

    It could else hold those up, or make them look as if they were done.
    """
    if intent.order is None:
        return intent
    return dataclasses.replace(intent, order=hashed("carried", intent.order))


def _intent(value: object) -> Intent:
    kind, contract, calldata, effect, label, order, expires = fields(value, 7, "intent")
    calldata = octets(calldata, None, "calldata")
    kind = text(kind, "kind", _KIND_LENGTH_CHARS_MAX)
    label = text(label, "label", _LABEL_LENGTH_CHARS_MAX)
    if not kind.isprintable() or not label.isprintable():
        raise ValueError("a label is not printable")
    return Intent(
        kind,
        Name(text(contract, "contract", 64)),
        calldata,
        decode_effect(octets(effect, None, "effect")),
        label,
        None if order is None else octets(order, None, "order"),
        None if expires is None else natural(expires, "expiry", carried_expiry_seconds_max),
    )


def _check(intent: Intent) -> None:
    if len(intent.calldata) > carried_calldata_size_bytes_max:
        raise OutboxFileInvalid("a call in it is too long")
    if intent.calldata[:4] not in _relayed(Name(intent.contract)):
        raise OutboxFileInvalid("a call in it would be the sender's own: it is not signed")
    if not {sight.contract for sight in intent.effect.sights} <= set(Name):
        raise OutboxFileInvalid("it looks for an effect on a contract that is none")


@cache
def _relayed(name: Name) -> frozenset[bytes]:
    return frozenset(selector(name, function) for function in _RELAYED[name])
