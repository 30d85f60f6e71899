"""A fingerprint in words that people read to each other; shown by `init`, `network` and `peer`."""

from typing import Final

from mnemonic import Mnemonic

WORDS: Final = 12
_SPOKEN_SIZE_BYTES: Final = 16


def fingerprint_words(fingerprint: bytes) -> tuple[str, ...]:
    """The 12 BIP-39 words of a fingerprint's first 16 bytes (the last word also checks them).

    128 bits: nobody makes a second network file of the same words.
    """
    if len(fingerprint) != 32:
        raise ValueError("a fingerprint has 32 bytes")
    return tuple(Mnemonic("english").to_mnemonic(fingerprint[:_SPOKEN_SIZE_BYTES]).split(" "))


def first_words(fingerprint: bytes) -> str:
    """The first three words, enough to tell two networks apart in a message; never a proof."""
    return " ".join(fingerprint_words(fingerprint)[:3]) + " …"
