"""An organisation's key in use and the one after it, as the keystore holds them; `org rotate`.

The organisation's address stays that of its first key (docs/decisions/0036-organisation-keys.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from coincurve import PrivateKey

from node.randomness import Randomness
from sync.codec import fields, natural, octets
from sync.identifiers import OrganisationAddress
from sync.pledge import Pledge, address_of, key_hash, parse_pledges, pledge_value, sign_pledge

_NUMBER_MAX = 0xFFFFFFFF


@dataclass(frozen=True, repr=False)
class Succession:
    """The key in use, the next one, and what rosters must carry of them. Its repr shows nothing."""

    secret: bytes
    """32 bytes, secp256k1: signs rosters now."""
    next_secret: bytes
    """The one after it: not used before it is in use."""
    pledges: tuple[Pledge, ...]
    """One by each key so far; the last by the key in use, of the next one."""
    number: int
    """Of the roster statements by the key in use."""
    previous: bytes | None
    """The hash of the last statement before."""

    def __post_init__(self) -> None:
        """Refuse what would make no statement. Shows nothing of the content."""
        if len(self.secret) != 32 or len(self.next_secret) != 32 or not self.pledges:
            raise ValueError("an organisation's keys are malformed")

    @classmethod
    def begin(
        cls, secret: bytes, randomness: Randomness, number: int, previous: bytes | None
    ) -> Self:
        """Draw the next key of an organisation that has only its first."""
        following = draw_secret(randomness)
        organisation = address_of(secret)
        pledge = sign_pledge(secret, organisation, 0, key_hash(address_of(following)), ())
        return cls(secret, following, (pledge,), number, previous)

    def rotated(
        self,
        organisation: OrganisationAddress,
        stated: Sequence[bytes],
        previous: bytes,
        randomness: Randomness,
    ) -> Self:
        """Take the next key into use, and draw one after it.

        `stated`: the digests of all statements by the key that goes; no others will count.
        """
        following = draw_secret(randomness)
        pledge = sign_pledge(
            self.next_secret,
            organisation,
            len(self.pledges),
            key_hash(address_of(following)),
            stated,
        )
        return type(self)(
            self.next_secret, following, (*self.pledges, pledge), self.number + 1, previous
        )

    @property
    def address(self) -> OrganisationAddress:
        """The address of the key in use."""
        return address_of(self.secret)

    def __repr__(self) -> str:
        """Show nothing."""
        return "Succession(...)"


def draw_secret(randomness: Randomness) -> bytes:
    """32 bytes that are a scalar of secp256k1: all but one draw in 2^128 are."""
    while True:
        secret = randomness(32)
        try:
            PrivateKey(secret)
        except ValueError:
            continue
        return secret


def succession_value(succession: Succession) -> list[object]:
    """A value for the codec."""
    return [
        succession.secret,
        succession.next_secret,
        [pledge_value(pledge) for pledge in succession.pledges],
        succession.number,
        succession.previous,
    ]


def parse_succession(value: object) -> Succession:
    """What `succession_value` made, or raise CodecError or ValueError."""
    secret, following, pledges, number, previous = fields(value, 5, "an organisation's keys")
    return Succession(
        octets(secret, 32, "a key"),
        octets(following, 32, "a key"),
        parse_pledges(pledges),
        natural(number, "number", _NUMBER_MAX),
        None if previous is None else octets(previous, 32, "previous"),
    )
