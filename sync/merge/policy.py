"""The form of a merge policy, and how a policy reads a document. The table itself is beside it.

A policy decides what is *shown first* and what *conflicts*; it never removes anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sync.attachment import LeftOut
from sync.merge.document import ABSENT, Document, Value

IN_ERROR: Final = "entered-in-error"


@dataclass(frozen=True, slots=True)
class Preference:
    """Which codes of an element show while it is disputed: `first` in order, `last` only at last.

    Codes that are not named, and an absent element, lie between.
    """

    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()

    def rank(self, codes: frozenset[str]) -> int:
        """Where a value with these codes stands; the least is shown."""
        ranks = [place for place, code in enumerate(self.first) if code in codes]
        if ranks:
            return ranks[0]
        worst = [place for place, code in enumerate(self.last) if code in codes]
        return len(self.first) + (1 + worst[0] if worst else 0)


@dataclass(frozen=True, slots=True)
class Policy:
    """How the concurrent versions of one resource type merge (DESIGN section 5's table)."""

    group: frozenset[str]
    """The clinical group's registers: concurrent changes to any two of them conflict."""

    whole: bool = False
    """The group is every element: any two concurrent versions that differ conflict."""

    grave: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Register to the codes that stop, refute, correct or void: what is concurrent conflicts."""

    preference: Mapping[str, Preference] = field(default_factory=dict)
    """Register to what shows while it is disputed; newest first where a register is not named."""

    add_wins: frozenset[str] = frozenset()
    """Registers in which, while all its heads are disputed, what the others carry counts too."""

    withdrawn: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Register to the codes by which the resource goes away: a refutation, an error."""

    stopped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Register to the codes that end an order: they win while concurrent."""

    sticky_error: str | None = None
    """The register whose `entered-in-error` never goes back, whatever follows it."""

    pinned: frozenset[str] = frozenset()
    """Registers that keep their first value: a Provenance is never pointed elsewhere."""

    sets: frozenset[str] = frozenset()
    """Registers whose arrays are sets keyed by canonical value; they never conflict."""

    asks_reason: frozenset[str] = frozenset()
    """Registers whose dispute makes dispensing ask for a reason."""

    def in_group(self, register: str) -> bool:
        """Whether a register belongs to the clinical group."""
        return register not in self.sets and (self.whole or register in self.group)

    def rank(self, register: str, value: Value) -> int:
        """Where a value stands among the disputed ones of its register; the least is shown."""
        preference = self.preference.get(register)
        return 0 if preference is None else preference.rank(codes_of(register, value))

    def has(self, listed: Mapping[str, frozenset[str]], document: Document) -> bool:
        """Whether a document says, in any register listed, one of the codes listed for it."""
        return any(
            codes & codes_of(register, document.value(register))
            for register, codes in listed.items()
        )


def codes_of(register: str, value: Value) -> frozenset[str]:
    """The codes in a register's value: of a code, a CodeableConcept, or a list of either.

    A value of another shape has none: it is ranked as one that nobody knows.
    """
    if value is ABSENT:
        return frozenset()
    found: set[str] = set()
    for name, member in value.members:
        if not name.startswith("_"):
            found.update(_codes(member.value))
    return frozenset(found)


def _codes(value: Any) -> Iterable[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, bool):
            yield "true" if item else "false"
        elif type(item) is str:
            yield item
        elif isinstance(item, dict):
            yield from _concept_codes(item)


def _concept_codes(concept: dict[str, Any]) -> Iterable[str]:
    codings = concept.get("coding")
    for coding in codings if isinstance(codings, list) else []:
        code = coding.get("code") if isinstance(coding, dict) else None
        if type(code) is str:
            yield code
    text = concept.get("text")
    if type(text) is str:
        yield text.lower()
    plain = concept.get("type")
    if type(plain) is str:
        yield plain


def comparable(register: str, value: Value) -> str:
    """What decides whether two concurrent values disagree.

    Left out: a server's own `meta.versionId` and `lastUpdated`, and narrative that software made
    of the other elements (`text.status` "generated"): neither is anybody's statement.
    """
    parsed = value.parsed(register)
    if isinstance(parsed, LeftOut) and parsed.silent:
        return ""
    if register == "text" and isinstance(parsed, dict) and parsed.get("status") == "generated":
        return ""
    if register == "meta" and isinstance(parsed, dict):
        kept = [m for m in value.members if m[0] != "meta"]
        rest = {k: v for k, v in parsed.items() if k not in ("versionId", "lastUpdated")}
        member = dict(value.members)["meta"]._replace(value=rest, value_text="")
        return Value((("meta", member), *kept)).canonical if rest or kept else ""
    return value.canonical
