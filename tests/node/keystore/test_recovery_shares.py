"""Shares of the recovery key: any k of n bring it back, and what is wrong is said, never a word."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import SharesInvalid
from node.keystore.shares import combined_entropy, shares_from_text, shares_needed, split_entropy

ENTROPY = bytes(range(32))
SET = split_entropy(ENTROPY, 5, 3)


def test_any_threshold_of_them_bring_the_key_back() -> None:
    for chosen in itertools.combinations(SET, 3):
        assert combined_entropy(chosen) == ENTROPY
    assert combined_entropy(SET) == ENTROPY
    assert combined_entropy([SET[4], SET[4], SET[0], SET[2]]) == ENTROPY
    assert shares_needed(SET[3]) == 3


@settings(max_examples=5, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(2, 16), st.data())
def test_every_key_and_every_number_of_shares(key: bytes, count: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(2, count))
    shares = split_entropy(key, count, threshold)
    random.Random(count).shuffle(shares)
    assert combined_entropy(shares[:threshold]) == key


def test_too_few_say_how_many_are_needed() -> None:
    with pytest.raises(SharesInvalid, match="3 different ones are needed, and 2 came"):
        combined_entropy(SET[:2])
    with pytest.raises(SharesInvalid, match="1 of them given twice"):
        combined_entropy([SET[0], SET[1], SET[1]])
    with pytest.raises(SharesInvalid, match="there are none"):
        combined_entropy([])


def test_a_share_of_another_set_is_named() -> None:
    with pytest.raises(SharesInvalid, match="share 2 is of another set"):
        combined_entropy([SET[0], split_entropy(ENTROPY, 5, 3)[1], SET[2]])


def test_a_wrong_word_is_named_by_its_place_and_never_repeated() -> None:
    unknown = (*SET[0][:6], "quillonbury", *SET[0][7:])
    with pytest.raises(SharesInvalid, match="word 7 of share 1 is not in the list") as caught:
        combined_entropy([unknown, SET[1], SET[2]])
    assert "quillonbury" not in str(caught.value)
    other = "zero" if SET[1][20] != "zero" else "acid"
    swapped = (*SET[1][:20], other, *SET[1][21:])
    with pytest.raises(SharesInvalid, match="share 2 is damaged") as caught:
        combined_entropy([SET[0], swapped, SET[2]])
    assert other not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(SharesInvalid, match="share 1 has 32 words, not 33"):
        combined_entropy([SET[0][:32], SET[1], SET[2]])


def test_shares_are_read_as_they_were_printed_or_typed() -> None:
    printed = "# recovery share 1 of 5\n" + "\n".join(
        f"{place:2}. {word.upper()}" for place, word in enumerate(SET[0], 1)
    )
    assert shares_from_text(printed) == [SET[0]]
    assert shares_from_text(" ".join(SET[0] + SET[1])) == [SET[0], SET[1]]
    assert shares_from_text("") == []
    assert shares_from_text("one two") == [("one", "two")]


@pytest.mark.parametrize(("count", "threshold"), [(3, 1), (2, 3), (17, 2)])
def test_numbers_that_make_no_sense_are_refused(count: int, threshold: int) -> None:
    with pytest.raises(ValueError, match="shares"):
        split_entropy(ENTROPY, count, threshold)
