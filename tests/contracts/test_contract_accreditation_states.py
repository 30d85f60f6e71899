"""Histories of councils, organisations and credentials: Accreditation does what a model does."""

import hashlib
from collections.abc import Callable
from typing import Any

from accreditation_model import NOBODY, AccreditationModel
from bare_evm import MEMBERS, secret
from contract_machines import DELAYS, EFFORT, FLAWS, ContractMachine, Letter, Refused
from contract_machines import signature_with as signed
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from contracts import calls, slots
from contracts.loader import Name
from contracts.packing import Council
from contracts.typed_data import (
    Action,
    Place,
    address_of,
    decision_digest,
    issue_digest,
    revoke_keys_digest,
    sign,
)

SECRETS = {address_of(secret(n)): secret(n) for n in (1, 2, 3)}
CLINICS = list(SECRETS)[:2]
KEYS = [hashlib.sha256(bytes([n])).digest() for n in range(3)]
SALTS = [bytes([n]) * 32 for n in range(20)]
SEATS = [address_of(of) for of in MEMBERS]

issuers = st.sampled_from(CLINICS * 4 + [NOBODY])
keys: st.SearchStrategy[list[bytes]] = st.lists(
    st.sampled_from(KEYS), min_size=1, max_size=4
) | st.just([])
untils = st.sampled_from([0, 0, 0, 60, 5000, 5000, 9000, -1, 2**48])
kinds = st.sampled_from([1, 2, 1, 2, 1, 2, 1, 2, 0, 3])
actions = st.one_of(
    st.tuples(
        st.just(1),
        st.sampled_from(CLINICS * 6 + [NOBODY]),
        st.sampled_from([1, 3] * 6 + [0, 2**64]),
        untils,
    ),
    st.tuples(st.just(2), st.sampled_from(CLINICS), st.just(0), st.just(0)),
    st.tuples(
        st.sampled_from([3, 4]), st.sampled_from(SEATS * 3 + [NOBODY]), st.just(0), st.just(0)
    ),
    st.tuples(st.just(5), st.just(NOBODY), st.sampled_from([1, 2, 3, 1, 2, 3, 0, 17]), st.just(0)),
    st.tuples(st.just(6), st.just(NOBODY), untils, st.just(0)),
    st.tuples(st.sampled_from([7] * 6 + [9]), st.just(NOBODY), st.integers(0, 9), st.just(0)),
)
seats = st.one_of(st.none(), st.none(), st.none(), st.lists(st.integers(0, 4), max_size=4))
"""Who signs a decision, by seat; None: the whole council."""


class AccreditationMachine(ContractMachine):
    """A council, two organisations, relayers and thieves at work on one Accreditation."""

    model: AccreditationModel

    def __init__(self) -> None:
        super().__init__()
        self.model = AccreditationModel(self.evm.now_seconds)
        self.place = self.registry.place(Name.ACCREDITATION)
        self.revoked: set[tuple[bytes, bytes]] = set()
        self.digests: list[bytes] = []

    def words(self, word: Callable[[bytes, bytes], int]) -> list[int]:
        wanted = [slots.credential_slot(of, key) for of in [*CLINICS, NOBODY] for key in KEYS]
        wanted += [slots.organisation_slot(of) for of in [*CLINICS, NOBODY]]
        wanted += [slots.issuer_owner_slot(of) for of in CLINICS]
        wanted += [slots.member_slot(of) for of in SEATS]
        wanted += [slots.council_slot(), slots.disaster_slot(), slots.signers_slot()]
        return [word(self.place.contract, slot) for slot in wanted]

    def letter(self, data: bytes, meaning: Callable[[], int | None], sender: bytes = b"") -> Letter:
        return Letter(self.place.contract, data, meaning, sender or b"\x99" * 20, not sender)

    def absolute(self, until: int) -> int:
        return until if until in (0, 2**48) else self.evm.now_seconds + until

    @initialize()
    def accredit_both(self) -> None:
        drawn = [(1, clinic, 1, 0) for clinic in CLINICS]
        self.decide_so(drawn, SALTS[0], None, True, 3600, "", None)

    @rule(seconds=st.sampled_from([1, 60, 60, 5000]))
    def pass_time(self, seconds: int) -> None:
        self.evm.now_seconds += seconds
        self.evm.block += 1
        self.model.now_seconds = self.evm.now_seconds

    @rule(
        drawn=st.lists(actions, min_size=1, max_size=3) | st.just([]),
        salt=st.sampled_from(SALTS),
        seated=seats,
        in_order=st.sampled_from([True] * 9 + [False]),
        delay=DELAYS,
        flaw=FLAWS,
        withdrawn=st.one_of([st.none()] * 4 + [st.integers(0, 1000)]),
    )
    def decide(self, **drawn: Any) -> None:
        self.decide_so(**drawn)

    def decide_so(
        self,
        drawn: list[tuple[int, bytes, int, int]],
        salt: bytes,
        seated: list[int] | None,
        in_order: bool,
        delay: int,
        flaw: str,
        withdrawn: int | None,
    ) -> None:
        taken = [
            Action(kind, subject, self.absolute(a) if kind == 6 else a, self.absolute(b))
            for kind, subject, a, b in drawn
        ]
        if withdrawn is not None and self.digests:
            digest = self.digests[withdrawn % len(self.digests)]
            taken.append(Action(8, a=int.from_bytes(digest, "big")))
        deadline = self.deadline(delay)

        def digest_at(place: Place) -> bytes:
            return decision_digest(place, taken, salt, deadline)

        digest = digest_at(self.place)
        self.digests.append(digest)
        if seated is None:
            seated = [of for of in range(5) if SEATS[of] in self.model.members]
        chosen = sorted(seated) if in_order else seated[::-1]
        signatures = [sign(MEMBERS[of], digest) for of in chosen]
        if flaw and signatures:
            signatures[-1] = signed(flaw, MEMBERS[chosen[-1]], self.place, digest_at)
        signers = None if flaw and signatures else [SEATS[of] for of in chosen]

        def meaning() -> None:
            self.model.decide(taken, digest, deadline, signers)

        self.post(self.letter(calls.decide(taken, salt, deadline, signatures), meaning))

    @rule(issuer=st.sampled_from(CLINICS), key=st.sampled_from(KEYS), until=untils, kind=kinds)
    def issue_direct(self, issuer: bytes, key: bytes, until: int, kind: int) -> None:
        until = self.absolute(until)

        def meaning() -> None:
            self.model.require_direct(issuer)
            if self.model.issue(issuer, [key], until, kind) == 0:
                raise Refused

        self.post(self.letter(calls.issue(key, until, kind), meaning, issuer))

    @rule(issuer=st.sampled_from(CLINICS), several=keys, until=untils, kind=kinds)
    def issue_batch(self, issuer: bytes, several: list[bytes], until: int, kind: int) -> None:
        until = self.absolute(until)

        def meaning() -> int:
            self.model.require_direct(issuer)
            return self.model.issue(issuer, several, until, kind)

        self.post(self.letter(calls.issue_batch(several, until, kind), meaning, issuer))

    @rule(issuer=st.sampled_from(CLINICS), key=st.sampled_from(KEYS))
    def revoke_direct(self, issuer: bytes, key: bytes) -> None:
        def meaning() -> None:
            self.model.require_direct(issuer)
            if self.model.revoke(issuer, [key]) == 0:
                raise Refused

        self.post(self.letter(calls.revoke_key(key), meaning, issuer))

    @rule(issuer=st.sampled_from(CLINICS), several=keys)
    def revoke_batch(self, issuer: bytes, several: list[bytes]) -> None:
        def meaning() -> int:
            self.model.require_direct(issuer)
            return self.model.revoke(issuer, several)

        self.post(self.letter(calls.revoke_key_batch(several), meaning, issuer))

    @rule(
        issuer=issuers,
        signer=st.one_of([st.none()] * 4 + [st.sampled_from(list(SECRETS))]),
        several=keys,
        until=untils,
        kind=kinds,
        delay=DELAYS,
        flaw=FLAWS,
    )
    def issue_signed(
        self,
        issuer: bytes,
        signer: bytes | None,
        several: list[bytes],
        until: int,
        kind: int,
        delay: int,
        flaw: str,
    ) -> None:
        signer = signer or issuer
        until, deadline = self.absolute(until), self.deadline(delay)
        made = signed(
            flaw,
            SECRETS.get(signer, secret(666)),
            self.place,
            lambda at: issue_digest(at, issuer, several, until, kind, deadline),
        )
        valid = None if flaw or signer == NOBODY else signer

        def meaning() -> int:
            if not several:
                raise Refused
            self.model.require_signed(issuer, valid, deadline)
            return self.model.issue(issuer, several, until, kind)

        data = calls.issue_signed(issuer, several, until, kind, deadline, made)
        self.post(self.letter(data, meaning))

    @rule(
        issuer=issuers,
        signer=st.one_of([st.none()] * 4 + [st.sampled_from(list(SECRETS))]),
        several=keys,
        delay=DELAYS,
        flaw=FLAWS,
    )
    def revoke_signed(
        self, issuer: bytes, signer: bytes | None, several: list[bytes], delay: int, flaw: str
    ) -> None:
        signer, deadline = signer or issuer, self.deadline(delay)
        made = signed(
            flaw,
            SECRETS.get(signer, secret(666)),
            self.place,
            lambda at: revoke_keys_digest(at, issuer, several, deadline),
        )
        valid = None if flaw or signer == NOBODY else signer

        def meaning() -> int:
            if not several:
                raise Refused
            self.model.require_signed(issuer, valid, deadline)
            return self.model.revoke(issuer, several)

        self.post(self.letter(calls.revoke_keys_signed(issuer, several, deadline, made), meaning))

    @rule(issuer=st.sampled_from(CLINICS), owner=st.sampled_from(list(SECRETS)))
    def change_owner(self, issuer: bytes, owner: bytes) -> None:
        now = self.model.owners.get(issuer, issuer)
        changed = self.evm.send(self.registry.did, calls.change_owner(issuer, owner), sender=now)
        assert changed.succeeded
        self.model.owners[issuer] = owner

    @rule(issuer=st.sampled_from(CLINICS))
    def follow(self, issuer: bytes) -> None:
        data = calls.follow(issuer)
        # Signed by nobody: it means the same on any chain.
        self.post(self.letter(data, lambda: self.model.follow(issuer), b"\x99" * 20))

    @rule(
        drawn=st.lists(
            st.tuples(st.sampled_from([3, 4, 4, 4]), st.sampled_from(SEATS), st.just(0), st.just(0))
            | st.tuples(st.just(5), st.just(NOBODY), st.integers(1, 4), st.just(0)),
            min_size=1,
            max_size=2,
        ),
        salt=st.sampled_from(SALTS),
    )
    def change_council(self, drawn: list[tuple[int, bytes, int, int]], salt: bytes) -> None:
        self.decide_so(drawn, salt, None, True, 3600, "", None)

    @rule(clinic=st.sampled_from(CLINICS), key=st.sampled_from(KEYS), salt=st.sampled_from(SALTS))
    def suspend_and_issue(self, clinic: bytes, key: bytes, salt: bytes) -> None:
        self.decide_so([(2, clinic, 0, 0)], salt, None, True, 3600, "", None)
        self.issue_direct(clinic, key, 0, 2)

    @rule(clinic=st.sampled_from(CLINICS), key=st.sampled_from(KEYS))
    def revoke_by_a_turned_signature(self, clinic: bytes, key: bytes) -> None:
        self.revoke_signed(clinic, None, [key], 3600, "high s")

    @rule(key=st.sampled_from(KEYS))
    def revoke_as_nobody(self, key: bytes) -> None:
        self.revoke_signed(NOBODY, None, [key], 3600, "zeros")

    @rule(number=st.integers(0, 1000), sender=st.binary(min_size=20, max_size=20))
    def replay(self, number: int, sender: bytes) -> None:
        self.post_again(number, b"\x01" + sender[1:])

    @invariant()
    def storage_is_the_model_s(self) -> None:
        model = self.model
        expected = [
            model.credential(of, key).to_word() for of in [*CLINICS, NOBODY] for key in KEYS
        ]
        expected += [model.organisation(of).to_word() for of in [*CLINICS, NOBODY]]
        expected += [int.from_bytes(model.followed.get(of, b""), "big") for of in CLINICS]
        expected += [int(of in model.members) for of in SEATS]
        expected += [model.council.to_word(), model.disaster.to_word(), model.signers]
        assert self.words(self.evm.word) == expected

    @invariant()
    def revoked_is_terminal(self) -> None:
        found = {of for of, kept in self.model.credentials.items() if kept.is_revoked}
        assert self.revoked <= found
        self.revoked = found

    @invariant()
    def the_council_is_never_below_its_threshold(self) -> None:
        council = Council.from_word(self.evm.word(self.place.contract, slots.council_slot()))
        assert 1 <= council.threshold <= council.members


TestAccreditationHistories = AccreditationMachine.TestCase
TestAccreditationHistories.settings = EFFORT
