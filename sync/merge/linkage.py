"""The same person twice: links between charts, read off the merged view (DESIGN section 5).

A link is a FHIR Linkage written in both charts; `active` false unlinks. It moves nothing: a node
that may read both charts shows them together, and late arrivals for either follow by themselves.
"""

from dataclasses import dataclass
from typing import Any

from sync.merge.document import parse_document
from sync.merge.lane_view import LaneView
from sync.merge.merged_change import ResourceKey

LINKAGE_TYPE = "Linkage"


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


def _references(items: Any) -> list[str]:
    found: list[str] = []
    for item in items if isinstance(items, list) else []:
        resource = item.get("resource") if isinstance(item, dict) else None
        reference = resource.get("reference") if isinstance(resource, dict) else None
        if type(reference) is str:
            found.append(reference)
    return found
