"""The Medication Summary: every medicine that is taken or ordered, in force or held.

A medicine that has ended is counted and not listed. One that nobody calls ended is in force,
whatever its intent says: a proposal is told from an order in its row.
"""

from typing import Final

from node.ips.codes import MEDICINES, NO_MEDICATION_INFO
from node.ips.dosage import dosages
from node.ips.holdings import Holdings
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
from node.ips.wording import (
    choice,
    codes,
    concept,
    day,
    member,
    newest,
    notes,
    objects,
    period,
    plain,
    ratio,
)

_HEADINGS: Final = ("Medicine", "Dose", "Status", "Since", "For", "Notes")
_ENDED: Final = frozenset(
    {"completed", "stopped", "cancelled", "ended", "not-taken", "draft", "entered-in-error"}
)


def judge(document: Resource) -> Judgement:
    """In force unless its status says that it has ended, or not begun."""
    for status in sorted(codes(document.get("status")) & _ENDED):
        return Judgement(Place.LEFT_OUT, status.replace("-", " "))
    if says_nothing(document, "medicationCodeableConcept"):
        return Judgement(Place.LEFT_OUT, "saying that nothing is known")
    return Judgement(Place.ACTIVE, "active")


def medicines(statements: list[Statement], holdings: Holdings) -> Section:
    """The section; always there."""
    section = Section(MEDICINES, absence=NO_MEDICATION_INFO)
    words = _Words(holdings)
    active, _, ended = sorted_out(statements, judge)
    none = [one for one in active if says_none(one.document, "medicationCodeableConcept")]
    real = [one for one in active if one not in none]
    if real and none:
        section.say("The chart also says that there is none: the two cannot both be right.")
    if active:
        ordered = sorted(real, key=words.order) + sorted(none, key=words.order)
        section.parts.append(rows_table("", _HEADINGS, ordered, words.cells))
        section.entries = ordered
    else:
        held = "No active medicine is recorded." if ended else "No information is recorded."
        section.say(f"{held} This does not say that there is none.")
    counted = left_out(ended, "medicine", "medicines")
    if counted:
        section.say(counted)
    return section


class _Words:
    """A medicine in words; its name may stand in another resource."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    def cells(self, statement: Statement, document: Resource) -> tuple[str, ...]:
        forbids = document.get("doNotPerform") is True
        name = self.name(statement, document)
        return (
            f"DO NOT GIVE: {name}" if forbids else name,
            dosages(document.get("dosageInstruction") or document.get("dosage")) or "not recorded",
            _status(document),
            choice(document, "effective")
            or day(document.get("authoredOn"))
            or day(document.get("dateAsserted")),
            self._reasons(statement, document),
            _notes(document),
        )

    def name(self, statement: Statement, document: Resource) -> str:
        named = concept(document.get("medicationCodeableConcept"))
        if named:
            return named
        reference = document.get("medicationReference")
        held = self._holdings.target(statement.key.source, reference, document)
        found = _medication(held) if held is not None else ""
        if found:
            return found
        display = plain(member(reference, "display"))
        if display:
            return display
        pointed = plain(member(reference, "reference"))
        return f"{pointed} (not held here)" if pointed else "medicine not named"

    def order(self, statement: Statement) -> tuple[object, ...]:
        document = statement.document
        name = self.name(statement, document).lower()
        return name, newest(document, "effective", "authoredOn", "dateAsserted"), statement.key

    def _reasons(self, statement: Statement, document: Resource) -> str:
        told = [concept(document.get("reasonCode"))]
        for reference in objects(document.get("reasonReference")):
            held = self._holdings.target(statement.key.source, reference, document)
            told.append(concept(member(held, "code")) or plain(reference.get("display")))
        return ", ".join(dict.fromkeys(text for text in told if text))


def _medication(document: Resource) -> str:
    strength = [
        " ".join(
            filter(
                None,
                (concept(each.get("itemCodeableConcept")), ratio(each.get("strength"))),
            )
        )
        for each in objects(document.get("ingredient"))
    ]
    named = concept(document.get("code"))
    parts = ", ".join(part for part in strength if part)
    form = concept(document.get("form"))
    told = f"{named} ({parts})" if named and parts else named or parts
    return f"{told}, {form}" if told and form else told


def _status(document: Resource) -> str:
    reason = concept(document.get("statusReason"))
    intent = plain(document.get("intent"))
    parts = [
        concept({"coding": [{"code": document.get("status")}]}) or "status not said",
        f"({reason})" if reason else "",
        f"({intent})" if intent and intent != "order" else "",
        "(as the patient says)" if document.get("reportedBoolean") is True else "",
    ]
    return " ".join(part for part in parts if part)


def _notes(document: Resource) -> str:
    valid = period(member(document.get("dispenseRequest"), "validityPeriod"))
    return "; ".join(filter(None, [f"to be dispensed {valid}" if valid else "", notes(document)]))
