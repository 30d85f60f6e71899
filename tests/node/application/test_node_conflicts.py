"""What two clinics write apart: by policy, with the same conflict ids at both, closed at both."""

import copy
import json

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Resource,
    Three,
    Two,
    allergy,
    exported,
    level,
    observation,
    patient,
    prescription,
    synced,
)

from node.application.errors import BadRequest, NoStanding, NotFound


def coded(text: str) -> Resource:
    return {"coding": [{"code": text}]}


def condition(identity: str, subject: str) -> Resource:
    return {
        "resourceType": "Condition",
        "id": identity,
        "subject": {"reference": f"Patient/{subject}"},
        "code": {"text": "Malaria"},
        "verificationStatus": coded("provisional"),
        "clinicalStatus": coded("active"),
    }


def shared_chart(a: Clinic, b: Clinic, *resources: Resource) -> str:
    a.take(patient("p1"), *resources)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    (chart,) = a.charts()
    return chart


def edited_apart(a: Clinic, b: Clinic, before: Resource, mine: Resource, theirs: Resource) -> str:
    """Both edit one resource while cut off from each other, and then meet."""
    known = () if before["resourceType"] == "Patient" else (before,)
    chart = shared_chart(a, b, *known)
    a.add(chart, {**before, **mine})
    b.add(chart, {**before, **theirs})
    level(a, b)
    return chart


CASES: dict[str, tuple[Resource, Resource, Resource, set[str]]] = {
    "patient birth date": (
        patient("p1"),
        {"birthDate": "1930-01-01"},
        {"birthDate": "1931-01-01"},
        {"birthDate"},
    ),
    "two corrections of an observation": (
        observation("x", "p1"),
        {"valueQuantity": {"value": 38.5, "unit": "Cel"}},
        {"valueQuantity": {"value": 39.5, "unit": "Cel"}},
        {"value[x]"},
    ),
    "allergy refuted and confirmed": (
        {**allergy("x", "p1"), "verificationStatus": coded("unconfirmed")},
        {"verificationStatus": coded("refuted")},
        {"verificationStatus": coded("confirmed")},
        {"verificationStatus"},
    ),
    "two doses": (
        prescription("x", "p1"),
        {"dosageInstruction": [{"text": "10 mg daily"}]},
        {"dosageInstruction": [{"text": "20 mg daily"}]},
        {"dosageInstruction"},
    ),
    "stopped and changed": (
        prescription("x", "p1"),
        {"status": "stopped"},
        {"dosageInstruction": [{"text": "20 mg daily"}]},
        {"status", "dosageInstruction"},
    ),
    "two elements of a condition's group": (
        condition("x", "p1"),
        {"clinicalStatus": coded("resolved")},
        {"verificationStatus": coded("confirmed")},
        {"clinicalStatus", "verificationStatus"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_disagreement_has_one_id_at_both_is_resolved_once_and_closed_at_both(
    two: Two, name: str
) -> None:
    a, b = two
    before, mine, theirs, elements = CASES[name]
    chart = edited_apart(a, b, before, mine, theirs)
    (conflict,) = a.conflicts()
    assert b.conflicts() == [conflict]
    assert exported(a) == exported(b)
    shown = a.node.conflict_show(conflict)
    assert isinstance(shown["elements"], list)
    assert elements <= set(shown["elements"])
    assert shown == a.node.conflicts(chart)[0]
    values = shown["values"]
    assert isinstance(values, list)
    assert len(values) == 2
    listed = a.node.charts()[0]
    assert listed["conflicts"] == 1
    done = b.node.conflict_resolve(conflict, choose=1)
    assert done["open"] is False
    level(a, b)
    assert (a.conflicts(), b.conflicts()) == ([], [])
    assert exported(a) == exported(b)
    assert len(exported(a, history=True)) == len(exported(b, history=True))
    assert a.audit_ok()


@pytest.mark.parametrize("choice", [1, 2])
def test_the_chosen_value_is_what_shows(two: Two, choice: int) -> None:
    a, b = two
    edited_apart(a, b, patient("p1"), {"birthDate": "1930-01-01"}, {"birthDate": "1931-01-01"})
    (conflict,) = a.conflicts()
    values = a.node.conflict_show(conflict)["values"]
    assert isinstance(values, list)
    wanted = values[choice - 1]["says"]["birthDate"]
    a.node.conflict_resolve(conflict, choose=choice)
    level(a, b)
    for one in (a, b):
        assert one.resource("Patient", "p1")["birthDate"] == wanted["birthDate"]


def test_an_answer_of_ones_own_closes_too(two: Two) -> None:
    a, b = two
    edited_apart(a, b, patient("p1"), {"birthDate": "1930-01-01"}, {"birthDate": "1931-01-01"})
    (conflict,) = a.conflicts()
    answer = json.dumps(patient("p1", born="1933-03-03")).encode()
    a.node.conflict_resolve(conflict, content=answer)
    level(a, b)
    assert b.resource("Patient", "p1")["birthDate"] == "1933-03-03"
    assert (a.conflicts(), b.conflicts()) == ([], [])


def test_both_resolve_differently_and_the_new_disagreement_is_shown_at_both(two: Two) -> None:
    a, b = two
    edited_apart(a, b, patient("p1"), {"birthDate": "1930-01-01"}, {"birthDate": "1931-01-01"})
    (first,) = a.conflicts()
    a.node.conflict_resolve(first, choose=1)
    b.node.conflict_resolve(first, choose=2)
    level(a, b)
    (second,) = a.conflicts()
    assert b.conflicts() == [second]
    assert second != first
    a.node.conflict_resolve(second, choose=1)
    level(a, b)
    assert (a.conflicts(), b.conflicts()) == ([], [])
    assert exported(a) == exported(b)


def test_both_resolve_alike_and_nothing_stays_open(two: Two) -> None:
    a, b = two
    edited_apart(a, b, patient("p1"), {"birthDate": "1930-01-01"}, {"birthDate": "1931-01-01"})
    (conflict,) = a.conflicts()
    a.node.conflict_resolve(conflict, choose=1)
    b.node.conflict_resolve(conflict, choose=1)
    level(a, b)
    assert (a.conflicts(), b.conflicts()) == ([], [])
    assert exported(a) == exported(b)


def test_an_edit_that_met_no_conflict_yet_reopens_one_that_was_resolved(two: Two) -> None:
    a, b = two
    chart = edited_apart(
        a, b, patient("p1"), {"birthDate": "1930-01-01"}, {"birthDate": "1931-01-01"}
    )
    b.add(chart, patient("p1", born="1935-05-05"))
    (conflict,) = a.conflicts()
    a.node.conflict_resolve(conflict, choose=1)
    level(a, b)
    assert len(a.conflicts()) == 1
    assert a.conflicts() == b.conflicts()
    shown = a.node.conflict_show(a.conflicts()[0])
    assert "1935-05-05" in json.dumps(shown["values"])


QUIET: dict[str, tuple[Resource, Resource, Resource]] = {
    "different elements of a patient": (
        patient("p1"),
        {"gender": "female"},
        {"telecom": [{"system": "phone", "value": "+254700000001"}]},
    ),
    "two telephone numbers": (
        patient("p1"),
        {"telecom": [{"system": "phone", "value": "+254700000001"}]},
        {"telecom": [{"system": "phone", "value": "+254700000002"}]},
    ),
    "the same correction twice": (
        observation("x", "p1"),
        {"valueQuantity": {"value": 38.5, "unit": "Cel"}},
        {"valueQuantity": {"value": 38.5, "unit": "Cel"}},
    ),
}


@pytest.mark.parametrize("name", QUIET)
def test_what_does_not_disagree_merges_and_asks_nobody(two: Two, name: str) -> None:
    a, b = two
    before, mine, theirs = QUIET[name]
    edited_apart(a, b, before, mine, theirs)
    assert (a.conflicts(), b.conflicts()) == ([], [])
    assert exported(a) == exported(b)
    merged = a.resource(before["resourceType"], before["id"])
    for element, value in {**mine, **theirs}.items():
        if isinstance(value, list):
            said = [*mine.get(element, []), *theirs.get(element, [])]
            assert all(one in merged[element] for one in said)
        else:
            assert merged[element] == value


def test_the_safe_side_shows_meanwhile(two: Two) -> None:
    a, b = two
    edited_apart(
        a,
        b,
        prescription("x", "p1"),
        {"status": "stopped"},
        {"dosageInstruction": [{"text": "20 mg daily"}]},
    )
    for one in (a, b):
        assert one.resource("MedicationRequest", "x")["status"] == "stopped"
    values = a.node.conflict_show(a.conflicts()[0])["values"]
    assert "20 mg daily" in json.dumps(values)


def test_a_refuted_allergy_that_another_confirms_stays_active(two: Two) -> None:
    a, b = two
    before, mine, theirs, _ = CASES["allergy refuted and confirmed"]
    edited_apart(a, b, before, mine, theirs)
    for one in (a, b):
        shown = one.resource("AllergyIntolerance", "x")
        assert shown["verificationStatus"] == coded("confirmed")


def test_three_write_apart_and_one_answer_closes_it(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"))
    for name in ("B", "C"):
        a.node.grant("all", to=name, lanes=ALL_LANES, history=True)
    level(a, b, c)
    (chart,) = a.charts()
    for place, one in enumerate((a, b, c)):
        one.add(chart, patient("p1", born=f"193{place}-01-01"))
    level(a, b, c)
    (conflict,) = a.conflicts()
    assert a.conflicts() == b.conflicts() == c.conflicts()
    values = a.node.conflict_show(conflict)["values"]
    assert isinstance(values, list)
    assert len(values) == 3
    c.node.conflict_resolve(conflict, choose=3)
    level(a, b, c)
    assert a.conflicts() == b.conflicts() == c.conflicts() == []
    assert exported(a) == exported(b) == exported(c)


def test_every_version_is_in_the_history_of_both(two: Two) -> None:
    a, b = two
    chart = edited_apart(
        a, b, patient("p1"), {"birthDate": "1930-01-01"}, {"birthDate": "1931-01-01"}
    )
    a.node.conflict_resolve(a.conflicts()[0], choose=1)
    level(a, b)
    for one in (a, b):
        born = [version["birthDate"] for version in one.resources(chart, history=True)]
        assert {"1980-01-01", "1930-01-01", "1931-01-01"} <= set(born)
        assert len(born) == 4


def test_wrong_answers_are_refused_and_leave_it_open(two: Two) -> None:
    a, b = two
    edited_apart(a, b, patient("p1"), {"birthDate": "1930-01-01"}, {"birthDate": "1931-01-01"})
    (conflict,) = a.conflicts()
    before = a.everything_written()
    other = json.dumps(patient("p2")).encode()
    for choose, content in ((None, None), (0, None), (3, None), (1, other), (None, other)):
        with pytest.raises(BadRequest):
            a.node.conflict_resolve(conflict, choose=choose, content=content)
    for broken in (b"", b"{", b"[]", b"{}", other + b"\n" + other):
        with pytest.raises(BadRequest):
            a.node.conflict_resolve(conflict, content=broken)
    with pytest.raises(NotFound):
        a.node.conflict_resolve("0" * 26, choose=1)
    assert a.conflicts() == [conflict]
    assert a.everything_written() == before


def test_a_reader_sees_a_conflict_and_cannot_resolve_it(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    a.node.grant("all", to="C", lanes=ALL_LANES, rights="read", history=True)
    level(a, b, c)
    (chart,) = a.charts()
    a.add(chart, patient("p1", born="1930-01-01"))
    b.add(chart, patient("p1", born="1931-01-01"))
    level(a, b, c)
    (conflict,) = c.conflicts()
    with pytest.raises(NoStanding):
        c.node.conflict_resolve(conflict, choose=1)
    assert c.conflicts() == [conflict]


def test_an_error_never_goes_back(two: Two) -> None:
    a, b = two
    chart = shared_chart(a, b, observation("x", "p1"))
    a.add(chart, {**observation("x", "p1"), "status": "entered-in-error"})
    synced(a, b)
    b.add(chart, copy.deepcopy(observation("x", "p1")))
    level(a, b)
    for one in (a, b):
        assert one.resource("Observation", "x")["status"] == "entered-in-error"
