"""A notice's proof: a function of its bytes and the charter's fingerprint, and nothing less."""

import pytest
from made_registry import network, snapshot
from registered_clinics import issued, revoked

from contracts.loader import Name
from contracts.packing import Kind
from contracts.slots import credential_slot, organisation_slot
from node.registry.network import Network
from node.registry.no_shared_registry import NoSharedRegistry
from node.registry.notice_proof import NoticeProof, notice_valid, prove_revocation
from sync.acts import Notice
from sync.belonging import sign_belonging
from sync.identifiers import DeviceKey, OrganisationAddress
from sync.signing import Signer

ORGANISATION = OrganisationAddress(b"o" * 20)
OTHER = OrganisationAddress(b"p" * 20)
TABLET = Signer(b"t" * 32)
NETWORK = network()


def proof(
    word: int | None = None,
    *,
    of: Network = NETWORK,
    organisation: OrganisationAddress = ORGANISATION,
    belonging: bytes | None = None,
) -> bytes:
    slots = {
        credential_slot(organisation, TABLET.public): revoked() if word is None else word,
        organisation_slot(organisation): 5,
    }
    return prove_revocation(
        of,
        snapshot(of, {Name.ACCREDITATION: slots}, 10),
        organisation,
        TABLET.public,
        sign_belonging(TABLET, organisation) if belonging is None else belonging,
    )


def holds(data: bytes, device: DeviceKey = TABLET.public, of: bytes | None = None) -> bool:
    notice = Notice(device, data, ())
    fingerprint = NETWORK.fingerprint if of is None else of
    answer = notice_valid(fingerprint, notice)
    assert NoSharedRegistry().notice_valid(fingerprint, notice) is answer
    return answer


def test_a_proven_revocation_of_ones_own_device_holds() -> None:
    assert holds(proof())
    assert holds(proof(revoked(Kind.NONE)))


def test_no_charter_without_a_network_can_be_told_anything() -> None:
    assert not notice_valid(None, Notice(TABLET.public, proof(), ()))
    assert not NoSharedRegistry().notice_valid(None, Notice(TABLET.public, proof(), ()))


@pytest.mark.parametrize("word", [0, issued(), 5])
def test_what_is_not_revoked_proves_nothing(word: int) -> None:
    assert not holds(proof(word))


def test_nobody_elses_device_network_or_organisation_is_shut_out_by_it() -> None:
    assert not holds(proof(), device=Signer(b"u" * 32).public)
    assert not holds(proof(), of=network(name="another").fingerprint)
    assert not holds(proof(of=network(name="another")))
    taken = NoticeProof(
        NETWORK.encoded(),
        snapshot(
            NETWORK,
            {Name.ACCREDITATION: {credential_slot(OTHER, TABLET.public): revoked()}},
            10,
        ).encode(),
        OTHER,
        sign_belonging(TABLET, ORGANISATION),
    )
    assert not holds(taken.encoded())  # a stranger claims the device


def test_more_than_the_one_fact_is_refused() -> None:
    words = {credential_slot(ORGANISATION, TABLET.public): revoked(), organisation_slot(OTHER): 5}
    whole = NoticeProof(
        NETWORK.encoded(),
        snapshot(NETWORK, {Name.ACCREDITATION: words}, 10).encode(),
        ORGANISATION,
        sign_belonging(TABLET, ORGANISATION),
    )
    assert not holds(whole.encoded())


def test_every_changed_byte_and_every_cut_is_refused() -> None:
    data = proof()
    assert holds(data)
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 1
        assert not holds(bytes(changed)), place
        assert not holds(data[:place]), place
    assert not holds(data + b"\x00")
