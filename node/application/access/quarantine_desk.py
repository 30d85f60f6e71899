"""Quarantine: operations that are kept and carried, and wait for a person (AUTHORITY rule 9)."""

from collections.abc import Iterator

from node.application.access.pairing import device_text
from node.application.charts import Charts
from node.application.content import Contents
from node.application.context import Context
from node.application.errors import AmbiguousName, BadRequest, NoStanding, NotFound
from node.application.timestamps import time_text
from node.keystore.recovery import Root
from sync.acts import Accept
from sync.chart.author import Author
from sync.clock import stamp_milliseconds
from sync.grantee import Right
from sync.identifiers import (
    ActId,
    ChartId,
    OperationId,
    chart_text,
    operation_text,
)
from sync.operation import Operation

PREFIX_LENGTH_MIN = 8


def list_quarantine(
    context: Context, charts: Charts, contents: Contents
) -> Iterator[dict[str, object]]:
    """Every quarantined entry or grant, with what stands against it.

    A grant is not accepted: whoever administers the chart gives it anew, under their own name.
    """
    for chart in quarantined_charts(context):
        content = contents.of(chart)
        replica = content.replica
        by_operation: dict[OperationId, list[str]] = {}
        for change in content.quarantined:
            listed = by_operation.setdefault(change.ref.operation, [])
            listed.append(f"{change.change.type}/{change.change.id}")
        for waiting in content.waiting():
            operation_id = waiting.operation
            operation = replica.operations[operation_id]
            is_access = operation.prefix.lane == replica.access_lane
            yield {
                "operation": operation_text(operation_id),
                "chart": chart_text(chart),
                "lane": replica.charter.lane_name(operation.prefix.lane),
                "author": device_text(context, operation.prefix.device),
                "at": time_text(stamp_milliseconds(operation.prefix.stamp)),
                "resources": by_operation.get(operation_id, []),
                "readable": is_access or operation_id in by_operation,
                "acceptable": not is_access,
                "why": _reasons(context, charts, chart, operation),
            }


def quarantined_charts(context: Context) -> list[ChartId]:
    """The charts in which something waits."""
    return sorted({waiting.chart for waiting in context.store.worklist.quarantined()})


def _reasons(context: Context, charts: Charts, chart: ChartId, operation: Operation) -> list[str]:
    replica = charts.replica(chart)
    lines = []
    for act in sorted(replica.fold.against(operation)):
        revocation = replica.fold.revoked[act]
        by = revocation.operation.prefix.device
        lines.append(f"written under what {device_text(context, by)} revoked ({act.hex()[:8]})")
    return lines


def accept(
    context: Context, charts: Charts, contents: Contents, text: str, root: Root | None = None
) -> dict[str, object]:
    """Take a quarantined operation in: an act of a person with `admin`."""
    chart, operation_id = _find(context, charts, text)
    author = charts.author(chart, root)
    operation = author.replica.operations[operation_id]
    if operation.prefix.lane == author.replica.access_lane:
        raise BadRequest("a grant in quarantine is not accepted: give it anew with `satchel grant`")
    under = _admin_of(author, operation)
    with charts.trying(chart):
        author.act([Accept(frozenset([operation_id]))], under)
        if operation_id not in author.replica.fold.merged:
            raise NoStanding(chart_text(chart), "an acceptance from here would not count")
        with context.store.transaction():
            charts.keep(author)
            contents.refresh(chart)
    return {"operation": operation_text(operation_id), "chart": chart_text(chart)}


def _admin_of(author: Author, operation: Operation) -> ActId:
    fold = author.replica.fold
    found = fold.standing(
        author.pen.signer.public,
        Right.ADMIN,
        operation.prefix.lane,
        author.pen.now_milliseconds,
    )
    if not found:
        raise NoStanding(
            chart_text(author.replica.chart), "accepting asks for the right `admin` on the lane"
        )
    return found[0]


def _find(context: Context, charts: Charts, text: str) -> tuple[ChartId, OperationId]:
    found = []
    for chart in quarantined_charts(context):
        replica = charts.replica(chart)
        found += [
            (chart, operation_id)
            for operation_id in replica.fold.quarantined
            if operation_text(operation_id).startswith(text)
        ]
    if not found or len(text) < PREFIX_LENGTH_MIN:
        raise NotFound("quarantined operation", text)
    if len(found) > 1:
        raise AmbiguousName("quarantined operation", text)
    return found[0]
