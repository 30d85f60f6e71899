"""Whom a standing policy let into a chart, and how they go with it; `consent_desk` calls it."""

from node.application.access.pairing import grantee_text
from node.application.access.revoking import revoke_in_charts
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import NothingToRevoke
from node.application.progress import quiet
from sync.access.fold import Fold
from sync.grantee import Grantee
from sync.identifiers import ChartId


def end_let_in(
    context: Context, charts: Charts, chart: ChartId, policy: bytes, *, keep: bool
) -> tuple[list[str], list[str]]:
    """End the access that rests on a policy alone: whose ended, and who still has some.

    A revocation ends all of somebody's access, so who was given some otherwise as well keeps it:
    a person decides about that. So does who stands where this node cannot revoke. `keep` ends none.
    """
    gone: list[str] = []
    stay: list[str] = []
    for to, alone in _let_in(charts.replica(chart).fold, policy, context.clock()).items():
        who = grantee_text(context, to)
        if alone and not keep:
            try:
                revoke_in_charts(context, charts, [chart], to, who, lost=False, progress=quiet)
            except NothingToRevoke:
                stay.append(who)
            else:
                gone.append(who)
        else:
            stay.append(who)
    return gone, stay


def _let_in(fold: Fold, policy: bytes, now_milliseconds: int) -> dict[Grantee, bool]:
    """Who has access by a policy, and whether by nothing else."""
    found: dict[Grantee, bool] = {}
    live = [
        granted
        for granted in fold.grants.values()
        if granted.id in fold.live and not granted.expired(now_milliseconds)
    ]
    by_policy = {
        granted.to for granted in live if granted.act is not None and granted.act.policy == policy
    }
    for granted in live:
        if granted.to in by_policy:
            named = granted.act is not None and granted.act.policy == policy
            found[granted.to] = found.get(granted.to, True) and named
    return found
