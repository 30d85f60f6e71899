"""What waits for people, and what import asks of the store."""

import pytest
from stored_charts import NOW_MILLISECONDS, Author, make_charter

from node.store.resources import ResourceName, Resources, Version
from node.store.store import Store
from node.store.worklist import WaitingConflict, WaitingOperation

CHARTERS = make_charter("one"), make_charter("two")
ONE, TWO = (charter.chart for charter in CHARTERS)
PATIENT = ResourceName("clinic", "Patient", "1")
OTHER_PATIENT = ResourceName("hospital", "Patient", "1")


@pytest.fixture
def held(store: Store) -> Store:
    for charter in CHARTERS:
        store.charts.add(charter, NOW_MILLISECONDS)
    return store


def test_what_waits_in_a_chart_is_replaced_whole(held: Store) -> None:
    operation = Author("a").write(CHARTERS[0]).id
    first = WaitingConflict(ONE, "aaaa", "Patient", "name")
    second = WaitingConflict(ONE, "bbbb", "MedicationRequest", "clinical")
    waiting = WaitingOperation(ONE, operation, banner=True)
    held.worklist.replace(ONE, [second, first], [waiting])
    held.worklist.replace(TWO, [WaitingConflict(TWO, "aaab", "Goal", "status")], [])
    assert held.worklist.conflicts(ONE) == [first, second]
    assert held.worklist.quarantined(ONE) == held.worklist.quarantined() == [waiting]
    assert [one.conflict for one in held.worklist.conflict("aaa")] == ["aaaa", "aaab"]
    held.worklist.replace(ONE, [second], [])
    assert [one.conflict for one in held.worklist.conflicts()] == ["bbbb", "aaab"]
    assert held.worklist.quarantined() == []


def test_two_systems_with_one_id_have_two_homes(held: Store) -> None:
    held.resources.set_homes(ONE, [PATIENT])
    held.resources.set_homes(TWO, [OTHER_PATIENT])
    assert held.resources.homes([PATIENT, OTHER_PATIENT]) == {PATIENT: ONE, OTHER_PATIENT: TWO}
    assert held.resources.home(ResourceName("clinic", "Patient", "2")) is None


def test_a_home_is_said_anew_and_recalled_only_where_none_is_known(held: Store) -> None:
    held.resources.set_homes(ONE, [PATIENT])
    held.resources.set_homes(TWO, [PATIENT])
    assert held.resources.home(PATIENT) == TWO
    held.resources.recall_homes(ONE, [PATIENT, OTHER_PATIENT])
    assert held.resources.homes([PATIENT, OTHER_PATIENT]) == {PATIENT: TWO, OTHER_PATIENT: ONE}


def test_what_two_charts_claim_is_nobodys(held: Store) -> None:
    held.resources.claim(ONE, [PATIENT])
    held.resources.claim(ONE, [PATIENT])
    assert held.resources.home(PATIENT) == ONE
    assert not held.resources.is_ambiguous(PATIENT)
    held.resources.claim(TWO, [PATIENT])
    assert held.resources.home(PATIENT) is None
    assert held.resources.is_ambiguous(PATIENT)
    held.resources.claim(ONE, [PATIENT])
    assert held.resources.home(PATIENT) is None


def stored(held: Store, place: int) -> int:
    """One operation in a chart; its row."""
    operation = Author(f"a{place}").write(CHARTERS[place])
    held.operations.append([operation])
    return held.operations.rows(CHARTERS[place].chart)[operation.id]


def test_versions_are_told_in_the_order_they_came(held: Store) -> None:
    row = stored(held, 0)
    first, second = Version(row, 0, 11), Version(row, 1, 12)
    held.resources.note([(ONE, PATIENT, second), (ONE, OTHER_PATIENT, Version(row, 2, 13))])
    held.resources.note([(ONE, PATIENT, first), (ONE, PATIENT, second)])
    assert held.resources.versions(ONE, [PATIENT]) == {PATIENT: [first, second]}
    assert held.resources.versions(TWO, [PATIENT]) == {}
    assert held.resources.count(ONE) == 2
    assert held.resources.sources(ONE) == ["clinic", "hospital"]
    assert held.resources.patients(ONE) == [row]
    assert held.resources.patients(TWO) == []


def test_names_that_run_together_are_different_resources(held: Store) -> None:
    row = stored(held, 0)
    held.resources.note([(ONE, ResourceName("a", "bc", "d"), Version(row, 0, 1))])
    others = [
        ResourceName("ab", "c", "d"),
        ResourceName("a", "b", "cd"),
        ResourceName("", "abc", "d"),
    ]
    assert held.resources.versions(ONE, others) == {}


def test_what_is_forgotten_of_a_chart_is_new_again(held: Store) -> None:
    for place, chart in enumerate((ONE, TWO)):
        held.resources.note([(chart, PATIENT, Version(stored(held, place), 0, 1))])
        held.resources.set_noted_to({chart: 7})
    held.resources.set_homes(ONE, [PATIENT])
    held.resources.forget(ONE)
    assert held.resources.versions(ONE, [PATIENT]) == {}
    assert held.resources.home(PATIENT) is None
    assert held.resources.noted_to(ONE) == 0
    assert held.resources.versions(TWO, [PATIENT])
    assert held.resources.noted_to(TWO) == 7


def test_another_secret_recognises_nothing(held: Store) -> None:
    held.resources.note([(ONE, PATIENT, Version(stored(held, 0), 0, 1))])
    held.resources.set_homes(ONE, [PATIENT])
    other = Resources(held.database, held.charts, bytes(32))
    assert other.versions(ONE, [PATIENT]) == {}
    assert other.home(PATIENT) is None
    assert other.content_hash(b"content") != held.resources.content_hash(b"content")
