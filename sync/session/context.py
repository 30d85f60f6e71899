"""What the parts of one session share."""

from dataclasses import dataclass

from sync.identifiers import DeviceKey
from sync.session.inbox import Inbox
from sync.session.outbox import Outbox
from sync.session.outcome import Outcome
from sync.session.plan import Logs
from sync.session.replica import Replica
from sync.session.short import ShortNames


@dataclass(slots=True)
class Turns:
    """Counts turns: a message that answers the peer's latest is one turn later than it."""

    mine: int = 0
    theirs: int = 0

    def said(self) -> None:
        """We say something that the peer may be waiting for."""
        self.mine = max(self.mine, self.theirs + 1)

    def heard(self) -> None:
        """The peer answers what we said last."""
        self.theirs = max(self.theirs, self.mine + 1)

    @property
    def round_trips(self) -> int:
        """Turns there and back; a last one-way turn is not counted."""
        return max(self.mine, self.theirs) // 2


@dataclass(frozen=True, slots=True)
class Context:
    """One session's parts, made once the hellos have crossed."""

    replica: Replica
    peer: DeviceKey
    names: ShortNames
    logs: Logs
    inbox: Inbox
    outbox: Outbox
    turns: Turns
    outcome: Outcome
