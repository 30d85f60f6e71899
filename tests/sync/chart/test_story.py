"""A chart's story: causes before effects, whatever the clocks say."""

from ward import NOON, Ward, random_history

from sync.chart.story import causal_order

YEAR = 365 * 24 * 3600 * 1000


def test_what_a_slow_clock_wrote_comes_after_the_grant_it_was_written_under() -> None:
    ward = Ward(1)
    first, slow = ward.clinics[:2]
    early = first.write("summary", "r1", "before the grant")
    first.grant(slow)
    slow.learn_from(first)
    slow.now = NOON - 27 * YEAR
    late = slow.write("summary", "r2", "after it")
    first.learn_from(slow)
    assert first.replica is not None
    order = [one.id for one in causal_order(first.replica)]
    assert order.index(early.id) < order.index(late.id)


def test_what_follows_a_fast_clock_comes_after_it() -> None:
    ward = Ward(2)
    first, fast = ward.clinics[:2]
    first.grant(fast)
    fast.learn_from(first)
    fast.now = NOON + 2 * YEAR
    ahead = fast.write("care", "r1", "from the future")
    first.learn_from(fast)
    after = first.write("care", "r1", "after it")
    assert first.replica is not None
    order = [one.id for one in causal_order(first.replica)]
    assert order.index(ahead.id) < order.index(after.id)
    assert ahead.prefix.stamp > after.prefix.stamp


def test_every_operation_is_told_once_and_each_log_in_its_order() -> None:
    for seed in range(40):
        for clinic in random_history(seed).clinics:
            if clinic.replica is None:
                continue
            order = causal_order(clinic.replica)
            assert {one.id for one in order} == set(clinic.replica.operations)
            assert len(order) == len(clinic.replica.operations)
            place = {one.id: number for number, one in enumerate(order)}
            for operation in order:
                previous = operation.prefix.previous
                if previous in place:
                    assert place[previous] < place[operation.id]
