"""What a node learns of itself from peers after its store was put back from an older copy."""

import logging
from collections.abc import Sequence

from node.application.access.pairing import grantee_text
from node.application.charts import Charts
from node.application.context import Context
from sync.acts import Grant, Revoke
from sync.grantee import Grantee
from sync.operation import Operation

_log = logging.getLogger(__name__)


def end_rules_again(context: Context, charts: Charts, returned: Sequence[Operation]) -> None:
    """End each standing rule for whom this node had revoked before its store was put back.

    Rules are this node's alone and came back with the old store; the revocations in charts come
    back from peers. What was said last counts. Within the caller's transaction.
    """
    rules = context.store.standing_rules.standing()
    if not rules:
        return
    revoked: dict[Grantee, bool] = {}
    for operation in sorted(returned, key=lambda one: one.prefix.stamp):
        deed = charts.replica(operation.prefix.chart).deeds.get(operation.id)
        for act in () if deed is None else deed.acts:
            if isinstance(act, Revoke):
                revoked[act.target] = True
            elif isinstance(act, Grant):
                revoked[act.to] = False
    for rule in rules:
        if revoked.get(rule.to):
            context.store.standing_rules.end(rule.id, context.clock())
            _log.warning(
                "the rule that gives every new chart to %s was ended again: this node had revoked"
                " it before its store was put back; `satchel grant --all` makes another",
                grantee_text(context, rule.to),
            )
