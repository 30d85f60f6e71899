"""Procedures: each kind once with how often it was done; every one of them is an entry."""

from typing import Final

from node.ips.codes import PROCEDURES
from node.ips.listing import Judgement, Place, Section, left_out, remarks, says_nothing, sorted_out
from node.ips.narrative import table, text
from node.ips.repeats import by_code
from node.ips.statement import Resource, Statement
from node.ips.wording import choice, codes, concept, newest, notes, plain

_HEADINGS: Final = ("Procedure", "Last", "Status", "Earlier", "Notes", "Remarks")


def judge(document: Resource) -> Judgement:
    """Listed unless it was not done, or was entered in error."""
    for status in sorted(codes(document.get("status")) & {"entered-in-error", "not-done"}):
        return Judgement(Place.LEFT_OUT, status.replace("-", " "))
    if says_nothing(document, "code"):
        return Judgement(Place.LEFT_OUT, "saying that nothing is known")
    return Judgement(Place.ACTIVE, "listed")


def procedures(statements: list[Statement]) -> Section:
    """The section; without an entry it says that nothing is known."""
    section = Section(PROCEDURES)
    listed, _, words = sorted_out(statements, judge)
    if listed:
        rows = []
        for repeats in by_code(listed, _when):
            section.entries += [repeats.newest, *repeats.earlier]
            cells = _cells(repeats.newest, repeats.newest.document)
            told = [*cells[:3], repeats.told(_performed), cells[3]]
            marks = "<br/>".join(remarks(repeats.newest, _cells))
            rows.append([*map(text, told), marks])
        section.parts.append(table("", _HEADINGS, rows))
    else:
        section.say("No information is recorded. This does not say that there was none.")
    counted = left_out(words, "procedure", "procedures")
    if counted:
        section.say(counted)
    return section


def _cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    named = concept(document.get("code")) or "procedure not named"
    site = concept(document.get("bodySite"))
    return (
        f"{named} ({site})" if site else named,
        _performed(document),
        plain(document.get("status")).replace("-", " ") or "status not said",
        notes(document),
    )


def _performed(document: Resource) -> str:
    return choice(document, "performed")


def _when(document: Resource) -> str:
    return newest(document, "performed")
