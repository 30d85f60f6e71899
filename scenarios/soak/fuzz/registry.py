"""Targets: what comes of the registry by files and peers. What is believed must be true."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from contracts.keccak import keccak
from contracts.loader import Name
from node.registry.checkpoint import checkpoint_text, parse_checkpoint, sign_checkpoint
from node.registry.errors import HeaderInvalid, NetworkInvalid, RegistryError, SnapshotInvalid
from node.registry.header import decode_header
from node.registry.network import decode_network, parse_network
from node.registry.signers import SignerSet
from node.registry.snapshot import decode_snapshot
from node.registry.snapshot_file import decode_snapshot_file, encode_snapshot_file
from scenarios.soak.fuzz.chain_state import NETWORK, SIGNER, ChainState, signer_change
from scenarios.soak.fuzz.statements import loaded
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync import codec
from sync.errors import CodecError
from sync.identifiers import hashed
from sync.signing import Signer

_NEXT: Final = Signer(b"the next checkpoint signer" + bytes(6))
_SLOTS: Final = [keccak(bytes([number])) for number in range(12)]


@cache
def _state() -> ChainState:
    words = {slot: number + 1 for number, slot in enumerate(_SLOTS[:8])}
    return ChainState({Name.ACCREDITATION: words, Name.CONSENT: words})


@cache
def _snapshots() -> list[bytes]:
    asked = {Name.ACCREDITATION: _SLOTS[4:], Name.CONSENT: _SLOTS[:2]}
    change = signer_change(SignerSet((_NEXT.public,), 1), 40)
    return [
        _state().snapshot(asked).encode(),
        _state().snapshot({Name.CONSENT: _SLOTS[:1]}, 60, (change,), _NEXT).encode(),
    ]


def _network(data: bytes) -> None:
    as_file, data = under(data, 2)
    try:
        network = parse_network(data) if as_file else decode_network(data)
    except NetworkInvalid as error:
        says_why(error)
        return
    assert decode_network(network.encoded()) == parse_network(network.to_json()) == network
    assert as_file or network.encoded() == data, "a network reads as another"


def _checkpoint(data: bytes) -> None:
    text = data.decode(errors="replace")
    try:
        found = parse_checkpoint(text)
    except RegistryError as error:
        says_why(error)
        return
    assert checkpoint_text(found) == text.strip(" \t\r\n"), "a checkpoint reads as another"


def _snapshot(data: bytes) -> None:
    """Half of the inputs get a check that fits; what then verifies must be the state's truth."""
    anew, data = under(data, 2)
    value = loaded(data)
    if anew and isinstance(value, list) and len(value) == 7:
        try:
            data = codec.encode([*value[:6], hashed("snapshot", codec.encode(value[:6]))])
        except CodecError:
            return
    try:
        snapshot = decode_snapshot(data)
        assert snapshot.encode() == data, "a snapshot reads as another"
        verified = snapshot.verify(NETWORK)
        part = snapshot.only(frozenset(list(verified.facts)[:1])).verify(NETWORK)
    except RegistryError as error:
        says_why(error)
        return
    assert part.facts.items() <= verified.facts.items()
    for (name, slot), word in verified.facts.items():
        assert word == _state().word(name, slot), "what is not true was believed"


def _snapshot_file(data: bytes) -> None:
    try:
        found = decode_snapshot_file(data)
    except SnapshotInvalid as error:
        says_why(error)
        return
    assert encode_snapshot_file(found) == data, "a file reads as another"


def _header(data: bytes) -> None:
    try:
        found = decode_header(data)
    except HeaderInvalid as error:
        says_why(error)
        return
    assert found.encoded == data
    assert found.hash == keccak(data)


def _checkpoint_seeds() -> Sequence[bytes]:
    one = sign_checkpoint(SIGNER, NETWORK.fingerprint, 50, b"h" * 32)
    return [checkpoint_text(one).encode()]


TARGETS = (
    Target(
        "network-file",
        _network,
        lambda: [b"\x01" + NETWORK.to_json(), b"\x00" + NETWORK.encoded()],
        Form.JSON,
        ("node.registry.network:parse_network", "node.registry.network:decode_network"),
        weight=2,
        head=1,
    ),
    Target(
        "checkpoint",
        _checkpoint,
        _checkpoint_seeds,
        Form.TEXT,
        (
            "node.registry.checkpoint:parse_checkpoint",
            "node.registry.checkpoint:decode_checkpoint",
        ),
        weight=2,
    ),
    Target(
        "snapshot",
        _snapshot,
        lambda: [head + seed for seed in _snapshots() for head in (b"\x00", b"\x01")],
        Form.CBOR,
        (
            "node.registry.snapshot:decode_snapshot",
            "node.registry.signer_change:decode_signer_change",
            "node.registry.signer_change:decode_header_field",
            "node.registry.signer_change:decode_nodes",
        ),
        head=1,
    ),
    Target(
        "snapshot-file",
        _snapshot_file,
        lambda: [encode_snapshot_file([decode_snapshot(one) for one in _snapshots()])],
        Form.CBOR,
        ("node.registry.snapshot_file:decode_snapshot_file",),
        weight=1,
    ),
    Target(
        "block-header",
        _header,
        lambda: [_state().header(50).encoded],
        Form.BYTES,
        ("node.registry.header:decode_header",),
        weight=1,
    ),
)
