"""What shall be done on chain is kept in order, once, and says how to see that it is done."""

import dataclasses
from pathlib import Path

import pytest
from stored_charts import KEY

from node.registry.intent import Effect, Intent, Sighting, decode_effect
from node.store.outbox import Sending, Stage
from node.store.store import Store, open_store
from sync.errors import CodecError

SLOT = bytes(31) + b"\x07"
GRANT = Intent(
    kind="grant",
    contract="ConsentRegistry",
    calldata=b"grant me",
    effect=Effect.state_at_least("ConsentRegistry", SLOT, shift_bits=0, width_bits=8, value=1),
    label="one consent",
)


def head(letter: bytes) -> bytes:
    return letter * 32


def anchor(previous: bytes, after: bytes) -> Intent:
    effect = Effect.head_changed("ConsentRegistry", SLOT, previous=previous, head=after)
    return Intent("anchor", "ConsentRegistry", b"anchor" + after, effect, "an anchor", b"p" * 20)


def test_an_intent_comes_back_as_it_was_put(store: Store) -> None:
    expiring = dataclasses.replace(anchor(head(b"a"), head(b"b")), expires_at_seconds=77)

    number = store.outbox.put(expiring, 5)

    kept = store.outbox.get(number)
    assert kept is not None
    assert kept.intent == expiring
    assert (kept.stage, kept.put_at_seconds, kept.sending) == (Stage.WAITING, 5, None)


def test_the_same_call_is_kept_once_and_others_in_order(store: Store) -> None:
    first = store.outbox.put(GRANT, 1)
    second = store.outbox.put(anchor(head(b"a"), head(b"b")), 2)
    third = store.outbox.put(anchor(head(b"b"), head(b"c")), 3)

    assert store.outbox.put(GRANT, 9) == first
    assert [kept.number for kept in store.outbox.waiting()] == [first, second, third]
    assert [kept.number for kept in store.outbox.of_order(b"p" * 20)] == [second, third]


def test_an_intent_that_is_undone_with_its_act_was_never_put(store: Store) -> None:
    def act() -> None:
        with store.transaction():
            store.outbox.put(GRANT, 1)
            raise KeyError

    with pytest.raises(KeyError):
        act()
    assert store.outbox.all() == []


def test_what_became_of_an_intent_outlives_the_process(store: Store, path: Path) -> None:
    number = store.outbox.put(GRANT, 1)
    sending = Sending(b"y" * 20, 3, b"raw", b"h" * 32)
    store.outbox.note_sending(number, sending)
    store.close()

    with open_store(path, KEY) as again:
        kept = again.outbox.get(number)
        assert kept is not None
        assert (kept.stage, kept.sending) == (Stage.SENT, sending)
        again.outbox.note_seen(number, 12, b"b" * 32)
        assert [each.seen_block for each in again.outbox.waiting()] == [12]
        again.outbox.note_stage(number, Stage.DONE)
        assert again.outbox.waiting() == []
        assert again.outbox.counts()["done"] == 1


def test_a_transaction_that_no_chain_takes_is_forgotten_and_the_intent_waits(store: Store) -> None:
    number = store.outbox.put(GRANT, 1)
    store.outbox.note_sending(number, Sending(b"y" * 20, 3, b"raw", b"h" * 32))

    store.outbox.forget_sending(number, "the payer's number was taken")

    (kept,) = store.outbox.waiting()
    assert (kept.stage, kept.sending) == (Stage.WAITING, None)
    assert kept.reason == "the payer's number was taken"


@pytest.mark.parametrize(
    ("word", "sighting"),
    [(0, Sighting.NOT_YET), (1, Sighting.DONE), (2, Sighting.DONE), (0x100, Sighting.NOT_YET)],
)
def test_a_state_that_only_goes_forward_is_done_when_it_was_reached(
    word: int, sighting: Sighting
) -> None:
    assert GRANT.effect.sights[0].look(word) is sighting


@pytest.mark.parametrize(
    ("word", "after", "sighting"),
    [
        (head(b"a"), (), Sighting.NOT_YET),
        (head(b"b"), (), Sighting.DONE),
        (head(b"c"), (), Sighting.OVERTAKEN),
        (head(b"c"), (head(b"c"),), Sighting.DONE),
    ],
)
def test_a_head_is_done_when_the_chain_went_through_it(
    word: bytes, after: tuple[bytes, ...], sighting: Sighting
) -> None:
    (sight,) = anchor(head(b"a"), head(b"b")).effect.sights

    assert sight.look(int.from_bytes(word, "big"), after) is sighting


def test_an_effect_that_is_not_as_it_was_written_is_refused() -> None:
    encoded = Effect.all_of([GRANT.effect, anchor(head(b"a"), head(b"b")).effect]).encoded()

    assert decode_effect(encoded).encoded() == encoded
    with pytest.raises((CodecError, ValueError)):
        decode_effect(encoded[:-1])


def test_the_repr_of_an_intent_shows_no_calldata() -> None:
    assert "grant me" not in repr(GRANT)
    assert repr(GRANT).startswith("Intent(grant, ")
