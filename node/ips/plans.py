"""Alerts, the Plan of Care, and Advance Directives: the sections of what shall be done or not."""

from typing import Final

from node.ips.codes import ADVANCE_DIRECTIVES, ALERTS, PLAN_OF_CARE, SectionCode
from node.ips.listing import (
    Judge,
    Judgement,
    Place,
    Section,
    left_out,
    rows_table,
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
)

_HEADINGS: Final = ("What", "Status", "When", "Notes")
_ENDED: Final = frozenset(
    {"completed", "revoked", "cancelled", "rejected", "inactive", "fulfilled", "noshow",
     "entered-in-error"}
)  # fmt: skip
_DIRECTIVE_CODES: Final = frozenset(
    {"acd", "adr", "dnr", "polst", "dnacpr", "42348-3", "75320-2", "81334-5"}
)


def judge(document: Resource) -> Judgement:
    """In force unless its status says that it has ended."""
    for status in sorted(codes(document.get("status")) & _ENDED):
        return Judgement(Place.LEFT_OUT, status.replace("-", " "))
    return Judgement(Place.ACTIVE, "in force")


def is_directive(document: Resource) -> bool:
    """Whether a Consent says in advance how somebody wants to be treated."""
    said = codes(document.get("category")) | codes(document.get("scope"))
    return bool({code.lower() for code in said} & _DIRECTIVE_CODES)


def alerts(statements: list[Statement]) -> Section | None:
    """Flags that are up."""
    return _section(ALERTS, statements, judge, "alert")


def plan_of_care(statements: list[Statement]) -> Section | None:
    """Care plans, requests, recommendations and appointments that are in force."""
    return _section(PLAN_OF_CARE, statements, judge, "plan")


def advance_directives(statements: list[Statement]) -> Section | None:
    """Advance directives among the consents."""
    listed = [one for one in statements if any(map(is_directive, one.readings))]
    return _section(ADVANCE_DIRECTIVES, listed, judge, "directive")


def _section(
    code: SectionCode, statements: list[Statement], judge: Judge, noun: str
) -> Section | None:
    section = Section(code)
    listed, _, words = sorted_out(statements, judge)
    if listed:
        ordered = sorted(sorted(listed, key=_name), key=_when, reverse=True)
        section.parts.append(rows_table("", _HEADINGS, ordered, _cells))
        section.entries = ordered
    counted = left_out(words, noun, f"{noun}s")
    if counted:
        section.say(counted)
    return section if section.parts else None


def _cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    forbids = document.get("doNotPerform") is True
    return (
        f"DO NOT: {_what(document)}" if forbids else _what(document),
        plain(document.get("status")).replace("-", " ") or "status not said",
        period(document.get("period"))
        or choice(document, "occurrence")
        or period(member(document.get("provision"), "period"))
        or day(document.get("start") or document.get("authoredOn"))
        or day(document.get("dateTime") or document.get("date") or document.get("created")),
        "; ".join(filter(None, [_activities(document), _rule(document), notes(document)])),
    )


def _what(document: Resource) -> str:
    for name in ("code", "category", "serviceType", "scope"):
        told = concept(document.get(name))
        if told:
            title = plain(document.get("title"))
            return f"{title} ({told})" if title else told
    recommended = ", ".join(
        filter(
            None,
            (concept(one.get("vaccineCode")) for one in objects(document.get("recommendation"))),
        )
    )
    return (
        plain(document.get("title"))
        or recommended
        or plain(document.get("description"))
        or "not named"
    )


def _activities(document: Resource) -> str:
    told = []
    for each in objects(document.get("activity")):
        detail = each.get("detail")
        named = concept(member(detail, "code")) or plain(member(detail, "description"))
        status = plain(member(detail, "status"))
        told.append(f"{named} ({status})" if named and status else named)
    return ", ".join(dict.fromkeys(text for text in told if text))


def _rule(document: Resource) -> str:
    told = [concept(document.get("policyRule")), plain(member(document.get("provision"), "type"))]
    return ", ".join(text for text in told if text)


def _name(statement: Statement) -> tuple[object, ...]:
    return _what(statement.document).lower(), statement.key


def _when(statement: Statement) -> str:
    return newest(
        statement.document, "period", "occurrence", "start", "authoredOn", "dateTime", "date"
    )
