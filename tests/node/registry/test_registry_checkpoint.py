"""Checkpoints: k of n, each once, nobody else; one number has one hash."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_registry import SIGNERS, network, signer_set

from node.registry.checkpoint import (
    Checkpoint,
    Signed,
    checkpoint_text,
    combine_checkpoints,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from node.registry.errors import CheckpointInvalid, CheckpointsDisagree
from node.registry.signers import SignerSet, signers_hash

FINGERPRINT = network().fingerprint
HASH = b"\x0a" * 32


def signed(number: int, block: int = 7, block_hash: bytes = HASH) -> Checkpoint:
    return sign_checkpoint(SIGNERS[number], FINGERPRINT, block, block_hash)


def test_enough_signatures_make_a_checkpoint_in_any_order() -> None:
    one = combine_checkpoints([signed(0), signed(2)], signer_set())
    other = combine_checkpoints([signed(2), signed(0)], signer_set())

    assert one == other
    verify_checkpoint(one, FINGERPRINT, signer_set())
    verify_checkpoint(
        combine_checkpoints([one, signed(1)], signer_set()), FINGERPRINT, signer_set()
    )


def test_too_few_a_stranger_and_a_doubled_signature_are_refused() -> None:
    with pytest.raises(CheckpointInvalid, match="1 signed, and it takes 2"):
        combine_checkpoints([signed(0)], signer_set())
    with pytest.raises(CheckpointInvalid, match="no signer"):
        combine_checkpoints([signed(0), signed(5)], signer_set())
    with pytest.raises(CheckpointInvalid, match="twice"):
        combine_checkpoints([signed(0), signed(0)], signer_set())
    with pytest.raises(CheckpointInvalid):
        combine_checkpoints([], signer_set())


def test_one_number_with_two_hashes_is_an_alarm_that_names_both() -> None:
    with pytest.raises(CheckpointsDisagree) as alarm:
        combine_checkpoints([signed(0), signed(1, block_hash=b"\x0b" * 32)], signer_set())

    assert HASH.hex() in str(alarm.value)
    assert (b"\x0b" * 32).hex() in str(alarm.value)


def test_a_forged_disagreement_is_no_alarm() -> None:
    forged = replace(signed(1), block_hash=b"\x0b" * 32)

    with pytest.raises(CheckpointInvalid, match="does not match"):
        combine_checkpoints([signed(0), forged], signer_set())


def test_checkpoints_of_other_blocks_or_networks_do_not_combine() -> None:
    with pytest.raises(CheckpointInvalid, match="blocks 7 and 8"):
        combine_checkpoints([signed(0), signed(1, block=8)], signer_set())
    with pytest.raises(CheckpointInvalid, match="different networks"):
        combine_checkpoints([signed(0), replace(signed(1), fingerprint=bytes(32))], signer_set())
    with pytest.raises(CheckpointInvalid, match="another network"):
        verify_checkpoint(
            combine_checkpoints([signed(0), signed(1)], signer_set()), bytes(32), signer_set()
        )


def test_a_signature_speaks_of_its_block_alone() -> None:
    whole = combine_checkpoints([signed(0), signed(1)], signer_set())
    for wrong in (
        replace(whole, block=8),
        replace(whole, block_hash=bytes(32)),
        replace(whole, signatures=whole.signatures[::-1]),
        replace(whole, signatures=(whole.signatures[0], whole.signatures[0])),
        replace(
            whole,
            signatures=(whole.signatures[0], Signed(whole.signatures[1].signer, bytes(64))),
        ),
    ):
        with pytest.raises(CheckpointInvalid):
            verify_checkpoint(wrong, FINGERPRINT, signer_set())


def test_every_changed_character_of_a_checkpoints_line_is_refused() -> None:
    whole = combine_checkpoints([signed(0), signed(1)], signer_set())
    text = checkpoint_text(whole)
    assert parse_checkpoint(f" {text}\n") == whole

    for place, letter in enumerate(text):
        changed = text[:place] + ("A" if letter != "A" else "B") + text[place + 1 :]
        with pytest.raises(CheckpointInvalid):
            verify_checkpoint(parse_checkpoint(changed), FINGERPRINT, signer_set())
        with pytest.raises(CheckpointInvalid):
            verify_checkpoint(parse_checkpoint(text[:place]), FINGERPRINT, signer_set())


@given(st.text(max_size=100))
def test_no_text_is_read_as_a_checkpoint_by_accident(text: str) -> None:
    for whole in (text, "satchel-checkpoint:1:" + text):
        with pytest.raises(CheckpointInvalid):
            parse_checkpoint(whole)


def test_the_hash_of_signers_names_keys_and_threshold_and_no_order() -> None:
    keys = signer_set().keys

    assert signers_hash(keys, 2) == signers_hash(keys[::-1], 2) == signer_set().hash
    assert len({signers_hash(keys, 2), signers_hash(keys, 1), signers_hash(keys[:2], 2)}) == 3


@pytest.mark.parametrize("threshold", [0, 4, -1, True])
def test_a_set_that_could_not_sign_is_no_set(threshold: int) -> None:
    keys = signer_set().keys
    if threshold is True:
        SignerSet(keys, 1)
    with pytest.raises(ValueError, match="threshold"):
        SignerSet(keys, threshold)
