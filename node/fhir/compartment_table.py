"""The official R4 patient compartment as data: by which elements a resource is a patient's.

Sources: CompartmentDefinition/patient 4.0.1 names search parameters for each type; their elements
are those of the R4 SearchParameter expressions. `patient_reference` reads both tables.

An *owner* element says whom the resource is about; where it only describes somebody, that is a
person all the same. An *involved* element (who did it, who gets it) counts where it refers to a
patient and no owner does. A path's steps run through arrays.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Compartment:
    """The elements of one type, in the order in which they decide."""

    owners: tuple[str, ...] = ()
    involved: tuple[str, ...] = ()


def _of(owners: str = "", involved: str = "") -> Compartment:
    return Compartment(tuple(owners.split()), tuple(involved.split()))


COMPARTMENTS: Final[dict[str, Compartment]] = {
    "Account": _of("subject"),
    "AdverseEvent": _of("subject"),
    "AllergyIntolerance": _of("patient", "recorder asserter"),
    "Appointment": _of("", "participant.actor"),
    "AppointmentResponse": _of("", "actor"),
    "AuditEvent": _of("", "agent.who entity.what"),
    "Basic": _of("subject", "author"),
    "BodyStructure": _of("patient"),
    "CarePlan": _of("subject", "activity.detail.performer"),
    "CareTeam": _of("subject", "participant.member"),
    "ChargeItem": _of("subject"),
    "Claim": _of("patient", "payee.party"),
    "ClaimResponse": _of("patient"),
    "ClinicalImpression": _of("subject"),
    "Communication": _of("subject", "sender recipient"),
    "CommunicationRequest": _of("subject", "sender recipient requester"),
    "Composition": _of("subject", "author attester.party"),
    "Condition": _of("subject", "asserter"),
    "Consent": _of("patient"),
    "Coverage": _of("beneficiary", "subscriber policyHolder payor"),
    "CoverageEligibilityRequest": _of("patient"),
    "CoverageEligibilityResponse": _of("patient"),
    "DetectedIssue": _of("patient"),
    "DeviceRequest": _of("subject", "performer"),
    "DeviceUseStatement": _of("subject"),
    "DiagnosticReport": _of("subject"),
    "DocumentManifest": _of("subject", "author recipient"),
    "DocumentReference": _of("subject", "author"),
    "Encounter": _of("subject"),
    "EnrollmentRequest": _of("candidate"),
    "EpisodeOfCare": _of("patient"),
    "ExplanationOfBenefit": _of("patient", "payee.party"),
    "FamilyMemberHistory": _of("patient"),
    "Flag": _of("subject"),
    "Goal": _of("subject"),
    "Group": _of("", "member.entity"),
    "ImagingStudy": _of("subject"),
    "Immunization": _of("patient"),
    "ImmunizationEvaluation": _of("patient"),
    "ImmunizationRecommendation": _of("patient"),
    "Invoice": _of("subject", "recipient"),
    "List": _of("subject", "source"),
    "MeasureReport": _of("subject"),
    "Media": _of("subject"),
    "MedicationAdministration": _of("subject", "performer.actor"),
    "MedicationDispense": _of("subject", "receiver"),
    "MedicationRequest": _of("subject"),
    "MedicationStatement": _of("subject"),
    "MolecularSequence": _of("patient"),
    "NutritionOrder": _of("patient"),
    "Observation": _of("subject", "performer"),
    "Patient": _of("", "link.other"),
    "Person": _of("", "link.target"),
    "Procedure": _of("subject", "performer.actor"),
    "Provenance": _of("", "target"),
    "QuestionnaireResponse": _of("subject", "author"),
    "RelatedPerson": _of("patient"),
    "RequestGroup": _of("subject", "action.participant"),
    "ResearchSubject": _of("individual"),
    "RiskAssessment": _of("subject"),
    "Schedule": _of("", "actor"),
    "ServiceRequest": _of("subject", "performer"),
    "Specimen": _of("subject"),
    "SupplyDelivery": _of("patient"),
    "SupplyRequest": _of("", "deliverTo"),
    "VisionPrescription": _of("patient"),
}
"""Types that are in the compartment; all others of R4 are never in it."""

OUTSIDE: Final[dict[str, Compartment]] = {
    "BiologicallyDerivedProduct": _of("", "collection.source"),
    "Contract": _of("", "subject"),
    "Device": _of("", "patient"),
    "GuidanceResponse": _of("", "subject"),
    "Task": _of("", "for requester owner"),
}
"""Ours: types that R4 leaves outside although they say whose they are. They must not reach the
directory, which is shared more widely than a chart."""

FOLLOWED: Final[dict[str, tuple[str, ...]]] = {
    "Appointment": ("reasonReference", "basedOn"),
    "AppointmentResponse": ("appointment",),
    "AuditEvent": ("entity.what",),
    "Binary": ("securityContext",),
    "CareTeam": ("encounter",),
    "Communication": ("encounter", "about", "basedOn", "partOf", "inResponseTo"),
    "CommunicationRequest": ("encounter", "about", "basedOn"),
    "Composition": ("encounter",),
    "DetectedIssue": ("implicated",),
    "DeviceMetric": ("source",),
    "DiagnosticReport": ("encounter", "basedOn", "result"),
    "DocumentManifest": ("content", "related.ref"),
    "DocumentReference": ("context.encounter", "context.related"),
    "Encounter": ("partOf", "episodeOfCare", "appointment", "basedOn"),
    "EnrollmentResponse": ("request",),
    "GuidanceResponse": ("encounter",),
    "Media": ("encounter", "partOf", "basedOn"),
    "MedicationDispense": ("context", "authorizingPrescription", "partOf"),
    "MessageHeader": ("focus",),
    "MolecularSequence": ("specimen",),
    "Observation": ("encounter", "partOf", "basedOn", "hasMember", "derivedFrom"),
    "PaymentNotice": ("request", "response"),
    "PaymentReconciliation": ("request",),
    "Provenance": ("target",),
    "QuestionnaireResponse": ("encounter", "partOf", "basedOn"),
    "RequestGroup": ("encounter", "basedOn"),
    "Task": ("focus", "encounter", "basedOn", "partOf"),
    "VerificationResult": ("target",),
}
"""Ours: types that go where the resource goes of which they speak, unless they name a patient."""

PERSONAL: Final = frozenset(
    "Appointment AppointmentResponse Binary CareTeam Communication CommunicationRequest"
    " Composition Consent DetectedIssue DiagnosticReport DocumentManifest DocumentReference"
    " Encounter Media MedicationDispense MolecularSequence Observation Person"
    " QuestionnaireResponse RequestGroup".split()
)
"""Ours: types that are somebody's also where they do not say whose. Nobody's chart is shared as
widely as the directory, so they make a chart of their own."""
