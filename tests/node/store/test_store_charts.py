"""Charts, letters, epoch keys and debts: what the store keeps beside the operations."""

import pytest
from stored_charts import KEY, NOW_MILLISECONDS, ROOT, make_charter, seeded_randomness

from node.errors import ChartMissing, LaneMissing
from node.store.charts import HeldChart
from node.store.epoch_keys import HeldKey
from node.store.store import Store
from sync.charter import Charter, Kind
from sync.identifiers import EpochKey, LaneId, SealingKey, epoch_id
from sync.letter import Letter, write_letter

CHARTER = make_charter("chart")
CHART = CHARTER.chart


def letter(charter: Charter, to: SealingKey, seed: str = "letter") -> Letter:
    return write_letter(charter, (EpochKey(KEY),), to, ROOT, seeded_randomness(seed)(32))


ANA, BEN = SealingKey(b"\x09" + bytes(31)), SealingKey(b"\x0a" + bytes(31))


def test_a_chart_is_held_with_its_charter_and_lanes(store: Store) -> None:
    assert store.charts.add(CHARTER, NOW_MILLISECONDS)
    assert store.charts.charter(CHART) == CHARTER
    assert store.charts.lanes(CHART) == dict(CHARTER.lanes)
    assert list(store.charts.lanes(CHART)) == ["access", "summary", "care", "sensitive"]


def test_holding_a_chart_again_changes_nothing(store: Store) -> None:
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    assert not store.charts.add(CHARTER, NOW_MILLISECONDS + 1)
    assert store.charts.all() == [HeldChart(CHART, Kind.PATIENT, NOW_MILLISECONDS)]


def test_charts_are_listed_in_the_order_they_came_and_by_kind(store: Store) -> None:
    directory = make_charter("directory", Kind.DIRECTORY)
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    store.charts.add(directory, NOW_MILLISECONDS - 1)
    assert [held.chart for held in store.charts.all()] == [directory.chart, CHART]
    assert store.charts.of_kind(Kind.DIRECTORY) == [directory.chart]
    assert store.charts.of_kind(Kind.KEYS) == []


def test_a_chart_that_is_not_held_has_no_lanes_and_no_charter(store: Store) -> None:
    assert store.charts.charter(CHART) is None
    with pytest.raises(ChartMissing):
        store.charts.lanes(CHART)
    with pytest.raises(ChartMissing):
        store.charts.clock(CHART)


def test_a_chart_known_by_a_letter_is_not_held_until_its_charter_comes(store: Store) -> None:
    store.letters.add(letter(CHARTER, ANA))
    assert store.charts.known_only_by_letter() == [CHART]
    assert store.charts.all() == []
    with pytest.raises(ChartMissing):
        store.operations.of_chart(CHART)
    assert store.charts.add(CHARTER, NOW_MILLISECONDS)
    assert store.charts.known_only_by_letter() == []
    assert [one.chart for one in store.letters.of_chart(CHART)] == [CHART]


def test_letters_are_found_by_chart_and_by_recipient(store: Store) -> None:
    other = make_charter("other")
    to_ana, to_ben, later = letter(CHARTER, ANA), letter(CHARTER, BEN), letter(CHARTER, ANA, "2")
    elsewhere = letter(other, ANA)
    for one in (to_ana, to_ben, later, elsewhere):
        assert store.letters.add(one)
        assert not store.letters.add(one)
    assert store.letters.of_chart(CHART) == [to_ana, to_ben, later]
    assert store.letters.to(ANA) == [to_ana, later, elsewhere]
    assert store.letters.to(ANA, other.chart) == [elsewhere]
    assert store.letters.to(BEN, other.chart) == []
    assert store.letters.of_chart(make_charter("unknown").chart) == []
    assert store.letters.count() == 4


def test_epoch_keys_are_held_by_chart_and_lane(store: Store) -> None:
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    lane, key = CHARTER.lane("care"), EpochKey(KEY)
    epoch = epoch_id(CHART, lane, key)
    assert store.epoch_keys.add(CHART, lane, epoch, key, own=True)
    assert not store.epoch_keys.add(CHART, lane, epoch, key)
    (held,) = store.epoch_keys.of_chart(CHART)
    assert held == HeldKey(lane, epoch, key, own=True)
    assert repr(key) not in repr(held)
    with pytest.raises(LaneMissing):
        store.epoch_keys.add(CHART, LaneId(bytes(8)), epoch, key)


def test_a_destroyed_epoch_key_is_gone(store: Store) -> None:
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    lane = CHARTER.lane("care")
    for byte in (b"1", b"2"):
        key = EpochKey(byte * 32)
        store.epoch_keys.add(CHART, lane, epoch_id(CHART, lane, key), key)
    store.epoch_keys.destroy(CHART, epoch_id(CHART, lane, EpochKey(b"1" * 32)))
    assert [held.key for held in store.epoch_keys.of_chart(CHART)] == [b"2" * 32]


def test_a_debt_outlives_closing_until_it_is_settled(store: Store) -> None:
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    first, second = (store.debts.owe(CHART, owed) for owed in (b"first", b"second"))
    assert store.debts.of_chart(CHART) == [first, second]
    assert store.debts.charts_owing() == [CHART]
    store.debts.settle(first)
    assert store.debts.of_chart(CHART) == [second]
    store.debts.settle(second)
    assert store.debts.charts_owing() == []
