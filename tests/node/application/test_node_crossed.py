"""How many resources a session brought is told whatever else came beside them."""

from clinics import Clinic, Two, observation, patient

from node.application.syncing.crossed import Crossed
from sync.identifiers import ChartId


def rows(clinic: Clinic) -> int:
    ((newest,),) = clinic.node.context.store.database.rows("SELECT max(rowid) FROM operations")
    return int(newest)


def test_a_chart_of_which_nothing_could_be_kept_counts_for_nothing(two: Two) -> None:
    a, _ = two
    before = rows(a) if a.chart_ids() else 0
    a.take(patient("p1"), observation("o1", "p1"))
    (chart,) = a.charts()
    crossed = Crossed(a.node.context)
    crossed.stored([a._charts.find(chart), ChartId(b"\x07" * 32)], before, rows(a))
    assert crossed.received() == 2
