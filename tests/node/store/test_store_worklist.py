"""What waits for people, and what import asks of the store."""

import pytest
from stored_charts import NOW_MILLISECONDS, Author, make_charter

from node.store.resources import ResourceName, Resources
from node.store.store import Store
from node.store.worklist import WaitingConflict, WaitingOperation

CHARTERS = make_charter("one"), make_charter("two")
ONE, TWO = (charter.chart for charter in CHARTERS)
CARE, SUMMARY = CHARTERS[0].lane("care"), CHARTERS[0].lane("summary")
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


def test_two_systems_with_one_id_are_two_subjects(held: Store) -> None:
    held.resources.set_subject(PATIENT, ONE)
    held.resources.set_subject(OTHER_PATIENT, TWO)
    assert held.resources.subject_chart(PATIENT) == ONE
    assert held.resources.subject_chart(OTHER_PATIENT) == TWO
    assert held.resources.subject_chart(ResourceName("clinic", "Patient", "2")) is None


def test_a_content_that_is_held_is_nothing_new(held: Store) -> None:
    held.resources.note(ONE, [(CARE, PATIENT, b"content")])
    assert held.resources.holds(ONE, PATIENT, b"content")
    assert not held.resources.holds(ONE, PATIENT, b"other content")
    assert not held.resources.holds(ONE, OTHER_PATIENT, b"content")
    assert not held.resources.holds(TWO, PATIENT, b"content")
    held.resources.note(ONE, [(CARE, PATIENT, b"other content")])
    assert not held.resources.holds(ONE, PATIENT, b"content")


def test_a_resource_is_found_in_its_lane(held: Store) -> None:
    held.resources.note(ONE, [(SUMMARY, PATIENT, b"1"), (CARE, OTHER_PATIENT, b"2")])
    assert held.resources.lane_of(ONE, PATIENT) == SUMMARY
    assert held.resources.lane_of(ONE, OTHER_PATIENT) == CARE
    assert held.resources.lane_of(TWO, PATIENT) is None


def test_names_that_run_together_are_different_resources(held: Store) -> None:
    held.resources.note(ONE, [(CARE, ResourceName("a", "bc", "d"), b"1")])
    assert held.resources.lane_of(ONE, ResourceName("ab", "c", "d")) is None


def test_what_is_forgotten_of_a_chart_is_new_again(held: Store) -> None:
    for chart, charter in zip((ONE, TWO), CHARTERS, strict=True):
        held.resources.note(chart, [(charter.lane("care"), PATIENT, b"content")])
    held.resources.set_subject(PATIENT, ONE)
    held.resources.forget(ONE)
    assert not held.resources.holds(ONE, PATIENT, b"content")
    assert held.resources.subject_chart(PATIENT) is None
    assert held.resources.holds(TWO, PATIENT, b"content")


def test_another_secret_recognises_nothing(held: Store) -> None:
    held.resources.note(ONE, [(CARE, PATIENT, b"content")])
    other = Resources(held.database, held.charts, bytes(32))
    assert not other.holds(ONE, PATIENT, b"content")
