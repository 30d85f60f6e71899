"""Giving and ending access to one chart, or to all by standing rules; the node's acts call it."""

from collections.abc import Sequence

from node.application.access import pairing
from node.application.access.gates import is_judged, release
from node.application.access.granting import (
    Introduction,
    Terms,
    administered,
    grant_in_charts,
)
from node.application.access.revoking import revoke_in_charts
from node.application.access.rules import end_rules, make_rule
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import BadRequest, NothingToRevoke
from node.application.progress import Progress
from node.keystore.recovery import Root
from node.keystore.secrets import NodeKind
from sync.grantee import Device
from sync.identifiers import ChartId, chart_text

ALL = "all"
"""In place of a chart: every chart that this node administers, now and later."""


def grant(
    context: Context,
    charts: Charts,
    chart: str,
    to: str,
    terms: Terms,
    root: Root | None,
    progress: Progress,
    override: str | None = None,
) -> tuple[list[ChartId], dict[str, object]]:
    """Give access; the charts in which it was given, and what is told of it.

    With the recovery words the root gives it, in the charts that there are. `override` is why,
    where the registry's facts are too old.
    """
    ends = terms.until_milliseconds
    if ends is not None and ends <= context.clock():
        raise BadRequest("that time is over, by this node's clock")
    grantee, card = pairing.find_grantee(context, to)
    to_patient = card.kind is NodeKind.PATIENT and isinstance(grantee, Device)
    released = release(context, grantee, card.organisation, override, to_patient=to_patient)
    introduction = Introduction.of(grantee, card, with_roster=is_judged(context))
    rule = None
    if chart == ALL:
        wanted = administered(context, charts, root)
        if root is None:
            rule = make_rule(context, grantee, introduction, terms).id
    else:
        wanted = [charts.find(chart)]
    done = grant_in_charts(
        context, charts, wanted, grantee, introduction, terms, rule, progress, root, released
    )
    return done, {
        "to": pairing.grantee_text(context, grantee),
        "charts": [chart_text(found) for found in done],
        "rule": None if rule is None else rule.hex(),
        "registry": str(released.verdict),
        "override": released.reason,
    }


def revoke(
    context: Context,
    charts: Charts,
    chart: str,
    from_: str,
    root: Root | None,
    progress: Progress,
    *,
    lost: bool,
) -> tuple[list[ChartId], dict[str, object]]:
    """End access, standing rules with it; the charts in which it ended, and what is told."""
    target = pairing.named_target(context, from_)
    rules = 0
    if chart == ALL:
        wanted = charts.ids()
        rules = end_rules(context, target)
    else:
        wanted = [charts.find(chart)]
    try:
        result = revoke_in_charts(
            context, charts, wanted, target, from_, lost=lost, progress=progress, root=root
        )
    except NothingToRevoke:
        if not rules:
            raise
        result = {"charts": [], "still": [], "also_ended": []}
    ended = set(_texts(result["charts"]))
    done = [found for found in wanted if chart_text(found) in ended]
    return done, {"from": from_, "rules_ended": rules, **result}


def _texts(value: object) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
