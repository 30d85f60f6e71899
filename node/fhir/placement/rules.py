"""Places a resource in a lane, by rules asked in order; the importer calls it for what is new.

A resource that a chart holds already stays in its first lane (DESIGN section 4); the caller looks
that up before it asks here.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from node.fhir.compartment_table import COMPARTMENTS, FOLLOWED, OUTSIDE
from node.fhir.placement.labels import sensitive_label
from node.fhir.placement.lane import Lane, Placement, Rule
from node.fhir.placement.lists import BLOOD_GROUP, codes_of, medicine_names

InFile = Callable[[str], dict[str, object] | None]
"""Finds a resource of the same file by a reference's text; None where it is not there."""

SUMMARY_TYPES: Final = frozenset(
    """
    Patient AllergyIntolerance Condition MedicationRequest MedicationStatement Flag
    """.split()
)
"""The emergency essentials (DESIGN section 2), whatever their status: a problem that is resolved
may come back, and a resource stays in its first lane."""

_SPEAKING: Final = frozenset(
    """
    code medicationCodeableConcept reasonCode valueCodeableConcept component vaccineCode type
    category condition diagnosis procedure item addItem reaction evidence stage complication
    indication outcome outcomeCode serviceType conclusionCode activity addresses description target
    substance ingredient product provision event section topic payload productCodeableConcept
    statusReason dosage protocolApplied targetDisease suspectEntity finding prediction
    contraindication detail identified recommendation programEligibility focus orderDetail
    itemCodeableConcept supplyingItem suppliedItem contained parameter answer
    productOrService specialty content supportingInfo presentingProblem
    """.split()
)
"""Top-level elements whose codes say what a resource is about, of whichever type."""

_ABOUT_PEOPLE: Final = frozenset({*COMPARTMENTS, *OUTSIDE, *FOLLOWED, "Medication", "Substance"})
"""Types whose codes can tell of a person; the PHQ-9 as a form, or a clinic's specialty, do not."""

_MEDICINE_TYPES: Final = frozenset(
    """
    Medication MedicationRequest MedicationStatement MedicationAdministration MedicationDispense
    MedicationKnowledge
    """.split()
)
_ALLERGY: Final = "AllergyIntolerance"
_ANTIRETROVIRALS: Final = "antiretrovirals"
_BOOSTED_OTHERS: Final = frozenset({"nirmatrelvir", "paritaprevir", "ombitasvir"})
"""What ritonavir boosts against COVID-19 and hepatitis C; such a medicine tells nothing of HIV."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_QUESTIONNAIRE: Final = "http://loinc.org/q/"


def placement_of(
    document: dict[str, object], forced: Lane | None = None, in_file: InFile | None = None
) -> Placement:
    """The lane of a new resource, and the rule that applied. Takes any shape of document."""
    if forced is not None:
        return Placement(forced, Rule.FORCED)
    meta = document.get("meta")
    if meta is not None:
        label = sensitive_label(meta)
        if label is not None:
            return Placement("sensitive", Rule.LABEL, *label)
    kind = document.get("resourceType")
    if type(kind) is not str or kind not in _ABOUT_PEOPLE:
        return Placement("care", Rule.OTHERWISE)
    listed: list[str] = []
    for name, value in document.items():
        if name in _SPEAKING and isinstance(value, dict | list):
            _find_lists(value, listed)
    if listed or "questionnaire" in document:
        coded = _by_code(document, kind, listed)
        if coded is not None:
            return coded
    if kind == "Condition":
        where = _named_in(document.get("code"), _has_hiv)
        if where:
            return Placement("sensitive", Rule.NAME, "hiv", f"code.{where}")
    if kind in _MEDICINE_TYPES:
        medicine = _as_medicine(document, in_file)
        if medicine:
            return medicine
    if kind in SUMMARY_TYPES:
        return Placement("summary", Rule.SUMMARY_TYPE)
    if kind == "Observation" and listed and _is_blood_group(document):
        return Placement("summary", Rule.SUMMARY_CODE, BLOOD_GROUP, "code")
    return Placement("care", Rule.OTHERWISE)


def _by_code(document: dict[str, object], kind: object, listed: list[str]) -> Placement | None:
    """What the lists say in which its codes are; those of blood groups do not count here."""
    for name in listed:
        if name != BLOOD_GROUP and (kind != _ALLERGY or name != _ANTIRETROVIRALS):
            places = (
                _place_of(name, element, value)
                for element, value in document.items()
                if element in _SPEAKING
            )
            return Placement("sensitive", Rule.CODE, name, next(filter(None, places), ""))
    asked = document.get("questionnaire")
    of_form = _of_questionnaire(asked) if isinstance(asked, str) else None
    return Placement("sensitive", Rule.CODE, of_form, "questionnaire") if of_form else None


def _is_blood_group(document: dict[str, object]) -> bool:
    """Whether that is what was observed, and not a value or a reason."""
    found: list[str] = []
    code = document.get("code")
    if isinstance(code, dict):
        _find_lists(code, found)
    return BLOOD_GROUP in found


def _find_lists(part: Any, found: list[str]) -> None:
    """Gather the names of the lists that have a code anywhere inside, in order."""
    if type(part) is dict:
        code = part.get("code")
        if type(code) is str:
            codes = codes_of(part.get("system"))
            if codes is not None:
                name = codes.list_of(code)
                if name is not None:
                    found.append(name)
        part = part.values()
    for child in part:
        kind = type(child)
        if kind is list or kind is dict:
            _find_lists(child, found)


def _place_of(wanted: str, path: str, part: object) -> str:
    """Where the first code of a list stands."""
    if isinstance(part, dict):
        own = {name: value for name, value in part.items() if not isinstance(value, dict | list)}
        found: list[str] = []
        _find_lists(own, found)
        if wanted in found:
            return path
        children = [(f"{path}.{name}", value) for name, value in part.items()]
    elif isinstance(part, list):
        children = [(f"{path}[{number}]", value) for number, value in enumerate(part)]
    else:
        return ""
    for inner, child in children:
        place = _place_of(wanted, inner, child)
        if place:
            return place
    return ""


def _of_questionnaire(address: str) -> str | None:
    """The list of a questionnaire that LOINC publishes: `http://loinc.org/q/44249-1`."""
    if not address.startswith(_QUESTIONNAIRE):
        return None
    codes = codes_of("http://loinc.org")
    return codes.list_of(address.removeprefix(_QUESTIONNAIRE).partition("|")[0]) if codes else None


def _as_medicine(document: dict[str, object], in_file: InFile | None) -> Placement | None:
    """What a medicine's names say, its own and those of the Medication that it refers to."""
    for where, concept in _concepts(document):
        named = _named_in(concept)
        if named:
            return Placement("sensitive", Rule.NAME, "antiretroviral", f"{where}.{named}")
    reference = document.get("medicationReference")
    if not isinstance(reference, dict):
        return None
    if _has_name(reference.get("display")):
        where = "medicationReference.display"
        return Placement("sensitive", Rule.NAME, "antiretroviral", where)
    text = reference.get("reference")
    medication = in_file(text) if in_file is not None and isinstance(text, str) else None
    if medication is None or medication.get("resourceType") != "Medication":
        return None
    of_it = placement_of(medication)
    if of_it.lane != "sensitive":
        return None
    return Placement("sensitive", Rule.MEDICATION, of_it.detail, "medicationReference")


def _concepts(document: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Where medicines are named in a resource: in itself and in its contained Medications."""
    for name in ("medicationCodeableConcept", "code"):
        if name in document:
            yield name, document[name]
    contained = document.get("contained")
    for number, one in enumerate(contained if isinstance(contained, list) else []):
        if isinstance(one, dict) and one.get("resourceType") == "Medication":
            yield f"contained[{number}].code", one.get("code")


def _named_in(concept: object, named: Callable[[object], bool] | None = None) -> str | None:
    """Where in a CodeableConcept an antiretroviral, or what else is asked for, is named."""
    named = named or _has_name
    if not isinstance(concept, dict):
        return None
    if named(concept.get("text")):
        return "text"
    codings = concept.get("coding")
    for number, coding in enumerate(codings if isinstance(codings, list) else []):
        if isinstance(coding, dict) and named(coding.get("display")):
            return f"coding[{number}].display"
    return None


_HIV: Final = re.compile(r"\b(?:[Hh][Ii][Vv]|AIDS|VIH|SIDA)\b")
_names: Final[frozenset[str]] = frozenset(name for _, name in medicine_names().codes)


def _has_hiv(text: object) -> bool:
    """Whether a problem is told in words; `AIDS` in capitals, as others have hearing aids."""
    return isinstance(text, str) and _HIV.search(text) is not None


def _has_name(text: object) -> bool:
    if not isinstance(text, str):
        return False
    words = set(_WORD.findall(text.lower()))
    return not words.isdisjoint(_names) and words.isdisjoint(_BOOSTED_OTHERS)
