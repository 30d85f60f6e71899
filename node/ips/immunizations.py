"""Immunizations: what was given, newest first, and what was not given where somebody says so."""

from typing import Final

from node.ips.codes import IMMUNIZATIONS
from node.ips.listing import (
    Judgement,
    Place,
    Section,
    left_out,
    rows_table,
    says_nothing,
    sorted_out,
)
from node.ips.statement import Resource, Statement
from node.ips.wording import choice, codes, concept, newest, notes, objects, plain

_HEADINGS: Final = ("Vaccine", "Date", "Dose", "Status", "Lot", "Notes")


def judge(document: Resource) -> Judgement:
    """Listed unless it was entered in error."""
    if "entered-in-error" in codes(document.get("status")):
        return Judgement(Place.LEFT_OUT, "entered in error")
    if says_nothing(document, "vaccineCode"):
        return Judgement(Place.LEFT_OUT, "saying that nothing is known")
    return Judgement(Place.ACTIVE, "given")


def immunizations(statements: list[Statement]) -> Section:
    """The section; without an entry it says that nothing is known."""
    section = Section(IMMUNIZATIONS)
    listed, _, words = sorted_out(statements, judge)
    if listed:
        ordered = sorted(sorted(listed, key=_name), key=_when, reverse=True)
        section.parts.append(rows_table("", _HEADINGS, ordered, _cells))
        section.entries = ordered
    else:
        section.say("No information is recorded. This does not say that none was given.")
    counted = left_out(words, "immunization", "immunizations")
    if counted:
        section.say(counted)
    return section


def _cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    doses = (
        choice(each, "doseNumber")
        + (f" of {choice(each, 'seriesDoses')}" if choice(each, "seriesDoses") else "")
        for each in objects(document.get("protocolApplied"))
    )
    status = plain(document.get("status")).replace("-", " ")
    reason = concept(document.get("statusReason"))
    return (
        concept(document.get("vaccineCode")) or "vaccine not named",
        choice(document, "occurrence"),
        ", ".join(filter(None, doses)),
        (status or "status not said") + (f" ({reason})" if reason else ""),
        plain(document.get("lotNumber")),
        notes(document),
    )


def _name(statement: Statement) -> tuple[object, ...]:
    return concept(statement.document.get("vaccineCode")).lower(), statement.key


def _when(statement: Statement) -> str:
    return newest(statement.document, "occurrence", "recorded")
