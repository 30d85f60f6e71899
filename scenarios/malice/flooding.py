"""Flood: very many operations, logs, letters, requests and frames, each of which is well formed."""

import random
from collections.abc import Iterable, Sequence
from typing import Final

from scenarios.malice.drafts import Drafts, DraftsView
from scenarios.malice.hostile import Owner, running
from scenarios.malice.masked import Masked, lying
from sync.access.readers import key_holders
from sync.acts import Revoke
from sync.digest import Place
from sync.errors import SessionError
from sync.grantee import Device
from sync.identifiers import ChartId, DeviceKey, EpochKey, SealingKey
from sync.letter import write_letter
from sync.limits import notes_per_session_max
from sync.note import NoteKind, Request, StatedKey, write_note
from sync.operation import Operation
from sync.session.replica import Replica
from sync.wire.message import Close, ForkIds, Hello
from sync.wire.message_codec import decode_message, encode_message

OPERATIONS_A_SESSION: Final = 100
LOGS_A_SESSION: Final = 100
FORKS_A_SESSION: Final = 100
LETTERS_A_SESSION: Final = 60
FRAMES_A_SESSION: Final = 400


class _FloodView(DraftsView):
    """Shows letters and notes by the hundred beside the drafts, and deposits all it wrote."""

    def __init__(self, real: Replica, flood: "Flood", trick: str) -> None:
        super().__init__(real, flood.drafts)
        self._flood = flood
        self._trick = trick

    def letters(self, peer: DeviceKey, chart: ChartId, *, begins: bool = False) -> Sequence[bytes]:
        """Letters to nobody."""
        held = self._real.letters(peer, chart, begins=begins)
        return [*held, *self._flood.letters(chart)] if self._trick == "letters" else held

    def notes(self, peer: DeviceKey) -> Sequence[bytes]:
        """Requests for charts that are there and charts that are not."""
        return self._flood.requests() if self._trick == "requests" else self._real.notes(peer)

    def deposits(self, peer: DeviceKey) -> Iterable[Operation]:
        """All drafts again, as if the right to write them had just ended."""
        if self._trick != "deposits":
            return self._real.deposits(peer)
        listed = [one for held in self._flood.drafts.by_place.values() for one in held]
        return sorted(listed, key=_by_log)


class Flood:
    """Makes as much work as the protocol lets it."""

    kind = "flood"
    TRICKS: Final = (
        "operations",
        "logs",
        "forks",
        "letters",
        "false letters",
        "requests",
        "deposits",
        "frames",
        "hellos",
        "revocations",
    )

    def __init__(self, owner: Owner, draws: random.Random, trick: str | None = None) -> None:
        """Flood in one way, or in each session in another."""
        self.owner = owner
        self.draws = draws
        self.drafts = Drafts(owner, draws)
        self._trick = trick

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session with far too much of something."""
        trick = self._trick or self.draws.choice(self.TRICKS)
        for chart in self.drafts.charts(1):
            self._write(trick, chart)
        return lying(
            self.owner,
            peer,
            lambda real: _FloodView(real, self, trick),
            initiator=initiator,
            outgoing=lambda frame: self._more(trick, frame),
        )

    def _write(self, trick: str, chart: ChartId) -> None:
        drafts = self.drafts
        replica = drafts.replica(chart)
        lane = replica.charter.lane("care")
        if trick in ("operations", "deposits"):
            for _ in range(OPERATIONS_A_SESSION):
                drafts.changes(chart, lane, ())
        elif trick == "logs":
            for _ in range(LOGS_A_SESSION):
                drafts.changes(chart, lane, (), instance=drafts.new_instance())
        elif trick == "forks":
            first = drafts.changes(chart, lane, (), instance=drafts.new_instance())
            key = None if first is None else replica.keyring.key(first.prefix.epoch)
            if first is not None and key is not None:
                for _ in range(FORKS_A_SESSION):
                    drafts.sibling(first, key)
        elif trick in ("letters", "false letters"):
            drafts.acts(chart, ())  # letters cross where an access lane differs
        elif trick == "revocations":
            drafts.acts(chart, [Revoke(Device(self.owner.device), (), False)] * 200)

    def letters(self, chart: ChartId) -> list[bytes]:
        """Letters of a chart to keys that nobody has, others each time."""
        charter = self.drafts.replica(chart).charter
        signer = running(self.owner).context.identity.signer
        return [
            write_letter(
                charter,
                (),
                SealingKey(self.draws.randbytes(32)),
                signer,
                self.draws.randbytes(32),
            ).encoded()
            for _ in range(LETTERS_A_SESSION)
        ]

    def false_letters(self, chart: ChartId) -> list[bytes]:
        """A letter to each key that anybody stated in a chart, with keys that open nothing."""
        replica = self.drafts.replica(chart)
        signer = running(self.owner).context.identity.signer
        keys = tuple(EpochKey(self.draws.randbytes(32)) for _ in range(20))
        return [
            write_letter(replica.charter, keys, to, signer, self.draws.randbytes(32)).encoded()
            for to in sorted(key_holders(replica.fold).devices)
        ]

    def requests(self) -> list[bytes]:
        """As many notes as a session takes, and a few more."""
        context = running(self.owner).context
        identity = context.identity
        stated = StatedKey(identity.sealing_key, identity.sealing_key_signature)
        known = running(self.owner)._charts.ids()
        made = []
        for number in range(notes_per_session_max + 4):
            unknown = ChartId(self.draws.randbytes(32))
            chart = self.draws.choice(known) if known and number % 2 else unknown
            kind = self.draws.choice((NoteKind.REQUEST, NoteKind.GLASS))
            payload = stated.encoded()
            if kind is NoteKind.REQUEST:
                asked = Request(stated, context.roster.encoded(), ("care",), 7, "x" * 1000)
                payload = asked.encoded()
            note = write_note(kind, chart, payload, identity.signer, context.clock())
            made.append(note.encoded())
        return made

    def _more(self, trick: str, frame: bytes) -> Iterable[bytes]:
        """A frame, and more than was due."""
        try:
            message = decode_message(frame)
        except SessionError:
            return (frame,)
        if trick == "hellos" and isinstance(message, Hello):
            return [frame] * 3
        if trick == "frames" and not isinstance(message, Hello | Close):
            empty = encode_message(ForkIds(bytes(8), self.drafts.instance, b""))
            return [empty] * FRAMES_A_SESSION + [frame]
        return (frame,)


def _by_log(operation: Operation) -> tuple[Place, bytes, int]:
    prefix = operation.prefix
    return Place(prefix.chart, prefix.lane), prefix.instance, prefix.sequence
