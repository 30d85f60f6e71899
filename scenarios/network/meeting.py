"""One session between two members over a link, frame by frame in virtual time.

It does what `node.replicator.driver` does over a stream: frames go out as the session gives them,
a pause is told, an end is told, and a session that its peer's end leaves unfinished was cut short.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from node.application.errors import PeerDenied
from node.errors import NodeError
from node.limits import pause_seconds, stream_idle_seconds_max
from node.replicator.interface import Session
from node.store.meetings import Meeting as KeptMeeting
from scenarios.engine.history import History
from scenarios.engine.member import Member
from scenarios.engine.power import PowerLost
from scenarios.engine.timeline import Timeline
from scenarios.network.link import Channel, Link
from sync.errors import RefusedError, SyncError
from sync.limits import frame_size_bytes_max
from sync.session.session import Session as SyncSession

Ending = Literal["level", "done", "cut", "stalled", "denied", "refused", "error", "short"]

_FRAME_SECONDS_MAX: Final = 2
_FRAME_BYTES_LEAST: Final = 1024
_FRAME_OVERHEAD_BYTES: Final = 4
_FRAMES_MAX: Final = 200_000
"""No session may need more; one that does is a finding of the checker of endings."""


@dataclass
class Side:
    """One end of a meeting."""

    member: Member
    peer: Member
    session: Session
    channel: Channel
    held_back: list[bytes] = field(default_factory=list)
    bytes_out: int = 0
    frames_out: int = 0
    under_way: int = 0
    """Frames of this side that have not arrived."""
    ended: bool = False
    """The other side has told this one that it sends no more."""
    said_end: bool = False


class Meeting:
    """A session under way."""

    def __init__(
        self,
        timeline: Timeline,
        history: History,
        draws: random.Random,
        one: Member,
        other: Member,
        link: Link,
        on_end: Callable[[Any], None],
    ) -> None:
        """`one` dials; `begin` starts it."""
        self.one, self.other, self.link = one, other, link
        self.ending: Ending | None = None
        self.began_at = timeline.now
        self._timeline, self._history, self._draws = timeline, history, draws
        self._on_end = on_end
        self._sides: tuple[Side, Side] | None = None
        self._idle_marks = 0
        self._told: list[str] = []

    # -- from the outside

    def begin(self) -> None:
        """Let both make their side, and the one who dials speak."""
        self._history.note("meet", a=self.one.name, b=self.other.name, link=self.link.name)
        try:
            with self.other.working():
                theirs = self.other.session(self.one.device, initiator=False)
            with self.one.working():
                mine = self.one.session(self.other.device, initiator=True)
        except NodeError as error:
            self._end("denied" if isinstance(error, PeerDenied) else "refused", error)
            return
        except PowerLost:
            self._end("cut")
            return
        now = self._timeline.now
        self._sides = (
            Side(self.one, self.other, mine, Channel(self.link, self._draws, now)),
            Side(self.other, self.one, theirs, Channel(self.link, self._draws, now)),
        )
        for side in self._sides:
            _set_frame_size(side.session, self.link)
            side.member.sessions += 1
        self._step()

    def cut(self, why: str) -> None:
        """Break the connection: a member went off, or the link went down."""
        if self.ending is None:
            self._told.append(why)
            self._end("cut")

    # -- the driver's work

    def _step(self) -> None:
        """Let both sides say what they can, and see whether that was all."""
        assert self._sides is not None
        try:
            for side in self._sides:
                self._say(side)
            for side in self._sides:
                self._farewell(side)
        except (NodeError, SyncError) as error:
            self._failed(error)
            return
        except PowerLost:
            self.cut("power")
            return
        if self.ending is None and not any(side.under_way for side in self._sides):
            self._rest()

    def _say(self, side: Side) -> None:
        with side.member.working():
            while self.ending is None and (frame := side.session.next_frame()) is not None:
                self._send(side, frame)

    def _send(self, side: Side, frame: bytes) -> None:
        size = len(frame) + _FRAME_OVERHEAD_BYTES
        side.bytes_out += size
        side.frames_out += 1
        self._history.carry(frame)
        fate = side.channel.send(self._timeline.now, size)
        if fate.what is not None:
            self._told.append(fate.what)
        if fate.breaks or side.frames_out > _FRAMES_MAX:
            self.cut(fate.what or "too many frames")
            return
        if fate.corrupt_at is not None and frame:
            damaged = bytearray(frame)
            damaged[fate.corrupt_at % len(frame)] ^= 1 << self._draws.randrange(8)
            frame = bytes(damaged)
        for arrival in fate.arrivals:
            side.under_way += 1
            self._timeline.at(arrival, lambda: self._arrive(side, frame))

    def _arrive(self, sender: Side, frame: bytes) -> None:
        sender.under_way -= 1
        if self.ending is not None or self._sides is None:
            return
        receiver = self._sides[1] if sender is self._sides[0] else self._sides[0]
        try:
            with receiver.member.working():
                receiver.session.receive(frame)
        except (NodeError, SyncError) as error:
            self._failed(error)
            return
        except PowerLost:
            self.cut("power")
            return
        self._step()

    def _farewell(self, side: Side) -> None:
        """Tell the other side that this one is done, once everything of it has arrived."""
        assert self._sides is not None
        other = self._sides[1] if side is self._sides[0] else self._sides[0]
        if self.ending is None and side.session.finished and not side.under_way:
            side.said_end = True
            if not other.ended:
                other.ended = True
                with other.member.working():
                    other.session.receive_end()
                self._say(other)

    def _rest(self) -> None:
        """Nothing is under way: both are done, or one hears of a pause, or it is a stall."""
        assert self._sides is not None
        if all(side.session.finished for side in self._sides):
            level = any(
                side.session.outcome.level
                for side in self._sides
                if isinstance(side.session, SyncSession)
            )
            self._end("level" if level else "done")
        elif any(side.ended and not side.session.finished for side in self._sides):
            self._end("short")
        else:
            self._idle_marks += 1
            mark = self._idle_marks
            self._timeline.after(int(pause_seconds * 1000), lambda: self._pause(mark))

    def _pause(self, mark: int) -> None:
        if self.ending is not None or mark != self._idle_marks or self._sides is None:
            return
        try:
            for side in self._sides:
                with side.member.working():
                    side.session.receive_pause()
                self._say(side)
        except (NodeError, SyncError) as error:
            self._failed(error)
            return
        except PowerLost:
            self.cut("power")
            return
        self._wait_idle(mark)

    def _wait_idle(self, mark: int) -> None:
        if self.ending is None and not any(side.under_way for side in self._sides or ()):
            idle = int(stream_idle_seconds_max * 1000)
            self._timeline.after(idle, lambda: self._stall(mark))

    def _stall(self, mark: int) -> None:
        if self.ending is None and mark == self._idle_marks:
            self._end("stalled")

    # -- the end

    def _failed(self, error: Exception) -> None:
        self._end("refused" if isinstance(error, RefusedError | SyncError) else "error", error)

    def _end(self, ending: Ending, error: Exception | None = None) -> None:
        if self.ending is not None:
            return
        self.ending = ending
        sides = self._sides or ()
        facts: dict[str, object] = {}
        if error is not None:
            facts["error"] = type(error).__name__
        if self._told:
            facts["faults"] = sorted(set(self._told))
        for side in sides:
            side.member.sessions -= 1
            self._settle(side, ending)
        first, second = sides or (None, None)
        self._history.note(
            "met",
            a=self.one.name,
            b=self.other.name,
            link=self.link.name,
            ended=ending,
            seconds=round((self._timeline.now - self.began_at) / 1000, 3),
            bytes_ab=first.bytes_out if first else 0,
            bytes_ba=second.bytes_out if second else 0,
            frames=sum(side.frames_out for side in sides),
            ops_ab=_received(second),
            ops_ba=_received(first),
            facts=_facts(first) + _facts(second),
            **facts,
        )
        self._on_end(self)

    def _settle(self, side: Side, ending: Ending) -> None:
        """What a node does after a session, ended well or not."""
        if not side.member.up:
            return
        try:
            with side.member.working() as node:
                node.settle()
                session = side.session
                if ending in ("level", "done") and isinstance(session, SyncSession):
                    node.count_received(session)
                    outcome = session.outcome
                    kept = KeptMeeting(
                        device=side.peer.device,
                        ended_at_milliseconds=node.context.clock(),
                        operations_sent=outcome.ops_sent,
                        operations_received=outcome.ops_received,
                        bytes_out=side.bytes_out,
                        bytes_in=outcome.bytes_in,
                        outcome="done",
                    )
                    if outcome.denied is None and not session.refuses:
                        node.remember_meeting(side.peer.device, kept)
        except PowerLost:
            self._told.append("power")
        except NodeError as error:
            self._history.note("unsettled", node=side.member.name, error=type(error).__name__)


def _received(side: Side | None) -> int:
    outcome = getattr(side.session, "outcome", None) if side is not None else None
    return int(getattr(outcome, "ops_received", 0))


def _facts(side: Side | None) -> int:
    outcome = getattr(side.session, "outcome", None) if side is not None else None
    return int(getattr(outcome, "facts_received", 0))


def _set_frame_size(session: Session, link: Link) -> None:
    """As DESIGN 7.5 says: at most two seconds of the rate, and at least a kibibyte."""
    if isinstance(session, SyncSession):
        rate = link.bytes_per_second * _FRAME_SECONDS_MAX
        session.frame_size_bytes = max(_FRAME_BYTES_LEAST, min(rate, frame_size_bytes_max))
