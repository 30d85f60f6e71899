"""The comparer: the side of a stage that hears the other's places and finds what differs.

    HEARING ──Difference (last, something differs)──► ASKING ──Reply (last)──► SENDING ──End──► done
       └──────Difference (last, nothing differs)───────────────────────────────────────────► done

On the last Difference it queues its vectors and wants (Compare), and in the access stage pushes
charts that are new to the lister; on the last Reply what the lister asked for, ForkIds of logs
that turned out to be forked, and its End. After ForkIds a second End is awaited.
"""

from collections.abc import Iterator
from enum import Enum

from sync.digest import LogSummary, Place
from sync.errors import SessionError
from sync.identifiers import InstanceId
from sync.limits import fork_ids_max, vector_logs_max
from sync.session.context import Context
from sync.session.difference import Finder, Found, SortedListFinder
from sync.session.inbox import spelled
from sync.session.outbox import Routed, letter_parcels
from sync.session.places import SharedPlaces
from sync.session.plan import Sending
from sync.session.replica import Stage
from sync.session.vectors import VectorReader, pieces
from sync.wire.message import (
    SHORT_SIZE_BYTES,
    Compare,
    Difference,
    End,
    ForkIds,
    Letters,
    Message,
    Operations,
    PlaceVector,
    Reply,
)


class Phase(Enum):
    """Where the comparer stands."""

    HEARING = 0
    ASKING = 1
    SENDING = 2
    DONE = 3


class Comparer:
    """Finds what differs, and asks and sends accordingly."""

    def __init__(self, context: Context, stage: Stage) -> None:
        self._context = context
        self._stage = stage
        self._places = SharedPlaces(context.replica, context.peer, stage, context.names)
        self._finder: Finder = SortedListFinder(self._places)
        self._phase = Phase.HEARING
        self._asked = VectorReader()
        self._described: dict[bytes, dict[InstanceId, LogSummary]] = {}
        self._wants: frozenset[bytes] = frozenset()
        self._forks: list[tuple[bytes, InstanceId]] = []
        self._ends_due = 1
        self.attachments_differ = False
        """Whether the lister says that there is something to be said of attachments."""
        context.inbox.begin_stage()

    @property
    def done(self) -> bool:
        """Whether the stage's transfer is complete here: all is stored, all of ours is queued."""
        return self._phase is Phase.DONE

    @property
    def compared(self) -> dict[bytes, Place]:
        """The places that both sides described."""
        return {short: self._places[short] for short in self._described}

    def got(self, message: Message, size_bytes: int) -> None:
        """Take a message of this stage, or raise SessionError."""
        match message:
            case Difference(payload, last) if self._phase is Phase.HEARING:
                found = self._finder.heard(payload, last)
                if found is not None:
                    self._found(found)
            case Reply() if self._phase is Phase.ASKING:
                self._got_reply(message)
            case Letters() if self._phase is Phase.SENDING and self._stage is Stage.ACCESS:
                self._context.inbox.take_letters(message, size_bytes, self._resolve)
            case Operations() if self._phase is Phase.SENDING:
                self._context.inbox.take_operations(message, size_bytes, self._resolve)
            case End(forks) if self._phase is Phase.SENDING and not forks:
                self._context.inbox.flush()
                self._ends_due -= 1
                if self._ends_due == 0:
                    self._phase = Phase.DONE
                    if self._forks:
                        self._context.turns.heard()
            case _:
                raise SessionError(f"{type(message).__name__} is out of turn")

    @property
    def _frame_size(self) -> int:
        return self._context.outbox.frame_size_bytes

    def _found(self, found: Found) -> None:
        context = self._context
        context.turns.said()
        access = self._stage is Stage.ACCESS
        pushed = set(found.only_here) if access else set()
        wants = found.only_there if access else []
        if not found.differing and not wants and not pushed:
            context.outbox.say([Compare((), b"", True, True)])
            self._phase = Phase.DONE
            return
        self._phase = Phase.ASKING
        self._wants = frozenset(wants)
        context.outbox.say(self._compare(found.differing, wants))
        if pushed:
            places = [self._places[short] for short in self._places.in_order(pushed)]
            context.outbox.send(letter_parcels(self._new_letters(places), self._frame_size))
            context.outbox.send(context.outbox.packed(self._new_operations(places), Operations))

    def _compare(self, differing: list[bytes], wants: list[bytes]) -> Iterator[Message]:
        step = max(1, self._frame_size // SHORT_SIZE_BYTES - 4)
        for start in range(0, len(wants), step):
            yield Compare((), b"".join(wants[start : start + step]), False, False)
        for vectors in pieces(self._vectors(differing), self._frame_size):
            yield Compare(vectors, b"", False, False)
        yield Compare((), b"", True, False)

    def _vectors(self, differing: list[bytes]) -> Iterator[PlaceVector]:
        context = self._context
        weight = 0
        for short in differing:
            place = self._places[short]
            own = context.logs.summaries(place)
            letters = b""
            if self._stage is Stage.ACCESS:
                held = context.replica.letters(context.peer, place.chart)
                letters = b"".join(context.names.letter(letter) for letter in held)
            vector = PlaceVector(
                short,
                tuple(context.logs.described(place, log) for log in own),
                letters,
                self._attachments(place),
            )
            weight += _weight(vector)
            if weight > vector_logs_max // 2 and self._described:
                return  # the rest differs still, and is for the next session
            self._described[short] = {log.instance: log for log in own}
            for log in own:
                context.inbox.expect(short, log.instance, log.length)
            yield vector

    def _attachments(self, place: Place) -> bytes:
        if self._stage is Stage.ACCESS:
            return b""
        context = self._context
        return context.names.attachments(place, context.replica.shelf(context.peer).digest(place))

    def _new_letters(self, places: list[Place]) -> Iterator[tuple[bytes, list[bytes]]]:
        for place in places:
            letters = self._context.replica.letters(self._context.peer, place.chart, begins=True)
            yield place.chart + place.lane, list(letters)

    def _new_operations(self, places: list[Place]) -> Iterator[Routed]:
        logs = self._context.logs
        for place in places:
            for log in logs.summaries(place):
                for operation in logs.operations(Sending(place, log.instance)):
                    yield place.chart + place.lane, operation

    def _got_reply(self, message: Reply) -> None:
        if not message.last and not message.vectors:
            raise SessionError("reply goes on without an item")
        self._asked.add(message.vectors)
        for vector in message.vectors:
            own = self._described.get(vector.place)
            if own is None or any(log.instance not in own for log in vector.logs):
                raise SessionError("peer asks for a log that it was not told of")
        if not message.last:
            return
        self.attachments_differ = message.attachments and self._stage is Stage.CONTENT
        context = self._context
        context.turns.heard()
        context.turns.said()
        self._phase = Phase.SENDING
        sends = self._plan()
        self._ends_due += bool(self._forks)
        outbox = context.outbox
        if self._stage is Stage.ACCESS:
            outbox.send(letter_parcels(self._letters(), self._frame_size))
        outbox.send(outbox.packed(self._operations(sends), Operations))
        outbox.say(self._fork_ids())
        outbox.say([End(bool(self._forks))])

    def _plan(self) -> dict[bytes, list[Sending]]:
        sends: dict[bytes, list[Sending]] = {}
        logs = self._context.logs
        for short, asked in self._asked.places.items():
            place = self._places[short]
            for instance, ask in asked.logs.items():
                sending, listed = logs.fulfil(place, self._described[short][instance], ask)
                sends.setdefault(short, []).extend(sending)
                if listed:
                    self._forks.append((short, instance))
        return sends

    def _letters(self) -> Iterator[tuple[bytes, list[bytes]]]:
        context = self._context
        for short in self._places.in_order(set(self._described)):
            asked = self._asked.places.get(short)
            held = asked.letters if asked else set()
            letters = context.replica.letters(context.peer, self._places[short].chart)
            missing = [letter for letter in letters if context.names.letter(letter) not in held]
            if missing:
                yield short, missing

    def _operations(self, sends: dict[bytes, list[Sending]]) -> Iterator[Routed]:
        for short in self._places.in_order(set(sends)):
            for sending in sends[short]:
                for operation in self._context.logs.operations(sending):
                    yield short, operation

    def _fork_ids(self) -> Iterator[Message]:
        step = max(1, self._frame_size // SHORT_SIZE_BYTES - 8) * SHORT_SIZE_BYTES
        for short, instance in self._forks:
            ids = self._context.logs.ids(self._places[short], instance)
            for start in range(0, max(1, len(ids)), step):
                yield ForkIds(short, instance, ids[start : start + step])

    def _resolve(self, where: bytes) -> tuple[bytes, Place]:
        if len(where) == SHORT_SIZE_BYTES:
            if where not in self._described:
                raise SessionError("peer sends what was not asked for")
            return where, self._places[where]
        place = spelled(where)
        short = self._context.names.place(place)
        if short not in self._wants:
            raise SessionError("peer sends what was not asked for")
        return short, place


def _weight(vector: PlaceVector) -> int:
    ids = sum(len(log.ids or b"") for log in vector.logs) // SHORT_SIZE_BYTES
    per_id = max(1, fork_ids_max // vector_logs_max)
    return 1 + len(vector.logs) + len(vector.letters) // SHORT_SIZE_BYTES + ids // per_id
