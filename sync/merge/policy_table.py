"""The merge policies of all FHIR types, as data (DESIGN section 5's table). Read by the merge.

Codes are FHIR R4's. A type without a row has `ANYTHING_ELSE`: registers with a clinical group
wide enough for any clinical resource, and every code that ends or voids one taken as grave.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sync.merge.policy import IN_ERROR, Policy, Preference

_ERROR: Final = frozenset({IN_ERROR})
_STOPS: Final = frozenset({"stopped", "cancelled", "on-hold", "ended", IN_ERROR})
_REFUTES: Final = frozenset({"refuted", IN_ERROR})

_STATUS_GROUP: Final = frozenset({"status", "statusReason", "clinicalStatus", "verificationStatus"})
_DATE_GROUP: Final = frozenset(
    "date effective[x] onset[x] abatement[x] occurrence[x] performed[x] occurred[x] period start "
    "start[x] end issued recordedDate authoredOn whenPrepared whenHandedOver".split()
)
_MEDICINE_GROUP: Final = frozenset(
    "medication[x] dosage dosageInstruction dispenseRequest quantity substitution doNotPerform "
    "intent priorPrescription".split()
)
_FINDING_GROUP: Final = frozenset(
    "code value[x] dataAbsentReason interpretation component severity stage criticality type "
    "bodySite reaction condition".split()
)
_CLINICAL: Final = _STATUS_GROUP | _DATE_GROUP | _MEDICINE_GROUP | _FINDING_GROUP

_ERROR_FIRST: Final = Preference(first=(IN_ERROR,))

ADD_ONLY: Final = Policy(
    group=frozenset(),
    whole=True,
    grave={"status": _ERROR},
    preference={"status": Preference(first=(IN_ERROR, "not-done", "stopped"))},
    withdrawn={"status": _ERROR},
    sticky_error="status",
)
"""A correction supersedes; concurrent corrections conflict; an error stays one."""

PATIENT: Final = Policy(group=frozenset(), sets=frozenset({"identifier", "telecom", "address"}))
"""Registers, each shown when it is disputed, and three sets."""

ALLERGY: Final = Policy(
    group=frozenset(
        "clinicalStatus verificationStatus code type category criticality reaction onset[x]".split()
    ),
    grave={"verificationStatus": _REFUTES},
    preference={
        "verificationStatus": Preference(
            first=("confirmed", "unconfirmed", "presumed"), last=("refuted", IN_ERROR)
        ),
        "clinicalStatus": Preference(first=("active",), last=("inactive", "resolved")),
        "criticality": Preference(first=("high", "unable-to-assess", "low")),
    },
    add_wins=frozenset({"verificationStatus", "clinicalStatus"}),
    withdrawn={"verificationStatus": _REFUTES},
)
"""Add wins; it goes away only by a refutation that nothing disputes."""

FLAG: Final = Policy(
    group=frozenset({"status", "category", "code", "period"}),
    grave={"status": frozenset({"inactive", IN_ERROR})},
    preference={"status": Preference(first=("active",), last=("inactive", IN_ERROR))},
    add_wins=frozenset({"status"}),
    withdrawn={"status": frozenset({"inactive", IN_ERROR})},
)

CONDITION: Final = Policy(
    group=frozenset(
        "clinicalStatus verificationStatus code severity stage bodySite onset[x] "
        "abatement[x]".split()
    ),
    grave={"verificationStatus": _REFUTES},
    preference={
        "verificationStatus": Preference(
            first=(IN_ERROR, "confirmed", "provisional", "differential", "unconfirmed"),
            last=("refuted",),
        ),
        "clinicalStatus": Preference(first=("active", "recurrence", "relapse")),
    },
    withdrawn={"verificationStatus": _REFUTES},
)

MEDICATION_REQUEST: Final = Policy(
    group=_STATUS_GROUP
    | _MEDICINE_GROUP
    | frozenset({"authoredOn", "courseOfTherapyType", "doNotPerform"}),
    grave={"status": _STOPS},
    preference={
        "status": Preference(
            first=(IN_ERROR, "stopped", "cancelled", "on-hold", "completed"), last=("draft",)
        ),
        "doNotPerform": Preference(first=("true",)),
    },
    withdrawn={"status": _ERROR},
    stopped={"status": _STOPS},
    asks_reason=_STATUS_GROUP | _MEDICINE_GROUP,
)
"""A stop wins and is on the worklist; concurrent doses are all kept."""

MEDICATION_STATEMENT: Final = Policy(
    group=frozenset(
        "status statusReason medication[x] dosage effective[x] dateAsserted reasonCode".split()
    ),
    grave={"status": _STOPS | {"not-taken"}},
    preference={"status": Preference(first=(IN_ERROR, "stopped", "not-taken", "on-hold"))},
    withdrawn={"status": _ERROR},
    stopped={"status": _STOPS | {"not-taken"}},
)

CARE_PLAN: Final = Policy(
    group=frozenset({"status", "intent", "category", "period", "goal", "activity"}),
    grave={"status": frozenset({"revoked", "on-hold", IN_ERROR})},
    preference={"status": Preference(first=(IN_ERROR, "revoked", "on-hold"))},
    withdrawn={"status": _ERROR},
)

GOAL: Final = Policy(
    group=frozenset(
        "lifecycleStatus achievementStatus description start[x] target statusDate".split()
    ),
    grave={"lifecycleStatus": frozenset({"cancelled", "rejected", "on-hold", IN_ERROR})},
    preference={"lifecycleStatus": Preference(first=(IN_ERROR, "cancelled", "rejected"))},
    withdrawn={"lifecycleStatus": _ERROR},
)

FAMILY_HISTORY: Final = Policy(
    group=frozenset(
        "status dataAbsentReason relationship sex born[x] age[x] deceased[x] condition date".split()
    ),
    grave={"status": _ERROR},
    preference={"status": _ERROR_FIRST},
    withdrawn={"status": _ERROR},
)

ENCOUNTER: Final = Policy(
    group=frozenset({"status", "class", "type", "period", "hospitalization"}),
    grave={"status": frozenset({"cancelled", IN_ERROR})},
    preference={
        "status": Preference(
            first=(IN_ERROR, "cancelled", "finished", "onleave", "in-progress"),
            last=("triaged", "arrived", "planned"),
        )
    },
    withdrawn={"status": _ERROR},
)
"""The status that lies furthest along shows."""

TASK: Final = Policy(
    group=frozenset({"status", "statusReason", "businessStatus", "code", "executionPeriod"}),
    grave={"status": frozenset({"cancelled", "failed", "rejected", IN_ERROR})},
    preference={
        "status": Preference(
            first=(IN_ERROR, "cancelled", "failed", "completed", "rejected", "on-hold"),
            last=(
                "in-progress",
                "ready",
                "accepted",
                "received",
                "requested",
                "draft",
            ),
        )
    },
    withdrawn={"status": _ERROR},
)

APPOINTMENT: Final = Policy(
    group=frozenset({"status", "cancelationReason", "start", "end", "serviceType", "participant"}),
    grave={"status": frozenset({"cancelled", "noshow", IN_ERROR})},
    preference={
        "status": Preference(
            first=(IN_ERROR, "cancelled", "noshow", "fulfilled", "checked-in", "arrived"),
            last=("booked", "waitlist", "pending", "proposed"),
        )
    },
    withdrawn={"status": _ERROR},
)

CONSENT: Final = Policy(
    group=frozenset(),
    whole=True,
    grave={"status": frozenset({"inactive", "rejected", IN_ERROR})},
    preference={
        "status": Preference(
            first=("inactive", "rejected", IN_ERROR), last=("active", "proposed", "draft")
        ),
        "provision": Preference(first=("deny",)),
    },
    withdrawn={"status": frozenset({"inactive", "rejected", IN_ERROR})},
)
"""Events: a revocation shows over whatever is concurrent with it."""

PROVENANCE: Final = Policy(group=frozenset(), whole=True, pinned=frozenset({"target"}))

LINKAGE: Final = Policy(
    group=frozenset(),
    whole=True,
    grave={"active": frozenset({"false"})},
    preference={"active": Preference(first=("false",))},
    withdrawn={"active": frozenset({"false"})},
)
"""The same person twice: while link and unlink are disputed, the charts show apart."""

ANYTHING_ELSE: Final = Policy(
    group=_CLINICAL,
    grave={
        "status": _STOPS | {"revoked", "aborted", "rejected", "inactive", "retired", "not-done"},
        "verificationStatus": _REFUTES,
    },
    preference={
        "status": Preference(
            first=(IN_ERROR, "stopped", "cancelled", "revoked", "aborted", "rejected", "on-hold"),
            last=("draft",),
        ),
        "verificationStatus": _ERROR_FIRST,
    },
    withdrawn={"status": _ERROR, "verificationStatus": _ERROR},
)

POLICIES: Final[Mapping[str, Policy]] = MappingProxyType(
    {
        "Observation": ADD_ONLY,
        "DiagnosticReport": ADD_ONLY,
        "Immunization": ADD_ONLY,
        "Procedure": ADD_ONLY,
        "MedicationAdministration": ADD_ONLY,
        "MedicationDispense": ADD_ONLY,
        "QuestionnaireResponse": ADD_ONLY,
        "DocumentReference": ADD_ONLY,
        "Patient": PATIENT,
        "AllergyIntolerance": ALLERGY,
        "Flag": FLAG,
        "Condition": CONDITION,
        "CarePlan": CARE_PLAN,
        "Goal": GOAL,
        "FamilyMemberHistory": FAMILY_HISTORY,
        "MedicationStatement": MEDICATION_STATEMENT,
        "MedicationRequest": MEDICATION_REQUEST,
        "Encounter": ENCOUNTER,
        "Task": TASK,
        "Appointment": APPOINTMENT,
        "Consent": CONSENT,
        "Provenance": PROVENANCE,
        "Linkage": LINKAGE,
    }
)
"""FHIR type to its policy."""


def policy_for(resource_type: str) -> Policy:
    """The policy of a FHIR type; types without a row of their own have `ANYTHING_ELSE`."""
    return POLICIES.get(resource_type, ANYTHING_ELSE)
