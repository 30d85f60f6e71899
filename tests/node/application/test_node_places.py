"""A kept place to write is always the one that would be found from all that the store holds."""

import contextlib
import random
from datetime import UTC, datetime

import pytest
from clinics import ALL_LANES, Clinic, Three, as_file, level, patient, synced
from derived_rows import assert_lists_are_right
from test_node_lists import some_write

from node.application.charts import Charts
from node.application.errors import NothingToRevoke
from sync.access.epochs import usable_epoch
from sync.chart.place import LanePlace, Pen
from sync.chart.replica import ChartReplica
from sync.clock import stamp_of
from sync.errors import AuthorityError
from sync.grantee import Right
from sync.identifiers import ChartId, LaneId

CLOCK_STEPS_MILLISECONDS = (-20 * 60_000, -5 * 60_000, -60_000, 30_000, 5 * 60_000, 13 * 3600_000)


@pytest.fixture(autouse=True)
def _found_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare each place with what a replica that is loaded whole from the store says."""
    kept = Charts.place

    def place(charts: Charts, chart: ChartId, lane: LaneId, pen: Pen) -> LanePlace:
        found = kept(charts, chart, lane, pen)
        context = charts._context
        whole = ChartReplica(charts.charter(chart), charts._keyring(chart), context.notice_valid)
        whole.add(context.store.operations.of_chart(chart))
        now = pen.now_milliseconds
        under = whole.fold.standing(pen.signer.public, Right.APPEND, lane, now)
        openable = set(whole.keyring.of_lane(lane))
        usable = usable_epoch(whole.fold, pen.signer.public, lane, openable, now)
        assert usable is not None
        assert (found.under, found.epoch) == (under[0], usable.epoch)
        assert found.key == whole.keyring.key(usable.epoch)
        end = whole.tip(pen.instance, lane)
        if found.end != end:  # written in this transaction, and not stored yet
            assert found.end is not None
            assert found.end.sequence > (-1 if end is None else end.sequence)
        known = max(found.latest, charts.latest_of_places(chart), stamp_of(now))
        assert known >= whole.latest_stamp(now)
        return found

    monkeypatch.setattr(Charts, "place", place)


def _act(three: Three, chart: str, draw: random.Random) -> None:
    a = three[0]
    one, other = draw.sample(three, 2)
    match draw.randrange(14):
        case 0:
            synced(one, other)
        case 1:
            synced(one, other, settle=False)
        case 2:
            one.close()
            one.open()
        case 3:
            with contextlib.suppress(NothingToRevoke):
                a.node.revoke(chart, from_=draw.choice("BC"))
        case 4:
            ends = draw.choice((None, 2_000, 20_000, 120_000))
            a.node.grant(
                chart,
                to=draw.choice("BC"),
                lanes=ALL_LANES[: draw.randint(1, 3)],
                history=draw.random() < 0.5,
                until=None if ends is None else _time(a.clock.milliseconds + ends),
            )
        case 5:
            one.clock.milliseconds += draw.choice(CLOCK_STEPS_MILLISECONDS)
        case 6:
            for conflict in one.conflicts()[:1]:
                with contextlib.suppress(AuthorityError):
                    one.node.conflict_resolve(conflict, choose=1)
        case 7:
            one.node._charts.forget_all()
        case _:
            _write(one, chart, draw)


def _write(clinic: Clinic, chart: str, draw: random.Random) -> None:
    if chart in clinic.chart_ids():
        lane = draw.choice((None, None, "care", "sensitive"))
        clinic.node.record_add(chart, "test", as_file(some_write(draw)), lane=lane)


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("seed", range(16))
def test_a_kept_place_is_the_one_that_everything_held_gives(three: Three, seed: int) -> None:
    a, b, c = three
    draw = random.Random(seed)
    a.take(patient("p0"), patient("p1"))
    for chart in a.charts():
        a.node.grant(chart, to="B", lanes=ALL_LANES, history=True)
    level(a, b, c)
    for _ in range(draw.randint(15, 40)):
        _act(three, draw.choice(a.charts()), draw)
    for clinic in three:
        clinic.node.settle()
        assert_lists_are_right(clinic)


def test_what_is_written_is_later_than_what_came_before_it(three: Three) -> None:
    a, b, _ = three
    a.take(patient("p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    a.close()
    a.open()
    _write(a, chart, random.Random(1))  # an outline is in memory from here on
    b.clock.milliseconds = a.clock.milliseconds + 5 * 60_000
    _write(b, chart, random.Random(2))
    level(a, b)
    came = max(one.prefix.stamp for one in b.replica(chart).operations.values())
    _write(a, chart, random.Random(3))
    assert max(one.prefix.stamp for one in a.replica(chart).operations.values()) > came
