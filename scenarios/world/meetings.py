"""Who meets whom and when: neighbours at a place, over roads, and mules at their stops."""

import dataclasses
import random
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Any, Final, Protocol

from scenarios.engine.draws import Draws
from scenarios.engine.history import History
from scenarios.engine.member import Member
from scenarios.engine.timeline import Timeline
from scenarios.network.link import PRESETS, Link
from scenarios.network.meeting import Ending, Meeting
from scenarios.plan.cast import meant
from scenarios.plan.moments import DAY
from scenarios.plan.scenario import Hours, LinkPart, MulePart, Scenario
from scenarios.world.world import World

_ON_THE_ROAD: Final = ""
_JITTER: Final = 0.2
"""A meeting comes up to this share of its interval earlier or later."""


def links_of(scenario: Scenario) -> dict[str, Link]:
    """The presets, and what the file makes of them."""
    return {**PRESETS, **{part.name: _link(part) for part in scenario.link}}


def _link(part: LinkPart) -> Link:
    given = {
        "bytes_per_second": part.bytes_per_second,
        "delay_milliseconds": part.delay,
        "jitter_milliseconds": part.jitter,
        "loss": part.loss,
        "duplicate": part.duplicate,
        "reorder": part.reorder,
        "corrupt": part.corrupt,
        "cut": part.cut,
    }
    changed = {name: value for name, value in given.items() if value is not None}
    return dataclasses.replace(PRESETS[part.like], name=part.name, **changed)  # type: ignore[arg-type]  # each of its field's type


class AnyMeeting(Protocol):
    """A session under way, simulated or real."""

    one: Member
    other: Member
    link: Link
    ending: Ending | None

    def begin(self) -> None:
        """Let it begin."""

    def cut(self, why: str) -> None:
        """Break it."""


class MeetingKind(Protocol):
    """Makes a session."""

    def __call__(
        self,
        timeline: Timeline,
        history: History,
        draws: random.Random,
        one: Member,
        other: Member,
        link: Link,
        on_end: "Callable[[Any], None]",
        /,
    ) -> AnyMeeting:
        """One that `one` dials."""


class Meetings:
    """Lets members meet."""

    def __init__(self, world: World, draws: Draws, kind: MeetingKind = Meeting) -> None:
        """Nothing is planned yet; `kind` makes the sessions."""
        self._make = kind
        self._world = world
        self._draws = draws
        self._links = links_of(world.scenario)
        self._under_way: dict[frozenset[str], AnyMeeting] = {}
        self._delays: dict[str, int] = {}

    def plan(self) -> None:
        """Put every meeting of the file on the timeline, each planning its next."""
        scenario = self._world.scenario
        mules = {mule.node for mule in scenario.mule}
        for place in scenario.place:
            there = [
                member
                for member in self._world.members.values()
                if member.place == place.name and member.name not in mules
            ]
            for one, other in combinations(there, 2):
                self._repeat(one, other, place.meet_every, self._links[place.link], None)
        for road in scenario.road:
            ends = [[self._world.members[name] for name in meant(scenario, [end])]
                    for end in road.between]  # fmt: skip
            for one in ends[0]:
                for other in ends[1]:
                    if one is not other:
                        self._repeat(one, other, road.every, self._links[road.link], road.hours)
        for mule in scenario.mule:
            self._travel(mule)

    def meet(self, one: Member, other: Member, link: Link) -> None:
        """Begin a session, if both are on, may reach each other, and have none already."""
        world = self._world
        pair = frozenset((one.name, other.name))
        if not (one.up and other.up) or pair in self._under_way:
            return
        if world.is_parted(one, other) or not world.wants(one, other):
            return
        meeting = self._make(
            world.timeline,
            world.history,
            self._draws.stream(f"meeting/{one.name}/{other.name}/{world.timeline.now}"),
            one,
            other,
            link,
            self._ended,
        )
        self._under_way[pair] = meeting
        meeting.begin()

    def cut(self, *members: Member) -> None:
        """Break what is under way with any of these."""
        names = {member.name for member in members}
        for pair, meeting in list(self._under_way.items()):
            if pair & names:
                meeting.cut("went away")

    def cut_between(self, names: frozenset[str]) -> None:
        """Break what is under way between these and all others."""
        for pair, meeting in list(self._under_way.items()):
            if len(pair & names) == 1:
                meeting.cut("partition")

    def delay(self, mule: Member, milliseconds: int) -> None:
        """Keep a mule where it is so much longer."""
        self._delays[mule.name] = self._world.timeline.now + milliseconds

    @property
    def under_way(self) -> int:
        """How many sessions have not ended."""
        return len(self._under_way)

    def _ended(self, meeting: AnyMeeting) -> None:
        self._under_way.pop(frozenset((meeting.one.name, meeting.other.name)), None)
        self._world.met(meeting)

    def _repeat(
        self, one: Member, other: Member, every: int, link: Link, hours: Hours | None
    ) -> None:
        draws = self._draws.stream(f"every/{one.name}/{other.name}/{link.name}")
        world = self._world

        def meet() -> None:
            if hours is None or within(hours, world.timeline.now, world.midnight):
                first, second = (one, other) if draws.random() < 0.5 else (other, one)
                self.meet(first, second, link)
            world.timeline.after(_about(every, draws), meet)

        world.timeline.after(draws.randrange(max(1, every)), meet)

    def _travel(self, mule: MulePart) -> None:
        member = self._world.members[mule.node]
        draws = self._draws.stream(f"mule/{mule.node}")
        link = self._links[mule.link]
        timeline = self._world.timeline

        def arrive(stop: int) -> None:
            member.place = mule.route[stop % len(mule.route)]
            self._world.history.note("arrived-at", node=member.name, place=member.place)
            broken = draws.random() < mule.breakdown
            if broken:
                self._world.history.note("fault", what="breakdown", subject=member.name, detail="")
            for number, other in enumerate(self._there(member)):
                timeline.after(number * 1000 + 1, partial(self._at_stop, member, other, link))
            timeline.after(mule.stop + (DAY if broken else 0), lambda: leave(stop))

        def leave(stop: int) -> None:
            if (until := self._delays.get(member.name, 0)) > timeline.now:
                timeline.at(until, lambda: leave(stop))
                return
            self.cut(member)
            member.place = _ON_THE_ROAD
            timeline.after(_about(mule.travel, draws), lambda: arrive(stop + 1))

        arrive(0)

    def _at_stop(self, mule: Member, other: Member, link: Link) -> None:
        if mule.place == other.place:
            self.meet(mule, other, link)

    def _there(self, member: Member) -> Sequence[Member]:
        return [
            other
            for other in self._world.members.values()
            if other is not member and other.place == member.place
        ]


def within(hours: Hours, now: int, midnight: int) -> bool:
    """Whether a moment is in the hours of its day."""
    time = (now - midnight) % DAY
    if hours.begin <= hours.end:
        return hours.begin <= time < hours.end
    return time >= hours.begin or time < hours.end


def _about(interval: int, draws: random.Random) -> int:
    return max(1, int(interval * draws.uniform(1 - _JITTER, 1 + _JITTER)))
