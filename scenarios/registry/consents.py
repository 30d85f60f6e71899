"""What the ConsentRegistry and the DIDRegistry do with a call, in Python, as nodes call them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from contracts import typed_data
from contracts.loader import Name
from contracts.packing import Commitment, State
from contracts.slots import (
    anchor_slot,
    changed_slot,
    commitment_id,
    commitment_slot,
    glass_slot,
    nonce_slot,
    owner_slot,
)
from contracts.typed_data import Place
from scenarios.registry.accreditation import require, signer_of
from scenarios.registry.errors import CallReverted
from scenarios.registry.words import Words

_ITEMS_MAX: Final = 32
_NOBODY: Final = bytes(20)
_HERE: Final = Name.CONSENT


class Consents:
    """One call of the ConsentRegistry."""

    def __init__(self, words: Words, place: Place, sender: bytes, now_seconds: int) -> None:
        """Work on words; `place` is what signatures name."""
        self._words = words
        self._place = place
        self._sender = sender
        self._now = now_seconds
        self.functions: dict[str, Callable[..., None]] = {
            "grant": lambda *item: self._one(item, self._grant, "not empty"),
            "revoke": lambda *item: self._one(item, self._revoke, "revoked already"),
            "grantBatch": lambda items: self._several(items, self._grant),
            "revokeBatch": lambda items: self._several(items, self._revoke),
            "breakGlass": lambda tags: self._chain_on(glass_slot(self._sender), tags),
            "breakGlassSigned": self._break_glass_signed,
            "anchor": lambda root: self._chain_on(anchor_slot(self._sender), [root]),
            "anchorSigned": self._anchor_signed,
        }

    def _one(self, item: Sequence[Any], act: Callable[..., bool], reason: str) -> None:
        require(self._signed(item, act == self._grant), "not signed by its owner in time")
        require(act(item[0], item[1]), reason)

    def _several(self, items: Sequence[Sequence[Any]], act: Callable[..., bool]) -> None:
        require(len(items) <= _ITEMS_MAX, "too many items")
        for item in items:
            if self._signed(item, act == self._grant):
                act(item[0], item[1])

    def _signed(self, item: Sequence[Any], grants: bool) -> bool:
        owner, commitment, deadline, v, r, s = item
        digest = typed_data.grant_digest if grants else typed_data.revoke_digest
        if self._now > deadline or v not in (27, 28):
            return False
        try:
            signer = signer_of(digest(self._place, owner, commitment, deadline), r + s + bytes([v]))
        except CallReverted:
            return False
        return bool(signer == owner)

    def _grant(self, owner: bytes, commitment: bytes) -> bool:
        place = (_HERE, commitment_slot(commitment_id(owner, commitment)))
        if self._words[place]:
            return False
        self._words[place] = Commitment(State.LIVE, self._now, 0).to_word()
        return True

    def _revoke(self, owner: bytes, commitment: bytes) -> bool:
        place = (_HERE, commitment_slot(commitment_id(owner, commitment)))
        old = Commitment.from_word(self._words[place])
        if old.is_revoked:
            return False
        made = Commitment(State.REVOKED, old.granted_at_seconds, self._now)
        self._words[place] = made.to_word()
        return True

    def _break_glass_signed(
        self, publisher: bytes, previous: bytes, tags: list[bytes], deadline: int, by: bytes
    ) -> None:
        slot = glass_slot(publisher)
        require(tags, "no tag")
        require(self._words[_HERE, slot] == int.from_bytes(previous), "another head")
        require(self._now <= deadline, "too late")
        digest = typed_data.glass_digest(self._place, publisher, previous, tags, deadline)
        require(signer_of(digest, by) == publisher, "bad signature")
        self._chain_on(slot, tags)

    def _anchor_signed(
        self, publisher: bytes, previous: bytes, root: bytes, deadline: int, by: bytes
    ) -> None:
        slot = anchor_slot(publisher)
        require(self._words[_HERE, slot] == int.from_bytes(previous), "another head")
        require(self._now <= deadline, "too late")
        digest = typed_data.anchor_digest(self._place, publisher, previous, root, deadline)
        require(signer_of(digest, by) == publisher, "bad signature")
        self._chain_on(slot, [root])

    def _chain_on(self, slot: bytes, values: Sequence[bytes]) -> None:
        require(0 < len(values) <= _ITEMS_MAX, "no tag")
        head = self._words[_HERE, slot].to_bytes(32)
        for value in values:
            head = typed_data.chained(head, value)
        self._words[_HERE, slot] = int.from_bytes(head)


class Identities:
    """One call of the DIDRegistry: changes of owners, which are all that nodes ask of it."""

    def __init__(self, words: Words, place: Place, sender: bytes, block: int) -> None:
        """Work on words."""
        self._words = words
        self._place = place
        self._sender = sender
        self._block = block
        self.functions: dict[str, Callable[..., None]] = {
            "changeOwner": self._change,
            "changeOwnerSigned": self._change_signed,
        }

    def _change_signed(self, identity: bytes, v: int, r: bytes, s: bytes, owner: bytes) -> None:
        before = self._owner(identity)
        count = self._words[Name.DID, nonce_slot(before)]
        digest = typed_data.identity_digest(
            self._place.contract, count, identity, "changeOwner", [owner]
        )
        require(v in (27, 28), "bad_signature")
        require(signer_of(digest, r + s + bytes([v])) == before, "bad_signature")
        self._words[Name.DID, nonce_slot(before)] = count + 1
        self._give(identity, owner)

    def _change(self, identity: bytes, owner: bytes) -> None:
        require(self._owner(identity) == self._sender, "bad_actor")
        self._give(identity, owner)

    def _give(self, identity: bytes, owner: bytes) -> None:
        self._words[Name.DID, owner_slot(identity)] = int.from_bytes(owner)
        self._words[Name.DID, changed_slot(identity)] = self._block

    def _owner(self, identity: bytes) -> bytes:
        owner = self._words[Name.DID, owner_slot(identity)].to_bytes(32)[12:]
        return identity if owner == _NOBODY else owner
