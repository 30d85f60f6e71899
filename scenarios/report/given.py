"""What a report is made from: the facts of a run and its history; `of_run` fills it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scenarios.checking.check import Check
from scenarios.engine.history import Event


@dataclass(frozen=True)
class Place:
    """A place of the map."""

    name: str
    east_km: float
    north_km: float


@dataclass(frozen=True)
class Way:
    """A road or a link between two places, or a leg of a mule's route."""

    one: str
    other: str
    link: str
    mule: str | None = None
    """The node that travels it; None for a link that stands."""


@dataclass(frozen=True)
class Station:
    """A node: its name, where it stands or starts, and what it is."""

    name: str
    place: str
    kind: str = "clinic"
    """`clinic`, `relay` (carries and cannot read) or `patient`."""
    travels: bool = False

    @property
    def reads(self) -> bool:
        """Whether people read at it."""
        return self.kind != "relay"


@dataclass(frozen=True)
class Right:
    """From when and until when a node is to have what is written in a chart."""

    node: str
    from_at: int
    until_at: int | None = None
    sensitive: bool = True
    """Whether that holds for the sensitive lane too."""


@dataclass(frozen=True)
class Given:
    """One run. Times are milliseconds since 1970, true time."""

    title: str
    introduction: str
    fault: str
    must_hold: Sequence[str]
    seed: int
    digest: str
    replay: str
    checks: Sequence[Check]
    begins: int
    ends: int
    stations: Sequence[Station]
    places: Sequence[Place]
    ways: Sequence[Way]
    events: Sequence[Event]
    """The history, and what `watching` saw beside it, by time."""
    rights: Mapping[str, Sequence[Right]] = field(default_factory=dict)
    """By chart; empty: whoever is seen with one entry of a chart is to have them all."""
    sensitive: frozenset[int] = frozenset()
    """The numbers of acts in sensitive lanes."""
    watched: bool = True
    """Whether somebody saw what arrived where; else nothing is said of completeness and delays."""
    lines: Sequence[Event] = ()
    """The history alone, as the digest covers it."""

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return all(check.passed for check in self.checks)

    def of(self, *kinds: str) -> list[Event]:
        """The events of some kinds, in their order."""
        return [event for event in self.events if event["kind"] in kinds]
