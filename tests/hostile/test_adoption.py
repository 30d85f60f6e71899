"""What a chart on trial may hold before it shows a grant to this node."""

from clinics import Two

from node.application.syncing.sharing import SharedCharts
from sync.chart.opening import open_chart
from sync.charter import ACCESS, Kind, Root, draw_charter
from sync.letter import write_letter


def test_charts_on_trial_hold_little_memory(two: Two) -> None:
    """Any device that connects may write letters: four of them may not hold 50 MB."""
    a, b = two
    context = b.node.context
    root = context.identity.secrets.root
    session = a.node.session(b.device, initiator=False)
    shared = session._replica
    assert isinstance(shared, SharedCharts)
    held = 0
    for n in range(4):
        charter = draw_charter(
            context.identity.organisation,
            Root(root.signing, root.sealing),
            Kind.PATIENT,
            None,
            context.random(48),
        )
        author = open_chart(
            charter, context.roster, context.openers, context.pen(), context.notice_valid
        )
        key = author.replica.keyring.of_lane(charter.lane(ACCESS))
        letter = write_letter(
            charter,
            tuple(key.values()),
            a.node.context.identity.sealing_key,
            context.identity.signer,
            bytes([n]) * 32,
        )
        shared.take_letters(b.device, charter.chart, [letter.encoded()])
        under = charter.grant_ids()[0]
        epoch = next(iter(key))
        for _ in range(10):
            made = [
                author._append(charter.lane(ACCESS), under, epoch, context.random(40_000), None)
                for _ in range(25)
            ]
            shared.take(b.device, made)
    for adoption in shared._adopting.values():
        held += sum(len(one.body or b"") for one in adoption.replica.operations.values())
    assert held < 20_000_000
