"""What a summary is made from: one chart's resources as they stand, and who makes it.

The application fills these from a chart's merged content; everything in this package reads them.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

Resource = dict[str, object]
"""Decoded JSON, fractions as Decimals."""


class Key(NamedTuple):
    """What names a resource: two systems' `Medication/1` are two medicines."""

    source: str
    type: str
    id: str

    def __repr__(self) -> str:
        """Show the type only."""
        return f"Key({self.type})"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A quarantined version of a resource: what it says, who wrote it."""

    document: Resource = field(repr=False)
    author: str
    at: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One resource of a chart or a directory. The repr shows no content."""

    key: Key
    lane: str
    original: bytes = field(repr=False)
    """Its bytes: one version's own, or composed of several that nobody has settled yet."""
    document: Resource = field(repr=False)
    disputed: tuple[Resource, ...] = field(default=(), repr=False)
    """The versions that disagree and wait for a person; none where nothing is disputed."""
    waiting: tuple[Waiting, ...] = ()
    """Quarantined versions. Nothing of them is in `original`, unless it is `unverified`."""
    unverified: bool = False
    """Whether all that there is of it is quarantined; `original` is the newest of `waiting`."""
    labels: tuple[str, ...] = ()
    """What else must be told of it."""

    @property
    def readings(self) -> tuple[Resource, ...]:
        """Everything that anybody says of it now, the shown version first."""
        return (self.document, *self.disputed, *(each.document for each in self.waiting))


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a summary, and who answers for the chart: names are those that the node knows."""

    organisation: str
    """DIDs, here and below."""
    device: str
    practitioner: str
    node_name: str
    custodian: str
    custodian_name: str | None


@dataclass(frozen=True, slots=True)
class Linked:
    """Another chart of the same person, which is not summed up: what must be known of it."""

    chart: str | None
    """None: it is not held here."""
    is_disputed: bool
    allergies: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """All of one chart that a node can read, and what it cannot. The repr shows no content."""

    chart: str
    statements: tuple[Statement, ...] = field(repr=False)
    """In the order of lanes, then by what names them."""
    lanes_unread: tuple[str, ...] = ()
    """Lanes of which this node holds no key."""
    entries_unread: int = 0
    """Merged operations that this node cannot open."""
    resources_unread: tuple[str, ...] = ()
    """Types of resources that are held and say nothing that can be read."""
    linked: tuple[Linked, ...] = ()
