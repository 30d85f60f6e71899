"""An organisation's directory is the one that it made, whoever else names it as custodian."""

import dataclasses

from clinics import ALL_LANES, Two, synced

from sync.chart.opening import open_chart
from sync.charter import Kind, Root, draw_charter


def test_a_directory_made_by_another_is_not_written_to(two: Two) -> None:
    a, b = two
    context = b.node.context
    victim = a.node.context.identity.organisation
    root = context.identity.secrets.root
    charter = draw_charter(
        context.identity.organisation,
        Root(root.signing, root.sealing),
        Kind.DIRECTORY,
        None,
        context.random(48),
    )
    charter = dataclasses.replace(charter, custodian=victim)
    author = open_chart(
        charter, context.roster, context.openers, context.pen(), context.notice_valid
    )
    with context.store.transaction():
        context.store.charts.add(charter, context.clock())
        b._charts.keep(author)
    from sync.identifiers import chart_text

    b.node.grant(chart_text(charter.chart), to="A", lanes=ALL_LANES, rights="append", history=True)
    synced(b, a)
    a.take({"resourceType": "Organization", "id": "org", "name": "Secret safe house"})
    synced(b, a)
    assert b.resources() == []
