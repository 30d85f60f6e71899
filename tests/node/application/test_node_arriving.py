"""Content that is stored by what the access lane says: as if it had been looked at whole."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from clinics import ALL_LANES, Clinic, made_clinic, observation, pair, patient, synced
from derived_rows import derived
from hypothesis import given, settings
from hypothesis import strategies as st

from node.application.syncing.arriving import Arrivals
from node.application.syncing.sharing import SharedCharts
from sync.identifiers import ActId, ChartId, InstanceId, OperationId, parse_chart_text
from sync.operation import Operation, sign_operation


class Undone(Exception):
    """Ends a transaction that is only tried."""


def taken(
    clinic: Clinic, peer: Clinic, chart: ChartId, operations: Sequence[Operation], *, plain: bool
) -> tuple[int, int, set[OperationId], set[OperationId]]:
    """What `take` makes of operations: stored, refused, what is held and doubted; then undone."""
    node = clinic.node
    charts = node._charts
    charts.forget_all()
    shared = SharedCharts(node.context, charts, node._lists, peer.device)
    store = node.context.store
    with pytest.MonkeyPatch.context() as patch, suppress(Undone), store.transaction():
        if not plain:
            patch.setattr(Arrivals, "is_plain", lambda *_: False)
        done = shared.take(peer.device, operations)
        held = {one.id for one in store.operations.of_chart(chart, bodies=False)}
        doubtful = store.operations.doubtful(chart)
        assert set(charts.replica(chart).operations) == held
        if plain:
            assert not store.unsettled.is_marked(chart), "its lists have followed"
        else:
            assert store.unsettled.is_marked(chart) == bool(done.stored)
            node.settle()
        followed = derived(node, chart)
        node._contents.refresh(chart)
        assert followed == derived(node, chart)
        raise Undone
    charts.forget_all()
    return done.stored, sum(done.refused.values()), held, doubtful


def allergy(number: int) -> dict[str, object]:
    """A resource of the summary lane."""
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"allergy{number}",
        "patient": {"reference": "Patient/p1"},
    }


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Clinic, Clinic, ChartId, list[Operation]]:
    """A chart that B holds, and what A, and others without a right, wrote in it since."""
    folder = tmp_path_factory.mktemp("arriving")
    a, b = made_clinic(folder / "A", "A", 0), made_clinic(folder / "B", "B", 1)
    pair(a, b)
    a.take(patient("p1"), observation("o1", "p1"))
    a.node.grant("all", to=b.name, lanes=ALL_LANES, history=True)
    synced(b, a)
    (text,) = a.charts()
    chart = parse_chart_text(text)
    before = set(b.replica(text).operations)
    for number in range(5):
        a.add(text, observation(f"new{number}", "p1"))
        a.add(text, allergy(number))
    new = [one for one in a.replica(text).operations.values() if one.id not in before]
    assert len({one.prefix.lane for one in new}) > 1
    signer = a.node.context.identity.signer
    last = new[-1]
    for changes in (
        {"instance": InstanceId(b"another device's"), "sequence": 0, "previous": None},
        {"under": ActId(b"no right at all!")},
        {"stamp": 1},
    ):
        prefix = new[-2].prefix._replace(**changes)
        new.append(sign_operation(prefix, last.body or b"", signer))
    return a, b, chart, new


@settings(max_examples=60)
@given(chosen=st.lists(st.integers(0, 12), unique=True))
def test_a_plain_look_keeps_and_refuses_what_a_whole_one_does(
    world: tuple[Clinic, Clinic, ChartId, list[Operation]], chosen: list[int]
) -> None:
    a, b, chart, new = world
    # As a session gives them: ascending inside each log; gaps and branches all the same.
    operations = sorted(
        (new[place % len(new)] for place in chosen), key=lambda one: one.prefix.sequence
    )
    quick = taken(b, a, chart, operations, plain=True)
    assert quick == taken(b, a, chart, operations, plain=False)
    repeated = taken(b, a, chart, [*operations, *operations], plain=True)
    assert (repeated[0], *repeated[2:]) == (quick[0], *quick[2:])
