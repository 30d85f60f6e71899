"""Asking for access to a chart, and what the custodian's node does about it.

A request is a note to one peer. Whether it knows the chart, forbids it, or lets the request wait,
the asker's session is the same byte for byte; it learns by being granted.
"""

from collections.abc import Sequence

from node.application.access.pairing import find_peer
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import BadRequest
from node.limits import requests_waiting_max, requests_waiting_per_asker_max
from sync.access.grants import key_is_its_own
from sync.charter import CONTENT_LANE_NAMES, Kind
from sync.errors import IdentifierError, NoteError
from sync.grantee import RIGHTS_BY_NAME, Right
from sync.identifiers import chart_text, parse_chart_text
from sync.limits import clock_doubt_milliseconds, note_words_length_chars_max
from sync.note import Note, NoteKind, Request, StatedKey, parse_request, write_note

REQUEST_MILLISECONDS_MAX = 30 * 24 * 3600 * 1000
"""How old a request may be that is taken: it may have come by a long way."""


def ask_for_access(
    context: Context,
    chart: str,
    holders: Sequence[str],
    lanes: Sequence[str],
    rights: str,
    reason: str,
) -> dict[str, object]:
    """Leave a request with peers, for the next session with each."""
    try:
        wanted = parse_chart_text(chart.strip().lower())
    except IdentifierError:
        raise BadRequest("a chart of another node is named by its whole id") from None
    if not lanes or not set(lanes) <= set(CONTENT_LANE_NAMES):
        raise BadRequest(f"lanes are some of {','.join(CONTENT_LANE_NAMES)}")
    if rights not in RIGHTS_BY_NAME or rights == "admin":
        raise BadRequest("rights that can be asked for are relay, read and append")
    if len(reason) > note_words_length_chars_max:
        raise BadRequest(f"a reason has at most {note_words_length_chars_max} characters")
    peers = [find_peer(context, who) for who in holders] or [
        (peer.name, find_peer(context, peer.name)[1]) for peer in context.store.peers.all()
    ]
    if not peers:
        raise BadRequest("no node is paired that could be asked")
    identity = context.identity
    request = Request(
        StatedKey(identity.sealing_key, identity.sealing_key_signature),
        context.roster.encoded(),
        tuple(lane for lane in CONTENT_LANE_NAMES if lane in lanes),
        int(RIGHTS_BY_NAME[rights]),
        reason,
    )
    note = write_note(NoteKind.REQUEST, wanted, request.encoded(), identity.signer, context.clock())
    with context.store.transaction():
        for _, card in peers:
            context.store.waiting_notes.put(card.device, note.encoded())
    return {
        "request": note.id.hex(),
        "chart": chart_text(wanted),
        "asked": [name for name, _ in peers],
    }


def take_request(context: Context, charts: Charts, note: Note) -> None:
    """Keep a request of a chart that this node administers; whatever else comes is let go."""
    store = context.store
    age = context.clock() - note.at_milliseconds
    if not -clock_doubt_milliseconds <= age < REQUEST_MILLISECONDS_MAX:
        return
    try:
        request = parse_request(note.payload)
    except NoteError:
        return
    if not key_is_its_own(note.author, request.key.sealing, request.key.signature):
        return
    if not request.lanes or not set(request.lanes) <= set(CONTENT_LANE_NAMES):
        return
    if Right(request.rights) not in RIGHTS_BY_NAME.values() or request.rights & Right.ADMIN:
        return
    if store.charts.charter(note.chart) is None or store.reasons.forgotten(note):
        return
    outline = charts.outline(note.chart)
    if outline.charter.kind is not Kind.PATIENT or not outline.fold.standing(
        context.identity.device, Right.ADMIN, None, context.clock()
    ):
        return
    waiting = store.access_requests.waiting()
    of_asker = [one for one in waiting if one.asker == note.author]
    if any(one.chart == note.chart for one in of_asker):
        return
    if len(of_asker) >= requests_waiting_per_asker_max or len(waiting) >= requests_waiting_max:
        return
    store.access_requests.add(note, context.clock())
