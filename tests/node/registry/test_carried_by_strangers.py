"""A stranger's file of intents stops neither a node's meetings with its chain nor its own work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import Clinic
from registered_clinics import registered

from contracts import calls
from contracts.loader import Name
from contracts.slots import anchor_slot
from node.registry.carried_intents import outbox_text
from node.registry.errors import OutboxFileInvalid
from node.registry.intent import Effect, Intent

PUBLISHER, NONE, OWN, LATER = b"p" * 20, bytes(32), b"\x01" * 32, b"\x02" * 32
FAR = 1_900_000_000


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with registered(tmp_path, "A") as (one,):
        yield one


def anchored(previous: bytes, head: bytes, *, contract: str = Name.CONSENT) -> Intent:
    calldata = calls.anchor_signed(PUBLISHER, previous, head, FAR, b"s" * 65)
    effect = Effect.head_changed(contract, anchor_slot(PUBLISHER), previous=previous, head=head)
    return Intent("anchor", Name.CONSENT, calldata, effect, "a root", PUBLISHER, FAR)


def given(clinic: Clinic, *intents: Intent) -> None:
    fingerprint = clinic.node.context.registry.fingerprint
    assert fingerprint is not None
    clinic.node.registry_desk.outbox_take(outbox_text(fingerprint, intents))


def test_an_effect_on_a_contract_that_is_none_is_refused(clinic: Clinic) -> None:
    with pytest.raises(OutboxFileInvalid, match="contract"):
        given(clinic, anchored(NONE, OWN, contract="Nothing"))


def test_a_time_that_no_store_holds_is_refused(clinic: Clinic) -> None:
    one = anchored(NONE, OWN)
    late = Intent(one.kind, one.contract, one.calldata, one.effect, one.label, None, (1 << 64) - 1)
    with pytest.raises(OutboxFileInvalid):
        given(clinic, late)


def test_a_stranger_s_intents_never_stand_in_the_order_of_own_ones(clinic: Clinic) -> None:
    outbox = clinic.node.context.store.outbox
    given(clinic, anchored(b"\x09" * 32, LATER))
    own = outbox.put(anchored(NONE, OWN), 1)
    given(clinic, anchored(LATER, b"\x03" * 32))
    assert [kept.number for kept in outbox.of_order(PUBLISHER)] == [own]
