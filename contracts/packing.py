"""The packed words of the contracts as facts with names. Called by whoever read a proven slot.

Times are seconds since 1970. A word that no contract of ours can have written raises BadWord.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from contracts.errors import BadWord


class OrganisationState(IntEnum):
    """What the council says of an organisation."""

    NONE = 0
    ACCREDITED = 1
    SUSPENDED = 2


class State(IntEnum):
    """Of credentials and commitments; `REVOKED` is terminal."""

    EMPTY = 0
    LIVE = 1
    REVOKED = 2


class Kind(IntEnum):
    """Whose key a credential names; `NONE` where it was revoked before it was issued."""

    NONE = 0
    PRACTITIONER = 1
    DEVICE = 2


@dataclass(frozen=True)
class Organisation:
    """An organisation's accreditation."""

    roles: int
    """A bit for each role."""
    since_seconds: int
    """Since when it has been accredited without interruption."""
    until_seconds: int
    """The second from which it no longer counts; 0: open."""
    changed_at_seconds: int
    state: OrganisationState

    @classmethod
    def from_word(cls, word: int) -> Self:
        """Unpack a stored word."""
        roles, since, until, changed, state = _fields(word, 64, 48, 48, 48, 8)
        if state > OrganisationState.SUSPENDED:
            raise BadWord("the word is no organisation's")
        return cls(roles, since, until, changed, OrganisationState(state))

    def to_word(self) -> int:
        """Pack it, as the contract does."""
        return (
            self.roles
            | self.since_seconds << 64
            | self.until_seconds << 112
            | self.changed_at_seconds << 160
            | self.state << 208
        )

    def is_accredited(self, at_seconds: int, *, any_role: int | None = None) -> bool:
        """Whether it counts at a time, in any of the roles where some are asked for."""
        return (
            self.state is OrganisationState.ACCREDITED
            and (self.until_seconds == 0 or at_seconds < self.until_seconds)
            and (any_role is None or self.roles & any_role != 0)
        )

    def age_seconds(self, at_seconds: int) -> int:
        """For how long it had been accredited at a time."""
        return at_seconds - self.since_seconds


@dataclass(frozen=True)
class Credential:
    """What an organisation says of a device's or practitioner's key."""

    issued_at_seconds: int
    until_seconds: int
    revoked_at_seconds: int
    kind: Kind
    state: State

    @classmethod
    def from_word(cls, word: int) -> Self:
        """Unpack a stored word."""
        issued, until, revoked, kind, state = _fields(word, 48, 48, 48, 8, 8)
        if state > State.REVOKED or kind > Kind.DEVICE:
            raise BadWord("the word is no credential's")
        return cls(issued, until, revoked, Kind(kind), State(state))

    def to_word(self) -> int:
        """Pack it, as the contract does."""
        return (
            self.issued_at_seconds
            | self.until_seconds << 48
            | self.revoked_at_seconds << 96
            | self.kind << 144
            | self.state << 152
        )

    @property
    def is_revoked(self) -> bool:
        """Whether it ended, for ever."""
        return self.state is State.REVOKED

    def is_live(self, at_seconds: int) -> bool:
        """Whether it counts at a time, its issuer's accreditation aside."""
        return self.state is State.LIVE and (
            self.until_seconds == 0 or at_seconds < self.until_seconds
        )


@dataclass(frozen=True)
class Commitment:
    """A consent or a standing policy, of which the chain knows only that it is."""

    state: State
    granted_at_seconds: int
    revoked_at_seconds: int

    @classmethod
    def from_word(cls, word: int) -> Self:
        """Unpack a stored word."""
        state, granted, revoked = _fields(word, 8, 48, 48)
        if state > State.REVOKED:
            raise BadWord("the word is no commitment's")
        return cls(State(state), granted, revoked)

    def to_word(self) -> int:
        """Pack it, as the contract does."""
        return self.state | self.granted_at_seconds << 8 | self.revoked_at_seconds << 56

    @property
    def is_live(self) -> bool:
        """Whether it was granted and not revoked."""
        return self.state is State.LIVE

    @property
    def is_revoked(self) -> bool:
        """Whether it ended, for ever."""
        return self.state is State.REVOKED


@dataclass(frozen=True)
class Council:
    """How many sit on the council, and how many of them decide."""

    members: int
    threshold: int

    @classmethod
    def from_word(cls, word: int) -> Self:
        """Unpack a stored word."""
        members, threshold = _fields(word, 8, 8)
        return cls(members, threshold)

    def to_word(self) -> int:
        """Pack it, as the contract does."""
        return self.members | self.threshold << 8


@dataclass(frozen=True)
class Disaster:
    """Disaster mode: until when the council lets age bounds be wider."""

    until_seconds: int
    declared_at_seconds: int

    @classmethod
    def from_word(cls, word: int) -> Self:
        """Unpack a stored word."""
        until, declared = _fields(word, 48, 48)
        return cls(until, declared)

    def to_word(self) -> int:
        """Pack it, as the contract does."""
        return self.until_seconds | self.declared_at_seconds << 48

    def is_on(self, at_seconds: int) -> bool:
        """Whether it lasts at a time."""
        return self.declared_at_seconds <= at_seconds < self.until_seconds


def _fields(word: int, *widths_bits: int) -> tuple[int, ...]:
    fields = []
    for width in widths_bits:
        fields.append(word & ((1 << width) - 1))
        word >>= width
    if word:
        raise BadWord("the word has bits where none are kept")
    return tuple(fields)
