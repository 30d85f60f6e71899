"""Facts that are held: revocations for ever, other values by the newest block, alarms beside."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from made_registry import BLOCK_SECONDS, SIGNERS, change, network, signer_set, slot, snapshot

from contracts.loader import Name
from contracts.slots import signers_slot
from node.registry.checkpoint import Checkpoint, sign_checkpoint
from node.registry.errors import SignedBefore, SignersNotNamed
from node.registry.fact import FactKey, is_revocation
from node.registry.limits import checkpoint_ahead_seconds_max
from node.registry.snapshot import Snapshot
from node.store.registry_facts import AlarmKind, RegistryFacts, Taken
from node.store.store import Store, create_store

NETWORK = network()
LIVE = 1 << 152 | 1 << 144 | 5
REVOKED = 2 << 152 | 1 << 144 | 7 << 96 | 5
KEY = FactKey(Name.ACCREDITATION, slot(1))
OTHER = FactKey(Name.ACCREDITATION, slot(2))
LATER = 1_000_000
LONG_AGO = 50 * BLOCK_SECONDS - checkpoint_ahead_seconds_max - 1
"""A clock after every block of these tests, in seconds."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "satchel.db", bytes(32), bytes) as store:
        yield store


@pytest.fixture
def facts(store: Store) -> RegistryFacts:
    return RegistryFacts(store.database)


def of(block: int, words: dict[FactKey, int], **other: Any) -> Snapshot:
    held: dict[Name, dict[bytes, int]] = {}
    for key, word in words.items():
        held.setdefault(key.contract, {})[key.slot] = word
    return snapshot(NETWORK, held, block, **other)


def take(facts: RegistryFacts, made: Snapshot, now_seconds: int = LATER) -> Taken:
    return facts.take(made, made.verify(NETWORK), now_seconds)


def word(facts: RegistryFacts, key: FactKey = KEY) -> int | None:
    held = facts.get(key)
    return None if held is None else held.value


def plausible(block: int, clock_seconds: int) -> bool:
    return block * BLOCK_SECONDS <= clock_seconds + checkpoint_ahead_seconds_max


def kinds(taken: Taken) -> list[AlarmKind]:
    return [alarm.kind for alarm in taken.alarms]


def test_terminal_words_are_told_by_their_packed_form() -> None:
    organisation = 5 << 160 | 2 << 152
    address = int.from_bytes(b"\x02" + b"\x11" * 19)
    forever = (1 << 48) - 1
    assert is_revocation(KEY, REVOKED | forever << 48)
    assert not is_revocation(KEY, address)
    assert is_revocation(KEY, REVOKED)
    assert not is_revocation(KEY, LIVE)
    assert not is_revocation(KEY, 0)
    assert not is_revocation(KEY, organisation)
    assert not is_revocation(FactKey(Name.ACCREDITATION, signers_slot()), REVOKED)
    assert is_revocation(FactKey(Name.CONSENT, slot(1)), 9 << 56 | 2)
    assert not is_revocation(FactKey(Name.CONSENT, slot(1)), 9 << 104 | 2)
    assert not is_revocation(FactKey(Name.CONSENT, slot(1)), 9 << 8 | 1)
    assert not is_revocation(FactKey(Name.DID, slot(1)), 2)


def test_a_fact_is_held_with_its_block_and_proven_to_others(facts: RegistryFacts) -> None:
    taken = take(facts, of(50, {KEY: LIVE, OTHER: 0}))

    held = facts.get(KEY)
    assert held is not None
    assert (held.value, held.block, held.timestamp_seconds) == (LIVE, 50, 50 * BLOCK_SECONDS)
    assert word(facts, OTHER) == 0
    assert word(facts, FactKey(Name.CONSENT, slot(1))) is None
    assert {fact.key for fact in taken.new} == taken.changed == {KEY, OTHER}
    (passed_on,) = facts.snapshots_for([KEY, FactKey(Name.DID, slot(7))])
    assert passed_on.verify(NETWORK).facts == {KEY: LIVE}
    adopted = facts.adopted()
    assert adopted is not None
    assert (adopted[0].chain, adopted[0].block, adopted[1]) == (1337, 50, 5000)


def test_the_newest_block_wins_and_an_older_one_changes_nothing(facts: RegistryFacts) -> None:
    take(facts, of(50, {KEY: LIVE}))
    assert take(facts, of(40, {KEY: 0, OTHER: LIVE})).changed == {OTHER}
    assert word(facts) == LIVE
    assert take(facts, of(60, {KEY: 0})).changed == {KEY}
    assert word(facts) == 0
    assert not take(facts, of(60, {KEY: 0})).new
    again = take(facts, of(70, {KEY: 0}))
    assert [fact.key for fact in again.new] == [KEY]
    assert not again.changed


def test_a_revocation_is_taken_from_an_older_block_and_never_undone(facts: RegistryFacts) -> None:
    take(facts, of(50, {KEY: LIVE}))
    take(facts, of(40, {KEY: REVOKED}))
    assert word(facts) == REVOKED

    taken = take(facts, of(60, {KEY: LIVE}))

    assert word(facts) == REVOKED
    assert kinds(taken) == [AlarmKind.UNDONE]
    (proof,) = facts.snapshots_for([KEY])
    assert proof.verify(NETWORK).facts == {KEY: REVOKED}


def test_a_block_ahead_of_the_clock_revokes_and_says_nothing_else(facts: RegistryFacts) -> None:
    now = 50 * BLOCK_SECONDS - checkpoint_ahead_seconds_max - 1
    ahead = of(50, {KEY: REVOKED, OTHER: LIVE})

    taken = take(facts, ahead, now)

    assert kinds(taken) == [AlarmKind.AHEAD]
    assert (word(facts, KEY), word(facts, OTHER)) == (REVOKED, None)
    assert facts.adopted() is None
    assert kinds(take(facts, ahead, now)) == []
    assert not facts.reconsider(NETWORK, now).new
    assert facts.reconsider(NETWORK, now + 1).changed == {OTHER}
    assert word(facts, OTHER) == LIVE
    assert not facts.reconsider(NETWORK, LATER).new


def test_a_clock_that_was_set_back_loses_nothing(facts: RegistryFacts) -> None:
    known = of(50, {KEY: LIVE})
    take(facts, known)

    assert not take(facts, known, now_seconds=LONG_AGO).alarms
    assert take(facts, of(60, {OTHER: REVOKED}), now_seconds=LONG_AGO).changed == {OTHER}

    assert (word(facts), word(facts, OTHER)) == (LIVE, REVOKED)
    adopted = facts.adopted()
    assert adopted is not None
    assert adopted[0].block == 50


def test_one_number_with_two_hashes_is_an_alarm_and_neither_is_believed(
    facts: RegistryFacts,
) -> None:
    take(facts, of(40, {OTHER: LIVE}))
    first, second = of(50, {KEY: LIVE}), of(50, {KEY: 0}, salt=b"other")
    take(facts, first)

    assert kinds(take(facts, second)) == [AlarmKind.DISAGREES]

    assert word(facts) is None
    assert word(facts, OTHER) == LIVE
    adopted = facts.adopted()
    assert adopted is not None
    assert adopted[0].block == 40
    take(facts, first)
    assert word(facts) is None
    take(facts, of(50, {KEY: REVOKED}, salt=b"third"))
    assert word(facts) == REVOKED
    assert take(facts, of(51, {OTHER: 0})).changed == {OTHER}


def test_replaced_signers_vouch_for_nothing_after_their_time(facts: RegistryFacts) -> None:
    new = signer_set(SIGNERS[3:6], 2)
    changed = change(NETWORK, new, 60)
    take(facts, of(55, {OTHER: LIVE}))
    take(facts, of(80, {KEY: LIVE}))
    assert facts.signers(NETWORK) == signer_set()

    take(facts, of(70, {}, changes=(changed,), signers=SIGNERS[3:5]))

    assert facts.signers(NETWORK) == new
    assert facts.signer_changes() == (changed,)
    assert word(facts) is None, "the old set signed it after it had been replaced"
    assert word(facts, OTHER) == LIVE
    taken = take(facts, of(90, {KEY: LIVE, OTHER: REVOKED}))
    assert kinds(taken) == [AlarmKind.REPLACED]
    assert taken.changed == {OTHER}
    assert not take(facts, of(58, {KEY: 0})).alarms
    assert word(facts) == 0


def test_signers_are_followed_by_the_proof_that_the_registry_names_them(
    facts: RegistryFacts,
) -> None:
    new, other = signer_set(SIGNERS[3:6], 2), signer_set(SIGNERS[3:6], 1)
    named = FactKey(Name.ACCREDITATION, signers_slot())
    with pytest.raises(SignersNotNamed):
        facts.follow(NETWORK, new)
    take(facts, of(60, {named: int.from_bytes(new.hash), OTHER: LIVE}))
    take(facts, of(70, {KEY: LIVE}))
    with pytest.raises(SignersNotNamed):
        facts.follow(NETWORK, other)
    assert facts.names_others(NETWORK)

    change = facts.follow(NETWORK, new)

    assert facts.signers(NETWORK) == new
    assert not facts.names_others(NETWORK)
    assert (word(facts), word(facts, OTHER)) == (None, LIVE)
    later = of(80, {KEY: LIVE}, changes=(change,), signers=SIGNERS[3:5])
    assert take(facts, later).changed == {KEY}
    with pytest.raises(SignersNotNamed):
        facts.follow(NETWORK, new)
    back = int.from_bytes(signer_set().hash)
    take(facts, of(90, {named: back}, changes=(change,), signers=SIGNERS[3:5]))
    assert facts.follow(NETWORK, signer_set()).signers == signer_set()
    assert len(facts.signer_changes()) == 2


def test_two_sets_that_claim_to_follow_one_are_an_alarm_and_the_first_stays(
    facts: RegistryFacts,
) -> None:
    one = change(NETWORK, signer_set(SIGNERS[3:5], 1), 60)
    other = change(NETWORK, signer_set(SIGNERS[5:7], 1), 61)
    take(facts, of(70, {KEY: LIVE}, changes=(one,), signers=SIGNERS[3:4]))

    taken = take(facts, of(80, {KEY: 0, OTHER: REVOKED}, changes=(other,), signers=SIGNERS[5:6]))

    assert kinds(taken) == [AlarmKind.REPLACED]
    assert facts.signers(NETWORK) == signer_set(SIGNERS[3:5], 1)
    assert (word(facts), word(facts, OTHER)) == (LIVE, REVOKED)


def test_snapshots_that_prove_nothing_any_more_are_let_go(
    store: Store, facts: RegistryFacts
) -> None:
    for block in range(10, 30):
        take(facts, of(block, {KEY: LIVE, OTHER: block}))

    assert store.database.value("SELECT count(*) FROM registry_snapshots") == 1
    assert len(facts.all()) == 2


def test_a_signer_gives_its_word_for_one_block_a_number_and_never_goes_back(
    facts: RegistryFacts,
) -> None:
    def alone(block: int, block_hash: bytes = b"\x01" * 32) -> Checkpoint:
        return sign_checkpoint(SIGNERS[0], NETWORK.fingerprint, block, block_hash)

    facts.note_signed(alone(50))
    facts.note_signed(alone(50))
    facts.note_signed(alone(60))

    for wrong in (alone(60, b"\x02" * 32), alone(55), alone(50, b"\x02" * 32)):
        with pytest.raises(SignedBefore, match="signed block 60"):
            facts.note_signed(wrong)
    assert facts.signed() == [alone(50), alone(60)]


WORDS = st.sampled_from([0, LIVE, REVOKED, 3 << 152 | 1])
CLOCKS = st.sampled_from(
    [LATER, *(block * BLOCK_SECONDS - checkpoint_ahead_seconds_max for block in (6, 14))]
)


class FactsMachine(RuleBasedStateMachine):
    """Snapshots in any order, of any age, under clocks of any time, against a plain model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = create_store(Path(self.folder.name) / "satchel.db", bytes(32), bytes)
        self.facts = RegistryFacts(self.store.database)
        self.chain: dict[int, dict[FactKey, int]] = {}
        self.believed: set[int] = set()
        self.aside: set[int] = set()

    @rule(
        block=st.integers(2, 15),
        numbers=st.dictionaries(st.integers(0, 3), WORDS, min_size=1),
        clock=CLOCKS,
    )
    def take(self, block: int, numbers: dict[int, int], clock: int) -> None:
        drawn = {FactKey(Name.ACCREDITATION, slot(n)): word for n, word in numbers.items()}
        words = self.chain.setdefault(block, drawn)
        take(self.facts, of(block, words), clock)
        if block in self.believed or plausible(block, clock):
            self.believed.add(block)
        else:
            self.aside.add(block)

    @rule(clock=CLOCKS)
    def reconsider(self, clock: int) -> None:
        self.facts.reconsider(NETWORK, clock)
        self.believed |= {block for block in self.aside if plausible(block, clock)}

    @invariant()
    def revocations_stay_and_other_words_are_the_newest(self) -> None:
        expected: dict[FactKey, int] = {}
        for block in sorted(self.believed):
            expected.update(self.chain[block])
        for words in self.chain.values():
            expected.update({key: word for key, word in words.items() if is_revocation(key, word)})
        assert {fact.key: fact.value for fact in self.facts.all()} == expected
        adopted = self.facts.adopted()
        assert (adopted[0].block if adopted else None) == max(self.believed, default=None)

    @invariant()
    def every_fact_is_proven_to_others(self) -> None:
        held = {fact.key: fact.value for fact in self.facts.all()}
        proven: dict[FactKey, int] = {}
        for one in self.facts.snapshots_for(held):
            proven.update(one.verify(NETWORK).facts)
        assert proven == held

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


FactsMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestFactsMachine = FactsMachine.TestCase
