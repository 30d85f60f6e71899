"""Stolen: a device in other hands goes on syncing and writing, whatever was said of it."""

import random
from collections.abc import Iterable
from typing import Final

from scenarios.malice.dating import Dated
from scenarios.malice.drafts import DraftsView
from scenarios.malice.eavesdropping import Haul
from scenarios.malice.hostile import Owner, running
from scenarios.malice.masked import Masked, lying
from sync.clock import stamp_of
from sync.digest import PlaceDigest
from sync.identifiers import DeviceKey
from sync.operation import Operation
from sync.session.replica import Replica, Stage

DAY_MILLISECONDS: Final = 24 * 3600 * 1000
_CHARTS_A_SESSION: Final = 2


class _StolenView(DraftsView):
    """Asks for everything that it ever shared, and deposits what it wrote since."""

    def __init__(self, real: Replica, stolen: "Stolen") -> None:
        super().__init__(real, stolen.drafts)
        self._stolen = stolen

    def places(self, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        """Every lane of every chart, as if nothing had been revoked."""
        found = {one.place: one for one in super().places(peer, stage)}
        node = running(self._stolen.owner)
        for chart in node._charts.ids():
            charter = node._charts.charter(chart)
            access = charter.lane("access")
            lanes = [access] if stage is Stage.ACCESS else sorted(charter.lane_ids - {access})
            for lane in lanes:
                one = PlaceDigest(chart, lane, self._stolen.draws.randbytes(32))
                found.setdefault(one.place, one)
        return list(found.values())

    def deposits(self, peer: DeviceKey) -> Iterable[Operation]:
        """What the thief wrote, as a removed device gives up what it wrote before it knew."""
        drafts = [one for held in self._drafts.by_place.values() for one in held]
        return [*self._real.deposits(peer), *drafts]


class Stolen(Dated):
    """Writes on under its old grants, now and dated back to before they ended, and asks for all.

    `haul` is what it got hold of since the theft.
    """

    kind = "stolen"

    def __init__(self, owner: Owner, draws: random.Random, trick: str | None = None) -> None:
        """The thief has the device's keys, and whatever its store holds."""
        super().__init__(owner, draws)
        self.haul = Haul(running(owner).context.openers)
        self._trick = trick

    def stamp(self) -> int:
        """Now, or with the clock set back by days: before anybody had heard of the theft."""
        back = self._trick == "set back" or (self._trick is None and self.draws.random() < 0.5)
        now = self._now()
        return stamp_of(now - self.draws.randrange(1, 4) * DAY_MILLISECONDS if back else now)

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session that brings what the thief wrote, and takes what it can get."""
        for chart in self.drafts.charts(_CHARTS_A_SESSION):
            self.write(chart)
        return lying(
            self.owner,
            peer,
            lambda real: _StolenView(real, self),
            initiator=initiator,
            incoming=self.haul.add_frame,
        )
