"""What a scenario file may say; the reference in docs/SCENARIOS.md is made from these models."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from scenarios.plan.moments import Duration, TimeOfDay

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]


Harm = Literal[
    "forge",
    "fork",
    "backdate",
    "postdate",
    "withhold",
    "flood",
    "poison",
    "replay",
    "eavesdrop",
    "rogue",
    "stolen",
]


class Part(BaseModel):
    """A part of a scenario file; what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class About(Part):
    """What the scenario is, for a person who has been there."""

    title: str = Field(description="One line.")
    introduction: str = Field(description="What happened, and what people need of their records.")
    fault: str = Field(description="The fault without whose handling the scenario fails.")
    must_hold: list[str] = Field(description="What must hold, in words.")
    starts: datetime = Field(description="The true time at the start, with its zone.")
    lasts: Duration = Field(description="How long it runs, such as '10d'.")
    rest: Duration = Field(
        default=0, description="Faults end so long before the end: what must meet, meets."
    )


class LinkPart(Part):
    """A kind of link by name, or a preset that is changed."""

    name: Name = Field(description="How meetings name it.")
    like: Literal["lan", "wifi", "radio", "satellite", "mobile", "broken"] = Field(
        default="lan", description="The preset that it starts from."
    )
    bytes_per_second: int | None = Field(default=None, gt=0, description="How fast.")
    delay: Duration | None = Field(default=None, description="One way.")
    jitter: Duration | None = Field(default=None, description="Up to so much more.")
    loss: Share | None = Field(default=None, description="Frames that are sent again, and late.")
    duplicate: Share | None = Field(default=None, description="Frames that arrive twice.")
    reorder: Share | None = Field(default=None, description="Frames that are overtaken.")
    corrupt: Share | None = Field(default=None, description="Frames with a changed bit.")
    cut: Share | None = Field(default=None, description="Frames at which the connection breaks.")


class PlacePart(Part):
    """A place where nodes are; those of one place meet by themselves."""

    name: Name = Field(description="Its name.")
    at: tuple[float, float] = Field(description="Kilometres east and north, for the map.")
    meet_every: Duration = Field(default=3_600_000, description="How often its nodes meet.")
    link: str = Field(default="lan", description="Over what.")


class Hours(Part):
    """A time of day in which something is."""

    begin: TimeOfDay = Field(description="From.")
    end: TimeOfDay = Field(description="To; before `begin` means over midnight.")


class NodePart(Part):
    """A node, or several alike."""

    name: Name = Field(description="Its name; several are called name-1, name-2, …")
    place: Name = Field(description="Where it stands, or where a mule starts.")
    kind: Literal["clinic", "relay", "patient"] = Field(
        default="clinic", description="What it is; a relay reads nothing."
    )
    count: int = Field(default=1, ge=1, le=500, description="How many of them.")
    power: Hours | None = Field(default=None, description="When it has power; else always.")
    clock_offset: Duration = Field(default=0, description="How wrong its clock is set.")
    clock_drift_ppm: float = Field(default=0, ge=-5000, le=5000, description="How wrong it runs.")
    reaches_chain: bool = Field(default=False, description="Whether it meets the registry's chain.")
    hostile: list[Harm] = Field(
        default=[], description="What it does to its peers from the start; one of them a session."
    )
    shares_with: list[str] = Field(
        default=[], description="Nodes or kinds that get every chart which it opens."
    )
    knows: list[str] = Field(
        default=[], description="Nodes that it is paired with and gives nothing."
    )
    lanes: list[Literal["summary", "care", "sensitive"]] = Field(
        default=["summary", "care", "sensitive"], description="Which lanes they get."
    )
    rights: Literal["read", "append", "admin"] = Field(default="append", description="To do what.")


class RoadPart(Part):
    """Nodes of two places, or two nodes, that meet from time to time."""

    between: tuple[str, str] = Field(description="Two places or nodes.")
    every: Duration = Field(description="How often, more or less.")
    link: str = Field(default="wifi", description="Over what.")
    hours: Hours | None = Field(default=None, description="Only then.")


class MulePart(Part):
    """A node that travels and meets who is where it stops."""

    node: Name = Field(description="Which node.")
    route: list[Name] = Field(
        min_length=2, description="Places in turn, then from the first again."
    )
    travel: Duration = Field(description="From one place to the next.")
    stop: Duration = Field(description="How long it stays.")
    link: str = Field(default="wifi", description="Over what it meets.")
    breakdown: Share = Field(default=0, description="Stops at which it breaks down for a day.")


class CarePart(Part):
    """People who come to a place and what is written of them."""

    at: list[str] = Field(description="Nodes or places where they come.")
    patients: int = Field(ge=0, description="How many in all, over the time, at each node.")
    begins: Duration = Field(default=0, description="When the first come.")
    ends: Duration | None = Field(default=None, description="When the last come.")
    hours: Hours | None = Field(default=None, description="Shifts: nobody writes outside them.")
    entries: tuple[int, int] = Field(
        default=(3, 6), description="From and to how many entries at registration."
    )
    returns: float = Field(default=0.5, ge=0, description="Later visits a patient, on average.")
    return_between: tuple[Duration, Duration] = Field(
        default=(21_600_000, 432_000_000), description="How long after registration they return."
    )
    edits: Share = Field(default=0.2, description="Visits that change an entry, not only add one.")
    apart: Share = Field(
        default=0.0, description="Changes that somebody elsewhere makes too at that moment."
    )
    sensitive: Share = Field(default=0.05, description="Entries for the sensitive lane.")
    elsewhere: Share = Field(default=0.2, description="Later visits at another node that may read.")
    twice: Share = Field(default=0.0, description="Patients registered again elsewhere.")
    batch: Duration = Field(
        default=0, description="What was written on paper is imported together so often."
    )


class FaultPart(Part):
    """Something that goes wrong, at a moment or at random."""

    what: Literal[
        "power-lost",
        "disk-full",
        "disk-rolled-back",
        "clock-jump",
        "clock-set-right",
        "partition",
        "link-down",
        "breakdown",
        "chain-outage",
        "chain-reorg",
        "chain-lie",
    ] = Field(description="What goes wrong.")
    who: list[str] = Field(default=[], description="Nodes, kinds or places that it hits.")
    at: Duration | None = Field(default=None, description="When; else at random.")
    per_day: float = Field(default=0, ge=0, description="How often a day each is hit at random.")
    lasts: Duration = Field(default=3_600_000, description="How long.")
    by: Duration = Field(default=0, description="How far a clock jumps, or an image goes back.")
    lie: Literal["stale", "forged", "other-chain", "other-proof", "future", "other-hash"] | None = (
        Field(default=None, description="In what a chain's endpoint lies.")
    )
    in_act: bool = Field(default=False, description="Power goes in the middle of a write.")


class IncidentPart(Part):
    """Something that people do, at a moment."""

    what: Literal[
        "stolen",
        "revoke",
        "grant",
        "break-glass",
        "handover",
        "rogue",
        "link",
        "resolve",
        "dies",
        "disaster-mode",
        "suspend",
    ] = Field(description="What happens.")
    at: Duration = Field(description="When.")
    by: Name | None = Field(default=None, description="Whose staff do it.")
    about: Name | None = Field(default=None, description="Which node it is about.")
    patients: int = Field(default=1, ge=1, description="With how many patients' charts.")
    lasts: Duration = Field(default=604_800_000, description="How long a disaster is declared.")


class RegistryPart(Part):
    """The chain that identity and revocation come from."""

    kind: Literal["none", "model", "evm"] = Field(
        default="none", description="None, a model with real proofs, or a chain under py-evm."
    )
    visit_every: Duration = Field(default=3_600_000, description="How often nodes ask it.")


class LimitsPart(Part):
    """What the checkers hold the run to."""

    complete_within: Duration | None = Field(
        default=None, description="From bedside to everybody who may read, at the latest."
    )
    revoked_within: Duration | None = Field(
        default=None, description="From a revocation to the last node that obeys."
    )
    store_bytes_per_entry: int = Field(default=60_000, gt=0, description="Disk an entry, at most.")
    session_bytes_max: int = Field(default=64_000_000, gt=0, description="Bytes of one session.")


class Scenario(Part):
    """A whole scenario file."""

    scenario: About = Field(description="What it is.")
    registry: RegistryPart = Field(default=RegistryPart(), description="Its chain.")
    link: list[LinkPart] = Field(default=[], description="Kinds of links beside the presets.")
    place: list[PlacePart] = Field(min_length=1, description="Where nodes are.")
    node: list[NodePart] = Field(min_length=1, description="Who takes part.")
    road: list[RoadPart] = Field(default=[], description="Who meets over a distance.")
    mule: list[MulePart] = Field(default=[], description="Who travels.")
    care: list[CarePart] = Field(default=[], description="Whom they treat.")
    fault: list[FaultPart] = Field(default=[], description="What goes wrong.")
    incident: list[IncidentPart] = Field(default=[], description="What people do.")
    limits: LimitsPart = Field(default=LimitsPart(), description="What is checked in figures.")
