"""Ordering a shred, taking it back, and telling how each stands; all by a root, from its paper."""

from collections.abc import Mapping, Sequence

from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import BadRequest, NoStanding, NotFound
from node.application.timestamps import time_text
from node.keystore.recovery import Root
from node.limits import shred_hold_days_max
from node.store.shreds import WatchedShred
from sync.access.cuts import runs_of
from sync.access.shredding import shreddings
from sync.acts import CancelShred, Shred
from sync.chart.author import Author
from sync.charter import CONTENT_LANE_NAMES
from sync.clock import stamp_milliseconds
from sync.cut import Cut
from sync.grantee import Right
from sync.identifiers import ChartId, LaneId, chart_text, did_key, root_standing
from sync.limits import shred_hold_milliseconds_min

ON_HOLD = "on hold"
DAY_MILLISECONDS = 24 * 3600 * 1000
RUNS_PER_OPERATION_MAX = 300
"""Runs of a shred's cut that one operation carries: each has 70 bytes or so."""
SLACK_MILLISECONDS = 60_000
"""Added to a hold: stamps of the chart may run a little ahead of this clock."""


def order_shred(
    context: Context,
    charts: Charts,
    chart: ChartId,
    lanes: Sequence[str],
    hold_days: int,
    root: Root,
) -> dict[str, object]:
    """Have what is held now of lanes (of all, where none is named) destroyed after the hold.

    New epochs are made at once, so that what is written by who knows lies under keys that stay.
    """
    named = _lanes(lanes)
    days_min = shred_hold_milliseconds_min // DAY_MILLISECONDS
    if not days_min <= hold_days <= shred_hold_days_max:
        raise BadRequest(f"a hold has {days_min} to {shred_hold_days_max} days")
    author = _root_author(charts, chart, root)
    replica = author.replica
    ids = frozenset(replica.charter.lane(name) for name in named)
    wanted = [one.id for one in replica.operations.values() if one.prefix.lane in ids]
    cut = runs_of(replica.fold.logs, wanted)
    now = author.pen.now_milliseconds
    begins = max(now, stamp_milliseconds(replica.latest_stamp(now))) + SLACK_MILLISECONDS
    not_before = begins + hold_days * DAY_MILLISECONDS
    with charts.trying(chart):
        for start in range(0, max(1, len(cut)), RUNS_PER_OPERATION_MAX):
            piece: Cut = cut[start : start + RUNS_PER_OPERATION_MAX]
            author.act([Shred(ids, piece, not_before)], root_standing(chart))
        for lane in sorted(ids):
            _renew_epoch(context, author, lane)
        charts.keep(author)
    return {
        "chart": chart_text(chart),
        "lanes": list(named),
        "operations": len(wanted),
        "until": time_text(not_before),
    }


def cancel_shreds(
    context: Context, charts: Charts, chart: ChartId, root: Root
) -> dict[str, object]:
    """Take back every shred of a chart that stands. It is too late where it was carried out."""
    author = _root_author(charts, chart, root)
    standing = [one for one in shreddings(author.replica.fold) if not one.cancelled]
    if not standing:
        raise NotFound("standing shred of chart", chart_text(chart))
    with charts.trying(chart):
        author.act([CancelShred(one.id) for one in standing], root_standing(chart))
        charts.keep(author)
    ids = {one.id for one in standing}
    began = [
        shred
        for shred in context.store.shreds.of_chart(chart)
        if shred.act in ids and shred.began_at_milliseconds is not None
    ]
    return {
        "chart": chart_text(chart),
        "cancelled": len(standing),
        "too_late": sum(shred.bodies for shred in began),
    }


def list_shreds(context: Context) -> list[dict[str, object]]:
    """Every shred that this node knows of, as people see it."""
    now = context.clock()
    return [
        {
            "chart": chart_text(shred.chart),
            "lanes": list(shred.lanes),
            "state": state_of(shred),
            "by": did_key(shred.root),
            "asked_at": time_text(shred.asked_at_milliseconds),
            "until": time_text(hold_end(shred, now)),
            "destroyed_at": _time(shred.began_at_milliseconds),
            "bodies": shred.bodies,
            "keys": shred.keys,
            "written_again": shred.written_again,
            "waiting": shred.waiting,
            "checked_at": _time(shred.checked_at_milliseconds),
            "pages": shred.pages,
            "found": shred.found,
        }
        for shred in context.store.shreds.all()
    ]


def state_of(shred: WatchedShred) -> str:
    """How a shred stands here: on hold, cancelled, destroyed, or partly so."""
    if shred.began_at_milliseconds is None:
        return "cancelled" if shred.cancelled else ON_HOLD
    if shred.cancelled:
        return "cancelled too late"
    if shred.waiting:
        return "keys wait"
    return "destroyed" if shred.checked_at_milliseconds is not None else "not checked yet"


def hold_end(shred: WatchedShred, now_milliseconds: int) -> int:
    """When this node will carry a shred out, as far as it can tell, in milliseconds since 1970."""
    left = max(0, shred.hold_milliseconds - shred.watched_milliseconds)
    return max(shred.not_before_milliseconds, now_milliseconds + left)


def shred_marks(context: Context) -> Mapping[ChartId, dict[str, object]]:
    """What lists say of charts with a shred: when it is due, or that it is done; by chart."""
    now = context.clock()
    marks: dict[ChartId, dict[str, object]] = {}
    for shred in context.store.shreds.all():
        if shred.cancelled and shred.began_at_milliseconds is None:
            continue
        done = shred.began_at_milliseconds is not None
        mark: dict[str, object] = {
            "lanes": list(shred.lanes),
            "on": None if done else time_text(hold_end(shred, now)),
            "state": state_of(shred),
        }
        held = marks.get(shred.chart)
        if held is None or (held["on"] is None and not done):
            marks[shred.chart] = mark
    return marks


def _renew_epoch(context: Context, author: Author, lane: LaneId) -> None:
    """Make a new epoch where this node may hold its key: who cannot read must not get it so."""
    device = context.identity.device
    if author.replica.fold.standing(device, Right.READ, lane, author.pen.now_milliseconds):
        author.rekey(lane)


def _root_author(charts: Charts, chart: ChartId, root: Root) -> Author:
    author = charts.author(chart, root)
    if not author.replica.fold.is_root(root.signer.public):
        raise NoStanding(chart_text(chart), "these are not the recovery words of a root of it")
    return author


def _lanes(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in CONTENT_LANE_NAMES:
            raise BadRequest("a lane is summary, care or sensitive")
    return tuple(name for name in CONTENT_LANE_NAMES if not names or name in names)


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else time_text(milliseconds)
