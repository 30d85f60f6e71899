"""The same person twice: links between charts, read off the merged view (DESIGN section 5).

A link is a FHIR Linkage written in both charts; `active` false unlinks. It moves nothing: a node
that may read both charts shows them together, and late arrivals for either follow by themselves.

A chart's id can be enough to ask for it (break-glass), so the other chart is named by a tag made
from its id: who holds that chart knows the tag, and nobody finds the chart by it. Both charts say
the same of the pair under one id and one source, whoever writes it, so that writings merge.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from sync.identifiers import ChartId, base32, hashed
from sync.merge.document import parse_document
from sync.merge.lane_view import LaneView
from sync.merge.merged_change import ResourceKey

LINKAGE_TYPE: Final = "Linkage"
LINK_SOURCE: Final = "urn:satchel:link"
"""The source of every link between charts: no one system names it, so all edit one resource."""
_TAG_PREFIX: Final = "urn:satchel:linked-chart:"


@dataclass(frozen=True, slots=True)
class Link:
    """One standing link: the Linkage that says so, and the references that it joins."""

    key: ResourceKey
    references: tuple[str, ...]
    is_disputed: bool


def standing_links(view: LaneView) -> tuple[Link, ...]:
    """The links of a lane that show as active; a disputed one shows as unlinked."""
    links: list[Link] = []
    for key, resource in view.resources.items():
        if key.type != LINKAGE_TYPE or resource.is_withdrawn or resource.shown is None:
            continue
        document = parse_document(resource.shown, LINKAGE_TYPE)
        items = None if document is None else document.value("item").parsed("item")
        references = tuple(_references(items))
        if references:
            links.append(Link(key, references, bool(resource.conflicts)))
    return tuple(links)


def link_tag(chart: ChartId) -> str:
    """What a link calls a chart: 52 characters, from which its id cannot be found."""
    return base32(hashed("linked chart", chart))


def link_id(one: str, other: str) -> str:
    """The id of the Linkage of two charts, by their tags in either order."""
    return base32(hashed("link", *(tag.encode() for tag in sorted((one, other)))))


def link_content(one: ChartId, other: ChartId, *, active: bool) -> bytes:
    """The Linkage that says, or no longer says, that two charts are of one person.

    Alike whoever writes it and in either order: who and why is in the operation and a Provenance.
    """
    first, second = sorted((link_tag(one), link_tag(other)))
    document = {
        "resourceType": LINKAGE_TYPE,
        "id": link_id(first, second),
        "active": active,
        "item": [
            {"type": "source", "resource": {"reference": _TAG_PREFIX + first}},
            {"type": "alternate", "resource": {"reference": _TAG_PREFIX + second}},
        ],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def chart_links(view: LaneView) -> tuple[Link, ...]:
    """The links of a lane that join its chart with another one; any other Linkage is no link."""
    own = link_tag(view.chart)
    found = []
    for link in standing_links(view):
        tags = [reference.removeprefix(_TAG_PREFIX) for reference in link.references]
        if link.key.source != LINK_SOURCE or len(tags) != 2 or own not in tags:
            continue
        if tags[0] != tags[1] and link.key.id == link_id(*tags):
            found.append(link)
    return tuple(found)


def _references(items: Any) -> list[str]:
    found: list[str] = []
    for item in items if isinstance(items, list) else []:
        resource = item.get("resource") if isinstance(item, dict) else None
        reference = resource.get("reference") if isinstance(resource, dict) else None
        if type(reference) is str:
            found.append(reference)
    return found
