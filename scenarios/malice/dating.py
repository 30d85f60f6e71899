"""Backdate and postdate: entries with clocks far off, also past a revocation of their author."""

import json
import random
from typing import Final

from scenarios.malice.drafts import Drafts, DraftsView
from scenarios.malice.hostile import Owner, running
from scenarios.malice.masked import Masked, lying
from sync.change import Change, ChangeKind
from sync.charter import CONTENT_LANE_NAMES
from sync.clock import STAMP_MAX, stamp_of
from sync.identifiers import ChartId, DeviceKey

DAY_MILLISECONDS: Final = 24 * 3600 * 1000
_CHARTS_A_SESSION: Final = 2
_BACK: Final = (DAY_MILLISECONDS, 30 * DAY_MILLISECONDS, 3650 * DAY_MILLISECONDS)
_ON: Final = (DAY_MILLISECONDS, 365 * DAY_MILLISECONDS, 36500 * DAY_MILLISECONDS)


class Dated:
    """Writes an entry with a false clock into charts, whether it still may or not."""

    def __init__(self, owner: Owner, draws: random.Random) -> None:
        """Nothing is written."""
        self.owner = owner
        self.draws = draws
        self.drafts = Drafts(owner, draws)

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session that brings new entries of another time."""
        for chart in self.drafts.charts(_CHARTS_A_SESSION):
            self.write(chart)
        return lying(
            self.owner, peer, lambda real: DraftsView(real, self.drafts), initiator=initiator
        )

    def stamp(self) -> int:
        """The false clock of one entry."""
        raise NotImplementedError

    def write(self, chart: ChartId) -> str:
        """Write an observation with a false clock; gives its id."""
        replica = self.drafts.replica(chart)
        lane = replica.charter.lane(self.draws.choice(CONTENT_LANE_NAMES))
        identity = f"dated-{self.draws.randbytes(4).hex()}"
        content = json.dumps(
            {
                "resourceType": "Observation",
                "id": identity,
                "status": "final",
                "code": {"text": "Body temperature"},
            }
        )
        source = f"did:key:{self.owner.device.hex()}"
        touched = ("code", "status")
        change = Change(
            ChangeKind.PUT, source, "Observation", identity, content.encode(), touched, ()
        )
        self.drafts.changes(chart, lane, [change], stamp=self.stamp())
        return identity

    def _now(self) -> int:
        return running(self.owner).context.clock()


class Backdate(Dated):
    """Dates what it writes before everything that could speak against it."""

    kind = "backdate"

    def stamp(self) -> int:
        """A day, a month or ten years back, or the very first moment."""
        back = self.draws.choice((*_BACK, None))
        return 0 if back is None else stamp_of(self._now() - back)


class Postdate(Dated):
    """Dates what it writes after everything that others will say."""

    kind = "postdate"

    def stamp(self) -> int:
        """A day, a year or a century on, or the very last moment."""
        on = self.draws.choice((*_ON, None))
        return STAMP_MAX if on is None else stamp_of(self._now() + on)
