"""The model of the contracts does to every word what the contracts do, under py-evm."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest

from contracts import calls, typed_data
from contracts.development_accounts import development_accounts
from contracts.loader import Name
from contracts.slots import (
    anchor_slot,
    changed_slot,
    commitment_id,
    commitment_slot,
    council_slot,
    credential_slot,
    decided_slot,
    disaster_slot,
    glass_slot,
    issuer_owner_slot,
    member_slot,
    nonce_slot,
    organisation_slot,
    owner_slot,
    signers_slot,
)
from contracts.typed_data import Action, Place, address_of, sign
from scenarios.registry.evm_ground import EvmGround
from scenarios.registry.ground import Call, Founding
from scenarios.registry.model_ground import ModelGround

BEGINS: Final = 1_800_000_000
STEPS: Final = 160
SENDERS: Final = [of.address for of in development_accounts()[:2]]


@pytest.fixture
def founding() -> Founding:
    return Founding(BEGINS)


@pytest.fixture
def grounds(founding: Founding) -> Iterator[tuple[ModelGround, EvmGround]]:
    evm = EvmGround(founding)
    yield ModelGround(founding), evm
    evm.end()


@dataclass
class Acts:
    """Random calls, of which many are refused: late, by the wrong key, doubled, out of order."""

    model: ModelGround
    random: random.Random
    now_seconds: int = BEGINS
    slots: set[tuple[Name, bytes]] = field(default_factory=set)

    def __post_init__(self) -> None:
        founding = self.model.founding
        self.issuers = [founding.secret("issuer", number) for number in range(3)]
        self.keys = [founding.secret("key", number) for number in range(4)] + [bytes(32)]
        self.members = [*founding.council, founding.secret("stranger")]
        self.slots |= {(Name.ACCREDITATION, each()) for each in (council_slot, disaster_slot)}
        self.slots.add((Name.ACCREDITATION, signers_slot()))
        for secret in [*self.issuers, *self.members]:
            self._watch(address_of(secret))
        for sender in SENDERS:
            self._watch(sender)

    def _watch(self, who: bytes) -> None:
        here = Name.ACCREDITATION
        self.slots |= {(here, each(who)) for each in (organisation_slot, issuer_owner_slot)}
        self.slots |= {(here, member_slot(who))}
        self.slots |= {(here, credential_slot(who, key)) for key in self.keys}
        self.slots |= {(Name.DID, each(who)) for each in (owner_slot, changed_slot, nonce_slot)}
        self.slots |= {(Name.CONSENT, each(who)) for each in (anchor_slot, glass_slot)}
        for key in self.keys:
            self.slots.add((Name.CONSENT, commitment_slot(commitment_id(who, key))))

    def one(self) -> Call:
        made: list[Callable[[], tuple[Name, bytes]]] = [
            *(self._decide, self._decide, self._decide, self._issue, self._issue, self._issue),
            *(self._revoke, self._direct, self._follow, self._change_owner, self._grant),
            *(self._end_grant, self._batch, self._anchor, self._glass, self._own_chain),
        ]
        contract, calldata = self.random.choice(made)()
        if self.random.random() < 0.03:
            # Of padding at the end Vyper misses nothing, and the model does.
            calldata = calldata[: self.random.randrange(36)]
        return Call(self.random.choice(SENDERS), contract, calldata)

    def _place(self, name: Name) -> Place:
        network = self.model.network
        return Place(network.chain, network.contracts[name].address)

    def _who(self) -> tuple[bytes, bytes]:
        """An issuer, and a key that most often is its own."""
        secret = self.random.choice(self.issuers)
        by = secret if self.random.random() < 0.85 else self.random.choice(self.issuers)
        return address_of(secret), by

    def _deadline(self) -> int:
        return self.now_seconds + self.random.choice([-5000, 10_000, 10_000, 10_000, 10_000])

    def _some_keys(self) -> list[bytes]:
        weights = [5, 5, 5, 5, 1]
        return self.random.choices(self.keys, weights, k=self.random.randrange(4))

    def _signed_by(self, secret: bytes, digest: bytes) -> bytes:
        made = sign(secret, digest)
        chance = self.random.random()
        if chance < 0.03:
            return made[:64]
        return made[:64] + bytes([made[64] ^ 7]) if chance < 0.06 else made

    def _decide(self) -> tuple[Name, bytes]:
        draw = self.random
        subjects = [address_of(secret) for secret in [*self.issuers, *self.members]] + [bytes(20)]
        actions = []
        for _ in range(draw.choice([0, 1, 1, 1, 2])):
            kind = draw.choice([1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9])
            soon = self.now_seconds + draw.choice([-100, 900, 90_000])
            a = {
                1: draw.choice([0, 1, 3, 1 << 64]),
                5: draw.randrange(4),
                6: draw.choice([0, soon]),
            }
            b = draw.choice([0, 0, soon])
            subject = draw.choice(subjects[:3] if kind < 3 else subjects)
            actions.append(Action(kind, subject, a.get(kind, draw.randrange(3)), b))
        salt, deadline = bytes([draw.randrange(200)]) * 32, self._deadline()
        digest = typed_data.decision_digest(
            self._place(Name.ACCREDITATION), actions, salt, deadline
        )
        self.slots.add((Name.ACCREDITATION, decided_slot(digest)))
        who = sorted(draw.sample(self.members, draw.choice([1, 2, 3, 3])), key=address_of)
        if draw.random() < 0.05:
            who.reverse()
        signatures = [self._signed_by(secret, digest) for secret in who]
        return Name.ACCREDITATION, calls.decide(actions, salt, deadline, signatures)

    def _issue(self) -> tuple[Name, bytes]:
        (issuer, by), keys, deadline = self._who(), self._some_keys(), self._deadline()
        until = self.random.choice([0, 0, self.now_seconds + 9000, self.now_seconds - 1])
        kind = self.random.choice([1, 2, 2, 3])
        place = self._place(Name.ACCREDITATION)
        digest = typed_data.issue_digest(place, issuer, keys, until, kind, deadline)
        signature = self._signed_by(by, digest)
        data = calls.issue_signed(issuer, keys, until, kind, deadline, signature)
        return Name.ACCREDITATION, data

    def _revoke(self) -> tuple[Name, bytes]:
        (issuer, by), keys, deadline = self._who(), self._some_keys(), self._deadline()
        digest = typed_data.revoke_keys_digest(
            self._place(Name.ACCREDITATION), issuer, keys, deadline
        )
        signature = self._signed_by(by, digest)
        return Name.ACCREDITATION, calls.revoke_keys_signed(issuer, keys, deadline, signature)

    def _direct(self) -> tuple[Name, bytes]:
        key = self.random.choice(self.keys)
        return Name.ACCREDITATION, self.random.choice(
            [
                calls.issue(key, 0, 2),
                calls.issue_batch([key], 0, 1),
                calls.revoke_key(key),
                calls.revoke_key_batch(self._some_keys()),
            ]
        )

    def _follow(self) -> tuple[Name, bytes]:
        return Name.ACCREDITATION, calls.follow(self._who()[0])

    def _change_owner(self) -> tuple[Name, bytes]:
        issuer, by = self._who()
        owner = address_of(self.random.choice(self.issuers))
        if self.random.random() < 0.2:
            return Name.DID, calls.change_owner(self.random.choice(SENDERS), owner)
        count = self.random.choice([0, 0, 0, 1, 2])
        registry = self._place(Name.DID).contract
        digest = typed_data.identity_digest(registry, count, issuer, "changeOwner", [owner])
        return Name.DID, calls.change_owner(issuer, owner, sign(by, digest))

    def _item(self, grants: bool) -> calls.Item:
        (owner, by), commitment = self._who(), self.random.choice(self.keys)
        deadline = self._deadline()
        digest = typed_data.grant_digest if grants else typed_data.revoke_digest
        place = self._place(Name.CONSENT)
        signature = sign(by, digest(place, owner, commitment, deadline))
        return calls.Item(owner, commitment, deadline, signature)

    def _grant(self) -> tuple[Name, bytes]:
        return Name.CONSENT, calls.grant(*self._item(True))

    def _end_grant(self) -> tuple[Name, bytes]:
        return Name.CONSENT, calls.revoke(*self._item(False))

    def _batch(self) -> tuple[Name, bytes]:
        grants = self.random.random() < 0.5
        items = [self._item(self.random.random() < 0.8 if grants else False) for _ in range(3)]
        return Name.CONSENT, (calls.grant_batch if grants else calls.revoke_batch)(items)

    def _head(self, slot: bytes) -> bytes:
        head = self.model.word(Name.CONSENT, slot).to_bytes(32)
        return head if self.random.random() < 0.8 else bytes(32)

    def _anchor(self) -> tuple[Name, bytes]:
        (publisher, by), deadline = self._who(), self._deadline()
        previous, root = self._head(anchor_slot(publisher)), self.random.choice(self.keys)
        digest = typed_data.anchor_digest(
            self._place(Name.CONSENT), publisher, previous, root, deadline
        )
        signature = self._signed_by(by, digest)
        return Name.CONSENT, calls.anchor_signed(publisher, previous, root, deadline, signature)

    def _glass(self) -> tuple[Name, bytes]:
        (publisher, by), deadline = self._who(), self._deadline()
        previous, tags = self._head(glass_slot(publisher)), self._some_keys()
        digest = typed_data.glass_digest(
            self._place(Name.CONSENT), publisher, previous, tags, deadline
        )
        signature = self._signed_by(by, digest)
        return Name.CONSENT, calls.break_glass_signed(
            publisher, previous, tags, deadline, signature
        )

    def _own_chain(self) -> tuple[Name, bytes]:
        if self.random.random() < 0.5:
            return Name.CONSENT, calls.anchor(self.random.choice(self.keys))
        return Name.CONSENT, calls.break_glass(self._some_keys())


@pytest.mark.parametrize("seed", [1])
def test_every_word_is_as_the_contracts_leave_it(
    grounds: tuple[ModelGround, EvmGround], seed: int
) -> None:
    model, evm = grounds
    acts = Acts(model, random.Random(seed))
    taken: dict[bool, int] = {True: 0, False: 0}
    offset = evm.head - model.head
    before = {place: model.word(*place) for place in acts.slots}
    assert before == {place: evm.word(*place) for place in acts.slots}
    for step in range(STEPS):
        acts.now_seconds += acts.random.choice([1, 40, 700])
        model.keep_up(acts.now_seconds)
        evm.keep_up(acts.now_seconds)
        call = acts.one()
        refused, said = model.send(call), evm.send(call)
        assert (refused is None) is (said is None), (step, refused, said)
        taken[refused is None] += 1
        assert evm.head - model.head == offset
        header, other = model.header(model.head), evm.header(evm.head)
        assert header.timestamp_seconds == other.timestamp_seconds
    for name, slot in sorted(acts.slots):
        word = evm.word(name, slot)
        if word and (name, slot) in {(Name.DID, changed_slot(_of)) for _of in _everybody(acts)}:
            word -= offset  # it is the number of a block
        assert model.word(name, slot) == word, (name, slot.hex())
    assert min(taken.values()) > STEPS // 8, taken
    assert sum(model.word(*place) != before.get(place, 0) for place in acts.slots) > 20


def _everybody(acts: Acts) -> list[bytes]:
    return [address_of(secret) for secret in [*acts.issuers, *acts.members]] + SENDERS


def test_blocks_taken_away_leave_no_word_behind(grounds: tuple[ModelGround, EvmGround]) -> None:
    for ground in grounds:
        acts = Acts(grounds[0], random.Random(5))
        ground.keep_up(BEGINS)
        stays, hash_ = ground.head, ground.header(ground.head).hash
        places = sorted(acts.slots)
        words = {place: ground.word(*place) for place in places}
        sent = [call for call in (acts.one() for _ in range(40)) if ground.send(call) is None]
        assert len(sent) > 3
        assert {place: ground.word(*place) for place in places} != words
        assert ground.cut(stays) == sent
        assert ground.head == stays
        assert ground.header(stays).hash == hash_
        assert {place: ground.word(*place) for place in places} == words
        assert ground.cut(stays) == []
