"""`doctor --rebuild`: drops what is derived, so that settling makes it anew from the operations.

Every chart is marked unsettled in the transaction that drops it all: whatever stops the work half
way, the next start goes on where it was.
"""

from node.application.context import Context


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
        store.faces.clear()
        store.matching.clear()
        store.links.clear()
    return len(charts)
