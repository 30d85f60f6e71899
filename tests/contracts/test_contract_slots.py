"""Facts are where slots.py says, packed as packing.py says, in real storage."""

import hashlib

import pytest
from bare_evm import MEMBERS, SIGNERS_HASH, Registry, fresh_registry, secret

from contracts import calls, slots
from contracts.errors import BadWord
from contracts.loader import Name
from contracts.packing import (
    Commitment,
    Council,
    Credential,
    Disaster,
    Kind,
    Organisation,
    OrganisationState,
    State,
)
from contracts.typed_data import (
    Action,
    address_of,
    chained,
    decision_digest,
    grant_digest,
    revoke_digest,
    sign,
)

CLINIC = address_of(secret(1))
KEY = hashlib.sha256(b"a tablet").digest()
YEAR = 31_536_000


def decide(registry: Registry, *actions: Action) -> bytes:
    deadline = registry.evm.now_seconds
    digest = decision_digest(registry.place(Name.ACCREDITATION), actions, KEY, deadline)
    signatures = [sign(member, digest) for member in MEMBERS[:2]]
    data = calls.decide(actions, KEY, deadline, signatures)
    outcome = registry.evm.send(registry.accreditation, data)
    assert outcome.succeeded, outcome.reason
    return digest


def accreditation(registry: Registry, slot: bytes) -> int:
    return registry.evm.word(registry.accreditation, slot)


def test_an_organisation_is_where_its_slot_says() -> None:
    registry = fresh_registry()
    evm = registry.evm
    began = evm.now_seconds
    evm.now_seconds += 10

    decide(registry, Action(1, CLINIC, 5, began + YEAR))

    word = accreditation(registry, slots.organisation_slot(CLINIC))
    fact = Organisation.from_word(word)
    assert fact == Organisation(
        5, began + 10, began + YEAR, began + 10, OrganisationState.ACCREDITED
    )
    assert fact.to_word() == word
    assert fact.is_accredited(began + 10)
    assert fact.is_accredited(began + YEAR - 1, any_role=4)
    assert not fact.is_accredited(began + YEAR)
    assert not fact.is_accredited(began + 10, any_role=2)
    assert fact.age_seconds(began + 110) == 100


def test_a_credential_is_where_its_slot_says() -> None:
    registry = fresh_registry()
    evm, began = registry.evm, registry.evm.now_seconds
    decide(registry, Action(1, CLINIC, 1))

    issued = evm.send(registry.accreditation, calls.issue(KEY, began + YEAR, 2), sender=CLINIC)
    live = Credential.from_word(accreditation(registry, slots.credential_slot(CLINIC, KEY)))
    evm.now_seconds += 5
    revoked = evm.send(registry.accreditation, calls.revoke_key(KEY), sender=CLINIC)
    word = accreditation(registry, slots.credential_slot(CLINIC, KEY))
    ended = Credential.from_word(word)

    assert issued.succeeded
    assert revoked.succeeded
    assert live == Credential(began, began + YEAR, 0, Kind.DEVICE, State.LIVE)
    assert live.is_live(began + YEAR - 1)
    assert not live.is_live(began + YEAR)
    assert ended == Credential(began, began + YEAR, began + 5, Kind.DEVICE, State.REVOKED)
    assert ended.to_word() == word
    assert ended.is_revoked
    assert not ended.is_live(began + 5)


def test_what_the_council_keeps_is_where_its_slots_say() -> None:
    registry = fresh_registry()
    began = registry.evm.now_seconds
    newcomer = address_of(MEMBERS[3])

    assert accreditation(registry, slots.signers_slot()).to_bytes(32, "big") == SIGNERS_HASH
    digest = decide(
        registry,
        Action(3, newcomer),
        Action(5, a=3),
        Action(6, a=began + YEAR),
        Action(7, a=int.from_bytes(KEY, "big")),
    )

    council = accreditation(registry, slots.council_slot())
    disaster = accreditation(registry, slots.disaster_slot())
    assert Council.from_word(council) == Council(members=4, threshold=3)
    assert Council.from_word(council).to_word() == council
    assert Disaster.from_word(disaster) == Disaster(began + YEAR, began)
    assert Disaster.from_word(disaster).to_word() == disaster
    assert Disaster.from_word(disaster).is_on(began + YEAR - 1)
    assert not Disaster.from_word(disaster).is_on(began + YEAR)
    assert accreditation(registry, slots.signers_slot()).to_bytes(32, "big") == KEY
    assert accreditation(registry, slots.member_slot(newcomer)) == 1
    assert accreditation(registry, slots.decided_slot(digest)) == 1


def test_a_commitment_is_where_its_slot_says() -> None:
    registry = fresh_registry()
    evm, place, began = registry.evm, registry.place(Name.CONSENT), registry.evm.now_seconds
    owner = address_of(secret(9))
    slot = slots.commitment_slot(slots.commitment_id(owner, KEY))
    granted = sign(secret(9), grant_digest(place, owner, KEY, began))
    revoked = sign(secret(9), revoke_digest(place, owner, KEY, began + 5))

    assert evm.send(registry.consent, calls.grant(owner, KEY, began, granted)).succeeded
    live = Commitment.from_word(evm.word(registry.consent, slot))
    evm.now_seconds += 5
    assert evm.send(registry.consent, calls.revoke(owner, KEY, began + 5, revoked)).succeeded
    word = evm.word(registry.consent, slot)

    assert live == Commitment(State.LIVE, began, 0)
    assert live.is_live
    assert Commitment.from_word(word) == Commitment(State.REVOKED, began, began + 5)
    assert Commitment.from_word(word).to_word() == word
    assert Commitment.from_word(word).is_revoked


def test_heads_and_owners_are_where_their_slots_say() -> None:
    registry = fresh_registry()
    evm = registry.evm
    owner, digest_root = address_of(secret(2)), KEY
    evm.block = 77

    for data in (calls.anchor(digest_root), calls.break_glass([KEY, digest_root])):
        assert evm.send(registry.consent, data, sender=CLINIC).succeeded
    assert evm.send(registry.did, calls.change_owner(CLINIC, owner), sender=CLINIC).succeeded
    assert evm.send(registry.accreditation, calls.follow(CLINIC)).succeeded

    head = chained(bytes(32), KEY)
    assert evm.word(registry.consent, slots.anchor_slot(CLINIC)).to_bytes(32, "big") == head
    head = chained(head, digest_root)
    assert evm.word(registry.consent, slots.glass_slot(CLINIC)).to_bytes(32, "big") == head
    assert evm.word(registry.did, slots.owner_slot(CLINIC)).to_bytes(20, "big") == owner
    assert evm.word(registry.did, slots.changed_slot(CLINIC)) == 77
    kept = accreditation(registry, slots.issuer_owner_slot(CLINIC))
    assert kept.to_bytes(20, "big") == owner


def test_the_nonce_of_an_owner_is_where_its_slot_says() -> None:
    from contracts.typed_data import identity_digest

    registry = fresh_registry()
    digest = identity_digest(registry.did, 0, CLINIC, "changeOwner", [CLINIC])
    data = calls.change_owner(CLINIC, CLINIC, sign(secret(1), digest))

    assert registry.evm.send(registry.did, data).succeeded
    assert registry.evm.word(registry.did, slots.nonce_slot(CLINIC)) == 1


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Organisation, 1 << 216),
        (Organisation, 3 << 208),
        (Credential, 1 << 160),
        (Credential, 3 << 152),
        (Credential, 3 << 144),
        (Commitment, 1 << 104),
        (Commitment, 3),
        (Council, 1 << 16),
        (Disaster, 1 << 96),
    ],
)
def test_a_word_that_no_contract_wrote_is_refused(
    kind: type[Organisation | Credential | Commitment | Council | Disaster], word: int
) -> None:
    with pytest.raises(BadWord):
        kind.from_word(word)


def test_an_address_is_never_taken_for_a_key() -> None:
    with pytest.raises(ValueError, match="20 bytes where 32 are due"):
        slots.credential_slot(CLINIC, CLINIC)
    with pytest.raises(ValueError, match="32 bytes where 20 are due"):
        slots.organisation_slot(KEY)
