"""What a node owes after it has learnt something: notices, vouches, keys, letters (rules 4 to 15).

Called after every session, for the charts that it touched, and when a node opens.
"""

import dataclasses

from node.application.access.granting import write_letter_for
from node.application.access.releasing import releasable
from node.application.charts import Charts
from node.application.context import Context
from node.application.debts import decode_debt, encode_debt
from node.application.organisation.own_devices import carry_into, lacks_statement
from node.application.registry.noticing import notices_owed, write_notices
from sync.access.duties import OwedKey, keys_owed
from sync.access.fold import BREAK_GLASS_MILLISECONDS
from sync.access.vouching import vouch_owed
from sync.acts import Vouch, Want
from sync.chart.author import Author
from sync.chart.place import Pen
from sync.chart.rekeying import KNEW_PER_OPERATION_MAX
from sync.chart.replica import ChartReplica
from sync.errors import AuthorityError, LimitError
from sync.grantee import Right
from sync.identifiers import ChartId, DeviceKey, EpochId, LaneId, SealingKey

KEYS_PER_OPERATION_MAX = 150
RUNS_PER_OPERATION_MAX = 300
"""Runs of a vouch that one operation carries: each has 70 bytes or so."""


def is_owed(context: Context, replica: ChartReplica) -> bool:
    """Whether anything may be owed in a chart, by its outline."""
    return (
        bool(context.store.debts.of_chart(replica.chart))
        or lacks_statement(context, replica)
        or bool(notices_owed(context, replica))
        or bool(_keys_owed(context, replica, context.pen()))
        or bool(_wanted(replica, context.identity.device))
    )


def do_duties(context: Context, charts: Charts, chart: ChartId) -> int:
    """Write what is owed in a chart; returns how many operations that took."""
    _watch_glass(context, charts.outline(chart))
    carried = _carry_statement(context, charts, chart)
    if not is_owed(context, charts.outline(chart)):
        return carried
    author = _author(context, charts, chart)
    try:
        with charts.trying(chart), context.store.transaction():
            write_notices(context, author)
            _vouch(context, author)
            missed = _give_keys(context, author)
            _ask(author)
            written = len(author.written)
            charts.keep(author)
            for to in missed:
                write_letter_for(context, author.replica, to)
    except (AuthorityError, LimitError):
        # No standing here any more, or more than an operation holds: the debt stays, and is paid
        # when that changes. It must not stop what other charts are owed, or a node from opening.
        return carried
    return carried + written


def _carry_statement(context: Context, charts: Charts, chart: ChartId) -> int:
    """Tell a chart of this organisation's newest devices, where it comes from one that did not."""
    try:
        return int(carry_into(context, charts, chart))
    except (AuthorityError, LimitError):
        return 0  # no standing there, as above


def _watch_glass(context: Context, replica: ChartReplica) -> None:
    """Note till when keys are owed to who broke a glass, as each write makes a new one."""
    ends = [one.stamp_milliseconds + BREAK_GLASS_MILLISECONDS for one in replica.fold.breakings]
    if ends and max(ends) > context.clock():
        context.store.glass.watch(replica.chart, max(ends))


def _author(context: Context, charts: Charts, chart: ChartId) -> Author:
    """Somebody to write what is owed; vouches and notices ask what content merges."""
    outline = charts.outline(chart)
    if (
        outline.fold.counted
        or context.store.debts.of_chart(chart)
        or notices_owed(context, outline)
    ):
        return charts.author(chart)
    return Author(outline, context.pen())


def _vouch(context: Context, author: Author) -> None:
    """Pay what is owed as far as there is standing; the rest stays owed."""
    replica = author.replica
    debts = context.store.debts.of_chart(replica.chart)
    for kept in debts:
        vouches, rest = vouch_owed(
            decode_debt(kept.owed),
            replica.fold,
            author.pen.signer.public,
            author.pen.now_milliseconds,
        )
        if not vouches:
            continue
        for under, owed in vouches:
            vouch = _without_long_knew(owed)
            for start in range(0, len(vouch.cut), RUNS_PER_OPERATION_MAX):
                cut = vouch.cut[start : start + RUNS_PER_OPERATION_MAX]
                author.act([dataclasses.replace(vouch, cut=cut)], under, personal=False)
        context.store.debts.settle(kept)
        if rest.lost:
            context.store.debts.owe(replica.chart, encode_debt(rest))


def _without_long_knew(vouch: Vouch) -> Vouch:
    """What was learnt was not known before, so leaving a long `knew` out changes nothing."""
    if len(vouch.knew) <= KNEW_PER_OPERATION_MAX:
        return vouch
    return dataclasses.replace(vouch, knew=frozenset())


def _give_keys(context: Context, author: Author) -> list[SealingKey]:
    """Hand epochs to live readers that lack them. Returns who lacked an access epoch.

    Those get a letter as well: they may be unable to open the operation that hands it to them.
    """
    replica = author.replica
    owed = _keys_owed(context, replica, author.pen)
    acts = [author.keys_act(lane, epoch, to) for lane, epoch, to in owed]
    for start in range(0, len(acts), KEYS_PER_OPERATION_MAX):
        under = author.standing(Right.APPEND, None)
        author.act(acts[start : start + KEYS_PER_OPERATION_MAX], under, personal=False)
    return sorted({to for lane, _, to in owed if lane == replica.access_lane})


def _keys_owed(context: Context, replica: ChartReplica, pen: Pen) -> list[OwedKey]:
    owed = keys_owed(
        replica.fold, pen.signer.public, replica.keyring.held.keys(), pen.now_milliseconds
    )
    return releasable(context, replica, owed, pen.now_milliseconds)


def _ask(author: Author) -> None:
    """Ask for keys whose boxes did not open (rule 13)."""
    wanted = _wanted(author.replica, author.pen.signer.public)
    if wanted:
        under = author.standing(Right.RELAY, None)
        author.act([Want(lane, epoch) for lane, epoch in wanted], under, personal=False)


def _wanted(replica: ChartReplica, device: DeviceKey) -> list[tuple[LaneId, EpochId]]:
    """What this device has to ask for, once an epoch.

    A few at a time, as anybody can box what does not open; and not for lanes of no charter.
    """
    if not replica.keyring.unopened:
        return []
    asked = {
        act.epoch
        for operation_id, deed in replica.deeds.items()
        if replica.operations[operation_id].prefix.device == device
        for act in deed.acts
        if isinstance(act, Want)
    }
    return sorted(
        (lane, epoch)
        for lane, epoch in replica.keyring.unopened
        if epoch not in asked and epoch not in replica.keyring and lane in replica.charter.lane_ids
    )[:KEYS_PER_OPERATION_MAX]
