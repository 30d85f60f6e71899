"""Power: nodes go off, in order or in the middle of a write, and come on again."""

from functools import partial

from node.errors import StorageFailed
from scenarios.engine.member import Member
from scenarios.plan.cast import cast_of
from scenarios.plan.moments import DAY
from scenarios.plan.scenario import Hours
from scenarios.world.meetings import Meetings
from scenarios.world.world import World

_BACK_AFTER = 600_000
"""A node that lost its power in the middle of a write comes back so much later, if nothing says."""

_TRY_AGAIN = 1_800_000
"""A node that could not start tries again so much later."""


class Power:
    """Switches members off and on."""

    def __init__(self, world: World, meetings: Meetings) -> None:
        """All are on."""
        self._world = world
        self._meetings = meetings
        self._off_until: dict[str, int] = {}

    def plan(self) -> None:
        """Put the hours of power that the file names on the timeline."""
        for name, part in cast_of(self._world.scenario).items():
            member = self._world.members[name]
            member.on_power_lost = partial(self._lost, member)
            if part.power is not None:
                self._plan_day(member, part.power)

    def off(self, member: Member, lasts: int, *, orderly: bool = False) -> None:
        """Switch a member off for a while; not `orderly` is as when a cable is pulled."""
        if not member.up:
            self._put_off(member, self._world.timeline.now + lasts)
            return
        self._meetings.cut(member)
        if orderly:
            member.stop()
            self._world.history.note("stop", node=member.name)
        else:
            self._note_loss(member, member.lose_power())
        self._put_off(member, self._world.timeline.now + lasts)

    def on(self, member: Member) -> None:
        """Switch a member on, if nothing else keeps it off."""
        if member.up or self._off_until.get(member.name, 0) > self._world.timeline.now:
            return
        try:
            member.start()
        except (OSError, StorageFailed) as error:
            # A store that was put back needs a new instance, and a full disk has no room for one.
            kind = type(error).__name__
            self._world.history.note("refused", node=member.name, what="start", error=kind)
            self._put_off(member, self._world.timeline.now + _TRY_AGAIN)
            return
        self._world.history.note("reopened", node=member.name)

    def restore(self, member: Member) -> None:
        """Switch a member on at the end, whatever kept it off."""
        self._off_until.pop(member.name, None)
        self.on(member)

    def _put_off(self, member: Member, until: int) -> None:
        self._off_until[member.name] = max(until, self._off_until.get(member.name, 0))
        self._world.timeline.at(until, lambda: self.on(member))

    def _lost(self, member: Member) -> None:
        """It lost its power in the middle of a write; `Member.working` has switched it off."""
        self._note_loss(member, member.loss)
        self._meetings.cut(member)
        self._put_off(member, self._world.timeline.now + member.off_milliseconds)

    def _note_loss(self, member: Member, loss: object) -> None:
        self._world.history.note("power-lost", node=member.name, left=str(loss or ""))

    def _plan_day(self, member: Member, hours: Hours) -> None:
        timeline, world = self._world.timeline, self._world
        dark = (hours.begin - hours.end) % DAY

        def evening() -> None:
            if not world.calm:
                self.off(member, dark)
                timeline.after(DAY, evening)

        first = world.midnight + hours.end
        timeline.at(first if first > timeline.now else first + DAY, evening)
