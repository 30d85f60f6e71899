"""Observations in their sections: results, vital signs, pregnancy, social history, function.

Of each kind the newest is listed and an entry; the narrative counts the earlier ones, which stay
in the chart. A disputed or quarantined one is listed whatever its age.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from node.ips.codes import (
    FUNCTIONAL_STATUS,
    LOINC,
    PREGNANCY,
    RESULTS,
    SOCIAL_HISTORY,
    VITAL_SIGNS,
    SectionCode,
)
from node.ips.listing import Judgement, Place, Section, left_out, remarks, sorted_out
from node.ips.narrative import table, text
from node.ips.repeats import by_code
from node.ips.statement import Resource, Statement
from node.ips.wording import (
    between,
    choice,
    codes,
    codings,
    concept,
    minute,
    newest,
    notes,
    objects,
    plain,
    quantity,
)

_VITAL_CODES: Final = frozenset(
    "85353-1 9279-1 8867-4 2708-6 59408-5 8310-5 8302-2 9843-4 29463-7 39156-5 85354-9 8480-6 "
    "8462-4 8478-0 8306-3 8287-5 3141-9 59576-9 77606-2 8289-1".split()
)
_PREGNANCY_CODES: Final = frozenset(
    "82810-3 11778-8 11779-6 11780-4 11612-1 11613-9 11614-7 11636-8 11637-6 11638-4 11639-2 "
    "11640-0 33065-4 11996-6 11977-6 8665-2 49051-6 18185-9 57036-6".split()
)
_SOCIAL_CODES: Final = frozenset(
    "72166-2 74013-4 11367-0 88031-0 63640-7 11331-6 8663-7 11341-5 76690-7 82589-3".split()
)
_FUNCTION_CATEGORIES: Final = frozenset({"functional-status", "disability-status"})


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of result is told: a line each, the newest of its code."""

    noun: str
    title: str
    headings: tuple[str, ...]
    cells: Callable[[Statement, Resource], tuple[str, ...]]


def judge(document: Resource) -> Judgement:
    """Listed unless it was cancelled or entered in error."""
    for status in sorted(codes(document.get("status")) & {"entered-in-error", "cancelled"}):
        return Judgement(Place.LEFT_OUT, status.replace("-", " "))
    return Judgement(Place.ACTIVE, "listed")


def section_of(document: Resource) -> SectionCode:
    """The section that an Observation is listed in, by its code, then by its category."""
    loinc = {code for system, code in codings(document.get("code")) if system == LOINC}
    categories = codes(document.get("category"))
    if loinc & _PREGNANCY_CODES:
        return PREGNANCY
    if "social-history" in categories or loinc & _SOCIAL_CODES:
        return SOCIAL_HISTORY
    if "vital-signs" in categories or loinc & _VITAL_CODES:
        return VITAL_SIGNS
    return FUNCTIONAL_STATUS if categories & _FUNCTION_CATEGORIES else RESULTS


def observations(statements: list[Statement]) -> list[Section]:
    """Results, always there, then the optional sections that have something."""
    sorted_in: dict[SectionCode, list[Statement]] = {}
    reports: list[Statement] = []
    for statement in statements:
        if statement.key.type == "DiagnosticReport":
            reports.append(statement)
        elif statement.key.type == "ClinicalImpression":
            sorted_in.setdefault(FUNCTIONAL_STATUS, []).append(statement)
        else:
            sorted_in.setdefault(section_of(statement.document), []).append(statement)
    results = Section(RESULTS)
    _list(results, sorted_in.get(RESULTS, []), _OBSERVATIONS)
    _list(results, reports, _REPORTS)
    if not results.entries:
        results.say("No information is recorded. This does not say that there is none.")
    found = [results]
    for code in (VITAL_SIGNS, PREGNANCY, SOCIAL_HISTORY, FUNCTIONAL_STATUS):
        section = Section(code)
        _list(section, sorted_in.get(code, []), _OBSERVATIONS)
        if section.parts:
            found.append(section)
    return found


def _list(section: Section, statements: Iterable[Statement], form: _Form) -> None:
    listed, _, words = sorted_out(statements, judge)
    rows: list[list[str]] = []
    for repeats in by_code(listed, _when):
        section.entries.append(repeats.newest)
        told = [*form.cells(repeats.newest, repeats.newest.document), repeats.told(_date)]
        rows.append([*map(text, told), "<br/>".join(remarks(repeats.newest, form.cells))])
    if rows:
        section.parts.append(table(form.title, form.headings, rows))
    _count(section, words, form.noun)


def _count(section: Section, words: Counter[str], noun: str) -> None:
    counted = left_out(words, noun, f"{noun}s")
    if counted:
        section.say(counted)


def _cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    named = concept(document.get("code")) or "test not named"
    site = concept(document.get("bodySite"))
    status = plain(document.get("status"))
    return (
        f"{named} ({site})" if site else named,
        _result(document),
        _date(document),
        _reference_range(document),
        "" if status == "final" else status or "status not said",
    )


def _report_cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    status = plain(document.get("status"))
    conclusion = plain(document.get("conclusion")) or concept(document.get("conclusionCode"))
    return (
        concept(document.get("code")) or "report not named",
        conclusion or ("in an attached form" if document.get("presentedForm") else ""),
        _date(document),
        "" if status == "final" else status or "status not said",
    )


_OBSERVATIONS: Final = _Form(
    "observation",
    "The newest of each kind",
    ("What", "Result", "Date", "Reference", "Status", "Earlier", "Remarks"),
    _cells,
)
_REPORTS: Final = _Form(
    "report",
    "The newest report of each kind",
    ("Report", "Conclusion", "Date", "Status", "Earlier", "Remarks"),
    _report_cells,
)


def _result(document: Resource) -> str:
    told = [_value(document)]
    for part in objects(document.get("component")):
        value = _value(part)
        told.append(f"{concept(part.get('code')) or 'part not named'}: {value or 'no value'}")
    told += [plain(document.get("summary")), plain(document.get("description"))]
    found = "; ".join(text for text in told if text)
    flags = concept(document.get("interpretation"))
    remark = notes(document)
    found = f"{found or 'no value'} [{flags}]" if flags else found or "no value"
    return f"{found} ({remark})" if remark else found


def _value(document: Resource) -> str:
    value = choice(document, "value")
    if value:
        return value
    absent = concept(document.get("dataAbsentReason"))
    return f"no value: {absent}" if absent else ""


def _reference_range(document: Resource) -> str:
    told = []
    for each in objects(document.get("referenceRange")):
        span = between({"low": each.get("low"), "high": each.get("high")})
        told.append(span or plain(each.get("text")) or quantity(each.get("low")))
    return ", ".join(text for text in told if text)


def _date(document: Resource) -> str:
    for name in ("effectiveDateTime", "effectiveInstant"):
        if minute(document.get(name)):
            return minute(document.get(name))
    return (
        choice(document, "effective")
        or minute(document.get("issued"))
        or minute(document.get("date"))
    )


def _when(document: Resource) -> str:
    return newest(document, "effective", "issued", "date")
