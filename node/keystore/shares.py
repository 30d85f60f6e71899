"""The recovery key as shares on paper, any k of n of which bring it back: `satchel recovery`.

SLIP-39 by the library of its authors: each share is 33 words with a checksum of their own, and
what is combined has a digest, so that wrong words, too few shares and shares of two sets are told
from another. The library draws what it needs from the system: shares are made by people, and no
simulation makes any.
"""

from collections.abc import Sequence
from typing import Final

from shamir_mnemonic import (  # type: ignore[import-untyped]  # it has types, and no marker
    MnemonicError,
    Share,
    combine_mnemonics,
    generate_mnemonics,
)
from shamir_mnemonic.wordlist import WORDLIST  # type: ignore[import-untyped]  # as above

from node.errors import SharesInvalid
from node.keystore.recovery import ENTROPY_SIZE_BYTES

SHARE_WORD_COUNT: Final = 33
SHARES_MAX: Final = 16
_WORDS: Final = frozenset(WORDLIST)


def split_entropy(entropy: bytes, count: int, threshold: int) -> list[tuple[str, ...]]:
    """`count` shares of 32 bytes, any `threshold` of which bring them back.

    Raises ValueError for numbers that make no sense: 2 <= threshold <= count <= SHARES_MAX.
    """
    if len(entropy) != ENTROPY_SIZE_BYTES or not 2 <= threshold <= count <= SHARES_MAX:
        raise ValueError("shares are 2 to 16, and at least 2 are needed")
    (shares,) = generate_mnemonics(1, [(threshold, count)], entropy)
    return [tuple(share.split()) for share in shares]


def combined_entropy(shares: Sequence[Sequence[str]]) -> bytes:
    """The 32 bytes that shares stand for, or raise SharesInvalid; it repeats no word."""
    read = [_share(words, place) for place, words in enumerate(shares, 1)]
    if not read:
        raise SharesInvalid("there are none")
    first = read[0]
    apart: dict[int, Share] = {}
    for place, share in enumerate(read, 1):
        if share.common_parameters() != first.common_parameters():
            raise SharesInvalid(f"share {place} is of another set than share 1")
        known = apart.setdefault(share.index, share)
        if known != share:
            raise SharesInvalid(f"share {place} is of another set than share 1")
    needed = first.member_threshold
    if first.group_count != 1:
        raise SharesInvalid("they are of a set that another program made")
    if len(apart) < needed:
        same = len(read) - len(apart)
        twice = f", {same} of them given twice" if same else ""
        raise SharesInvalid(f"{needed} different ones are needed, and {len(read)} came{twice}")
    try:
        entropy = combine_mnemonics([each.mnemonic() for each in list(apart.values())[:needed]])
    except MnemonicError:
        # Without `from`: the library's message may repeat words.
        raise SharesInvalid("they do not fit together: one is of another set") from None
    if len(entropy) != ENTROPY_SIZE_BYTES:
        raise SharesInvalid("they are of a set that another program made")
    return bytes(entropy)


def shares_needed(words: Sequence[str]) -> int:
    """How many shares its set needs, as one of them says, or raise SharesInvalid."""
    needed: int = _share(words, 1).member_threshold
    return needed


def shares_from_text(text: str) -> list[tuple[str, ...]]:
    """The shares in what a person typed or a file holds, one after the other.

    Any case and spacing, words numbered or not; lines that begin with # are left out.
    """
    kept = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    parts = (part.lower().lstrip("0123456789.):") for part in " ".join(kept).split())
    words = [part for part in parts if part]
    size = SHARE_WORD_COUNT if len(words) % SHARE_WORD_COUNT == 0 else max(1, len(words))
    return [tuple(words[start : start + size]) for start in range(0, len(words), size)]


def _share(words: Sequence[str], place: int) -> Share:
    if len(words) != SHARE_WORD_COUNT:
        raise SharesInvalid(f"share {place} has {len(words)} words, not {SHARE_WORD_COUNT}")
    for number, word in enumerate(words, 1):
        if word not in _WORDS:
            raise SharesInvalid(f"word {number} of share {place} is not in the list")
    try:
        return Share.from_mnemonic(" ".join(words))
    except MnemonicError:
        raise SharesInvalid(
            f"share {place} is damaged: one of its words is another, or their order is"
        ) from None
