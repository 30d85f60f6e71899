"""Every check of the demo holds on what is right, and fails when what it checks is broken."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from scenarios.demo import checks
from scenarios.demo.checks import Check
from scenarios.demo.plaintext_search import Search

PRESCRIPTION = {"resourceType": "MedicationRequest", "id": "m1", "status": "active"}
STOPPED = PRESCRIPTION | {"status": "stopped"}
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1980-01-01"}
ALLERGY = {"resourceType": "AllergyIntolerance", "id": "a1"}
PRESSURE = {"resourceType": "Observation", "id": "o1"}
SHUT_OUT = {"resourceType": "Condition", "id": "c1"}
CONFLICT = {"conflict": "x1", "resource": "MedicationRequest/m1", "elements": ["status", "dosage"]}
EXPECTED = {"MedicationRequest/m1": "status"}
WAITING = {"operation": "bafy", "resources": ["AllergyIntolerance/a1"]}
AUDIT = {"ok": True, "operations": 7}

Judge = Callable[..., Check]


def lines(*resources: dict[str, Any]) -> list[bytes]:
    return [json.dumps(one).encode() for one in resources]


RIGHT: dict[str, tuple[Judge, dict[str, Any]]] = {
    "same": (
        lambda one, other: checks.same_copies("same", one, other),
        {"one": lines(PATIENT, ALLERGY), "other": lines(ALLERGY, PATIENT)},
    ),
    "registered": (
        checks.all_registered,
        {"exported": lines(PATIENT, ALLERGY), "papers": [PATIENT, ALLERGY]},
    ),
    "apart": (
        checks.worked_apart,
        {
            "riverside": lines(PATIENT, ALLERGY),
            "hilltop": lines(PATIENT, PRESSURE),
            "riverside_papers": [ALLERGY],
            "hilltop_papers": [PRESSURE],
        },
    ),
    "lost": (
        checks.nothing_lost,
        {
            "histories": [lines(PRESCRIPTION, STOPPED), lines(STOPPED, PRESCRIPTION)],
            "papers": [PRESCRIPTION, STOPPED],
        },
    ),
    "conflicts": (
        checks.same_conflicts,
        {"riverside": [CONFLICT], "hilltop": [CONFLICT], "expected": EXPECTED},
    ),
    "safe": (
        checks.safe_side_shows,
        {"exports": [lines(STOPPED), lines(STOPPED)], "prescription": "MedicationRequest/m1"},
    ),
    "resolved": (
        checks.resolved,
        {
            "worklists": ([], []),
            "exports": [lines(STOPPED, PATIENT), lines(STOPPED, PATIENT)],
            "chosen": {"MedicationRequest/m1": {"status": "stopped"}},
        },
    ),
    "unreadable": (
        checks.unreadable_after_revocation,
        {
            "riverside": lines(PATIENT, SHUT_OUT),
            "hilltop_history": lines(PATIENT),
            "reference": "Condition/c1",
        },
    ),
    "keeps": (
        checks.keeps_what_it_had,
        {
            "before": lines(PATIENT, ALLERGY),
            "after": lines(PATIENT, PRESSURE),
            "quarantine": [WAITING],
        },
    ),
    "waits": (
        checks.waits_in_quarantine,
        {
            "quarantine": [WAITING],
            "exported": lines(PATIENT),
            "reference": "AllergyIntolerance/a1",
        },
    ),
    "accepted": (
        checks.accepted_by_a_person,
        {"quarantine": [], "exported": lines(PATIENT, ALLERGY), "late": ALLERGY},
    ),
    "words": (checks.relay_holds_no_words, {"search": Search(3, 9, 2, 1000, ())}),
    "verified": (checks.verified, {"audits": [AUDIT, AUDIT]}),
}

BROKEN: list[tuple[str, str, Any]] = [
    ("same", "other", lines(PATIENT)),
    ("same", "other", lines(PATIENT, ALLERGY | {"id": "a2"})),
    ("same", "other", lines(PATIENT, ALLERGY, ALLERGY)),
    ("registered", "exported", lines(PATIENT)),
    ("registered", "exported", []),
    ("registered", "exported", lines(PATIENT | {"birthDate": "1980-01-02"}, ALLERGY)),
    ("apart", "riverside", lines(PATIENT, ALLERGY, PRESSURE)),
    ("apart", "hilltop", lines(PATIENT, ALLERGY, PRESSURE)),
    ("apart", "riverside", lines(PATIENT)),
    ("apart", "hilltop", lines(PATIENT)),
    ("apart", "riverside_papers", []),
    ("lost", "histories", [lines(PRESCRIPTION, STOPPED), lines(STOPPED)]),
    ("lost", "histories", [lines(STOPPED), lines(PRESCRIPTION, STOPPED)]),
    ("lost", "histories", []),
    ("lost", "papers", []),
    ("conflicts", "hilltop", []),
    ("conflicts", "hilltop", [CONFLICT | {"conflict": "x2"}]),
    ("conflicts", "expected", EXPECTED | {"Patient/p1": "birthDate"}),
    ("conflicts", "expected", {"MedicationRequest/m1": "note"}),
    ("safe", "exports", [lines(STOPPED), lines(PRESCRIPTION)]),
    ("safe", "exports", [lines(STOPPED), lines(PATIENT)]),
    ("resolved", "worklists", ([], [CONFLICT])),
    ("resolved", "exports", [lines(STOPPED), lines(PRESCRIPTION)]),
    ("resolved", "exports", [lines(STOPPED), lines(PATIENT)]),
    ("resolved", "chosen", {}),
    ("resolved", "exports", []),
    ("resolved", "worklists", ()),
    ("safe", "exports", []),
    ("unreadable", "hilltop_history", lines(PATIENT, SHUT_OUT)),
    ("unreadable", "riverside", lines(PATIENT)),
    ("keeps", "after", lines(PRESSURE)),
    ("keeps", "quarantine", []),
    ("keeps", "before", []),
    ("waits", "quarantine", []),
    ("waits", "exported", lines(PATIENT, ALLERGY)),
    ("accepted", "quarantine", [WAITING]),
    ("accepted", "exported", lines(PATIENT)),
    ("accepted", "exported", lines(ALLERGY | {"note": "changed"})),
    ("words", "search", Search(3, 9, 2, 1000, ("home/satchel.db",))),
    ("words", "search", Search(0, 0, 2, 1000, ())),
    ("words", "search", Search(3, 9, 0, 0, ())),
    ("verified", "audits", [AUDIT, AUDIT | {"ok": False}]),
    ("verified", "audits", []),
]


@pytest.mark.parametrize("which", RIGHT)
def test_a_check_holds_on_what_is_right(which: str) -> None:
    judge, evidence = RIGHT[which]
    check = judge(**copy.deepcopy(evidence))
    assert check.passed, check


@pytest.mark.parametrize(("which", "part", "falsified"), BROKEN)
def test_a_check_fails_on_falsified_evidence(which: str, part: str, falsified: Any) -> None:
    judge, evidence = RIGHT[which]
    assert not judge(**(evidence | {part: falsified})).passed


@pytest.mark.parametrize("which", RIGHT)
def test_every_check_is_broken_by_some_falsified_evidence(which: str) -> None:
    assert which in {broken for broken, _, _ in BROKEN}
