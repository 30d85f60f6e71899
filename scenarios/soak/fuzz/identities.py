"""Targets: DIDs that people type, what a chain tells of one, and files of keys and devices."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from node.keystore.devices import Devices, OtherDevice, devices_value, parse_devices
from node.registry.chain import Log
from node.registry.did import EthrDid, KeyDid, checksummed, parse_did
from node.registry.did_events import (
    ATTRIBUTE_CHANGED,
    DELEGATE_CHANGED,
    OWNER_CHANGED,
    AttributeChanged,
    DelegateChanged,
    read_events,
)
from node.registry.errors import CannotPay, DidInvalid
from node.registry.payer import address_of, parse_payer_key
from scenarios.soak.fuzz.people import PERSON, roster
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.codec import decode, encode
from sync.errors import CodecError
from sync.identifiers import did_key

_KINDS: Final = (OWNER_CHANGED, DELEGATE_CHANGED, ATTRIBUTE_CHANGED, b"another event of 32 bytes\0")
_POINT: Final = "0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"


def _dids() -> Sequence[bytes]:
    address = checksummed(b"\x2a" * 20)
    texts = (
        did_key(PERSON.public),
        f"did:ethr:{address}",
        f"did:ethr:0xaa36a7:{address}?versionId=5000",
        f"did:ethr:sepolia:{_POINT}",
    )
    return [text.encode() for text in texts]


def _read_did(data: bytes) -> None:
    try:
        found = parse_did(data.decode(errors="replace"))
    except DidInvalid as error:
        says_why(error)
        return
    if isinstance(found, KeyDid):
        assert did_key(found.key) == found.text, "a did:key has two spellings"
        return
    assert isinstance(found, EthrDid)
    assert len(found.address) == 20
    bare = parse_did(f"did:ethr:{checksummed(found.address)}")
    assert isinstance(bare, EthrDid)
    assert bare.is_on(1, "any")
    found.is_on(1337, "clinics")


def _word(value: int) -> bytes:
    return value.to_bytes(32)


def _events() -> Sequence[bytes]:
    owner = _word(7) + _word(3)
    delegate = b"veriKey".ljust(32, b"\0") + _word(9) + _word(2_000_000_000) + _word(4)
    name = b"did/svc/Satchel".ljust(32, b"\0")
    value = b"https://clinic.example/"
    attribute = name + _word(128) + _word(0) + _word(5) + _word(len(value)) + value.ljust(32, b"\0")
    return [bytes([kind]) + data for kind, data in enumerate((owner, delegate, attribute))]


def _read_logs(data: bytes) -> None:
    kind, data = under(data, len(_KINDS))
    log = Log(9, 0, (_KINDS[kind],), data)
    try:
        events = read_events([log])
    except ValueError as error:
        says_why(error)
        return
    assert len(events) == (kind < 3), "an event is lost, or made up"
    for event in events:
        assert 0 <= event.previous_change < 1 << 256
        if isinstance(event, DelegateChanged):
            assert len(event.delegate) == 20
        elif isinstance(event, AttributeChanged):
            assert event.value in data, "a value that was not told"


def _payer_keys() -> Sequence[bytes]:
    return [b"0x" + b"4f" * 32 + b"\n", b"7e" * 32]


def _read_payer_key(data: bytes) -> None:
    try:
        secret = parse_payer_key(data.decode(errors="replace"))
    except CannotPay as error:
        says_why(error)
        return
    assert len(address_of(secret)) == 20, "a key that cannot sign"


@cache
def _devices() -> bytes:
    stated = roster()
    device = stated.devices[0]
    other = OtherDevice("a tablet", device, PERSON.public, 3)
    return encode(devices_value(Devices((other,), stated.encoded())))


def _read_devices(data: bytes) -> None:
    try:
        found = parse_devices(decode(data))
    except CodecError as error:
        says_why(error)
        return
    assert encode(devices_value(found)) == data, "devices have two spellings"


TARGETS = (
    Target("did", _read_did, _dids, Form.TEXT, ("node.registry.did:parse_did",), weight=2),
    Target("did-events", _read_logs, _events, Form.BYTES,
           ("node.registry.did_events:read_events",), weight=2, head=1),
    Target("payer-key", _read_payer_key, _payer_keys, Form.TEXT,
           ("node.registry.payer:parse_payer_key",), weight=1),
    Target("devices", _read_devices, lambda: [_devices()], Form.CBOR,
           ("node.keystore.devices:parse_devices",), weight=2),
)  # fmt: skip
