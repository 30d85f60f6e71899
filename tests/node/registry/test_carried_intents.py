"""Intents in a file: whoever pays sends what is signed by others, and never speaks themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import calls
from contracts.loader import Name
from contracts.slots import credential_slot
from node.registry.carried_intents import outbox_text, parse_outbox
from node.registry.errors import OutboxFileInvalid
from node.registry.intent import Effect, Intent

FINGERPRINT = b"f" * 32
ISSUER, KEY = b"i" * 20, b"k" * 32
DONE = Effect.state_at_least(
    Name.ACCREDITATION, credential_slot(ISSUER, KEY), shift_bits=152, width_bits=8, value=1
)


def intent(calldata: bytes, contract: Name = Name.ACCREDITATION) -> Intent:
    return Intent(
        "issue", contract, calldata, DONE, "device did:key:z6Mk…", b"order", 1_800_000_000
    )


def signed(number: int = 0) -> bytes:
    return calls.issue_signed(ISSUER, [KEY], number, 2, 1_800_000_000, b"s" * 65)


def test_a_file_brings_what_was_written_down() -> None:
    written = [intent(signed(number)) for number in range(3)]
    assert parse_outbox(outbox_text(FINGERPRINT, written) + "\n", FINGERPRINT) == written
    assert parse_outbox(outbox_text(FINGERPRINT, []), FINGERPRINT) == []


@pytest.mark.parametrize(
    ("contract", "calldata"),
    [
        (Name.ACCREDITATION, calls.issue(KEY, 0, 2)),
        (Name.ACCREDITATION, calls.issue_batch([KEY], 0, 2)),
        (Name.ACCREDITATION, calls.revoke_key(KEY)),
        (Name.ACCREDITATION, calls.revoke_key_batch([KEY])),
        (Name.CONSENT, calls.anchor(KEY)),
        (Name.CONSENT, calls.break_glass([KEY])),
        (Name.DID, calls.change_owner(ISSUER, b"t" * 20)),
        (Name.DID, signed()),
        (Name.ACCREDITATION, b""),
    ],
)
def test_a_call_in_the_payer_s_own_name_is_never_taken(contract: Name, calldata: bytes) -> None:
    with pytest.raises(OutboxFileInvalid, match="sender's own"):
        outbox_text(FINGERPRINT, [intent(calldata, contract)])


def test_a_file_that_says_so_all_the_same_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("node.registry.carried_intents._check", lambda one: None)
        text = outbox_text(FINGERPRINT, [intent(signed()), intent(calls.revoke_key(KEY))])
    with pytest.raises(OutboxFileInvalid, match="sender's own"):
        parse_outbox(text, FINGERPRINT)


def test_another_network_s_file_is_refused() -> None:
    with pytest.raises(OutboxFileInvalid, match="another network"):
        parse_outbox(outbox_text(FINGERPRINT, [intent(signed())]), b"g" * 32)


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
def test_a_changed_file_is_another_s_words_or_refused(place: int, character: str) -> None:
    text = outbox_text(FINGERPRINT, [intent(signed())])
    place %= len(text)
    changed = text[:place] + character + text[place + 1 :]
    try:
        found = parse_outbox(changed, FINGERPRINT)
    except OutboxFileInvalid:
        found = []
    assert all(one.calldata[:4] == signed()[:4] for one in found)
