"""Drops what is derived, so that settling makes it anew from the operations; for `doctor`.

Every chart is marked unsettled in the transaction that drops what is derived of it: whatever stops
the work half way, the next start goes on where it was.
"""

from node.application.charts import Charts
from node.application.context import Context
from sync.identifiers import ChartId


def drop_derived(context: Context) -> int:
    """Drop lists, indexes and worklist of every chart that is held; says how many wait now.

    The homes of resources stay: some are known from imports only, and those that can be made anew
    are added where they are missing.
    """
    store = context.store
    charts = [held.chart for held in store.charts.all()]
    with store.transaction():
        for chart in charts:
            store.unsettled.mark(chart)
            store.resources.forget_versions(chart)
            store.worklist.replace(chart, (), ())
        store.entitlements.forget(charts)
        store.faces.clear()
        store.matching.clear()
        store.links.clear()
    return len(charts)


def drop_derived_of(context: Context, chart: ChartId) -> None:
    """Drop the same of one chart."""
    store = context.store
    with store.transaction():
        store.unsettled.mark(chart)
        store.resources.forget_versions(chart)
        store.worklist.replace(chart, (), ())
        store.entitlements.forget([chart])
        store.faces.remove(chart)
        store.matching.forget(chart, dismissed=False)
        store.links.replace(chart, ())


def drop_where_bodies_came(context: Context, charts: Charts) -> None:
    """Have the charts gone through whole to which a session brought bodies that were lacking."""
    if not context.store.lacking.all():
        return
    with context.store.transaction():
        for chart in context.store.lacking.settle():
            drop_derived_of(context, chart)
            charts.forget(chart)
