"""The Problem List, and the Past History of Illness: what is resolved, inactive or in remission."""

from typing import Final

from node.ips.codes import NO_PROBLEM_INFO, PAST_ILLNESS, PROBLEMS
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
from node.ips.wording import choice, codes, concept, day, newest, notes

_HEADINGS: Final = ("Problem", "Severity", "Status", "Since", "Notes")
_PAST_HEADINGS: Final = ("Problem", "Severity", "Status", "From", "Until", "Notes")


def judge(document: Resource) -> Judgement:
    """Active, recurrence, relapse, unknown and absent are active; ended ones are past."""
    verification = codes(document.get("verificationStatus"))
    for code, word in (("entered-in-error", "entered in error"), ("refuted", "refuted")):
        if code in verification:
            return Judgement(Place.LEFT_OUT, word)
    if says_nothing(document, "code"):
        return Judgement(Place.LEFT_OUT, "saying that nothing is known")
    if codes(document.get("clinicalStatus")) & {"inactive", "remission", "resolved"}:
        return Judgement(Place.PAST, "past")
    return Judgement(Place.ACTIVE, "active")


def problems(statements: list[Statement]) -> tuple[Section, Section | None]:
    """The problem list, always there, and past illness where there is any."""
    section = Section(PROBLEMS, absence=NO_PROBLEM_INFO)
    active, past, words = sorted_out(statements, judge)
    none = [one for one in active if says_none(one.document, "code")]
    real = [one for one in active if one not in none]
    if real and none:
        section.say("The chart also says that there is none: the two cannot both be right.")
    if active:
        ordered = sorted(sorted(real, key=_name), key=_since, reverse=True) + sorted(
            none, key=_name
        )
        section.parts.append(rows_table("", _HEADINGS, ordered, _cells))
        section.entries = ordered
    else:
        held = "No active problem is recorded." if past or words else "No information is recorded."
        section.say(f"{held} This does not say that there is none.")
    counted = left_out(words, "problem", "problems")
    if counted:
        section.say(counted)
    return section, _past(past) if past else None


def _past(statements: list[Statement]) -> Section:
    ordered = sorted(sorted(statements, key=_name), key=_since, reverse=True)
    section = Section(PAST_ILLNESS, ordered)
    section.parts.append(rows_table("", _PAST_HEADINGS, ordered, _past_cells))
    return section


def _cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    return (
        _named(document),
        concept(document.get("severity")),
        _status(document),
        _began(document),
        "; ".join(filter(None, [_until(document), notes(document)])),
    )


def _past_cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    return (
        _named(document),
        concept(document.get("severity")),
        _status(document),
        _began(document),
        choice(document, "abatement"),
        notes(document),
    )


def _named(document: Resource) -> str:
    named = concept(document.get("code")) or "problem not named"
    site = concept(document.get("bodySite"))
    return f"{named} ({site})" if site else named


def _status(document: Resource) -> str:
    verification = concept(document.get("verificationStatus"))
    parts = [
        concept(document.get("clinicalStatus")) or "status not said",
        "" if verification.lower() == "confirmed" else verification or "verification not said",
    ]
    return ", ".join(filter(None, parts))


def _began(document: Resource) -> str:
    onset = choice(document, "onset")
    recorded = day(document.get("recordedDate"))
    return onset or (f"recorded {recorded}" if recorded else "")


def _until(document: Resource) -> str:
    ended = choice(document, "abatement")
    return f"abated {ended}" if ended else ""


def _name(statement: Statement) -> tuple[object, ...]:
    return _named(statement.document).lower(), statement.key


def _since(statement: Statement) -> str:
    return newest(statement.document, "onset", "recordedDate")
