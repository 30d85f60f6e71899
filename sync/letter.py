"""Letters: a sealed note that hands one grantee a chart's charter and access keys.

AUTHORITY rule 15. Stored beside the chart, relayed, in no digest, sent before access operations.
It carries every access epoch that its writer holds: the whole lane must be readable to be folded.
"""

from dataclasses import dataclass

from sync.charter import Charter, parse_charter
from sync.codec import decode, encode, fields, is_number, items, octets
from sync.errors import CharterError, CodecError, EpochKeyError, LetterError, SignatureError
from sync.identifiers import ChartId, DeviceKey, EpochKey, SealingKey
from sync.limits import letter_epochs_max, letter_size_bytes_max
from sync.sealing import Opener, seal
from sync.signing import Signer, verify

DOMAIN = "letter"


@dataclass(frozen=True, slots=True)
class Letter:
    """A verified letter, still sealed."""

    chart: ChartId
    to: SealingKey
    author: DeviceKey
    box: bytes
    signature: bytes

    def encoded(self) -> bytes:
        """The bytes that are stored and relayed."""
        return encode([*_statement(self), self.signature])


@dataclass(frozen=True, slots=True)
class LetterContent:
    """What a letter hands over. The repr shows no key."""

    charter: Charter
    keys: tuple[EpochKey, ...]

    def __repr__(self) -> str:
        """Show how many keys there are."""
        return f"LetterContent({len(self.keys)} keys)"


def _statement(letter: Letter) -> list[object]:
    return [1, letter.chart, letter.to, letter.author, letter.box]


def write_letter(
    charter: Charter,
    keys: tuple[EpochKey, ...],
    to: SealingKey,
    author: Signer,
    ephemeral_secret: bytes,
) -> Letter:
    """Seal and sign a letter, with 32 fresh random bytes."""
    if len(keys) > letter_epochs_max:
        raise LetterError("a letter cannot hold that many epochs")
    box = seal(encode([charter.encoded(), list(keys)]), to, ephemeral_secret)
    unsigned = Letter(charter.chart, to, author.public, box, b"")
    signature = author.sign(DOMAIN, encode(_statement(unsigned)))
    return Letter(charter.chart, to, author.public, box, signature)


def parse_letter(data: bytes) -> Letter:
    """Decode a letter and check its signature, or raise LetterError."""
    if len(data) > letter_size_bytes_max:
        raise LetterError("letter is over the limit")
    try:
        version, chart, to, author, box, signature = fields(decode(data), 6, "letter")
        if not is_number(version, 1):
            raise LetterError("letter is of a newer version")
        letter = Letter(
            ChartId(octets(chart, 32, "chart")),
            SealingKey(octets(to, 32, "recipient")),
            DeviceKey(octets(author, 32, "author")),
            octets(box, None, "box"),
            octets(signature, 64, "signature"),
        )
        verify(letter.author, DOMAIN, encode(_statement(letter)), letter.signature)
    except (CodecError, SignatureError) as error:
        raise LetterError(f"letter does not verify: {error}") from error
    return letter


def letter_pair(data: bytes) -> tuple[DeviceKey, SealingKey]:
    """Who wrote a letter, and to which key, of one that was verified before it was stored."""
    _, _, to, author, _, _ = fields(decode(data), 6, "letter")
    return DeviceKey(octets(author, 32, "author")), SealingKey(octets(to, 32, "recipient"))


def open_letter(letter: Letter, opener: Opener) -> LetterContent:
    """Open a letter with the recipient's key, or raise LetterError."""
    try:
        charter, keys = fields(decode(opener.open(letter.box)), 2, "letter")
        return LetterContent(
            parse_charter(octets(charter, None, "charter"), letter.chart),
            tuple(
                EpochKey(octets(key, 32, "key")) for key in items(keys, "keys", letter_epochs_max)
            ),
        )
    except (CodecError, CharterError, EpochKeyError) as error:
        raise LetterError(f"letter does not open: {error}") from error
