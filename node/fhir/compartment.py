"""Which patient a resource belongs to; the importer calls it for every resource that it read.

The official compartment decides (compartment_table.py). Beyond it, a resource that speaks of
another goes where that goes, and one that refers to a patient anywhere goes to that patient rather
than to the directory, because the directory is shared more widely than a chart. For the same
reason somebody who is only described (a contained Patient, an identifier, a display text) is a
patient by themselves: a chart without a Patient resource, never the directory.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from node.fhir.compartment_table import (
    COMPARTMENTS,
    FOLLOWED,
    OUTSIDE,
    PERSONAL,
    Compartment,
)
from node.fhir.limits import reference_hops_max
from node.fhir.reading import ReadResource
from node.fhir.references import (
    Contained,
    Identified,
    Local,
    ReferenceIndex,
    Target,
    Unnamed,
    Unreadable,
    identifiers,
)

_NOWHERE = Compartment()

_SOMEBODYS = {"Patient"} | {name for name, table in COMPARTMENTS.items() if table.owners}
"""Types that are about a person."""


@dataclass(frozen=True, slots=True)
class _Trail:
    """The way to a resource: what was looked at in all, and how many hops led here."""

    seen: set[Local]
    hops: int = 0


@dataclass(frozen=True, slots=True)
class OfPatient:
    """The resource belongs to this patient: `Patient/<id>`, whose Patient may not be known yet."""

    patient: str


@dataclass(frozen=True, slots=True)
class OfIdentified:
    """It belongs to a patient named by an identifier, whom the file does not hold.

    The caller looks for the identifier among the patients that it knows; where there is none,
    `patient` is a made-up key, alike for all that is named by this identifier.
    """

    system: str = field(repr=False)
    value: str = field(repr=False)
    patient: str


@dataclass(frozen=True, slots=True)
class OfResource:
    """It belongs where one of these belongs (`Observation/7`), none of which is in the file.

    The caller looks for them among the resources that it knows. Otherwise it belongs to
    `patient`, a made-up key, where it is somebody's for sure, and to nobody where that is None.
    """

    resources: tuple[str, ...]
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class OfNobody:
    """It belongs to no patient: the directory."""


@dataclass(frozen=True, slots=True)
class Lost:
    """It says whose it is by a reference that cannot be read; `reference` is that text.

    The caller may know a `urn:uuid:` from an earlier file, and refuses the resource otherwise.
    """

    reason: str
    reference: str = field(repr=False)


PatientLink = OfPatient | OfIdentified | OfResource | OfNobody | Lost


def patient_reference(resource: ReadResource, references: ReferenceIndex) -> PatientLink:
    """Whose a resource is, judged by itself and by the file that it came in (`references`).

    Where the compartment names several patients (a Group, a joint Appointment) it is the first's.
    """
    start = Local(resource.type, resource.id)
    return _link(start, resource.document, references, _Trail({start}))


def _link(
    local: Local, document: dict[str, object], references: ReferenceIndex, trail: "_Trail"
) -> PatientLink:
    if local.type == "Patient":
        return OfPatient(f"Patient/{local.id}")
    table = COMPARTMENTS.get(local.type) or OUTSIDE.get(local.type, _NOWHERE)
    lost: Lost | None = None
    for path in (*table.owners, *table.involved):
        for reference in _at(document, path.split(".")):
            target = references.resolve(reference, document)
            link = _to_patient(local, target, references, owner=path in table.owners)
            if isinstance(link, Lost):
                lost = lost or link
            elif link:
                return link
        if lost and path in table.owners:
            return lost
    followed = _followed(local, document, references, trail)
    if followed:
        return followed
    mentioned = _mentioned(local, document, document, references) or lost
    if mentioned:
        return mentioned
    says = any(True for path in table.owners for _ in _at(document, path.split(".")))
    if (local.type in PERSONAL and not says) or _holds_somebodys(document):
        return _by_itself(local, "")
    return OfNobody()


def _to_patient(
    local: Local, target: Target, references: ReferenceIndex, *, owner: bool
) -> PatientLink | None:
    """The patient that a reference points at, or None where it is about something else."""
    match target:
        case Local("Patient", found):
            return OfPatient(f"Patient/{found}")
        case Contained("Patient", fragment, document):
            for system, value in identifiers(document):
                return _identified(system, value, references)
            return _by_itself(local, fragment)
        case Identified(kind, system, value) if kind == "Patient" or (owner and not kind):
            return _identified(system, value, references)
        case Unnamed(kind) if kind == "Patient" or (owner and not kind):
            return _by_itself(local, "")
        case Unreadable(reason, text, kind) if kind in ("", "Patient"):
            return Lost(f"whose it is cannot be told: {reason}", text)
        case _:
            return None


def _identified(system: str, value: str, references: ReferenceIndex) -> PatientLink:
    held = references.patient_identified(system, value)
    if held:
        return OfPatient(f"Patient/{held.id}")
    return OfIdentified(system, value, f"Patient/identified-{_digest(system, value)}")


def _by_itself(local: Local, fragment: str) -> OfPatient:
    return OfPatient(f"Patient/described-{_digest(local.type, local.id, fragment)}")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def _followed(
    local: Local, document: dict[str, object], references: ReferenceIndex, trail: "_Trail"
) -> PatientLink | None:
    """Where the resource goes of which this one speaks; circles end."""
    elsewhere: list[str] = []
    for path in FOLLOWED.get(local.type, ()):
        for reference in _at(document, path.split(".")):
            target = references.resolve(reference, document)
            if not isinstance(target, Local) or target in trail.seen:
                continue
            if target.type == "Patient":
                return OfPatient(f"Patient/{target.id}")
            if trail.hops == reference_hops_max:
                return Lost("whose it is cannot be told: too many references in a row", "")
            trail.seen.add(target)
            held = references.held(target)
            if held is None:
                elsewhere.append(f"{target.type}/{target.id}")
                continue
            link = _link(target, held, references, _Trail(trail.seen, trail.hops + 1))
            if not isinstance(link, OfNobody):
                return link
    if not elsewhere:
        return None
    alone = _by_itself(local, "").patient if local.type in PERSONAL else None
    return OfResource(tuple(elsewhere), alone)


def _mentioned(
    local: Local, part: object, document: dict[str, object], references: ReferenceIndex
) -> PatientLink | None:
    """The first patient to whom anything inside refers."""
    if isinstance(part, dict):
        if isinstance(part.get("reference"), str) or _is_described(part):
            link = _to_patient(local, references.resolve(part, document), references, owner=False)
            if link and not isinstance(link, Lost):
                return link
        part = list(part.values())
    if isinstance(part, list):
        for item in part:
            link = _mentioned(local, item, document, references)
            if link:
                return link
    return None


def _is_described(part: dict[str, object]) -> bool:
    """Whether this is a Reference to a Patient who is only described."""
    return part.get("type") == "Patient" and ("display" in part or "identifier" in part)


def _holds_somebodys(part: object) -> bool:
    """Whether a resource holds others inside (contained, or Parameters) that are somebody's."""
    found = list(part.values()) if isinstance(part, dict) else [part]
    while found:
        one = found.pop()
        if isinstance(one, dict):
            inner = one.get("resourceType")
            if isinstance(inner, str) and (inner in _SOMEBODYS or inner in PERSONAL):
                return True
            found += one.values()
        elif isinstance(one, list):
            found += one
    return False


def _at(part: object, steps: list[str]) -> Iterator[object]:
    """The values at a path, through arrays; values of another shape come out as they are."""
    if isinstance(part, list):
        for item in part:
            yield from _at(item, steps)
    elif not steps:
        yield part
    elif isinstance(part, dict) and steps[0] in part:
        yield from _at(part[steps[0]], steps[1:])
