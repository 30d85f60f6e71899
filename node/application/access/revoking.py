"""Ending access: revocations, the re-keying that follows, and what people must be told."""

from collections.abc import Iterable

from node.application.access.pairing import grantee_text
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import NothingToRevoke
from node.application.progress import Progress
from node.keystore.recovery import Root
from sync.access.cuts import cut_for
from sync.access.fold import Fold
from sync.acts import Accept, Revoke, Vouch
from sync.chart.author import Author
from sync.cut import Cut
from sync.grantee import Device, Grantee, Group, Right
from sync.identifiers import ActId, ChartId, act_id, chart_text, root_standing
from sync.operation import Operation

RUNS_PER_OPERATION_MAX = 300
"""Runs of a cut that one operation carries: each has 70 bytes or so."""
ACCEPTED_PER_OPERATION_MAX = 1000
"""Operations that one accept names: each has 38 bytes."""


def revoke_in_charts(
    context: Context,
    charts: Charts,
    wanted: Iterable[ChartId],
    target: Grantee,
    who: str,
    *,
    lost: bool,
    progress: Progress,
    root: Root | None = None,
) -> dict[str, object]:
    """Revoke a grantee in each chart where it holds something that this node stands above."""
    all_wanted = list(wanted)
    revoked: list[str] = []
    still: list[str] = []
    ended: list[str] = []
    for place, chart in enumerate(all_wanted):
        progress("revoke", place, len(all_wanted))
        with charts.trying(chart):
            author = charts.author(chart, root)
            fell = _revoke(context, author, target, lost=lost)
            if fell is not None:
                charts.keep(author)
                revoked.append(chart_text(chart))
                ended += fell
                still += _still_has(context, author, target)
    progress("revoke", len(all_wanted), len(all_wanted))
    if not revoked:
        where = chart_text(all_wanted[0]) if len(all_wanted) == 1 else "any chart"
        raise NothingToRevoke(who, where)
    return {"charts": revoked, "still": still, "also_ended": ended}


def holds_grant(charts: Charts, chart: ChartId, target: Grantee) -> bool:
    """Whether a live grant in a chart names the target."""
    fold = charts.replica(chart).fold
    return any(fold.grants[identity].to == target for identity in fold.live)


def _revoke(context: Context, author: Author, target: Grantee, *, lost: bool) -> list[str] | None:
    """Write what ends every live grant to the target that can be ended from here.

    None when there is nothing; else whom else's access fell with it, as people see them.
    """
    before = author.replica.fold
    live_before = set(before.live)
    wrote = False
    while True:
        under = _standing_above(author, target)
        if under is None:
            break
        known = author.replica.fold
        cut = cut_for(known, target)
        revoke = Revoke(target, cut[:RUNS_PER_OPERATION_MAX], lost)
        written = author.act_then_rekey([revoke], under)
        cover_the_rest(author, known, written, cut[RUNS_PER_OPERATION_MAX:], under, lost=lost)
        wrote = True
        if isinstance(target, Device) and target.key == author.pen.signer.public:
            break
    if not wrote:
        return None
    fold = author.replica.fold
    fallen = live_before - set(fold.live)
    return sorted(
        {
            grantee_text(context, before.grants[identity].to)
            for identity in fallen
            if before.grants[identity].to != target
        }
    )


def cover_the_rest(
    author: Author, before: Fold, revoke: Operation, cut: Cut, under: ActId, *, lost: bool
) -> None:
    """Say of what a revoke's own cut has no room for that it was merged here (rules 8 to 10).

    Whoever begins logs by the thousand must not become impossible to revoke.
    """
    if not cut or not author.replica.fold.standing(author.pen.signer.public, Right.ADMIN):
        return
    if lost:  # answered by `accept` alone
        rest = sorted(
            operation
            for run in cut
            for operation in before.logs.within(run)
            if operation in before.merged
        )
        for start in range(0, len(rest), ACCEPTED_PER_OPERATION_MAX):
            named = frozenset(rest[start : start + ACCEPTED_PER_OPERATION_MAX])
            author.act([Accept(named)], under)
        return
    answers = frozenset({act_id(revoke.id, 0)})
    for start in range(0, len(cut), RUNS_PER_OPERATION_MAX):
        piece = cut[start : start + RUNS_PER_OPERATION_MAX]
        author.act([Vouch(piece, answers, before.counted)], under, personal=False)


def _standing_above(author: Author, target: Grantee) -> ActId | None:
    """A grant to revoke under, that ends a live grant to the target; None when none is left."""
    fold = author.replica.fold
    device = author.pen.signer.public
    standing = fold.standing(device, Right.ADMIN, None, author.pen.now_milliseconds)
    own = isinstance(target, Device) and target.key == device
    charter = root_standing(author.replica.chart)
    for identity in fold.live:
        grant = fold.grants[identity]
        if grant.to != target:
            continue
        if own:
            return identity
        above = _chain(author, identity)
        for candidate in standing:
            if candidate == charter:
                return candidate
            if candidate in above and candidate != identity:
                return candidate
    return None


def _chain(author: Author, identity: ActId) -> set[ActId]:
    """The grants above one, by id."""
    fold = author.replica.fold
    found: set[ActId] = set()
    parent: ActId | None = fold.grants[identity].parent
    while parent is not None and parent in fold.grants and parent not in found:
        found.add(parent)
        parent = fold.grants[parent].parent
    return found


def _still_has(context: Context, author: Author, target: Grantee) -> list[str]:
    """Lines that say through what a revoked grantee still has access."""
    replica = author.replica
    lines = []
    for identity in sorted(replica.fold.live):
        grant = replica.fold.grants[identity]
        through_group = (
            isinstance(target, Device)
            and isinstance(grant.to, Group)
            and target.key in replica.fold.membership.members.get(grant.to, ())
        )
        if grant.to == target or through_group:
            lines.append(
                f"still has access to {chart_text(replica.chart)} through a grant to "
                f"{grantee_text(context, grant.to)}"
            )
    return lines
