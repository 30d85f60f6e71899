"""The recovery words and the root keys that they hold; used by `init` and by `--recovery FILE`.

The words are BIP-39 English for 32 random bytes. The root (AUTHORITY, Terms) exists on paper only:
a device keeps `RootPublicKeys`, and nothing on it can act as the root.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mnemonic import Mnemonic

from node.errors import RecoveryWordsInvalid
from sync.identifiers import DeviceKey, SealingKey, hashed
from sync.sealing import Opener
from sync.signing import Signer

ENTROPY_SIZE_BYTES = 32
WORD_COUNT = 24
_FILE_LENGTH_CHARS_MAX = 4096


@dataclass(frozen=True)
class RootPublicKeys:
    """The public halves of a root: what charters name and epochs are sealed to."""

    signing: DeviceKey
    sealing: SealingKey


@dataclass(frozen=True, repr=False)
class Root:
    """An organisation's root with its secrets, for the length of one command."""

    signer: Signer
    opener: Opener

    @property
    def public(self) -> RootPublicKeys:
        """What may be kept on a device."""
        return RootPublicKeys(self.signer.public, self.opener.public)

    def __repr__(self) -> str:
        """Show the public key's first bytes."""
        return f"Root({self.signer.public[:4].hex()})"


def root_from_entropy(entropy: bytes) -> Root:
    """Derive both root keys from 32 bytes, each under a domain of its own."""
    if len(entropy) != ENTROPY_SIZE_BYTES:
        raise ValueError(f"entropy must be {ENTROPY_SIZE_BYTES} bytes")
    return Root(
        signer=Signer(hashed("root-signing-key", entropy)),
        opener=Opener(hashed("root-sealing-key", entropy)),
    )


def words_from_entropy(entropy: bytes) -> tuple[str, ...]:
    """The 24 words that a person writes down for 32 bytes."""
    if len(entropy) != ENTROPY_SIZE_BYTES:
        raise ValueError(f"entropy must be {ENTROPY_SIZE_BYTES} bytes")
    return tuple(Mnemonic("english").to_mnemonic(entropy).split(" "))


def entropy_from_words(words: Sequence[str]) -> bytes:
    """The 32 bytes that 24 words stand for. Raises RecoveryWordsInvalid."""
    if len(words) != WORD_COUNT:
        raise RecoveryWordsInvalid(f"there are {len(words)} of them, not {WORD_COUNT}")
    english = Mnemonic("english")
    known = frozenset(english.wordlist)
    for position, word in enumerate(words, 1):
        if word not in known:
            raise RecoveryWordsInvalid(f"word {position} is not in the list")
    try:
        return bytes(english.to_entropy(list(words)))
    except ValueError:
        # Without `from`: the library's message repeats the words.
        raise RecoveryWordsInvalid("one of them is another, or their order is") from None


def words_from_text(text: str) -> tuple[str, ...]:
    """The words in what a person typed or a file holds: any case, any spacing, numbered or not.

    Raises RecoveryWordsInvalid for what is too long to be 24 words.
    """
    if len(text) > _FILE_LENGTH_CHARS_MAX:
        raise RecoveryWordsInvalid(f"the text is longer than {_FILE_LENGTH_CHARS_MAX} characters")
    parts = (part.lower().lstrip("0123456789.):") for part in text.split())
    return tuple(part for part in parts if part)
