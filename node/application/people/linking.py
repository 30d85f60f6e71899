"""Two charts of one person: linked, shown together, and taken apart again (DESIGN section 5).

A link is written in both charts or in neither. It moves, copies and grants nothing: who may read
one chart learns that there is another, by a tag that does not lead to it.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from node.application.charts import Charts
from node.application.content import ChartContent, Contents, Held
from node.application.context import Context
from node.application.errors import BadRequest, LinkMissing, NoStanding
from node.application.showing.chart_page import chart_page
from node.application.timestamps import time_text
from node.fhir.elements import element_names
from node.fhir.face import shown
from node.limits import link_reason_length_chars_max, linked_charts_max
from sync.change import Change, ChangeKind
from sync.charter import Kind
from sync.errors import AuthorityError
from sync.identifiers import ChartId, chart_text, did_key, operation_text
from sync.merge.linkage import (
    LINK_SOURCE,
    LINKAGE_TYPE,
    chart_links,
    link_content,
    link_id,
    link_tag,
)

SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class LinkedChart:
    """A chart at the other end of a link, or of a chain of them."""

    chart: ChartId | None
    """None: it is not here, or does not say so (yet)."""
    through: ChartId
    """The chart that says it."""
    is_disputed: bool


def linked_charts(context: Context, chart: ChartId) -> list[LinkedChart]:
    """The charts that are linked with one, chains followed, each once, the nearest first."""
    seen = {chart}
    found: list[LinkedChart] = []
    waiting = [chart]
    while waiting and len(found) < linked_charts_max:
        through = waiting.pop(0)
        for link in context.store.links.of_chart(through):
            if link.other in seen:
                continue
            found.append(LinkedChart(link.other, through, link.is_disputed))
            if link.other is not None:
                seen.add(link.other)
                waiting.append(link.other)
    return found[:linked_charts_max]


def link(
    context: Context,
    charts: Charts,
    contents: Contents,
    pair: tuple[ChartId, ChartId],
    *,
    active: bool,
    reason: str,
) -> dict[str, object]:
    """Link two charts of one person, or take them apart: in both charts, or in neither.

    Raises BadRequest, LinkMissing, NoStanding.
    """
    _check(charts, pair, reason)
    names = [chart_text(chart) for chart in pair]
    standing = [_standing(contents.of(chart), pair) for chart in pair]
    if active and all(held is not None and _is_settled(held) for held in standing):
        return {"charts": names, "linked": True, "changed": False, "operations": []}
    if not active and not any(standing):
        raise LinkMissing(*names)
    transaction = context.random(16)
    operations = []
    with charts.trying(*pair), context.store.transaction():
        for chart in pair:
            operations.append(
                _write(context, charts, contents, chart, pair, active, reason, transaction)
            )
    return {"charts": names, "linked": active, "changed": True, "operations": operations}


def linked_page(
    context: Context, contents: Contents, chart: ChartId, *, whole: bool
) -> list[dict[str, object]]:
    """The linked charts as `chart show` gives them; `whole` with all that they say."""
    pages = []
    for linked in linked_charts(context, chart):
        page: dict[str, object] = {
            "chart": None if linked.chart is None else chart_text(linked.chart),
            "through": chart_text(linked.through),
            "disputed": linked.is_disputed,
        }
        if linked.chart is not None:
            content = contents.of(linked.chart)
            face = content.face()
            page |= {"name": face.name, "birth_date": face.birth_date, "gender": face.gender}
            page["allergies"] = [_allergy(held) for held in _allergies(content)]
            if whole:
                page["resources"] = chart_page(context, content)["resources"]
        pages.append(page)
    return pages


# -- writing


def _check(charts: Charts, pair: tuple[ChartId, ChartId], reason: str) -> None:
    if pair[0] == pair[1]:
        raise BadRequest("a link is between two charts")
    if any(charts.charter(chart).kind is not Kind.PATIENT for chart in pair):
        raise BadRequest("only patients' charts are linked")
    if len(reason) > link_reason_length_chars_max or shown(reason) != reason:
        raise BadRequest(
            f"a reason has at most {link_reason_length_chars_max} printable characters in a line"
        )


def _standing(content: ChartContent, pair: tuple[ChartId, ChartId]) -> Held | None:
    """The Linkage of a pair in one of its charts, if it shows as standing."""
    held = _held(content, pair)
    if held is None:
        return None
    standing = {link.key for link in chart_links(content.lanes[SUMMARY])}
    return held if held.view.key in standing else None


def _held(content: ChartContent, pair: tuple[ChartId, ChartId]) -> Held | None:
    return content.find(LINK_SOURCE, LINKAGE_TYPE, link_id(*map(link_tag, pair)))


def _is_settled(held: Held) -> bool:
    return not held.view.conflicts


def _write(
    context: Context,
    charts: Charts,
    contents: Contents,
    chart: ChartId,
    pair: tuple[ChartId, ChartId],
    active: bool,
    reason: str,
    transaction: bytes,
) -> str:
    """Write one chart's half, superseding whatever was said of the link there."""
    content = contents.of(chart)
    held = _held(content, pair)
    original = link_content(*pair, active=active)
    touched = tuple(element_names(json.loads(original)))
    supersedes = () if held is None else tuple(held.view.supersedes_for(touched))
    identity = link_id(*map(link_tag, pair))
    changes = [
        Change(ChangeKind.PUT, LINK_SOURCE, LINKAGE_TYPE, identity, original, touched, supersedes)
    ]
    if reason:
        changes.append(_provenance(context, identity, active, reason))
    lane = charts.charter(chart).lane(SUMMARY)
    author = charts.author(chart)
    try:
        written = author.write(lane, transaction, [changes])
    except AuthorityError as error:
        raise NoStanding(chart_text(chart), str(error)) from error
    charts.keep(author)
    contents.refresh(chart)
    return operation_text(written[0].id)


def _provenance(context: Context, identity: str, active: bool, reason: str) -> Change:
    """Why, as FHIR says it; readers of either chart see it."""
    made = str(uuid.UUID(bytes=context.random(16), version=4))
    document: dict[str, object] = {
        "resourceType": "Provenance",
        "id": made,
        "target": [{"reference": f"{LINKAGE_TYPE}/{identity}"}],
        "recorded": time_text(context.clock()),
        "reason": [{"text": reason}],
        "activity": {"text": "link" if active else "unlink"},
        "agent": [{"who": {"identifier": {"value": did_key(context.identity.owner.public)}}}],
    }
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Change(
        ChangeKind.PUT,
        context.identity.organisation_did,
        "Provenance",
        made,
        content,
        tuple(element_names(document)),
        (),
    )


# -- showing


def _allergies(content: ChartContent) -> Iterator[Held]:
    for held in content.resources():
        key, view = held.view.key, held.view
        if key.type == "AllergyIntolerance" and not view.is_withdrawn and view.shown is not None:
            yield held


def _allergy(held: Held) -> dict[str, object]:
    document = held.document
    return {
        "resource": f"{held.view.key.type}/{held.view.key.id}",
        "substance": _concept_text(document.get("code")),
        "criticality": shown(document.get("criticality")),
        "labels": [str(label) for label in held.view.labels],
    }


def _concept_text(concept: object) -> str:
    """What a CodeableConcept says to a person; its code where it says nothing."""
    if not isinstance(concept, dict):
        return ""
    codings = concept.get("coding")
    listed: Iterable[object] = codings if isinstance(codings, list) else ()
    said = [concept.get("text")]
    for name in ("display", "code"):
        said += [coding.get(name) for coding in listed if isinstance(coding, dict)]
    return next((text for text in map(shown, said) if text), "")
