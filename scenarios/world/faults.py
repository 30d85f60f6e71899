"""What goes wrong, as the file says: at a moment, or so often a day at random."""

import random
from collections.abc import Callable, Iterator
from functools import partial

from scenarios.engine.draws import Draws
from scenarios.engine.member import Member
from scenarios.plan.cast import meant
from scenarios.plan.moments import DAY
from scenarios.plan.scenario import FaultPart
from scenarios.world.meetings import Meetings
from scenarios.world.power import Power
from scenarios.world.world import World

_WRITES_MAX = 60
"""Power that goes in the middle of an act goes at one of its next so many writes."""


class Faults:
    """Lets things go wrong, until calm is to be."""

    def __init__(self, world: World, draws: Draws, meetings: Meetings, power: Power) -> None:
        """Nothing is wrong yet."""
        self._world = world
        self._draws = draws
        self._meetings = meetings
        self._power = power
        self._do: dict[str, Callable[[FaultPart, Member, random.Random], str]] = {
            "power-lost": self._lose_power,
            "disk-full": self._fill_disk,
            "disk-rolled-back": self._roll_back,
            "clock-jump": self._jump_clock,
            "clock-set-right": self._set_clock_right,
            "partition": self._part,
            "link-down": self._part,
            "breakdown": self._break_down,
        }

    def plan(self) -> None:
        """Put every fault of the file on the timeline."""
        for number, part in enumerate(self._world.scenario.fault):
            if part.what.startswith("chain-"):
                continue  # the registry's own
            together = part.what == "partition"
            hit = meant(self._world.scenario, part.who)
            for name in hit[:1] if together else hit:
                draws = self._draws.stream(f"fault/{number}/{name}")
                member = self._world.members[name]
                for count, at in enumerate(moments_of(self._world, part, draws)):
                    label = f"{number}.{name}.{count}"
                    own = self._draws.stream(f"fault/{label}")
                    self._world.timeline.at(at, partial(self._happen, part, member, own, label))

    def _happen(self, part: FaultPart, member: Member, draws: random.Random, label: str) -> None:
        if self._world.calm or not self._world.happens(label):
            return
        detail = self._do[part.what](part, member, draws)
        self._world.history.note("fault", what=part.what, subject=member.name, detail=detail)

    # -- each of them

    def _lose_power(self, part: FaultPart, member: Member, draws: random.Random) -> str:
        lasts = self._lasts(part)
        if part.in_act and member.up and member.disk is not None:
            member.off_milliseconds = lasts
            member.disk.crash_at(1 + draws.randrange(_WRITES_MAX))
            return "in the middle of a write to come"
        self._power.off(member, lasts)
        return ""

    def _fill_disk(self, part: FaultPart, member: Member, _draws: random.Random) -> str:
        if member.disk is None or not member.up:
            return "not hit"
        member.disk.fill()
        self._world.timeline.after(self._lasts(part), member.disk.make_room)
        return ""

    def _roll_back(self, part: FaultPart, member: Member, _draws: random.Random) -> str:
        """The image is of now; it is put back so much later than it was taken."""
        disk = member.disk
        if disk is None:
            return "not hit"
        image = disk.save_image()

        def put_back() -> None:
            self._power.off(member, 60_000)
            disk.put_back(image)
            self._world.history.note(
                "fault", what="disk-rolled-back", subject=member.name, detail="put back"
            )

        self._world.timeline.at(
            min(self._world.timeline.now + part.by, self._world.calm_from - 1), put_back
        )
        return "saved"

    def _jump_clock(self, part: FaultPart, member: Member, _draws: random.Random) -> str:
        member.clock.jump(part.by)
        self._note_clock(member)
        return f"{part.by // 1000} s"

    def _set_clock_right(self, _part: FaultPart, member: Member, _draws: random.Random) -> str:
        member.clock.set_right()
        self._note_clock(member)
        return ""

    def _part(self, part: FaultPart, member: Member, _draws: random.Random) -> str:
        names = meant(self._world.scenario, part.who) if part.what == "partition" else [member.name]
        apart = frozenset(names)
        self._world.part(apart, self._world.timeline.now + self._lasts(part))
        self._meetings.cut_between(apart)
        return ", ".join(names)

    def _break_down(self, part: FaultPart, member: Member, _draws: random.Random) -> str:
        self._meetings.delay(member, self._lasts(part))
        return ""

    def _lasts(self, part: FaultPart) -> int:
        """How long, but no longer than until calm is to be."""
        return max(1, min(part.lasts, self._world.calm_from - self._world.timeline.now))

    def _note_clock(self, member: Member) -> None:
        seconds = member.clock.offset // 1000
        self._world.history.note("clock", node=member.name, offset_seconds=seconds)


def moments_of(world: World, part: FaultPart, draws: random.Random) -> Iterator[int]:
    """When a fault of the file happens: at its moment, and at random as often as it says."""
    if part.at is not None:
        yield world.begins + part.at
    at = float(world.begins)
    while part.per_day:
        at += draws.expovariate(part.per_day / DAY)
        if at >= world.calm_from:
            return
        yield int(at)
