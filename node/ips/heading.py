"""The summary's own narrative: who it is about, who made it when, and what it does not know."""

from collections import Counter
from collections.abc import Iterable

from node.ips.listing import Section, remarks
from node.ips.narrative import narrative, paragraph, strong, table, text
from node.ips.statement import Linked, Maker, Resource, Statement, Told
from node.ips.wording import all_names, choice, concept, member, objects, plain


def heading(
    told: Told,
    maker: Maker,
    patients: list[Statement],
    sections: Iterable[Section],
    made_at: str,
    taken: frozenset[str],
) -> dict[str, str]:
    """The narrative of the Composition. `taken` names the types that sections are made of."""
    parts = _patients(patients)
    parts.append(
        paragraph(text(f"Made on {made_at} by {maker.node_name} from chart {told.chart}."))
    )
    parts += [paragraph(sentence) for sentence in _unsettled(told, sections)]
    parts += [paragraph(strong(sentence)) for sentence in map(_linked, told.linked)]
    parts += [paragraph(text(sentence)) for sentence in _unread(told)]
    parts.append(
        paragraph(
            text(
                "Written by software from what the chart holds; nobody has attested it. A section "
                "that is not here has nothing recorded, which does not say that there is nothing."
            )
        )
    )
    others = _others(told, taken)
    if others:
        parts.append(paragraph(text(others)))
    return narrative(parts)


def _patients(patients: list[Statement]) -> list[str]:
    if not patients:
        return [paragraph(strong("The patient's name and birth date are not known here."))]
    rows = []
    for patient in patients:
        cells = _cells(patient, patient.document)
        rows.append([*map(text, cells), "<br/>".join(remarks(patient, _cells))])
    headings = ("Patient", "Born", "Sex", "Identifiers", "Remarks")
    found = [table("", headings, rows)]
    if len(patients) > 1:
        count = f"The chart holds {len(patients)} Patient resources; the first is its subject."
        found.append(paragraph(strong(count)))
    return found


def _cells(_statement: Statement, document: Resource) -> tuple[str, ...]:
    numbers = []
    for each in objects(document.get("identifier")):
        kind = concept(each.get("type")) or plain(each.get("system"))
        value = plain(each.get("value"))
        numbers.append(f"{value} ({kind})" if value and kind else value)
    died = choice(document, "deceased")
    born = plain(document.get("birthDate")) or "not known"
    if died and died != "no":
        born += "; died" if died == "yes" else f"; died {died}"
    return (
        ", also ".join(all_names(document)) or "name not known",
        born,
        plain(document.get("gender")) or "not said",
        ", ".join(number for number in numbers if number),
    )


def _unsettled(told: Told, sections: Iterable[Section]) -> list[str]:
    listed = {one.key: one for section in sections for one in section.entries}
    for statement in told.statements:
        if statement.key.type == "Patient":
            listed.setdefault(statement.key, statement)
    disputed = sum(bool(one.disputed) for one in listed.values())
    waiting = sum(bool(one.waiting) for one in listed.values())
    found = []
    if disputed:
        found.append(strong(f"Conflicts not settled among what is listed: {disputed:,}."))
    if waiting:
        found.append(strong(f"Unverified statements among what is listed: {waiting:,}."))
    return found


def _linked(other: Linked) -> str:
    disputed = ", which is disputed" if other.is_disputed else ""
    if other.chart is None:
        return f"A chart that is not held here is linked as the same person's{disputed}."
    said = ", ".join(other.allergies) or "none is recorded"
    return (
        f"Chart {other.chart} is linked as the same person's{disputed}, and is not summed up here. "
        f"Allergies there: {said}."
    )


def _unread(told: Told) -> list[str]:
    found = [
        f"This summary was made without the {lane} lane, which this node cannot read."
        for lane in told.lanes_unread
    ]
    if told.entries_unread:
        found.append(f"Entries that this node cannot open: {told.entries_unread:,}.")
    if told.resources_unread:
        counted = Counter(told.resources_unread)
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counted.items()))
        found.append(f"Held, but not readable as FHIR: {kinds}.")
    return found


def _others(told: Told, taken: frozenset[str]) -> str:
    """What the chart holds beside it; of the sensitive lane not even the number is told."""
    counted = Counter(
        one.key.type
        for one in told.statements
        if one.key.type not in taken and one.lane != "sensitive"
    )
    if not counted:
        return ""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counted.items()))
    return f"Not listed in any section: {kinds}."


def has_name_and_birth_date(patient: Resource) -> bool:
    """Whether a Patient has what the guide's profile of one asks for."""
    return bool(all_names(patient)) and isinstance(member(patient, "birthDate"), str)
