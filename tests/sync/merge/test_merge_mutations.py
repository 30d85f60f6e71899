"""Each part of each policy, switched off, makes a case fail: the cases are what holds it."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
import test_merge_policies as cases
import test_merge_properties as properties
from chart_story import concept

from sync.merge import composition, disagreement, resource_view, versions
from sync.merge.causality import Causality
from sync.merge.document import Document
from sync.merge.element_set import SetItem, set_items
from sync.merge.merged_change import MergedChange
from sync.merge.policy import Policy
from sync.merge.policy_table import policy_for

NOTHING: MappingProxyType[str, Any] = MappingProxyType({})
Case = Callable[[], object]

POLICY_MUTANTS: list[tuple[str, dict[str, Any], Case]] = [
    *(
        (name, change, lambda case=case, name=name: case(name))
        for name in cases.ADD_ONLY_TYPES
        for change, case in (
            ({"whole": False}, cases.test_concurrent_corrections_conflict_whatever_they_touch),
            ({"sticky_error": None}, cases.test_entered_in_error_never_goes_back),
        )
    ),
    *(
        (
            "Patient",
            {"sets": frozenset({"identifier", "telecom", "address"} - {name})},
            lambda name=name: (
                cases.test_a_patients_sets_take_what_both_add_and_lose_what_one_removes(name)
            ),
        )
        for name in ("identifier", "telecom", "address")
    ),
    (
        "AllergyIntolerance",
        {"add_wins": frozenset()},
        lambda: cases.test_an_allergy_or_flag_stays_while_its_refutation_is_disputed(
            "AllergyIntolerance", "verificationStatus", concept("refuted"), concept("confirmed")
        ),
    ),
    (
        "AllergyIntolerance",
        {"preference": NOTHING},
        lambda: cases.test_the_higher_criticality_shows_while_concurrent(
            "high", "low", "high", is_swapped=False
        ),
    ),
    (
        "AllergyIntolerance",
        {"grave": NOTHING},
        cases.test_a_note_concurrent_with_a_refutation_conflicts_and_the_allergy_stays,
    ),
    (
        "AllergyIntolerance",
        {"withdrawn": NOTHING},
        cases.test_a_refutation_that_nothing_disputes_takes_the_allergy_away,
    ),
    (
        "Flag",
        {"add_wins": frozenset()},
        lambda: cases.test_an_allergy_or_flag_stays_while_its_refutation_is_disputed(
            "Flag", "status", "inactive", "active"
        ),
    ),
    ("Condition", {"group": frozenset()}, cases.test_two_elements_of_the_clinical_group_conflict),
    (
        "MedicationRequest",
        {"preference": NOTHING},
        lambda: cases.test_a_stop_wins_over_a_concurrent_dose_and_is_on_the_worklist("stopped"),
    ),
    (
        "MedicationRequest",
        {"stopped": NOTHING},
        lambda: cases.test_a_stop_wins_over_a_concurrent_dose_and_is_on_the_worklist("stopped"),
    ),
    (
        "MedicationRequest",
        {"asks_reason": frozenset()},
        cases.test_all_concurrent_doses_are_kept_and_dispensing_asks_for_a_reason,
    ),
    (
        "MedicationRequest",
        {"grave": NOTHING},
        cases.test_a_note_concurrent_with_a_stop_conflicts,
    ),
    *(
        (
            name,
            {"preference": NOTHING},
            lambda name=name, order=order: cases.test_the_status_furthest_along_shows(
                name, "status", order
            ),
        )
        for name, order in (
            ("Encounter", "planned finished"),
            ("Task", "requested completed"),
            ("Appointment", "booked fulfilled"),
        )
    ),
    (
        "Consent",
        {"preference": NOTHING},
        cases.test_a_consent_that_denies_shows_over_one_that_permits,
    ),
    (
        "Consent",
        {"whole": False},
        lambda: cases.test_concurrent_corrections_conflict_whatever_they_touch("Consent"),
    ),
    ("Provenance", {"pinned": frozenset()}, cases.test_a_provenance_is_never_pointed_elsewhere),
    ("Linkage", {"preference": NOTHING}, cases.test_a_disputed_link_shows_two_persons_apart),
    (
        "Basic",
        {"group": frozenset()},
        lambda: cases.test_any_other_type_has_registers_and_a_clinical_group("Basic"),
    ),
]


@pytest.mark.parametrize(("resource_type", "change", "case"), POLICY_MUTANTS)
def test_a_policy_that_is_switched_off_is_missed(
    resource_type: str, change: dict[str, Any], case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mutant(name: str) -> Policy:
        policy = policy_for(name)
        return replace(policy, **change) if name == resource_type else policy

    case()
    monkeypatch.setattr(resource_view, "policy_for", mutant)

    with pytest.raises((AssertionError, IndexError, ValueError)):
        case()


def links_alone(self: Causality, places: list[int]) -> list[int]:
    """Concurrency by direct links: not transitive."""
    return [
        sum(
            1 << bit
            for bit, other in enumerate(places)
            if other != place
            and other not in self.before[place]
            and place not in self.before[other]
        )
        for place in places
    ]


def declared_alone(merged: MergedChange, document: Document | None) -> frozenset[str]:
    """Touched as declared, whatever can be read, and nothing more."""
    return frozenset(merged.change.touched)


def union_of_heads(of: versions.Versions, register: str) -> list[SetItem]:
    """A set from which nothing is ever removed."""
    items: dict[str, SetItem] = {}
    for place in of.heads[register]:
        items |= set_items(of.value(place, register), register)
    return list(items.values())


def check_many(check: Callable[[list[MergedChange], properties.Seeded], object]) -> None:
    """Hold a property against some hundreds of seeded histories."""
    for seed in range(400):
        check(properties.make_history(properties.Seeded(seed)), properties.Seeded(seed))


RULE_MUTANTS: list[tuple[object, str, object]] = [
    (Causality, "concurrent", links_alone),
    (versions, "touched_registers", declared_alone),
    (disagreement, "grave_heads", lambda policy, of: set()),
    (disagreement, "comparable", lambda register, value: "" if register == "code" else repr(value)),
    (disagreement, "CLINICAL", "group"),
    (Policy, "in_group", lambda self, register: register in self.group),
]


@pytest.mark.parametrize(("where", "name", "mutant"), RULE_MUTANTS)
def test_a_rule_that_is_changed_is_missed_by_the_reference(
    where: object, name: str, mutant: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, mutant)

    with pytest.raises((AssertionError, KeyError)):
        check_many(lambda history, _: properties.check_rules(history))


def test_a_value_that_is_dropped_is_missed_by_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_view, "find_conflicts", lambda *_: ())

    with pytest.raises(AssertionError):
        check_many(properties.check_account)


def test_a_set_that_never_loses_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "merged_set", union_of_heads)

    with pytest.raises(AssertionError):
        cases.test_a_patients_sets_take_what_both_add_and_lose_what_one_removes("telecom")


def test_an_order_by_clock_alone_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    by_clock = property(
        lambda self: tuple(sorted(self.versions.changes, key=lambda each: each.order))
    )
    monkeypatch.setattr(resource_view.ResourceView, "history", by_clock)

    with pytest.raises(AssertionError):
        check_many(lambda history, _: properties.check_causal(history))
