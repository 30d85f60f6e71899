"""Allergies and Intolerances: the most dangerous first, and what is not known said as such."""

from collections.abc import Iterable
from typing import Final

from node.ips.codes import ALLERGIES, NO_ALLERGY_INFO
from node.ips.listing import (
    Judgement,
    Place,
    Section,
    left_out,
    rows_table,
    says_none,
    says_nothing,
    sorted_out,
)
from node.ips.statement import Resource, Statement
from node.ips.wording import choice, codes, concept, day, newest, notes, objects, plain

_HEADINGS: Final = ("Allergy to", "Criticality", "Reaction", "Status", "Since", "Notes")
_CRITICALITY: Final = ("high", "unable-to-assess", "", "low")


def judge(document: Resource) -> Judgement:
    """Active unless somebody said that it has ended; an absent status counts as active."""
    verification = codes(document.get("verificationStatus"))
    for code, word in (("entered-in-error", "entered in error"), ("refuted", "refuted")):
        if code in verification:
            return Judgement(Place.LEFT_OUT, word)
    if says_nothing(document, "code"):
        return Judgement(Place.LEFT_OUT, "saying that nothing is known")
    if codes(document.get("clinicalStatus")) & {"inactive", "resolved"}:
        return Judgement(Place.PAST, "no longer active")
    return Judgement(Place.ACTIVE, "active")


def allergies(statements: list[Statement]) -> Section:
    """The section; always there."""
    section = Section(ALLERGIES, absence=NO_ALLERGY_INFO)
    active, past, words = sorted_out(statements, judge)
    none = [one for one in active if says_none(one.document, "code")]
    real = [one for one in active if one not in none]
    if real and none:
        section.say("The chart also says that there is none: the two cannot both be right.")
    if active:
        ordered = sorted(real, key=_order) + sorted(none, key=_order)
        section.parts.append(rows_table("Active", _HEADINGS, ordered, _cells))
        section.entries += ordered
    else:
        held = "No active allergy is recorded." if past or words else "No information is recorded."
        section.say(f"{held} This does not say that there is none.")
    if past:
        ordered = sorted(past, key=_order)
        section.parts.append(rows_table("No longer active", _HEADINGS, ordered, _cells))
        section.entries += ordered
    counted = left_out(words, "allergy", "allergies")
    if counted:
        section.say(counted)
    return section


def active_allergies(statements: Iterable[Statement]) -> tuple[str, ...]:
    """What is active in few words, the most dangerous first: for a chart that is only mentioned."""
    of_type = [one for one in statements if one.key.type == "AllergyIntolerance"]
    active, _, _ = sorted_out(of_type, judge)
    return tuple(_briefly(one) for one in sorted(active, key=_order))


def _briefly(statement: Statement) -> str:
    criticality = plain(statement.document.get("criticality")).replace("-", " ")
    marks = [
        f"criticality {criticality}" if criticality else "",
        "conflict not settled" if statement.disputed else "",
        "unverified" if statement.unverified else "",
    ]
    told = ", ".join(mark for mark in marks if mark)
    return _substance(statement.document) + (f" ({told})" if told else "")


def _cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    clinical = concept(document.get("clinicalStatus")) or "status not said"
    status = ", ".join(filter(None, (clinical, _verification(document))))
    kind = plain(document.get("type"))
    return (
        _substance(document) + (" (intolerance)" if kind == "intolerance" else ""),
        plain(document.get("criticality")).replace("-", " ") or "not recorded",
        _reactions(document),
        status,
        choice(document, "onset") or day(document.get("recordedDate")),
        notes(document),
    )


def _verification(document: Resource) -> str:
    found = concept(document.get("verificationStatus"))
    return "" if found.lower() == "confirmed" else found or "verification not said"


def _substance(document: Resource) -> str:
    named = concept(document.get("code"))
    if named:
        return named
    substances = (concept(each.get("substance")) for each in objects(document.get("reaction")))
    return ", ".join(filter(None, substances)) or "substance not named"


def _reactions(document: Resource) -> str:
    told: list[str] = []
    for each in objects(document.get("reaction")):
        shown = concept(each.get("manifestation")) or plain(each.get("description"))
        severity = plain(each.get("severity"))
        told.append(f"{shown} ({severity})" if shown and severity else shown or severity)
    return "; ".join(filter(None, told))


def _order(statement: Statement) -> tuple[object, ...]:
    document = statement.document
    criticality = plain(document.get("criticality"))
    rank = _CRITICALITY.index(criticality) if criticality in _CRITICALITY else 2
    return rank, _substance(document).lower(), newest(document, "recordedDate"), statement.key
