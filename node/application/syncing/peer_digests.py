"""The digests that sessions with a peer compare, kept from session to session; `sharing` asks.

Only charts that changed since are looked at again: `store.database.changed` names them. What a
peer is served depends on the time as well, so all are looked at when a right begins or ends.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from node.application.access.entitlements import Entitled
from node.application.charts import Charts
from node.application.context import Context
from node.application.syncing.served_logs import ServedLogs
from node.limits import peers_remembered_max, places_remembered_max
from sync.charter import ACCESS, CONTENT_LANE_NAMES
from sync.digest import (
    KnownPlaces,
    LogSummary,
    Place,
    PlaceDigest,
    lane_digest,
    with_attachments,
)
from sync.identifiers import ChartId, DeviceKey, LaneId
from sync.session.replica import Stage

Logs = Mapping[LaneId, list[LogSummary]]
"""The logs of one chart by their lanes."""


class Special(NamedTuple):
    """The few lanes of which more is to be asked than their logs."""

    lacking: Collection[tuple[ChartId, LaneId]]
    attached: Collection[Place]


class PeerDigests:
    """What is shared with one peer. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, peer: DeviceKey) -> None:
        """Begin with nothing known."""
        self._context = context
        self._entitled = Entitled(context, charts, peer)
        self._served = ServedLogs(context, charts, self._entitled)
        self._access: dict[ChartId, PlaceDigest] = {}
        self._content: dict[ChartId, Mapping[str, PlaceDigest]] = {}
        self._parted: set[ChartId] = set()
        self._order: list[ChartId] = []
        """The charts that are held, by their ids."""
        self._known: dict[Stage, KnownPlaces] = {}
        self._undone = -1
        self._mark = 0
        self._window = (0, 0)
        """From when, and until before when, every right is as it was looked at."""

    @property
    def size(self) -> int:
        """How many places are remembered."""
        return len(self._access) + 3 * len(self._content)

    def places(self, stage: Stage) -> KnownPlaces:
        """The lanes shared with the peer, summaries first, with their digests."""
        self._bring_up_to_date()
        found = self._known.get(stage)
        if found is None:
            listed = self._of_access() if stage is Stage.ACCESS else self._of_content()
            found = self._known[stage] = KnownPlaces(listed)
        return found

    def parted(self) -> list[ChartId]:
        """The charts that both were granted and where this device is live no longer."""
        self._bring_up_to_date()
        return sorted(self._parted)

    def _of_access(self) -> Iterator[PlaceDigest]:
        for chart in self._order:
            found = self._access.get(chart)
            if found is not None:
                yield found

    def _of_content(self) -> Iterator[PlaceDigest]:
        for name in CONTENT_LANE_NAMES:
            for chart in self._order:
                found = self._content[chart].get(name)
                if found is not None:
                    yield found

    def _bring_up_to_date(self) -> None:
        database = self._context.store.database
        now = self._context.clock()
        changed = None
        if self._undone == database.undone and self._window[0] <= now < self._window[1]:
            changed = database.changed.since(self._mark)
        undone, mark = database.undone, database.changed.mark
        if changed is None:
            self._look_at_all()
        elif changed:
            self._look_at(self._context.store.charts.lanes_of_numbers(changed))
        self._undone, self._mark = undone, mark

    def _look_at_all(self) -> None:
        self._undone = -1  # whatever fails half way is done anew
        self._entitled.find_all()
        self._access.clear()
        self._content.clear()
        self._parted.clear()
        now = self._context.clock()
        self._window = (0, 1 << 63)
        store = self._context.store
        logs = store.logs.all()
        special = self._special()
        for chart, named in store.charts.all_lanes().items():
            self._look_at_one(chart, named, logs.get(chart, {}), special, now)
        self._known.clear()
        self._order = sorted(self._content)

    def _look_at(self, charts: Mapping[ChartId, Mapping[str, LaneId]]) -> None:
        self._entitled.find(charts)
        now = self._context.clock()
        store = self._context.store
        logs = store.logs.of_charts(list(charts))
        special = self._special()
        for chart, named in charts.items():
            before = (self._access.get(chart), self._content.get(chart))
            self._look_at_one(chart, named, logs.get(chart, {}), special, now)
            if before[0] != self._access.get(chart):
                self._known.pop(Stage.ACCESS, None)
            if before[1] != self._content[chart]:
                self._known.pop(Stage.CONTENT, None)
        if len(self._content) != len(self._order):
            self._order = sorted(self._content)

    def _look_at_one(
        self,
        chart: ChartId,
        named: Mapping[str, LaneId],
        logs: Logs,
        special: Special,
        now: int,
    ) -> None:
        mine, theirs = self._entitled.of_self(chart), self._entitled.of_peer(chart)
        self._narrow((*mine.moments(), *theirs.moments()), now)
        own_lanes = mine.lanes(now)
        if not own_lanes and mine.granted and theirs.granted:
            self._parted.add(chart)
        else:
            self._parted.discard(chart)
        shared = own_lanes & theirs.lanes(now)
        self._content[chart] = {
            name: self._digest(Place(chart, named[name]), logs, special)
            for name in CONTENT_LANE_NAMES
            if named[name] in shared
        }
        self._access.pop(chart, None)
        if self._served.is_concerned(chart):
            lane = named[ACCESS]
            limits = self._served.limits(chart)
            if limits is None:
                told = self._told(Place(chart, lane), logs, special)
            else:
                told = self._served.limited(chart, lane, limits)
            self._access[chart] = PlaceDigest(chart, lane, lane_digest(told))

    def _special(self) -> Special:
        store = self._context.store
        return Special(store.lacking.places(), store.attachments.places())

    def _digest(self, place: Place, logs: Logs, special: Special) -> PlaceDigest:
        digest = lane_digest(self._told(place, logs, special))
        if place in special.attached:
            attachments = self._context.store.attachments.digest(*place)
            digest = with_attachments(digest, attachments)
        return PlaceDigest(*place, digest)

    def _told(self, place: Place, logs: Logs, special: Special) -> Sequence[LogSummary]:
        own = logs.get(place.lane, [])
        if place in special.lacking:
            return self._context.store.lacking.told(*place, own)
        return own

    def _narrow(self, moments: Iterable[int], now: int) -> None:
        begin, end = self._window
        for moment in moments:
            if moment <= now:
                begin = max(begin, moment)
            else:
                end = min(end, moment)
        self._window = (begin, end)


class Digests:
    """The digests of the peers that were met last, as many as there is room for."""

    def __init__(self, context: Context, charts: Charts) -> None:
        """Nobody was met."""
        self._context = context
        self._charts = charts
        self._peers: OrderedDict[DeviceKey, PeerDigests] = OrderedDict()

    def forget(self) -> None:
        """Know nothing of anybody, as after a start."""
        self._peers.clear()

    def of(self, peer: DeviceKey) -> PeerDigests:
        """Those of a peer; of who was not met for long, others' are forgotten."""
        found = self._peers.get(peer)
        if found is None:
            found = self._peers[peer] = PeerDigests(self._context, self._charts, peer)
        self._peers.move_to_end(peer)
        while len(self._peers) > peers_remembered_max or (
            len(self._peers) > 1
            and sum(each.size for each in self._peers.values()) > places_remembered_max
        ):
            self._peers.popitem(last=False)
        return found
