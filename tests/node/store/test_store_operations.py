"""Operations and the ends of their logs, sentence by sentence."""

from pathlib import Path

import pytest
from stored_charts import KEY, NOW_MILLISECONDS, Author, make_charter, without_body

from node.errors import ChartMissing, DamagedDatabase, LaneMissing, LogGap
from node.store.store import Store, open_store
from sync.clock import stamp_of
from sync.digest import LogSummary, PlaceDigest, lane_digest
from sync.identifiers import LaneId

CHARTER = make_charter("chart")
CHART = CHARTER.chart
CARE = CHARTER.lane("care")
NOW = stamp_of(NOW_MILLISECONDS)


@pytest.fixture
def held(store: Store) -> Store:
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    return store


def test_what_is_appended_reads_back_byte_for_byte_after_reopening(held: Store, path: Path) -> None:
    operations = Author("a").write_many(CHARTER, 5)
    held.operations.append(operations)
    held.close()
    with open_store(path, KEY) as store:
        found = store.operations.of_chart(CHART)
    assert found == operations
    assert [(one.header, one.signature, one.body) for one in found] == [
        (one.header, one.signature, one.body) for one in operations
    ]


def test_appending_again_brings_nothing(held: Store) -> None:
    operations = Author("a").write_many(CHARTER, 3)
    assert held.operations.append(operations) == operations
    assert held.operations.append(operations) == []
    assert held.operations.append(operations + operations[:1]) == []
    assert held.operations.count() == 3


def test_an_operation_twice_in_one_batch_is_stored_once(held: Store) -> None:
    first, second = Author("a").write_many(CHARTER, 2)
    assert held.operations.append([first, first, second, first, second]) == [first, second]


def test_both_branches_of_a_fork_are_kept_and_both_are_heads(held: Store) -> None:
    author = Author("a")
    first, second, third = author.write_many(CHARTER, 3)
    other = author.write(CHARTER, text="other", after=first)
    assert held.operations.append([first, second, third, other]) == [first, second, third, other]
    (log,) = held.logs.of_lane(CHART, CARE)
    assert log == LogSummary(author.instance, 3, tuple(sorted((third.id, other.id))))
    assert held.logs.forked() == [(CHART, CARE, log)]
    found = held.operations.of_log(CHART, CARE, author.instance, first=1)
    assert found[:2] == sorted((second, other), key=lambda one: one.id)
    assert found[2:] == [third]


def test_a_log_that_forks_at_its_first_operation_has_two_heads(held: Store) -> None:
    author = Author("a")
    first = author.write(CHARTER)
    other = author.write(CHARTER, text="other", first=True)
    held.operations.append([first])
    held.operations.append([other])
    log = held.logs.of_log(CHART, CARE, author.instance)
    assert log == LogSummary(author.instance, 1, tuple(sorted((first.id, other.id))))


def test_an_operation_before_its_predecessor_stores_nothing_of_its_batch(held: Store) -> None:
    first, second, third = Author("a").write_many(CHARTER, 3)
    with pytest.raises(LogGap):
        held.operations.append([first, third, second])
    assert held.operations.count() == 0
    assert held.logs.all() == {}


def test_a_predecessor_in_another_place_is_none(held: Store) -> None:
    author = Author("a")
    first, _, third = author.write_many(CHARTER, 3)
    elsewhere = author.write(CHARTER, "summary", after=first)
    held.operations.append([first])
    with pytest.raises(LogGap):
        held.operations.append([elsewhere])
    with pytest.raises(LogGap):
        held.operations.append([third])


def test_a_predecessor_with_another_number_is_none(held: Store) -> None:
    author = Author("a")
    first, second, third = author.write_many(CHARTER, 3)
    skips = author.sign(CHARTER, CARE, "", second, NOW, sequence=3)
    held.operations.append([first, second, third])
    with pytest.raises(LogGap):
        held.operations.append([skips])


def test_a_head_of_a_fork_is_no_predecessor_for_the_end_of_the_other(held: Store) -> None:
    author = Author("a")
    first, second = author.write_many(CHARTER, 2)
    other = author.write(CHARTER, text="other", first=True)
    held.operations.append([first, second, other])
    skips = author.sign(CHARTER, CARE, "", other, NOW, sequence=2)
    with pytest.raises(LogGap):
        held.operations.append([skips])
    follows = author.sign(CHARTER, CARE, "", other, NOW)
    assert held.operations.append([follows]) == [follows]
    (log,) = held.logs.of_lane(CHART, CARE)
    assert (log.length, set(log.heads)) == (2, {second.id, follows.id})


def test_nothing_is_stored_for_a_chart_or_a_lane_that_is_not_held(held: Store) -> None:
    stranger = make_charter("stranger")
    with pytest.raises(ChartMissing):
        held.operations.append([Author("a").write(stranger)])
    with pytest.raises(LaneMissing):
        held.logs.of_lane(CHART, LaneId(b"no lane!"))
    with pytest.raises(ChartMissing):
        held.operations.of_chart(stranger.chart)
    assert held.operations.count() == 0


def test_operations_are_read_by_lane_by_range_and_by_id(held: Store) -> None:
    author, other = Author("a"), Author("b")
    care, summary = author.write_many(CHARTER, 6), author.write_many(CHARTER, 2, "summary")
    theirs = other.write_many(CHARTER, 2)
    held.operations.append([*care, *summary, *theirs])
    operations = held.operations
    assert operations.of_lane(CHART, CHARTER.lane("summary")) == summary
    assert operations.of_lane(CHART, CARE) == care + theirs
    assert operations.of_log(CHART, CARE, author.instance, first=2, count_max=3) == care[2:5]
    assert operations.of_log(CHART, CARE, author.instance, first=6) == []
    assert operations.by_id(CHART, [theirs[1].id, care[0].id]) == [care[0], theirs[1]]
    assert operations.stored(CHART, {care[0].id, Author("c").write(CHARTER).id}) == {care[0].id}
    assert operations.chart_of(summary[1].id) == CHART
    assert operations.chart_of(Author("c").write(CHARTER).id) is None
    assert operations.count(CHART) == 10
    assert operations.count(CHART, CARE) == 8


def test_more_ids_than_one_statement_takes_are_all_found(held: Store) -> None:
    written = Author("a").write_many(CHARTER, 1100)
    held.operations.append(written)
    assert held.operations.by_id(CHART, {one.id for one in written}) == written
    assert len(held.operations.stored(CHART, [one.id for one in written])) == 1100


def test_headers_are_read_without_their_bodies(held: Store) -> None:
    written = Author("a").write_many(CHARTER, 2)
    held.operations.append(written)
    found = held.operations.of_chart(CHART, bodies=False)
    assert found == written
    assert [one.body for one in found] == [None, None]


def test_an_operation_that_came_without_its_body_is_completed_later(held: Store) -> None:
    first, second = Author("a").write_many(CHARTER, 2)
    held.operations.append([without_body(first), second])
    assert held.operations.of_chart(CHART)[0].body is None
    assert held.operations.append([first, second]) == [first]
    assert held.operations.of_chart(CHART)[0].body == first.body
    assert held.operations.append([without_body(first)]) == []
    assert held.operations.of_chart(CHART)[0].body == first.body


def test_a_body_that_was_destroyed_here_never_comes_back(held: Store) -> None:
    first, second = Author("a").write_many(CHARTER, 2)
    held.operations.append([first, second])
    held.operations.destroy_bodies(CHART, [first.id])
    assert held.operations.append([first]) == []
    assert [one.body for one in held.operations.of_chart(CHART)] == [None, second.body]
    assert held.logs.of_lane(CHART, CARE)[0].length == 2


def test_what_was_merged_once_stays_so(held: Store) -> None:
    first, second, third = Author("a").write_many(CHARTER, 3)
    held.operations.append([first, second, third])
    held.operations.mark_merged(CHART, [first.id])
    held.operations.mark_merged(CHART, [first.id, third.id])
    assert held.operations.ever_merged(CHART) == {first.id, third.id}


def test_a_doubtful_clock_is_remembered_and_does_not_move_the_charts(held: Store) -> None:
    author = Author("a")
    sane = author.write(CHARTER, milliseconds=5_000)
    mad = author.write(CHARTER, milliseconds=(1 << 48) - 1)
    assert held.charts.clock(CHART) == 0
    held.operations.append([sane, mad], doubtful={mad.id})
    assert held.operations.doubtful(CHART) == {mad.id}
    assert held.charts.clock(CHART) == stamp_of(5_000)


def test_the_largest_stamp_is_kept_as_it_is(held: Store) -> None:
    last = Author("a").write(CHARTER, milliseconds=(1 << 48) - 1)
    held.operations.append([last])
    held.operations.append([Author("b").write(CHARTER, milliseconds=1)])
    assert held.charts.clock(CHART) == stamp_of((1 << 48) - 1)


def test_logs_are_told_for_all_charts_at_once(held: Store) -> None:
    other = make_charter("other")
    held.charts.add(other, NOW_MILLISECONDS)
    author = Author("a")
    mine, theirs = author.write(CHARTER), author.write(other, "summary")
    held.operations.append([mine, theirs])
    assert held.logs.all() == {
        CHART: {CARE: [LogSummary(author.instance, 1, (mine.id,))]},
        other.chart: {other.lane("summary"): [LogSummary(author.instance, 1, (theirs.id,))]},
    }
    assert held.logs.digests() == [
        PlaceDigest(CHART, CARE, lane_digest(held.logs.of_lane(CHART, CARE))),
        PlaceDigest(
            other.chart,
            other.lane("summary"),
            lane_digest([LogSummary(author.instance, 1, (theirs.id,))]),
        ),
    ]


def test_a_stored_operation_that_is_not_one_is_damage(held: Store) -> None:
    held.operations.append([Author("a").write(CHARTER)])
    held.database.write("UPDATE bodies SET body = x'00'")
    with pytest.raises(DamagedDatabase):
        held.operations.of_chart(CHART)
