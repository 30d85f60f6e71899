"""What a clinician sees while two places disagree: one case after another, by resource type."""

import pytest
from chart_story import CHART, LANE, Story, concept, document

from sync.change import ChangeKind
from sync.merge.account import Standing, account
from sync.merge.disagreement import CLINICAL, conflict_id
from sync.merge.merged_change import ResourceKey
from sync.merge.resource_view import Label

ADD_ONLY_TYPES = [
    "Observation",
    "DiagnosticReport",
    "Immunization",
    "Procedure",
    "MedicationAdministration",
    "MedicationDispense",
    "QuestionnaireResponse",
    "DocumentReference",
]


def test_a_single_version_shows_its_original_bytes() -> None:
    story = Story("Observation")
    content = b'{ "resourceType":"Observation",\n "valueQuantity" : {"value": 1.50} }'
    story.put(content=content)

    assert story.view().shown == content


def test_a_later_version_supersedes_and_shows_its_own_bytes() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"))
    second = story.put(first, note=[{"text": "since childhood"}])

    view = story.view()

    assert view.heads == (second.ref,)
    assert view.shown == second.change.content
    assert view.conflicts == ()


def test_concurrent_changes_to_other_elements_are_both_shown() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"))
    story.put(first, note=[{"text": "worse at night"}])
    story.put(first, subject={"reference": "Patient/1"})

    view = story.view()

    assert view.conflicts == ()
    assert document(view)["note"] == [{"text": "worse at night"}]
    assert document(view)["subject"] == {"reference": "Patient/1"}


def test_concurrent_changes_to_one_element_conflict_and_both_values_are_kept() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"))
    a = story.put(first, note=[{"text": "a"}])
    b = story.put(first, note=[{"text": "b"}])

    [conflict] = story.view().conflicts

    assert conflict.elements == ("note",)
    assert conflict.heads == tuple(sorted([a.ref, b.ref]))
    assert {value.value.json for _, said in conflict.values for value in said} == {
        b'{"note":[{"text": "a"}]}',
        b'{"note":[{"text": "b"}]}',
    }
    assert document(story.view())["note"] == [{"text": "b"}], "the latest stamp shows first"


def test_concurrent_changes_that_say_the_same_are_no_conflict_and_stay_in_history() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"))
    a = story.put(first, note=[{"text": "a", "time": "2026"}])
    b = story.put(first, note=[{"time": "2026", "text": "a"}])

    view = story.view()

    assert view.conflicts == ()
    assert view.history == (first, a, b)
    assert set(view.heads) == {a.ref, b.ref}


def test_two_elements_of_the_clinical_group_conflict() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"), severity=concept("mild"))
    story.put(first, severity=concept("severe"))
    story.put(first, code=concept("copd"))

    [conflict] = story.view().conflicts

    assert conflict.group == CLINICAL
    assert conflict.elements == ("code", "severity")


def test_an_innocent_later_edit_does_not_close_a_clinical_conflict() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"), severity=concept("mild"))
    a = story.put(first, severity=concept("severe"))
    b = story.put(first, code=concept("copd"))
    [before] = story.view().conflicts
    story.put(a, b, note=[{"text": "saw both"}])

    assert story.view().conflicts == (before,)


def test_a_resolve_closes_the_conflict_that_it_names() -> None:
    story = Story("MedicationRequest")
    first = story.put(status="active", dosageInstruction=[{"text": "1"}])
    story.put(first, dosageInstruction=[{"text": "2"}])
    story.put(first, dosageInstruction=[{"text": "3"}])
    [conflict] = story.view().conflicts
    heads = [m for m in story.written if m.ref in conflict.heads]
    resolved = story.put(*heads, kind=ChangeKind.RESOLVE, dosageInstruction=[{"text": "2"}])

    view = story.view()

    assert view.conflicts == ()
    assert view.shown == resolved.change.content


def test_a_resolve_leaves_open_what_it_does_not_name() -> None:
    story = Story("MedicationRequest")
    first = story.put(status="active", dosageInstruction=[{"text": "1"}])
    a = story.put(first, dosageInstruction=[{"text": "2"}])
    b = story.put(first, dosageInstruction=[{"text": "3"}])
    late = story.put(first, dosageInstruction=[{"text": "4"}])
    resolved = story.put(a, b, kind=ChangeKind.RESOLVE, dosageInstruction=[{"text": "2"}])

    [conflict] = story.view().conflicts

    assert conflict.heads == tuple(sorted([late.ref, resolved.ref]))


def test_concurrent_resolves_that_differ_conflict_in_their_turn() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"))
    a = story.put(first, code=concept("copd"))
    b = story.put(first, code=concept("croup"))
    one = story.put(a, b, kind=ChangeKind.RESOLVE, code=concept("copd"))
    two = story.put(a, b, kind=ChangeKind.RESOLVE, code=concept("croup"))

    [conflict] = story.view().conflicts

    assert conflict.heads == tuple(sorted([one.ref, two.ref]))


def test_a_conflict_id_is_made_as_the_design_says() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"))
    a = story.put(first, code=concept("copd"))
    b = story.put(first, code=concept("croup"))

    [conflict] = story.view().conflicts

    assert conflict.id == conflict_id(CHART, story.key, CLINICAL, [b.ref, a.ref])
    assert len(conflict.id) == 26
    assert conflict.id == conflict.id.lower()


@pytest.mark.parametrize("resource_type", ADD_ONLY_TYPES)
def test_concurrent_corrections_conflict_whatever_they_touch(resource_type: str) -> None:
    story = Story(resource_type)
    first = story.put(status="final", note="a")
    story.put(first, note="b")
    story.put(first, subject={"reference": "Patient/1"})

    [conflict] = story.view().conflicts

    assert conflict.elements == ("note", "subject")


@pytest.mark.parametrize("resource_type", ADD_ONLY_TYPES)
def test_entered_in_error_never_goes_back(resource_type: str) -> None:
    story = Story(resource_type)
    first = story.put(status="final")
    error = story.put(first, status="entered-in-error")
    back = story.put(error, status="final", note="it was right")

    view = story.view()

    assert view.is_entered_in_error
    assert document(view)["status"] == "entered-in-error"
    assert document(view)["note"] == "it was right"
    assert view.set_aside == (back.ref,)
    assert Label.SET_ASIDE in view.labels


def test_an_error_and_a_concurrent_correction_conflict_and_the_value_is_not_used() -> None:
    story = Story("Observation")
    first = story.put(status="final", valueInteger=1)
    story.put(first, status="entered-in-error", at=10)
    story.put(first, valueInteger=2, status="corrected")

    view = story.view()

    assert view.is_entered_in_error
    assert len(view.conflicts) == 1


def test_a_patients_names_conflict_one_by_one_and_the_newest_shows() -> None:
    story = Story("Patient")
    first = story.put(name=[{"family": "Diallo"}], gender="female", birthDate="1990")
    story.put(first, name=[{"family": "Diallo-Bah"}], gender="other")
    story.put(first, name=[{"family": "Bah"}], birthDate="1991")

    view = story.view()

    assert [c.elements for c in view.conflicts] == [("name",)]
    assert document(view)["name"] == [{"family": "Bah"}]
    assert document(view)["gender"] == "other"
    assert document(view)["birthDate"] == "1991"


def test_the_forms_of_a_choice_are_one_element() -> None:
    story = Story("Patient")
    first = story.put(gender="male")
    story.put(first, deceasedBoolean=True)
    story.put(first, deceasedDateTime="2026-01-02")

    view = story.view()
    shown = document(view)

    assert [c.elements for c in view.conflicts] == [("deceased[x]",)]
    assert shown["deceasedDateTime"] == "2026-01-02"
    assert "deceasedBoolean" not in shown


def test_a_primitives_extensions_are_part_of_it() -> None:
    story = Story("Patient")
    first = story.put(gender="male")
    story.put(first, birthDate="1990")
    story.put(first, _birthDate={"extension": [{"url": "unknown"}]})

    view = story.view()

    assert [c.elements for c in view.conflicts] == [("birthDate",)]
    assert "birthDate" not in document(view)


def phone(number: str) -> dict[str, str]:
    """A telecom."""
    return {"system": "phone", "value": number}


@pytest.mark.parametrize("element", ["identifier", "telecom", "address"])
def test_a_patients_sets_take_what_both_add_and_lose_what_one_removes(element: str) -> None:
    story = Story("Patient")
    first = story.put(gender="male", said={element: [phone("1"), phone("2")]})
    story.put(first, said={element: [phone("1"), phone("2"), phone("3")]})
    story.put(first, said={element: [phone("1"), phone("4")]})

    view = story.view()

    assert view.conflicts == ()
    assert document(view)[element] == [phone("1"), phone("3"), phone("4")]


def test_a_set_item_that_is_brought_in_again_stays() -> None:
    story = Story("Patient")
    first = story.put(telecom=[phone("1")])
    removed = story.put(first, telecom=None)
    other = story.put(first, telecom=[phone("1"), phone("2")])
    story.put(removed, other, telecom=[phone("2"), phone("1")])

    assert document(story.view())["telecom"] == [phone("2"), phone("1")]


def test_a_set_keeps_numbers_as_they_were_written() -> None:
    story = Story("Patient")
    first = story.put(gender="male")
    body = b'{"resourceType":"Patient","telecom":[{"rank":1.50}]}'
    story.put(first, content=body, touched=["telecom"])
    story.put(first, telecom=[phone("1")])

    shown = story.view().shown

    assert shown is not None
    assert b'{"rank":1.50}' in shown


def refuted_story(resource_type: str, element: str, code: object, active: object) -> Story:
    """A refutation and a concurrent edit of something else of the clinical group."""
    story = Story(resource_type)
    first = story.put(said={element: active}, code=concept("penicillin"))
    story.put(first, code=concept("amoxicillin"))
    story.put(first, said={element: code})
    return story


@pytest.mark.parametrize(
    ("resource_type", "element", "refuted", "active"),
    [
        ("AllergyIntolerance", "verificationStatus", concept("refuted"), concept("confirmed")),
        (
            "AllergyIntolerance",
            "verificationStatus",
            concept("entered-in-error"),
            concept("unconfirmed"),
        ),
        ("Flag", "status", "inactive", "active"),
        ("Flag", "status", "entered-in-error", "active"),
    ],
)
def test_an_allergy_or_flag_stays_while_its_refutation_is_disputed(
    resource_type: str, element: str, refuted: object, active: object
) -> None:
    view = refuted_story(resource_type, element, refuted, active).view()

    assert document(view)[element] == active
    assert not view.is_withdrawn
    assert len(view.conflicts) == 1


def test_a_refutation_that_nothing_disputes_takes_the_allergy_away() -> None:
    story = Story("AllergyIntolerance")
    first = story.put(verificationStatus=concept("confirmed"))
    story.put(first, verificationStatus=concept("refuted"))

    assert story.view().is_withdrawn


def test_an_inactive_allergy_has_not_gone_away() -> None:
    story = Story("AllergyIntolerance")
    first = story.put(clinicalStatus=concept("active"))
    story.put(first, clinicalStatus=concept("inactive"))

    assert not story.view().is_withdrawn


def test_a_note_concurrent_with_a_refutation_conflicts_and_the_allergy_stays() -> None:
    story = Story("AllergyIntolerance")
    first = story.put(verificationStatus=concept("confirmed"))
    story.put(first, note=[{"text": "swelling again"}])
    story.put(first, verificationStatus=concept("refuted"))

    view = story.view()

    assert view.conflicts[0].elements == ("note", "verificationStatus")
    assert not view.is_withdrawn


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("low", "high", "high"),
        ("high", "unable-to-assess", "high"),
        ("unable-to-assess", "low", "unable-to-assess"),
        (None, "low", "low"),
    ],
)
@pytest.mark.parametrize("is_swapped", [False, True])
def test_the_higher_criticality_shows_while_concurrent(
    one: str | None, other: str, shown: str, is_swapped: bool
) -> None:
    story = Story("AllergyIntolerance")
    first = story.put(code=concept("latex"), criticality="medium" if one is None else None)
    for criticality in (other, one) if is_swapped else (one, other):
        story.put(first, criticality=criticality)

    assert document(story.view())["criticality"] == shown


@pytest.mark.parametrize("stop", ["stopped", "cancelled", "on-hold", "entered-in-error"])
def test_a_stop_wins_over_a_concurrent_dose_and_is_on_the_worklist(stop: str) -> None:
    story = Story("MedicationRequest")
    first = story.put(status="active", dosageInstruction=[{"text": "1"}])
    story.put(first, status=stop, at=5)
    story.put(first, status="active", dosageInstruction=[{"text": "2"}])

    view = story.view()

    assert document(view)["status"] == stop
    assert view.is_stopped
    assert view.asks_reason
    assert len(story.lane().conflicts) == 1


def test_a_note_concurrent_with_a_stop_conflicts() -> None:
    story = Story("MedicationRequest")
    first = story.put(status="active")
    story.put(first, status="stopped")
    story.put(first, note=[{"text": "works well"}])

    [conflict] = story.view().conflicts

    assert conflict.elements == ("note", "status")


def test_a_note_concurrent_with_a_dose_does_not() -> None:
    story = Story("MedicationRequest")
    first = story.put(status="active")
    story.put(first, dosageInstruction=[{"text": "2"}])
    story.put(first, note=[{"text": "works well"}])

    assert story.view().conflicts == ()


def test_all_concurrent_doses_are_kept_and_dispensing_asks_for_a_reason() -> None:
    story = Story("MedicationRequest")
    first = story.put(status="active", dosageInstruction=[{"text": "1"}])
    for dose in "234":
        story.put(first, dosageInstruction=[{"text": dose}])

    view = story.view()
    [(element, said)] = view.conflicts[0].values

    assert element == "dosageInstruction"
    assert {value.value.json for value in said} == {
        f'{{"dosageInstruction":[{{"text": "{dose}"}}]}}'.encode() for dose in "234"
    }
    assert Label.ASKS_REASON in view.labels


@pytest.mark.parametrize(
    ("resource_type", "element", "order"),
    [
        ("Encounter", "status", "planned arrived triaged in-progress onleave finished cancelled"),
        ("Task", "status", "draft requested received accepted in-progress completed cancelled"),
        ("Appointment", "status", "proposed pending booked arrived checked-in fulfilled cancelled"),
    ],
)
def test_the_status_furthest_along_shows(resource_type: str, element: str, order: str) -> None:
    statuses = order.split()
    for place, earlier in enumerate(statuses):
        for later in statuses[place + 1 :]:
            story = Story(resource_type)
            first = story.put(said={element: "unknown"})
            story.put(first, said={element: later})
            story.put(first, said={element: earlier})

            assert document(story.view())[element] == later, (earlier, later)


@pytest.mark.parametrize("revoked", ["inactive", "rejected"])
def test_a_revoked_consent_wins_over_what_is_concurrent(revoked: str) -> None:
    story = Story("Consent")
    first = story.put(status="active", provision={"type": "permit"})
    story.put(first, status=revoked)
    story.put(first, provision={"type": "permit", "purpose": [{"code": "research"}]})

    view = story.view()

    assert document(view)["status"] == revoked
    assert view.is_withdrawn
    assert len(view.conflicts) == 1


def test_a_consent_that_denies_shows_over_one_that_permits() -> None:
    story = Story("Consent")
    first = story.put(status="active")
    story.put(first, provision={"type": "deny"})
    story.put(first, provision={"type": "permit"})

    assert document(story.view())["provision"] == {"type": "deny"}


def test_a_provenance_is_never_pointed_elsewhere() -> None:
    story = Story("Provenance")
    first = story.put(target=[{"reference": "Observation/1"}])
    later = story.put(first, target=[{"reference": "Observation/2"}])

    view = story.view()

    assert document(view)["target"] == [{"reference": "Observation/1"}]
    assert view.set_aside == (later.ref,)
    assert dict(account(story.lane(), [])[later.ref].standing)["target"] is Standing.SET_ASIDE


def test_a_disputed_link_shows_two_persons_apart() -> None:
    story = Story("Linkage")
    first = story.put(active=True, item=[{"type": "source"}, {"type": "alternate"}])
    story.put(first, active=False)
    story.put(first, active=True, note="the same birth mark")

    view = story.view()

    assert document(view)["active"] is False
    assert len(view.conflicts) == 1


@pytest.mark.parametrize("resource_type", ["CarePlan", "Basic", "ServiceRequest", "Invented"])
def test_any_other_type_has_registers_and_a_clinical_group(resource_type: str) -> None:
    story = Story(resource_type)
    first = story.put(status="active", period={"start": "2026"}, note="x")
    story.put(first, status="revoked")
    story.put(first, period={"start": "2027"})

    view = story.view()

    assert view.conflicts[0].elements == ("period", "status")
    assert document(view)["status"] == "revoked"


def test_two_systems_patients_of_one_id_are_two_resources() -> None:
    one, other = Story("Patient"), Story("Patient")
    other.key = ResourceKey(LANE, "clinic-b", "Patient", "r1")
    one.put(gender="male")
    other.put(gender="female")
    changes = [one.written[0], other.written[0]]

    assert len(one.lane(*changes).resources) == 2


def test_narrative_made_by_software_is_nobodys_statement() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"))
    story.put(first, text={"status": "generated", "div": "<div>a</div>"}, meta={"versionId": "1"})
    story.put(first, text={"status": "generated", "div": "<div>b</div>"}, meta={"versionId": "2"})

    assert story.view().conflicts == ()


def test_narrative_that_a_person_added_and_security_labels_conflict() -> None:
    story = Story("Condition")
    first = story.put(code=concept("asthma"))
    story.put(first, text={"status": "additional", "div": "<div>a</div>"})
    story.put(first, text={"status": "generated", "div": "<div>b</div>"}, meta={"tag": [1]})
    story.put(first, meta={"tag": [2]})

    assert [c.elements for c in story.view().conflicts] == [("meta",), ("text",)]
