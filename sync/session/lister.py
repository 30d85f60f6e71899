"""The lister: the side of a stage that tells its places first and answers the comparer.

    COMPARING ──Compare (last, something differs)──► SENDING ──End──► done
        └──────Compare (last, nothing differs)──────────────────────► done

It queues its list when it is made; on the last Compare its asks (Reply), letters, operations and
End; on an End with forks, what the ForkIds lacked and a second End.
"""

from collections.abc import Iterator
from enum import Enum

from sync.digest import Place
from sync.errors import SessionError
from sync.identifiers import InstanceId
from sync.limits import fork_ids_max, vector_logs_max
from sync.session.context import Context
from sync.session.difference import SortedListTeller, Teller
from sync.session.inbox import spelled
from sync.session.outbox import Routed, letter_parcels
from sync.session.places import SharedPlaces
from sync.session.plan import Sending
from sync.session.replica import Stage
from sync.session.short import split
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
    """Where the lister stands."""

    COMPARING = 0
    SENDING = 1
    DONE = 2


class Lister:
    """Tells what is here, and answers what the comparer found."""

    def __init__(self, context: Context, stage: Stage) -> None:
        self._context = context
        self._stage = stage
        self._places = SharedPlaces(context.replica, context.peer, stage, context.names)
        self._phase = Phase.COMPARING
        self._told = VectorReader()
        self._wants: set[bytes] = set()
        self._wants_last = b""
        self._sends: dict[bytes, list[Sending]] = {}
        self._forks: dict[tuple[bytes, InstanceId], bytearray] = {}
        self._fork_ids = 0
        self._begun: set[bytes] = set()
        self.attachments_differ = False
        """Whether there is something to be said of attachments, once the stage is done."""
        context.inbox.begin_stage()
        context.turns.said()
        context.outbox.say(self._list())

    @property
    def done(self) -> bool:
        """Whether the stage's transfer is complete here: all is stored, all of ours is queued."""
        return self._phase is Phase.DONE

    @property
    def compared(self) -> dict[bytes, Place]:
        """The places that both sides described."""
        return {short: self._places[short] for short in self._told.places}

    def got(self, message: Message, size_bytes: int) -> None:
        """Take a message of this stage, or raise SessionError."""
        match message:
            case Compare() if self._phase is Phase.COMPARING:
                self._got_compare(message)
            case ForkIds() if self._phase is Phase.SENDING:
                self._got_fork_ids(message)
            case Letters() if self._phase is Phase.SENDING and self._stage is Stage.ACCESS:
                self._context.inbox.take_letters(message, size_bytes, self._resolve)
            case Operations() if self._phase is Phase.SENDING:
                self._context.inbox.take_operations(message, size_bytes, self._resolve)
            case End(forks) if self._phase is Phase.SENDING:
                self._got_end(forks)
            case _:
                raise SessionError(f"{type(message).__name__} is out of turn")

    def _list(self) -> Iterator[Message]:
        teller: Teller = SortedListTeller(self._places)
        for payload, last in teller.tell(self._frame_size):
            yield Difference(payload, last)

    @property
    def _frame_size(self) -> int:
        return self._context.outbox.frame_size_bytes

    def _got_compare(self, message: Compare) -> None:
        if not message.last and (message.level or not (message.vectors or message.wants)):
            raise SessionError("comparison goes on without an item")
        for short in split(message.wants):
            if short <= self._wants_last or short not in self._places:
                raise SessionError("peer wants a place that was not listed, or twice")
            self._wants_last = short
            self._wants.add(short)
        self._told.add(message.vectors)
        if any(vector.place not in self._places for vector in message.vectors):
            raise SessionError("peer compares a place that was not listed")
        if not message.last:
            return
        if self._wants & self._told.places.keys():
            raise SessionError("peer wants a place that it holds")
        self._context.turns.heard()
        if message.level:
            if self._wants or self._told.places:
                raise SessionError("peer compares places and says that none differs")
            self._phase = Phase.DONE
            return
        self._phase = Phase.SENDING
        self._context.turns.said()
        outbox = self._context.outbox
        outbox.say(self._replies())
        if self._stage is Stage.ACCESS:
            outbox.send(letter_parcels(self._letters(), self._frame_size))
        outbox.send(outbox.packed(self._operations(), Operations))
        outbox.say([End(False)])

    def _replies(self) -> Iterator[Message]:
        for vectors in pieces(self._asks(), self._frame_size):
            yield Reply(vectors, False)
        yield Reply((), True, self.attachments_differ)

    def _asks(self) -> Iterator[PlaceVector]:
        context = self._context
        shelf = context.replica.shelf(context.peer)
        for short, told in self._told.places.items():
            place = self._places[short]
            if self._stage is Stage.CONTENT:
                own_attachments = context.names.attachments(place, shelf.digest(place))
                self.attachments_differ |= own_attachments != told.attachments
            own = context.logs.summaries(place)
            for log in own:
                context.inbox.expect(short, log.instance, log.length)
            asks, sends = context.logs.answer(place, own, told.logs)
            if sends:
                self._sends[short] = sends
            names = self._letter_names(place)
            if asks or names:
                yield PlaceVector(short, tuple(asks), names)

    def _letter_names(self, place: Place) -> bytes:
        if self._stage is Stage.CONTENT:
            return b""
        letters = self._context.replica.letters(self._context.peer, place.chart)
        return b"".join(self._context.names.letter(letter) for letter in letters)

    def _letters(self) -> Iterator[tuple[bytes, list[bytes]]]:
        context = self._context
        for short in self._places.in_order(self._wants | self._told.places.keys()):
            place = self._places[short]
            told = self._told.places.get(short)
            held = told.letters if told else set()
            letters = context.replica.letters(context.peer, place.chart, begins=told is None)
            missing = [letter for letter in letters if context.names.letter(letter) not in held]
            if missing:
                yield (short if told else place.chart + place.lane), missing

    def _operations(self) -> Iterator[Routed]:
        logs = self._context.logs
        for short in self._places.in_order(self._wants | self._sends.keys()):
            place = self._places[short]
            where = short if short in self._sends else place.chart + place.lane
            sends = self._sends.pop(short, None)
            if sends is None:
                sends = [Sending(place, log.instance) for log in logs.summaries(place)]
            for sending in sends:
                for operation in logs.operations(sending):
                    yield where, operation

    def _resolve(self, where: bytes) -> tuple[bytes, Place]:
        if len(where) == SHORT_SIZE_BYTES:
            if where not in self._told.places:
                raise SessionError("peer sends what was not asked for")
            return where, self._places[where]
        place = spelled(where)
        short = self._context.names.place(place)
        if self._stage is Stage.CONTENT or short in self._places:
            raise SessionError("peer sends what was not asked for")
        self._begun.add(short)
        if len(self._begun) > vector_logs_max:
            raise SessionError("peer begins too many charts")
        return short, place

    def _got_fork_ids(self, message: ForkIds) -> None:
        key = (message.place, message.instance)
        if message.place not in self._told.places:
            raise SessionError("peer lists a log of a place that was not compared")
        self._fork_ids += len(message.ids) // SHORT_SIZE_BYTES
        if self._fork_ids > fork_ids_max or len(self._forks) > vector_logs_max:
            raise SessionError("peer lists too many operations of forked logs")
        self._forks.setdefault(key, bytearray()).extend(message.ids)

    def _got_end(self, forks: bool) -> None:
        if bool(self._forks) != forks:
            raise SessionError("end does not say truly whether logs were listed")
        self._context.inbox.flush()
        self._context.turns.heard()
        if forks:
            self._context.turns.said()
            outbox = self._context.outbox
            outbox.send(outbox.packed(self._fork_operations(), Operations))
            outbox.say([End(False)])
        self._phase = Phase.DONE

    def _fork_operations(self) -> Iterator[Routed]:
        for (short, instance), ids in self._forks.items():
            sending = Sending(self._places[short], instance, held=bytes(ids))
            for operation in self._context.logs.operations(sending):
                yield short, operation
