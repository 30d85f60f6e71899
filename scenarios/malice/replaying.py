"""Replay: frames of earlier sessions, and access lists as they once were."""

import random
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from scenarios.malice.hostile import Owner, running
from scenarios.malice.masked import Masked, changing, lying
from scenarios.malice.view import View
from sync.digest import LogSummary, Place
from sync.identifiers import ChartId, DeviceKey, InstanceId, LaneId
from sync.operation import Operation
from sync.session.replica import Replica

_FRAMES_KEPT_MAX: Final = 300
_REPLAYED_SHARE: Final = 0.3

Lengths = dict[tuple[Place, InstanceId], int]


class _OldView(View):
    """The access lanes as they were when the liar looked first."""

    def __init__(self, real: Replica, lengths: Lengths) -> None:
        super().__init__(real)
        self._lengths = lengths
        self._lanes = {place for place, _ in lengths}

    def vector(self, peer: DeviceKey, chart: ChartId, lane: LaneId) -> Sequence[LogSummary]:
        """Logs cut to their old lengths."""
        place = Place(chart, lane)
        told = super().vector(peer, chart, lane)
        if place not in self._lanes:
            return told
        found = []
        for log in told:
            old = [one for one in self.read(peer, chart, lane, log.instance, 0) if not log.forked]
            if old:
                found.append(LogSummary(log.instance, len(old), (old[-1].id,)))
        return found

    def shows(self, place: Place, operation: Operation) -> bool:
        """What was there at the first look."""
        if place not in self._lanes:
            return True
        length = self._lengths.get((place, operation.prefix.instance), 0)
        return operation.prefix.sequence < length


class Replay:
    """Says again what was said, to whom it was not said, or when it is true no more."""

    kind = "replay"
    TRICKS: Final = ("own frames", "their frames", "old access", "hello")

    def __init__(self, owner: Owner, draws: random.Random, trick: str | None = None) -> None:
        """Replay in one way, or in each session in another."""
        self.owner = owner
        self.draws = draws
        self._trick = trick
        self._own: deque[bytes] = deque(maxlen=_FRAMES_KEPT_MAX)
        self._theirs: deque[bytes] = deque(maxlen=_FRAMES_KEPT_MAX)
        self._lengths: Lengths = {}

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session of old and new; the first ones only listen."""
        self._look()
        trick = self._trick or self.draws.choice(self.TRICKS)
        if trick == "old access":
            return lying(
                self.owner, peer, lambda real: _OldView(real, self._lengths), initiator=initiator
            )
        old = list(self._theirs if trick == "their frames" else self._own)

        def outgoing(frame: bytes) -> Iterable[bytes]:
            first = not sent
            sent.append(frame)
            self._own.append(frame)
            if not old or self.draws.random() > _REPLAYED_SHARE:
                return (frame,)
            if first:
                return (old[0],) if trick == "hello" else (frame,)
            return (self.draws.choice(old), frame)

        sent: list[bytes] = []
        return changing(
            self.owner,
            peer,
            initiator=initiator,
            outgoing=outgoing,
            incoming=self._theirs.append,
        )

    def _look(self) -> None:
        """Remember how long the access logs of each chart were when it was seen first."""
        node = running(self.owner)
        seen = {place.chart for place, _ in self._lengths}
        for chart in node._charts.ids():
            if chart in seen:
                continue
            replica = node._charts.outline(chart)
            place = Place(chart, replica.access_lane)
            for operation in replica.operations.values():
                if operation.prefix.lane == replica.access_lane:
                    key = (place, operation.prefix.instance)
                    length = operation.prefix.sequence + 1
                    self._lengths[key] = max(self._lengths.get(key, 0), length)
