"""Histories of consents, tags and anchors: the ConsentRegistry does what a plain model does."""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from functools import partial

from bare_evm import secret
from contract_machines import DELAYS, EFFORT, FLAWS, ContractMachine, Letter, Refused
from contract_machines import signature_with as signed
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from contracts import calls, slots
from contracts.loader import Name
from contracts.packing import Commitment, State
from contracts.typed_data import (
    address_of,
    anchor_digest,
    chained,
    glass_digest,
    grant_digest,
    revoke_digest,
)

OWNERS = {address_of(secret(n)): secret(n) for n in (1, 2, 3)}
NOBODY = bytes(20)
PEOPLE = [*OWNERS, NOBODY]
COMMITMENTS = [hashlib.sha256(bytes([n])).digest() for n in range(3)]

people, commitments = st.sampled_from(PEOPLE), st.sampled_from(COMMITMENTS)


class ConsentModel:
    """What the contract shall keep."""

    def __init__(self, now_seconds: int) -> None:
        self.now_seconds = now_seconds
        self.commitments: dict[tuple[bytes, bytes], Commitment] = {}
        self.heads: dict[tuple[str, bytes], bytes] = {}

    def copy(self) -> "ConsentModel":
        return deepcopy(self)

    def change(self, kind: str, owner: bytes, commitment: bytes, deadline: int, flaw: str) -> bool:
        """Apply a signed grant or revocation; whether it counted."""
        kept = self.commitments.get((owner, commitment), Commitment(State.EMPTY, 0, 0))
        if flaw or owner == NOBODY or self.now_seconds > deadline:
            return False
        if kept.state is State.REVOKED or (kind == "grant" and kept.state is State.LIVE):
            return False
        if kind == "grant":
            changed = Commitment(State.LIVE, self.now_seconds, 0)
        else:
            changed = Commitment(State.REVOKED, kept.granted_at_seconds, self.now_seconds)
        self.commitments[owner, commitment] = changed
        return True

    def append(
        self, kind: str, publisher: bytes, previous: bytes, values: list[bytes], deadline: int,
        flaw: str,
    ) -> None:  # fmt: skip
        """Append to a publisher's chain."""
        head = self.heads.get((kind, publisher), bytes(32))
        if flaw or not values or publisher == NOBODY or self.now_seconds > deadline:
            raise Refused
        if head != previous:
            raise Refused
        for value in values:
            head = chained(head, value)
        self.heads[kind, publisher] = head


class ConsentMachine(ContractMachine):
    """Owners, strangers and relayers at work on one ConsentRegistry."""

    model: ConsentModel

    def __init__(self) -> None:
        super().__init__()
        self.model = ConsentModel(self.evm.now_seconds)
        self.place = self.registry.place(Name.CONSENT)
        self.revoked: set[tuple[bytes, bytes]] = set()

    def words(self, word: Callable[[bytes, bytes], int]) -> list[int]:
        ids = [slots.commitment_id(of, what) for of in PEOPLE for what in COMMITMENTS]
        wanted = [slots.commitment_slot(of) for of in ids]
        wanted += [slots.anchor_slot(of) for of in PEOPLE]
        wanted += [slots.glass_slot(of) for of in PEOPLE]
        return [word(self.registry.consent, slot) for slot in wanted]

    def item(
        self, kind: str, owner: bytes, commitment: bytes, deadline: int, flaw: str
    ) -> calls.Item:
        digest = grant_digest if kind == "grant" else revoke_digest
        key = OWNERS.get(owner, secret(666))
        made = signed(flaw, key, self.place, lambda at: digest(at, owner, commitment, deadline))
        return calls.Item(owner, commitment, deadline, made)

    def letter(self, data: bytes, meaning: Callable[[], int | None], sender: bytes = b"") -> Letter:
        somebody = sender or b"\x99" * 20
        return Letter(self.registry.consent, data, meaning, somebody, relayed=not sender)

    @rule(seconds=st.sampled_from([1, 60, 4000]))
    def pass_time(self, seconds: int) -> None:
        self.evm.now_seconds += seconds
        self.evm.block += 1
        self.model.now_seconds = self.evm.now_seconds

    @rule(
        kind=st.sampled_from(["grant", "revoke"]),
        owner=people,
        commitment=commitments,
        delay=DELAYS,
        flaw=FLAWS.filter(lambda flaw: flaw != "short"),
    )
    def change(self, kind: str, owner: bytes, commitment: bytes, delay: int, flaw: str) -> None:
        item = self.item(kind, owner, commitment, self.deadline(delay), flaw)

        def meaning() -> None:
            if not self.model.change(kind, owner, commitment, item.deadline_seconds, flaw):
                raise Refused

        data = (calls.grant if kind == "grant" else calls.revoke)(*item)
        self.post(self.letter(data, meaning))

    @rule(
        kind=st.sampled_from(["grant", "revoke"]),
        items=st.lists(
            st.tuples(people, commitments, DELAYS, FLAWS.filter(lambda flaw: flaw != "short")),
            max_size=4,
        ),
    )
    def change_several(self, kind: str, items: list[tuple[bytes, bytes, int, str]]) -> None:
        due = [(owner, what, self.deadline(delay), flaw) for owner, what, delay, flaw in items]
        made = [self.item(kind, *of) for of in due]

        def meaning() -> int:
            return sum(self.model.change(kind, *of) for of in due)

        data = (calls.grant_batch if kind == "grant" else calls.revoke_batch)(made)
        self.post(self.letter(data, meaning))

    @rule(
        publisher=people,
        values=st.lists(commitments, max_size=3),
        stale=st.booleans(),
        delay=DELAYS,
        flaw=FLAWS,
        kind=st.sampled_from(["glass", "anchor"]),
    )
    def append_signed(
        self, publisher: bytes, values: list[bytes], stale: bool, delay: int, flaw: str, kind: str
    ) -> None:
        previous = self.model.heads.get((kind, publisher), bytes(32))
        previous = COMMITMENTS[0] if stale else previous
        key, deadline = OWNERS.get(publisher, secret(666)), self.deadline(delay)
        if kind == "anchor":
            values = [(values or COMMITMENTS)[0]]
            made = signed(
                flaw, key, self.place,
                lambda at: anchor_digest(at, publisher, previous, values[0], deadline),
            )  # fmt: skip
            data = calls.anchor_signed(publisher, previous, values[0], deadline, made)
        else:
            made = signed(
                flaw, key, self.place,
                lambda at: glass_digest(at, publisher, previous, values, deadline),
            )  # fmt: skip
            data = calls.break_glass_signed(publisher, previous, values, deadline, made)

        def meaning() -> None:
            self.model.append(kind, publisher, previous, values, deadline, flaw)

        self.post(self.letter(data, meaning))

    @rule(publisher=st.sampled_from([*OWNERS]), values=st.lists(commitments, max_size=3))
    def append_direct(self, publisher: bytes, values: list[bytes]) -> None:
        def meaning(kind: str, values: list[bytes]) -> None:
            head = self.model.heads.get((kind, publisher), bytes(32))
            self.model.append(kind, publisher, head, values, self.model.now_seconds, "")

        tags, root = calls.break_glass(values), calls.anchor(COMMITMENTS[0])
        self.post(self.letter(tags, partial(meaning, "glass", values), publisher))
        self.post(self.letter(root, partial(meaning, "anchor", COMMITMENTS[:1]), publisher))

    @rule(number=st.integers(0, 1000), sender=st.binary(min_size=20, max_size=20))
    def replay(self, number: int, sender: bytes) -> None:
        self.post_again(number, b"\x01" + sender[1:])

    @invariant()
    def storage_is_the_model_s(self) -> None:
        expected = [
            self.model.commitments.get((of, what), Commitment(State.EMPTY, 0, 0)).to_word()
            for of in PEOPLE
            for what in COMMITMENTS
        ]
        expected += [
            int.from_bytes(self.model.heads.get((kind, of), b""), "big")
            for kind in ("anchor", "glass")
            for of in PEOPLE
        ]
        assert self.words(self.evm.word) == expected

    @invariant()
    def revoked_is_terminal(self) -> None:
        found = {of for of, kept in self.model.commitments.items() if kept.is_revoked}
        assert self.revoked <= found
        self.revoked = found
        for owner, commitment in self.revoked:
            slot = slots.commitment_slot(slots.commitment_id(owner, commitment))
            word = self.evm.word(self.registry.consent, slot)
            assert Commitment.from_word(word).is_revoked


TestConsentHistories = ConsentMachine.TestCase
TestConsentHistories.settings = EFFORT
