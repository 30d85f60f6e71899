"""Breaking the glass of a chart, and giving what that needs to who broke it (DESIGN section 6).

A break-glass is an operation that is itself an entitlement of four hours to the access lane and
the summary. It is written before anything is shown. Who holds nothing of the chart asks the nodes
that it is paired with for the chart's letter first, and writes it when that comes.
"""

from collections.abc import Sequence

from node.application.access.pairing import find_peer
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import BadRequest, NoStanding, NotFound, SecondPersonNeeded
from node.application.patients.glass_lines import GLASS_MILLISECONDS, glass_tag
from node.application.patients.second_person import check_confirmation
from node.application.timestamps import time_text
from node.limits import glass_answers_per_hour_max, glass_false_answers_max
from node.store.glass import BrokenGlass
from sync.access import epochs
from sync.access.glass import BREAKINGS_PER_HOUR_MAX, HOUR_MILLISECONDS, was_removed
from sync.access.grants import key_is_its_own
from sync.access.readers import live_readers, recipients
from sync.acts import BreakGlass
from sync.chart.author import Author
from sync.chart.replica import ChartReplica
from sync.charter import ACCESS, SUMMARY, Kind
from sync.errors import IdentifierError, LetterError, LimitError, NoteError
from sync.identifiers import (
    ActId,
    ChartId,
    DeviceKey,
    EpochId,
    chart_text,
    epoch_id,
    operation_text,
    parse_chart_text,
    root_standing,
)
from sync.letter import Letter, open_letter, parse_letter, write_letter
from sync.limits import clock_doubt_milliseconds, letter_epochs_max, note_words_length_chars_max
from sync.note import (
    Note,
    NoteKind,
    StatedKey,
    parse_sealed_words,
    parse_stated_key,
    seal_words,
    write_note,
)
from sync.signing import Signer

WRITTEN = "written"
ASKED = "asked"
OPEN = "open"
"""What `break_glass` says: its operation was written, its letter was asked for, or it stands."""


def break_glass(
    context: Context,
    charts: Charts,
    named: str,
    reason: str,
    seconds: Sequence[str],
    holders: Sequence[str],
) -> dict[str, object]:
    """Break the glass of a chart; durable when it returns. `holders` are peers to ask.

    Raises NotFound, BadRequest, NoStanding, SecondPersonNeeded, SecondPersonRefused.
    """
    chart = _named_chart(charts, named)
    words = _words(reason)
    standing = _standing_break(context, chart)
    if standing is None:
        _check_need(context, charts, chart)
        peers = _peers(context, holders)
        used = _second_people(context, chart, seconds)
        verdict = str(
            context.registry.organisation_verdict(
                context.identity.organisation, context.clock() // 1000
            )
        )
        with charts.trying(chart), context.store.transaction():
            now = context.clock()
            number = context.store.glass.broke(chart, now, words, used, verdict)
            broken = next(one for one in context.store.glass.since(now - 1) if one.id == number)
            if _is_opened(context, charts, chart):
                write_break(context, charts, broken, giver=None)
                state = WRITTEN
            else:
                _ask(context, chart, peers)
                state = ASKED
        standing = _standing_break(context, chart)
        assert standing is not None, "it was just written down"
    elif standing.operation is not None and _is_opened(context, charts, chart):
        state = OPEN
    else:  # perhaps of others this time
        with context.store.transaction():
            _ask(context, chart, _peers(context, holders))
        state = ASKED
    return _told(context, standing, state)


def _told(context: Context, broken: BrokenGlass, state: str) -> dict[str, object]:
    now = context.clock()
    operation = broken.operation
    used = len(context.store.glass.since(now - HOUR_MILLISECONDS))
    return {
        "chart": chart_text(broken.chart),
        "state": state,
        "operation": None if operation is None else operation_text(operation),
        "at": time_text(broken.at_milliseconds),
        "until": time_text(broken.at_milliseconds + GLASS_MILLISECONDS),
        "left_this_hour": max(0, BREAKINGS_PER_HOUR_MAX - used),
        "second_people": len(broken.seconds),
        "registry": broken.verdict,
    }


def _named_chart(charts: Charts, named: str) -> ChartId:
    """A chart that is held by the beginning of its id, any other by its whole id."""
    try:
        return charts.find(named)
    except NotFound:
        try:
            return parse_chart_text(named.strip().lower())
        except IdentifierError:
            raise NotFound("chart", named) from None


def _words(reason: str) -> str:
    words = " ".join(reason.split())
    if not words:
        raise BadRequest("a glass is broken for a reason: give it with --reason TEXT")
    if len(words) > note_words_length_chars_max:
        raise BadRequest(f"a reason has at most {note_words_length_chars_max} characters")
    return words


def _standing_break(context: Context, chart: ChartId) -> BrokenGlass | None:
    """This node's break-glass that lasts, or waits for its letter; none is broken twice."""
    since = context.clock() - GLASS_MILLISECONDS
    for broken in reversed(context.store.glass.of_chart(chart)):
        if broken.at_milliseconds > since:
            return broken
    return None


def _check_need(context: Context, charts: Charts, chart: ChartId) -> None:
    """Whether there is a glass at all: of a chart that is held."""
    if context.store.charts.charter(chart) is None:
        return
    replica = charts.replica(chart)
    if replica.charter.kind is not Kind.PATIENT:
        raise BadRequest("only a patient's chart has a glass to break")
    device = context.identity.device
    if replica.fold.reads(device, replica.charter.lane(SUMMARY), context.clock()):
        raise BadRequest("this node may read that chart's summary: there is no glass to break")
    if was_removed(replica.fold.membership, replica.fold.revocations, device):
        raise NoStanding(
            chart_text(chart), "it was removed from it, and somebody there must grant again"
        )


def _second_people(context: Context, chart: ChartId, seconds: Sequence[str]) -> tuple[bytes, ...]:
    """Check what was confirmed; more than five an hour need it."""
    used = tuple(check_confirmation(context, chart, text).digest for text in seconds)
    recent = context.store.glass.since(context.clock() - HOUR_MILLISECONDS)
    if len(recent) >= BREAKINGS_PER_HOUR_MAX and not used:
        raise SecondPersonNeeded(BREAKINGS_PER_HOUR_MAX)
    return used


def _peers(context: Context, named: Sequence[str]) -> list[DeviceKey]:
    if named:
        return [find_peer(context, who)[1].device for who in named]
    return [peer.device for peer in context.store.peers.all()]


def _ask(context: Context, chart: ChartId, peers: Sequence[DeviceKey]) -> None:
    """Ask for the letter of a chart of which nothing is held."""
    if not peers:
        raise BadRequest("nothing of that chart is here, and no node is paired that may hold it")
    identity = context.identity
    key = StatedKey(identity.sealing_key, identity.sealing_key_signature)
    note = write_note(
        NoteKind.GLASS, chart, key.encoded(), identity.signer, context.clock()
    ).encoded()
    for peer in peers:
        context.store.waiting_notes.put(peer, note)


def write_break(
    context: Context,
    charts: Charts,
    broken: BrokenGlass,
    giver: DeviceKey | None,
    epoch: EpochId | None = None,
) -> None:
    """Write the operation of a break-glass, within the caller's transaction."""
    chart = broken.chart
    author = charts.author(chart)
    replica = author.replica
    identity = context.identity
    act = BreakGlass(identity.sealing_key, identity.sealing_key_signature)
    written = author.break_glass(act, _under(author), epoch)
    charts.keep(author)
    key = replica.keyring.key(written.prefix.epoch)
    assert key is not None, "it was just written under it"
    context.store.glass.wrote(broken.id, written.id, giver)
    context.store.glass.tag(broken.id, glass_tag(key, written.id))
    context.store.unsettled.mark(chart)


def _under(author: Author) -> ActId:
    """A grant of this device's own, where it has one; else the charter, as strangers write."""
    held = author.replica.fold.live_grants(author.pen.signer.public)
    return held[0].id if held else root_standing(author.replica.chart)


# -- the letter, for who holds nothing


def answer_broken_glass(context: Context, charts: Charts, note: Note) -> None:
    """Write the letter for a peer that breaks a glass; nothing where there is nothing to give.

    Whoever has the chart's id may (DESIGN section 6), unless it was removed: five an hour.
    """
    now = context.clock()
    age = now - note.at_milliseconds
    if not -clock_doubt_milliseconds <= age < GLASS_MILLISECONDS:
        return
    try:
        stated = parse_stated_key(note.payload)
    except NoteError:
        return
    if not key_is_its_own(note.author, stated.sealing, stated.signature):
        return
    if context.store.charts.charter(note.chart) is None:
        return
    replica = charts.outline(note.chart)
    fold = replica.fold
    if replica.charter.kind is not Kind.PATIENT or was_removed(
        fold.membership, fold.revocations, note.author
    ):
        return
    hour_ago = now - HOUR_MILLISECONDS
    if context.store.glass.answers_since(note.author, hour_ago) >= glass_answers_per_hour_max:
        return
    letter = _letter_for(replica, stated, context.identity.signer, context.random(32))
    if letter is None:
        return
    answer = write_note(NoteKind.ANSWER, note.chart, letter.encoded(), context.identity.signer, now)
    context.store.glass.answered(note.author, now)
    context.store.waiting_notes.put(note.author, answer.encoded())


def _letter_for(
    replica: ChartReplica, stated: StatedKey, author: Signer, random: bytes
) -> Letter | None:
    """A letter with the newest access key first: the break-glass is written under that one."""
    lane = replica.access_lane
    held = replica.keyring.of_lane(lane)
    newest = epochs.newest_openable_epoch(replica.fold, lane, set(held))
    if newest is None:
        return None
    others = [key for epoch, key in held.items() if epoch != newest.epoch]
    keys = (held[newest.epoch], *others)[:letter_epochs_max]
    return write_letter(replica.charter, keys, stated.sealing, author, random)


def _is_opened(context: Context, charts: Charts, chart: ChartId) -> bool:
    """Whether a chart is held and shows what others did there: an answer's keys may be of nothing.

    Then its break-glass was written for nobody, and others may answer still.
    """
    if context.store.charts.charter(chart) is None:
        return False
    outline = charts.outline(chart)
    own = context.identity.device
    return any(outline.operations[one].prefix.device != own for one in outline.deeds)


def _answered(context: Context, charts: Charts, note: Note) -> BrokenGlass | None:
    """The break-glass that an answer is for: one that waits, or was answered with no keys of use.

    Everybody's first answer counts, so that nobody can keep others' from it.
    """
    since = context.clock() - GLASS_MILLISECONDS
    lasting = [
        broken
        for broken in context.store.glass.of_chart(note.chart)
        if broken.at_milliseconds > since
    ]
    waiting = [broken for broken in lasting if broken.operation is None]
    if waiting:
        return waiting[-1]
    if not lasting or _is_opened(context, charts, note.chart):
        return None
    settings = context.store.settings
    answers = f"glass-answers/{lasting[-1].id}"
    known = settings.get(answers) or b""
    authors = {known[start : start + 32] for start in range(0, len(known), 32)}
    if note.author in authors or len(authors) >= glass_false_answers_max:
        return None
    return lasting[-1]


def _note_answer(context: Context, broken: BrokenGlass, author: DeviceKey) -> None:
    settings = context.store.settings
    answers = f"glass-answers/{broken.id}"
    settings.put(answers, (settings.get(answers) or b"") + author)


def take_answer(context: Context, charts: Charts, note: Note) -> None:
    """Begin the chart whose glass was broken, and write the break-glass before anything else."""
    broken = _answered(context, charts, note)
    if broken is None:
        return
    try:
        letter = parse_letter(note.payload)
        if letter.chart != note.chart or letter.author != note.author:
            return
        content = open_letter(letter, context.identity.opener)
    except LetterError:
        return
    charter = content.charter
    if charter.kind is not Kind.PATIENT or not content.keys:
        return
    lane = charter.lane(ACCESS)
    store = context.store
    with charts.trying(note.chart), store.transaction():
        if store.charts.charter(note.chart) is None:
            store.charts.add(charter, context.clock())
            store.letters.add(letter)
        if store.operations.last_of_log(note.chart, lane, context.instance) is not None:
            context.begin_instance()  # nobody takes what follows an operation that nobody opens
        _note_answer(context, broken, note.author)
        held = {key.epoch for key in store.epoch_keys.of_chart(note.chart)}
        for key in content.keys:
            epoch = epoch_id(note.chart, lane, key)
            if epoch not in held:
                store.epoch_keys.add(note.chart, lane, epoch, key)
        charts.forget(note.chart)
        newest = epoch_id(note.chart, lane, content.keys[0])
        write_break(context, charts, broken, note.author, newest)


# -- the reason, for those who read the summary


def keep_own_reasons(context: Context, charts: Charts) -> None:
    """Seal the reasons of this node's break-glasses, where it is known by now who reads there."""
    for broken in context.store.glass.reasonless():
        assert broken.operation is not None, "the store gives those that are written"
        replica = charts.replica(broken.chart)
        summary = replica.charter.lane(SUMMARY)
        now = context.clock()
        if not live_readers(replica.fold, summary, now):
            continue  # the access lane has not come yet
        readers = recipients(replica.fold, summary, now)
        random = context.random(56 + 32 * len(readers))
        try:
            payload = seal_words(broken.reason, broken.operation, readers, random)
            note = write_note(NoteKind.REASON, broken.chart, payload, context.identity.signer, now)
        except LimitError:
            continue
        with context.store.transaction():
            context.store.glass.keep_reason(broken.operation, note)
            context.store.glass.reason_kept(broken.id)


def take_reason(context: Context, charts: Charts, note: Note) -> None:
    """Keep why a glass was broken, of a break-glass that is held and by its own author."""
    try:
        about = parse_sealed_words(note.payload).about
    except NoteError:
        return
    if context.store.charts.charter(note.chart) is None or context.store.reasons.forgotten(note):
        return
    fold = charts.outline(note.chart).fold
    if any(
        written.operation.id == about and written.operation.prefix.device == note.author
        for written, _ in fold.evidence.acts(BreakGlass)
    ):
        context.store.glass.keep_reason(about, note)
