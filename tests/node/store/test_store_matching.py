"""People to find duplicates among, pairs that wait, and links, as the store keeps them."""

from pathlib import Path
from typing import Any

import pytest
from stored_charts import NOW_MILLISECONDS, make_charter

from node.matching.candidates import candidates
from node.matching.person import Person, person_of
from node.matching.reasons import Reason
from node.store.store import Store
from sync.identifiers import ChartId

Resource = dict[str, Any]


@pytest.fixture
def charts(store: Store) -> list[ChartId]:
    """Four charts that are held."""
    charters = [make_charter(name) for name in "abcd"]
    for charter in charters:
        store.charts.add(charter, NOW_MILLISECONDS)
    return [charter.chart for charter in charters]


def person(given: str, family: str, born: str = "1984-03-12") -> Person:
    return person_of([{"name": [{"family": family, "given": [given]}], "birthDate": born}])


def weigh(store: Store) -> int:
    """Compare everybody who waits; gives how many pairs were new."""
    register = store.matching.register()
    return sum(
        store.matching.keep(number, candidates(one, register, but=number))
        for number, one in store.matching.waiting(100)
    )


def test_two_records_of_one_person_become_a_pair(store: Store, charts: list[ChartId]) -> None:
    store.matching.note(charts[0], person("Amara", "Okafor"))
    store.matching.note(charts[1], person("Kofi", "Mensah"))
    store.matching.note(charts[2], person("Amara", "Okaofr", "1984-12-03"))

    assert store.matching.waiting_count() == 3
    assert weigh(store) == 1
    assert store.matching.waiting_count() == 0
    [pair] = store.matching.pairs(None, 10)
    assert set(pair.charts) == {charts[0], charts[2]}
    assert {Reason.FAMILY_TYPO, Reason.DAY_AND_MONTH_SWAPPED} <= set(pair.reasons)
    assert store.matching.pairs(charts[2], 10) == [pair]
    assert store.matching.pairs(charts[1], 10) == []


def test_somebody_who_is_noted_again_alike_is_not_weighed_again(
    store: Store, charts: list[ChartId]
) -> None:
    assert store.matching.note(charts[0], person("Amara", "Okafor"))
    weigh(store)

    assert not store.matching.note(charts[0], person("Amara", "Okafor"))
    assert store.matching.waiting_count() == 0


def test_somebody_who_was_corrected_is_found_under_the_new_name_alone(
    store: Store, charts: list[ChartId]
) -> None:
    store.matching.note(charts[0], person("Amara", "Okafor"))
    store.matching.note(charts[1], person("Amara", "Okafor"))
    weigh(store)
    store.matching.note(charts[1], person("Halima", "Wekesa", "1971-08-30"))

    assert store.matching.pairs(None, 10) == []
    assert weigh(store) == 0
    assert store.matching.register().bearers("okafor") == 1
    assert store.matching.register().bearers("wekesa") == 1


def test_a_pair_that_was_dismissed_is_off_the_list_until_that_is_taken_back(
    store: Store, charts: list[ChartId]
) -> None:
    store.matching.note(charts[0], person("Amara", "Okafor"))
    store.matching.note(charts[1], person("Amara", "Okafor"))
    weigh(store)
    store.matching.dismiss(charts[1], charts[0], NOW_MILLISECONDS)

    assert store.matching.pairs(None, 10) == []
    assert store.matching.dismiss_no_more(charts[0], charts[1])
    assert not store.matching.dismiss_no_more(charts[0], charts[1])
    assert len(store.matching.pairs(None, 10)) == 1


def test_a_dismissal_outlives_making_everything_anew(store: Store, charts: list[ChartId]) -> None:
    for chart in charts[:2]:
        store.matching.note(chart, person("Amara", "Okafor"))
    weigh(store)
    store.matching.dismiss(charts[0], charts[1], NOW_MILLISECONDS)
    store.matching.clear()
    for chart in charts[:2]:
        store.matching.note(chart, person("Amara", "Okafor"))

    assert weigh(store) == 1
    assert store.matching.pairs(None, 10) == []


def test_nothing_is_left_of_somebody_who_is_forgotten(store: Store, charts: list[ChartId]) -> None:
    for chart in charts[:2]:
        store.matching.note(chart, person("Amara", "Okafor"))
    weigh(store)
    store.matching.dismiss(charts[0], charts[1], NOW_MILLISECONDS)
    for chart in charts[:2]:
        store.matching.forget(chart)

    for table in ("people", "keys", "pairs", "dismissed"):
        rows = store.database.rows(f"SELECT * FROM matching_{table}")  # noqa: S608 (names of ours)
        assert rows == []


def test_keys_are_hashes_under_the_store_s_own_secret(
    store: Store, charts: list[ChartId], tmp_path: Path
) -> None:
    store.matching.note(charts[0], person("Amara", "Okafor"))
    stored = {key for (key,) in store.database.rows("SELECT key FROM matching_keys")}
    other = type(store.matching)(store.database, store.charts, b"another secret of 32 bytes......")

    assert all(isinstance(key, int) for key in stored)
    assert store.matching.hashed("bearer:okafor") in stored
    assert other.hashed("bearer:okafor") not in stored


def test_a_link_counts_where_both_charts_say_it(store: Store, charts: list[ChartId]) -> None:
    a, b = charts[:2]
    store.links.replace(a, [(b"pair", False)])

    [one_sided] = store.links.of_chart(a)
    assert one_sided.other is None
    assert store.links.linked() == set()

    store.links.replace(b, [(b"pair", True)])
    [link] = store.links.of_chart(a)
    assert (link.other, link.is_disputed) == (b, False)
    assert store.links.linked() == {a, b}

    store.links.replace(b, [])
    assert store.links.linked() == set()


def test_linked_charts_are_no_longer_listed_as_likely_duplicates(
    store: Store, charts: list[ChartId]
) -> None:
    for chart in charts[:2]:
        store.matching.note(chart, person("Amara", "Okafor"))
        store.links.replace(chart, [(b"pair", False)])
    weigh(store)

    assert store.matching.pairs(None, 10) == []
    store.links.replace(charts[0], [])
    assert len(store.matching.pairs(None, 10)) == 1
