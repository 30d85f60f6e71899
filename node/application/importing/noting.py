"""What is noted of a chart whenever its lists change: who it is of, and with which it is linked.

Whoever brings the lists up to date calls it, within the same transaction.
"""

from node.application.context import Context
from node.matching.person import person_of
from sync.charter import Kind
from sync.identifiers import ChartId
from sync.merge.lane_view import LaneView
from sync.merge.linkage import chart_links


def note_patient(
    context: Context, chart: ChartId, kind: Kind, document: dict[str, object] | None
) -> None:
    """Note who a chart is of, by the Patient that its lists show. Costs little where that is known.

    They are compared with the others later (`node.application.people.duplicates`).
    """
    known = document is not None and kind is Kind.PATIENT
    context.store.matching.note(chart, person_of([document] if known and document else []))


def note_links(context: Context, summary: LaneView) -> None:
    """Note the links that a chart's summary lane says."""
    links = [(link.key.id.encode(), link.is_disputed) for link in chart_links(summary)]
    context.store.links.replace(summary.chart, links)
