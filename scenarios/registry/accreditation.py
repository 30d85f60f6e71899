"""What the Accreditation does with a call, in Python: a model that a test holds to the contract."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from contracts import typed_data
from contracts.errors import BadSignature
from contracts.loader import Name
from contracts.packing import Council, Credential, Disaster, Kind, Organisation, OrganisationState
from contracts.packing import State as CredentialState
from contracts.slots import (
    council_slot,
    credential_slot,
    decided_slot,
    disaster_slot,
    issuer_owner_slot,
    member_slot,
    organisation_slot,
    owner_slot,
    signers_slot,
)
from contracts.typed_data import Action, Place
from scenarios.registry.errors import CallReverted
from scenarios.registry.words import Words

_KEYS_MAX: Final = 64
_ACTIONS_MAX: Final = 16
_MEMBERS_MAX: Final = 16
_MASK_48: Final = (1 << 48) - 1
_NOBODY: Final = bytes(20)
_HERE: Final = Name.ACCREDITATION


def require(condition: object, reason: str) -> None:
    """Refuse a call as a contract's assertion does. Raises CallReverted."""
    if not condition:
        raise CallReverted(reason)


def signer_of(digest: bytes, signature: bytes) -> bytes:
    """Who signed, 20 bytes. Raises CallReverted."""
    try:
        return typed_data.recover(digest, signature)
    except BadSignature as error:
        raise CallReverted("bad signature") from error


class Accreditation:
    """One call of the contract."""

    def __init__(self, words: Words, place: Place, sender: bytes, now_seconds: int) -> None:
        """Work on words; `place` is what signatures name."""
        self._words = words
        self._place = place
        self._sender = sender
        self._now = now_seconds
        self.functions: dict[str, Callable[..., None]] = {
            "decide": self._decide,
            "issue": lambda key, until, kind: self._issue_own([key], until, kind, alone=True),
            "issueBatch": self._issue_own,
            "issueSigned": self._issue_signed,
            "revoke": lambda key: self._revoke_own([key], alone=True),
            "revokeBatch": self._revoke_own,
            "revokeSigned": self._revoke_signed,
            "follow": self._follow,
        }

    # -- credentials

    def _issue_own(self, keys: Sequence[bytes], until: int, kind: int, alone: bool = False) -> None:
        require(self._signs_for(self._sender) == self._sender, "key was changed")
        issued = self._issue(self._sender, keys, until, kind)
        require(issued or not alone, "issued already")

    def _issue_signed(
        self, issuer: bytes, keys: list[bytes], until: int, kind: int, deadline: int, by: bytes
    ) -> None:
        require(keys, "no key")
        digest = typed_data.issue_digest(self._place, issuer, keys, until, kind, deadline)
        self._require_signed(issuer, digest, deadline, by)
        self._issue(issuer, keys, until, kind)

    def _issue(self, issuer: bytes, keys: Sequence[bytes], until: int, kind: int) -> int:
        require(len(keys) <= _KEYS_MAX, "too many keys")
        held = Organisation.from_word(self._words[_HERE, organisation_slot(issuer)])
        require(held.is_accredited(self._now), "not accredited")
        require(until == 0 or self._now < until <= _MASK_48, "bad until")
        require(kind in (1, 2), "bad kind")
        fact = Credential(self._now, until, 0, Kind(kind), CredentialState.LIVE).to_word()
        issued = 0
        for key in keys:
            require(any(key), "bad key")
            place = (_HERE, credential_slot(issuer, key))
            if self._words[place] == 0:
                self._words[place] = fact
                issued += 1
        return issued

    def _revoke_own(self, keys: Sequence[bytes], alone: bool = False) -> None:
        require(self._signs_for(self._sender) == self._sender, "key was changed")
        revoked = self._revoke(self._sender, keys)
        require(revoked or not alone, "revoked already")

    def _revoke_signed(self, issuer: bytes, keys: list[bytes], deadline: int, by: bytes) -> None:
        require(keys, "no key")
        digest = typed_data.revoke_keys_digest(self._place, issuer, keys, deadline)
        self._require_signed(issuer, digest, deadline, by)
        self._revoke(issuer, keys)

    def _revoke(self, issuer: bytes, keys: Sequence[bytes]) -> int:
        require(len(keys) <= _KEYS_MAX, "too many keys")
        revoked = 0
        for key in keys:
            require(any(key), "bad key")
            place = (_HERE, credential_slot(issuer, key))
            old = Credential.from_word(self._words[place])
            if old.is_revoked:
                continue
            self._words[place] = Credential(
                old.issued_at_seconds,
                old.until_seconds,
                self._now,
                old.kind,
                CredentialState.REVOKED,
            ).to_word()
            revoked += 1
        return revoked

    def _follow(self, issuer: bytes) -> None:
        owner = self._words[Name.DID, owner_slot(issuer)].to_bytes(32)[12:]
        owner = issuer if owner == _NOBODY else owner
        if owner != self._signs_for(issuer):
            self._words[_HERE, issuer_owner_slot(issuer)] = int.from_bytes(owner)

    def _signs_for(self, issuer: bytes) -> bytes:
        owner = self._words[_HERE, issuer_owner_slot(issuer)].to_bytes(32)[12:]
        return issuer if owner == _NOBODY else owner

    def _require_signed(self, issuer: bytes, digest: bytes, deadline: int, by: bytes) -> None:
        require(self._now <= deadline, "too late")
        require(signer_of(digest, by) == self._signs_for(issuer), "bad signature")

    # -- the council

    def _decide(
        self, actions: list[tuple[Any, ...]], salt: bytes, deadline: int, signatures: list[bytes]
    ) -> None:
        require(0 < len(actions) <= _ACTIONS_MAX, "no action")
        require(len(signatures) <= _MEMBERS_MAX, "too many signatures")
        require(self._now <= deadline, "too late")
        called = [Action(*action) for action in actions]
        digest = typed_data.decision_digest(self._place, called, salt, deadline)
        decided = (_HERE, decided_slot(digest))
        require(not self._words[decided], "decided already")
        self._words[decided] = 1
        require(len(signatures) >= self._council().threshold, "below threshold")
        last = _NOBODY
        for signature in signatures:
            signer = signer_of(digest, signature)
            require(signer > last, "signatures not ascending")
            require(self._words[_HERE, member_slot(signer)], "not a member")
            last = signer
        for action in called:
            self._act(action)
        council = self._council()
        require(council.threshold > 0, "no threshold")
        require(council.members >= council.threshold, "fewer members than threshold")
        require(council.members <= _MEMBERS_MAX, "too many members")

    def _act(self, action: Action) -> None:
        kind, subject, a, b = action
        if kind == 1:
            self._accredit(subject, a, b)
        elif kind == 2:
            self._suspend(subject)
        elif kind in (3, 4):
            self._set_member(subject, kind == 3)
        elif kind == 5:
            require(0 < a <= _MEMBERS_MAX, "bad threshold")
            self._words[_HERE, council_slot()] = Council(self._council().members, a).to_word()
        elif kind == 6:
            require(a == 0 or self._now < a <= _MASK_48, "bad until")
            self._words[_HERE, disaster_slot()] = Disaster(a, self._now).to_word()
        elif kind == 7:
            require(a, "bad signers")
            self._words[_HERE, signers_slot()] = a
        elif kind == 8:
            self._words[_HERE, decided_slot(a.to_bytes(32))] = 1
        else:
            raise CallReverted("unknown action")

    def _accredit(self, subject: bytes, roles: int, until: int) -> None:
        require(subject != _NOBODY, "bad organisation")
        require(0 < roles < 1 << 64, "bad roles")
        require(until == 0 or self._now < until <= _MASK_48, "bad until")
        place = (_HERE, organisation_slot(subject))
        old = Organisation.from_word(self._words[place])
        since = old.since_seconds if old.is_accredited(self._now) else self._now
        state = OrganisationState.ACCREDITED
        self._words[place] = Organisation(roles, since, until, self._now, state).to_word()

    def _suspend(self, subject: bytes) -> None:
        place = (_HERE, organisation_slot(subject))
        old = Organisation.from_word(self._words[place])
        if old.state is OrganisationState.SUSPENDED:
            return
        self._words[place] = Organisation(
            old.roles,
            old.since_seconds,
            old.until_seconds,
            self._now,
            OrganisationState.SUSPENDED,
        ).to_word()

    def _set_member(self, subject: bytes, shall_be: bool) -> None:
        require(subject != _NOBODY, "bad member")
        place = (_HERE, member_slot(subject))
        if bool(self._words[place]) == shall_be:
            return
        self._words[place] = int(shall_be)
        council = self._council()
        members = council.members + (1 if shall_be else -1)
        self._words[_HERE, council_slot()] = Council(members, council.threshold).to_word()

    def _council(self) -> Council:
        return Council.from_word(self._words[_HERE, council_slot()])
