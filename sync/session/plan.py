"""Which operations of a place go to the peer, from what both sides hold of its logs.

Linear logs compare by length and head. Where one is forked, or turns out to be, the sides list
the short names of all operations of that log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.digest import LogSummary, Place
from sync.errors import SessionError
from sync.identifiers import DeviceKey, InstanceId
from sync.operation import Operation
from sync.session.replica import Replica
from sync.session.short import ShortNames, split
from sync.wire.message import LogVector


@dataclass(frozen=True, slots=True)
class Sending:
    """What to send of one log: from `start` on, or all that is not in `held` (short names)."""

    place: Place
    instance: InstanceId
    start: int = 0
    held: bytes | None = None


@dataclass(frozen=True, slots=True)
class Logs:
    """Reads the logs of a place and compares them with what the peer told."""

    replica: Replica
    peer: DeviceKey
    names: ShortNames

    def summaries(self, place: Place) -> Sequence[LogSummary]:
        """What is held here."""
        return self.replica.vector(self.peer, place.chart, place.lane)

    def ids(self, place: Place, instance: InstanceId) -> bytes:
        """The short names of a log's operations, joined."""
        return self.names.operations(self.replica.ids(self.peer, place.chart, place.lane, instance))

    def described(self, place: Place, log: LogSummary) -> LogVector:
        """What is told of a log of ours."""
        if log.forked:
            return self.listed(place, log)
        return LogVector(log.instance, log.length, self.names.operation(log.heads[0]))

    def listed(self, place: Place, log: LogSummary) -> LogVector:
        """What is told of a log of ours that is forked or has parted from the peer's."""
        return LogVector(log.instance, log.length, b"", self.ids(place, log.instance))

    def continues(self, place: Place, instance: InstanceId, length: int, head: bytes) -> bool:
        """Whether our longer log goes on from the peer's."""
        found = next(
            self.replica.read(self.peer, place.chart, place.lane, instance, length - 1), None
        )
        return found is not None and self.names.operation(found.id) == head

    def operations(self, sending: Sending) -> Iterator[Operation]:
        """Read what is to be sent."""
        chart, lane = sending.place
        if sending.held is None:
            yield from self.replica.read(self.peer, chart, lane, sending.instance, sending.start)
            return
        held = set(split(sending.held))
        ids = self.replica.ids(self.peer, chart, lane, sending.instance)
        chosen = [found for found in ids if self.names.operation(found) not in held]
        if chosen:
            yield from self.replica.read_selected(self.peer, chart, lane, sending.instance, chosen)

    def answer(
        self, place: Place, own: Sequence[LogSummary], theirs: dict[InstanceId, LogVector]
    ) -> tuple[list[LogVector], list[Sending]]:
        """The lister's part: what it asks of the comparer, and what it sends."""
        sends: list[Sending] = []
        by_instance = {log.instance: log for log in own}
        asks = [LogVector(instance, 0, b"") for instance in theirs if instance not in by_instance]
        for log in own:
            told_log = theirs.get(log.instance)
            if told_log is None:
                sends.append(Sending(place, log.instance))
            else:
                ask, send = self._answer_log(place, log, told_log)
                asks.extend(ask)
                sends.extend(send)
        return asks, sends

    def _answer_log(
        self, place: Place, own: LogSummary, told: LogVector
    ) -> tuple[list[LogVector], list[Sending]]:
        if told.ids is not None:
            return [self.listed(place, own)], [Sending(place, own.instance, held=told.ids)]
        if own.forked:
            return [self.listed(place, own)], []
        if told.length == 0:
            return [], [Sending(place, own.instance)]
        if told.length > own.length:
            return [self.described(place, own)], []
        if told.length == own.length and self.names.operation(own.heads[0]) == told.head:
            return [], []
        if self.continues(place, own.instance, told.length, told.head):
            return [], [Sending(place, own.instance, told.length)]
        return [self.listed(place, own)], []

    def fulfil(self, place: Place, own: LogSummary, ask: LogVector) -> tuple[list[Sending], bool]:
        """The comparer's part: what it sends for an ask, and whether it lists the log in return.

        It lists a log in return when the lister cannot know yet that the two have parted.
        """
        if ask.ids is not None:
            return [Sending(place, own.instance, held=ask.ids)], not own.forked
        if ask.length == 0:
            return [Sending(place, own.instance)], False
        if own.forked:
            raise SessionError("peer asks for a forked log without listing its own")
        if self.continues(place, own.instance, ask.length, ask.head):
            return [Sending(place, own.instance, ask.length)], False
        return [Sending(place, own.instance)], True
