"""The notes of one session with one peer: what waits for it, and what becomes of what it brings.

`sharing` asks; nothing here is answered in the session that brought it.
"""

from collections.abc import Callable, Iterable, Sequence

from node.application.charts import Charts
from node.application.context import Context
from node.application.patients.breaking_glass import answer_broken_glass, take_answer, take_reason
from node.application.patients.requesting import take_request
from sync.errors import NoteError
from sync.identifiers import ChartId, DeviceKey
from sync.limits import notes_per_session_max
from sync.note import Note, NoteKind, parse_note, parse_sealed_words
from sync.operation import Operation


class PeerNotes:
    """Used under the node's one lock. `is_live` says whether the peer is served a chart now."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        peer: DeviceKey,
        is_live: Callable[[ChartId], bool],
    ) -> None:
        """Speak with one peer."""
        self._context = context
        self._charts = charts
        self._peer = peer
        self._is_live = is_live

    def waiting(self) -> Sequence[bytes]:
        """What the peer is to have: its own notes first, then reasons of charts that it reads."""
        store = self._context.store
        found = store.waiting_notes.of_peer(self._peer)
        for chart, note in store.glass.reasons_untold(self._peer):
            if len(found) >= notes_per_session_max:
                break
            if self._is_live(chart):
                found.append(note)
        return found[:notes_per_session_max]

    def handed_over(self, notes: Iterable[bytes]) -> None:
        """The peer has these."""
        store = self._context.store
        with store.transaction():
            for encoded in notes:
                if store.waiting_notes.drop(self._peer, encoded):
                    continue
                note = parse_note(encoded)
                if note.kind is NoteKind.REASON:
                    about = parse_sealed_words(note.payload).about
                    store.glass.told_reason(self._peer, note.chart, about)

    def take(self, notes: Sequence[Note]) -> None:
        """Act on what the peer brings. All but reasons must be its own."""
        with self._context.store.transaction():
            for note in notes:
                if note.kind is NoteKind.REASON:
                    take_reason(self._context, self._charts, note)
                    self._has_reason(note)
                elif note.author != self._peer:
                    continue
                elif note.kind is NoteKind.GLASS:
                    answer_broken_glass(self._context, self._charts, note)
                elif note.kind is NoteKind.ANSWER:
                    take_answer(self._context, self._charts, note)
                elif note.kind is NoteKind.REQUEST:
                    take_request(self._context, self._charts, note)

    def _has_reason(self, note: Note) -> None:
        """Who brought a reason need not be handed it."""
        try:
            about = parse_sealed_words(note.payload).about
        except NoteError:
            return
        kept = self._context.store.glass.reasons(note.chart).get(about)
        if kept is not None and kept.encoded() == note.encoded():
            self._context.store.glass.told_reason(self._peer, note.chart, about)

    def owed(self) -> Iterable[Operation]:
        """Break-glasses that the peer, which gave their letters, does not have yet."""
        for broken in self._context.store.glass.owed_to(self._peer):
            replica = self._charts.replica(broken.chart)
            own = self._context.identity.device
            yield from sorted(
                (
                    one
                    for one in replica.operations.values()
                    if one.prefix.device == own and one.prefix.lane == replica.access_lane
                ),
                key=lambda one: (one.prefix.instance, one.prefix.sequence),
            )

    def owed_no_more(self) -> None:
        """The peer has them."""
        self._context.store.glass.delivered(self._peer)
