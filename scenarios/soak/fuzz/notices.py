"""Targets: the proof that a notice carries. It shuts a device out: only the truth may do that."""

from functools import cache
from typing import Final

from contracts.loader import Name
from contracts.packing import Credential, Kind, State
from contracts.slots import credential_slot
from node.registry.notice_proof import NoticeProof, notice_valid, prove_revocation
from scenarios.soak.fuzz.chain_state import NETWORK, ChainState
from scenarios.soak.fuzz.statements import loaded
from scenarios.soak.fuzz.target import Form, Target, under
from sync.acts import Notice
from sync.belonging import sign_belonging
from sync.codec import encode
from sync.errors import CodecError
from sync.identifiers import DeviceKey, OrganisationAddress
from sync.signing import Signer

TABLET: Final = Signer(b"a tablet that was stolen" + bytes(8))
LIVE: Final = Signer(b"a tablet in its place" + bytes(11))
ORGANISATION: Final = OrganisationAddress(b"o" * 20)


@cache
def _state() -> ChainState:
    revoked = Credential(5, 0, 6, Kind.DEVICE, State.REVOKED).to_word()
    live = Credential(5, 0, 0, Kind.DEVICE, State.LIVE).to_word()
    return ChainState(
        {
            Name.ACCREDITATION: {
                credential_slot(ORGANISATION, TABLET.public): revoked,
                credential_slot(ORGANISATION, LIVE.public): live,
            }
        }
    )


@cache
def _proof(device: Signer) -> bytes:
    slot = credential_slot(ORGANISATION, device.public)
    belonging = sign_belonging(device, ORGANISATION)
    snapshot = _state().snapshot({Name.ACCREDITATION: [slot]})
    return prove_revocation(NETWORK, snapshot, ORGANISATION, device.public, belonging)


def _judge(data: bytes) -> None:
    """Whatever the bytes, a device that is not revoked stays; what holds has one spelling."""
    choice, data = under(data, 3)
    if choice == 2:  # a true snapshot among changed other parts
        value, true = loaded(data), loaded(_proof(TABLET))
        if isinstance(value, list) and len(value) == 4:
            try:
                data = encode([value[0], true[1], *value[2:]])
            except CodecError:
                return
    device: DeviceKey = (TABLET if choice != 1 else LIVE).public
    if notice_valid(NETWORK.fingerprint, Notice(device, data, ())):
        assert device == TABLET.public, "a device was shut out that nobody revoked"
        proof = NoticeProof(*loaded(data))
        assert proof.encoded() == data, "a proof has two spellings"
        assert proof.organisation == ORGANISATION


TARGETS = (
    Target(
        "notice-proof",
        _judge,
        lambda: [
            bytes([choice]) + _proof(device) for choice in range(3) for device in (TABLET, LIVE)
        ],
        Form.CBOR,
        ("node.registry.notice_proof:notice_valid",),
        weight=1,
        head=1,
    ),
)
