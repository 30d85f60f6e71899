"""A verdict of the registry: allow, deny or degraded, as of when, and why (DESIGN section 8).

Facts are cached, verdicts never: each is made when it is asked for.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from node.registry.fact import FactKey


class State(StrEnum):
    """What the registry says of a subject."""

    ALLOW = "allow"
    """Proven to stand."""
    DENY = "deny"
    """Proven revoked, or not accredited."""
    DEGRADED = "degraded"
    """Nothing is proven either way, or what is proven is too old for the act asked about."""


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on: facts under a block that the registry's signers vouch for."""

    chain: int
    block_hash: bytes
    """32 bytes: of the oldest of the blocks in which they were proven."""
    facts: "tuple[FactKey, ...]"
    """Which; the store holds their proofs (`RegistryFacts.snapshots_for`)."""


@dataclass(frozen=True)
class Verdict:
    """One verdict. It cannot be made to allow or to deny without evidence.

    It gates serving a peer and releasing a key, never reading or writing what is held here.
    """

    state: State
    as_of_block: int | None
    age_seconds: int | None
    """How old the block was when the verdict was made."""
    reason: str
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        """Refuse a claim without evidence, and evidence without its age."""
        dated = self.as_of_block is not None and self.age_seconds is not None
        if self.state is not State.DEGRADED and not (dated and self.evidence):
            raise ValueError(f"a verdict `{self.state}` needs evidence, its block and its age")
        if self.evidence and not (dated and self.evidence.facts):
            raise ValueError("evidence needs its facts, its block and its age")
        if not self.reason:
            raise ValueError("a verdict says why")

    @property
    def verified(self) -> bool:
        """Whether people may be shown the word: only for a proven `allow`."""
        return self.state is State.ALLOW

    def __str__(self) -> str:
        """The label that people see."""
        if self.as_of_block is None or self.age_seconds is None:
            return f"{self.state}: {self.reason}"
        age = f"as of block {self.as_of_block}, {age_text(self.age_seconds)} old"
        return f"{self.state}: {self.reason} ({age})"


def age_text(seconds: int) -> str:
    """An age as people say it, in whole units: 50 s, 12 min, 30 h, 9 days."""
    for unit, size, most in (("s", 1, 120), ("min", 60, 120), ("h", 3600, 72)):
        if seconds < size * most:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86_400} days"
