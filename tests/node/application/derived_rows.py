"""What lists and indexes hold of a chart, held against going through the whole chart."""

from clinics import Clinic

from node.application.node import Node
from sync.identifiers import ChartId


def derived(node: Node, chart: ChartId) -> object:
    """Everything that is noted of a chart."""
    database = node.context.store.database
    n = node.context.store.charts.number(chart)
    return {
        "face": database.rows(
            "SELECT name, birth_date, gender, resources, conflicts, quarantined"
            " FROM faces WHERE n = ?",
            (n,),
        ),
        "versions": database.rows(
            "SELECT resource, row, place, content, patient FROM versions WHERE n = ?"
            " ORDER BY resource, row, place",
            (n,),
        ),
        "conflicts": database.rows(
            "SELECT conflict, type, touches FROM conflicts WHERE n = ? ORDER BY conflict", (n,)
        ),
        "quarantine": database.rows(
            "SELECT operation FROM quarantine WHERE n = ? ORDER BY operation", (n,)
        ),
        "sources": database.rows("SELECT source FROM sources WHERE n = ? ORDER BY source", (n,)),
    }


def assert_lists_are_right(clinic: Clinic) -> None:
    for chart in clinic.node._charts.ids():
        followed = derived(clinic.node, chart)
        clinic.node._contents.refresh(chart)
        assert followed == derived(clinic.node, chart)
