"""Recovery words: BIP-39's own vectors, what a person may mistype, and the root they give."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import RecoveryWordsInvalid
from node.keystore.recovery import (
    entropy_from_words,
    root_from_entropy,
    words_from_entropy,
    words_from_text,
)

VECTORS = [
    ("00" * 32, " ".join(["abandon"] * 23 + ["art"])),
    (
        "7f" * 32,
        " ".join(["legal winner thank year wave sausage worth useful"] * 2)
        + " legal winner thank year wave sausage worth title",
    ),
    ("ff" * 32, " ".join(["zoo"] * 23 + ["vote"])),
]
"""From the vectors that BIP-39 names (24 words)."""


@pytest.mark.parametrize(("entropy", "words"), VECTORS)
def test_words_are_those_of_bip_39(entropy: str, words: str) -> None:
    assert " ".join(words_from_entropy(bytes.fromhex(entropy))) == words
    assert entropy_from_words(words_from_text(words)).hex() == entropy


@given(st.binary(min_size=32, max_size=32))
def test_words_give_their_bytes_back(entropy: bytes) -> None:
    words = words_from_entropy(entropy)
    assert len(words) == 24
    assert entropy_from_words(words) == entropy


def test_words_may_be_numbered_spaced_and_in_capitals() -> None:
    words = words_from_entropy(bytes(range(32)))
    typed = "\n".join(f" {n}.  {word.upper()}\t" for n, word in enumerate(words, 1))
    assert words_from_text(typed) == words
    assert words_from_text(" ".join(f"{n}) {w}" for n, w in enumerate(words, 1))) == words
    assert words_from_text(" ".join(f"{n}.{w}" for n, w in enumerate(words, 1))) == words


def test_a_missing_word_is_counted() -> None:
    with pytest.raises(RecoveryWordsInvalid, match="there are 23 of them, not 24"):
        entropy_from_words(words_from_entropy(bytes(32))[:-1])


def test_a_mistyped_word_is_named_by_its_place_only() -> None:
    words = list(words_from_entropy(bytes(range(32))))
    words[6] = "abandom"
    with pytest.raises(RecoveryWordsInvalid, match="word 7 is not in the list") as caught:
        entropy_from_words(words)
    assert "abandom" not in str(caught.value)


def test_two_words_exchanged_are_noticed() -> None:
    words = list(words_from_entropy(bytes(range(32))))
    words[0], words[1] = words[1], words[0]
    with pytest.raises(RecoveryWordsInvalid) as caught:
        entropy_from_words(words)
    assert not re.search("|".join(set(words) - {"order", "another"}), str(caught.value))
    assert caught.value.__suppress_context__, "the library's message repeats the words"


def test_a_text_far_too_long_is_refused() -> None:
    with pytest.raises(RecoveryWordsInvalid, match="longer than"):
        words_from_text("zoo " * 2000)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_entropy_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        words_from_entropy(bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        root_from_entropy(bytes(size))


def test_the_root_of_given_words_is_fixed_for_ever() -> None:
    root = root_from_entropy(bytes(32)).public
    assert (root.signing.hex(), root.sealing.hex()) == (
        "fef80175fc62195884337605db20e7b9e4a729d652f27500d95ea98c41f51219",
        "db7c4e21f22ea65719aff607120360b4448c9fcd679edf96db7d14d0fe4c4837",
    )


@given(st.binary(min_size=32, max_size=32))
def test_the_roots_two_keys_are_unrelated_and_its_repr_keeps_them(entropy: bytes) -> None:
    root = root_from_entropy(entropy)
    assert root.opener.secret not in (entropy, bytes(root.public.signing))
    assert entropy.hex() not in repr(root)
    assert root.opener.secret.hex() not in repr(root)
