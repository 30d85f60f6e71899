"""What people did, as the simulator saw it: kept outside the nodes, believed by the checkers."""

from dataclasses import dataclass, field
from typing import Any, Literal

Lane = Literal["summary", "care", "sensitive"]


@dataclass(frozen=True)
class Written:
    """One version of one resource that a node acknowledged."""

    number: int
    at: int
    """True time, in milliseconds since 1970."""
    node: str
    chart: str
    kind: str
    id: str
    content: str
    """Canonical JSON."""
    replaces: int | None = None
    """The number of the version that its author changed."""
    sensitive: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """The resource that it is a version of."""
        return self.chart, self.kind, self.id


@dataclass(frozen=True)
class Access:
    """Somebody was given access to charts, or lost it, at a node at a moment."""

    at: int
    node: str
    about: str
    chart: str
    gives: bool
    lanes: tuple[str, ...] = ()
    rights: str = ""


@dataclass
class Ledger:
    """Everything that was acknowledged, in order."""

    written: list[Written] = field(default_factory=list)
    doubtful: list[Written] = field(default_factory=list)
    """Writes whose node lost power before it answered: they may be there or not."""
    access: list[Access] = field(default_factory=list)
    charts: dict[str, str] = field(default_factory=dict)
    """Which node opened a chart."""
    names: set[str] = field(default_factory=set)
    """Words that stand in patients' names: no wire and no disk may show them."""
    revoked: dict[str, int] = field(default_factory=dict)
    """When a node's access was ended, by name."""
    glass: list[tuple[int, str, str]] = field(default_factory=list)
    """When which node broke the glass of which chart."""
    handed_over: dict[str, str] = field(default_factory=dict)
    """To whose node a chart's root went."""
    links: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Which node linked which two charts, and when."""
    deciding: set[tuple[str, str, str]] = field(default_factory=set)
    """By node, chart and resource: what somebody decided, power lost in the act included."""
    resolved: set[tuple[str, str, str]] = field(default_factory=set)
    """At which node somebody decided a conflict, in which chart, about which entry."""
    hostile: set[str] = field(default_factory=set)
    """Nodes that do not keep to the rules, from the start or from a theft on."""

    def glass_breakers(self, chart: str) -> set[str]:
        """Whoever broke the glass of a chart."""
        return {name for _, name, broken in self.glass if broken == chart}

    def write(self, **facts: Any) -> Written:
        """Note an acknowledged version."""
        made = Written(number=len(self.written), **facts)
        self.written.append(made)
        return made

    def doubt(self, **facts: Any) -> None:
        """Note a version that may have been stored."""
        self.doubtful.append(Written(number=-1 - len(self.doubtful), **facts))
