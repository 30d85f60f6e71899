"""What a node shows of a chart, read as its own acts read it; care and checkers look through it."""

import json
from typing import Any

from node.application.node import Node
from node.store.resources import ResourceName
from sync.charter import CONTENT_LANE_NAMES
from sync.grantee import Right
from sync.identifiers import ChartId, did_ethr, parse_chart_text

Resource = dict[str, Any]


def chart_of(node: Node, kind: str, identity: str) -> ChartId | None:
    """The chart in which a node keeps what its own organisation named so."""
    source = did_ethr(node.context.identity.organisation)
    return node.context.store.resources.home(ResourceName(source, kind, identity))


def shown(node: Node, chart: str, kind: str, identity: str) -> Resource | None:
    """A resource as a node shows it now; None for one that it does not hold or cannot read."""
    found = parse_chart_text(chart)
    if found not in set(node._charts.ids()):
        return None
    content = node._contents.of(found)
    for source in content.sources_of(kind, identity):
        held = content.find(source, kind, identity)
        if held is not None and held.view.shown is not None:
            document: Resource = json.loads(held.view.shown)
            return document
    return None


def may_write(node: Node, chart: str) -> bool:
    """Whether a node holds a chart and may add to its care lane now."""
    found = parse_chart_text(chart)
    if found not in set(node._charts.ids()):
        return False
    outline = node._charts.outline(found)
    lane = outline.charter.lane("care")
    device = node.context.identity.device
    return bool(outline.fold.standing(device, Right.APPEND, lane, node.context.clock()))


def holds(node: Node, chart: str) -> bool:
    """Whether a node holds a chart."""
    return parse_chart_text(chart) in set(node._charts.ids())


def readable_lanes(node: Node, chart: str) -> set[str]:
    """The content lanes of a chart that a node may read now by its own fold."""
    outline = node._charts.outline(parse_chart_text(chart))
    device, now = node.context.identity.device, node.context.clock()
    return {
        name
        for name in CONTENT_LANE_NAMES
        if outline.fold.reads(device, outline.charter.lane(name), now)
    }


def shown_by_lane(node: Node, chart: str) -> dict[str, tuple[str, ...]]:
    """What a node shows of a chart, by lane: resources, and the conflicts that are open."""
    found: dict[str, list[str]] = {name: [] for name in CONTENT_LANE_NAMES}
    content = node._contents.of(parse_chart_text(chart))
    for held in content.resources():
        shown = held.view.shown
        found[held.lane_name].append("" if shown is None else shown.decode())
        found[held.lane_name] += [str(conflict.id) for conflict in held.view.conflicts]
    return {name: tuple(sorted(pieces)) for name, pieces in found.items()}
